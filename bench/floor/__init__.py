"""The least that Django and Celery can do for the same errand: what the real thing is measured against."""
