"""What gunicorn imports."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.floor.settings")

from django.core.wsgi import get_wsgi_application

from bench.floor.celery import app as celery_app  # so that the view's tasks know their broker

celery_app.set_default()
application = get_wsgi_application()
