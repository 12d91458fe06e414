"""What the web server imports: `gunicorn -c python:tradingsite.gunicorn tradingsite.wsgi`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradingsite.settings")
os.environ.setdefault("PROCESS_ROLE", "web")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from tradingsite import patience

patience.install(statement_timeout_ms=settings.CONFIG.statement_timeout_ms)
application = get_wsgi_application()
