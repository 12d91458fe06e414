"""Wires everything and decides nothing: settings, urls, the Celery app, start-up checks."""

from tradingsite.celery import app as celery_app

__all__ = ["celery_app"]
