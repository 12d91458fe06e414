"""What the web server imports: `gunicorn -c python:tradingsite.gunicorn tradingsite.wsgi`."""

import gc
import os
from importlib import import_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradingsite.settings")
os.environ.setdefault("PROCESS_ROLE", "web")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from tradingsite import patience

patience.install(statement_timeout_ms=settings.CONFIG.statement_timeout_ms)
application = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # now, not while the first alert waits
gc.collect()
gc.freeze()  # what is loaded stays loaded: looking through it again takes longer than an alert does
