"""Providers of market data that stand in for the real ones over HTTP, on a market whose every price is known."""
