"""Strategies and what they choose by, and the pages of what came in and of what was asked about it."""

from signals_app.admin import advice, came_in, selection, strategies

__all__ = ["advice", "came_in", "selection", "strategies"]
