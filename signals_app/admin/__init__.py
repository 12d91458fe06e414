"""Strategies and what they choose by, the engines and their experiments, and the pages of what came in and was said."""

from signals_app.admin import advice, came_in, engines, experiments, selection, strategies, votes

__all__ = ["advice", "came_in", "engines", "experiments", "selection", "strategies", "votes"]
