"""Asking a language model about one alert: the question, the wire, the day's budget, and the row that keeps it all.

The rows are imported by every process and the rest only where alerts are decided, so this file imports neither.
"""
