"""Strategies and what they choose by, and the pages of what came in."""

from signals_app.admin import came_in, selection, strategies

__all__ = ["came_in", "selection", "strategies"]
