"""The web server's settings: `gunicorn -c python:tradingsite.gunicorn tradingsite.wsgi`.

Read by its master process, so that a wrong setting ends it at once instead of its workers again and again.
"""

from __future__ import annotations

import os

os.environ.setdefault("PROCESS_ROLE", "web")

from tradingsite import log
from tradingsite.config import load_or_exit

_CONFIG = load_or_exit()

bind = [f"{os.environ.get('WEB_HOST', '127.0.0.1')}:{_CONFIG.WEB_PORT}"]
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
timeout = 30
graceful_timeout = 10
keepalive = 5
accesslog = None  # paths hold endpoint ids; the application logs what matters
control_socket_disable = True
forwarded_allow_ips = ",".join(_CONFIG.TRUSTED_PROXIES) or "127.0.0.1"
limit_request_line = 4094


def on_starting(_server: object) -> None:
    log.apply(level=_CONFIG.LOG_LEVEL)  # not by logconfig_dict, which would switch the access log on
