"""Django's settings, made from the checked ones in ``config.py``. Nothing here reads the environment itself."""

from __future__ import annotations

import dj_database_url
from csp.constants import NONE, SELF, UNSAFE_INLINE
from kombu.entity import Queue

from tradingsite import log
from tradingsite.config import BASE_DIR, Role, Settings, load_or_exit

CONFIG: Settings = load_or_exit()

SECRET_KEY = CONFIG.SECRET_KEY.get_secret_value()
WEBHOOK_SIGNING_SECRET = CONFIG.WEBHOOK_SIGNING_SECRET.get_secret_value()
DEBUG = CONFIG.DEBUG
ALLOWED_HOSTS = CONFIG.hosts
PUBLIC_URL = CONFIG.PUBLIC_URL.rstrip("/")
TRUSTED_PROXIES = CONFIG.trusted_networks
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

TRADING_MODE = CONFIG.TRADING_MODE
MARKET_PROVIDER = CONFIG.MARKET_PROVIDER.value
SIMULATED_SEED = CONFIG.SIMULATED_SEED
RISK_FREE_RATE = CONFIG.RISK_FREE_RATE
LEAN_DATA_DIR = CONFIG.LEAN_DATA_DIR
MARKET_ACCOUNTS = CONFIG.market_accounts
FLAGS_SAID = CONFIG.flags_said
PRICE_STREAM = CONFIG.price_stream
PRICE_STREAM_WATCHED = tuple(CONFIG.PRICE_STREAM_WATCHED)
MARKET_DATA_PROCESSES = CONFIG.MARKET_DATA_PROCESSES  # share the calls a minute among so many while Redis is away
LANGUAGE_MODEL = CONFIG.language_model
ORDER_MAX_ATTEMPTS = 6  # then an entry without a good quote has failed; exits try on
METRICS_TOKEN = CONFIG.METRICS_TOKEN.get_secret_value() if CONFIG.METRICS_TOKEN else ""
ADMIN_USER = CONFIG.ADMIN_USER
ADMIN_PASSWORD = CONFIG.ADMIN_PASSWORD.get_secret_value() if CONFIG.ADMIN_PASSWORD else ""

SERVES_PAGES = CONFIG.PROCESS_ROLE not in (Role.WORKER, Role.BEAT)
PAGES = [  # 15 MB that a worker would carry for nothing
    "django.contrib.admin",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]
INSTALLED_APPS = [
    "tradingsite",  # before the admin, so that its templates win
    *(PAGES if SERVES_PAGES else ()),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django_celery_beat",
    "books_app",
    "market_app",
    "positions_app",
    "risk_app",
    "orders_app",
    "signals_app",
    "workers",
]

MIDDLEWARE = [
    "tradingsite.middleware.correlation",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tradingsite.middleware.PolicyByPath",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tradingsite.sign_in.LockedPage",
]

ROOT_URLCONF = "tradingsite.urls"
WSGI_APPLICATION = "tradingsite.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# ---------------------------------------------------------------- database

DATABASES = {
    "default": {
        **dj_database_url.parse(
            CONFIG.DATABASE_URL.get_secret_value(),
            engine="tradingsite.postgres",
            conn_max_age=None,  # "for ever": a new connection costs 1.5 ms
            conn_health_checks=True,  # or each thread would refuse one alert after PostgreSQL was restarted
        ),
        "OPTIONS": {
            "connect_timeout": 1,
            "tcp_user_timeout": CONFIG.statement_timeout_ms,  # a peer that vanished is noticed as fast as a slow one
            "keepalives_idle": 10,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "application_name": f"tradingsite {CONFIG.PROCESS_ROLE.value}",
            "options": f"-c statement_timeout={CONFIG.statement_timeout_ms} -c lock_timeout={CONFIG.lock_timeout_ms}"
            " -c idle_in_transaction_session_timeout=60000",
        },
    }
}

# Per process and never for money, quotes or limits: those are rows. Redis holds nudges only.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
REDIS_URL = CONFIG.REDIS_URL.get_secret_value()

# ---------------------------------------------------------------- time, language, static files

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False
DATETIME_FORMAT = "Y-m-d H:i:s"  # UTC, in the order that sorts
DATE_FORMAT = "Y-m-d"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# ---------------------------------------------------------------- security

# Plain http is possible on loopback only (config.py), where a secure cookie would lock the user out.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = CONFIG.https
SECURE_REDIRECT_EXEMPT = [r"^health($|/)", r"^metrics$"]  # probed from inside, where there is no TLS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if CONFIG.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = CONFIG.https
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# Swagger UI and ReDoc style their own elements and draw icons from data: addresses; scripts stay strict.
CSP_RELAXED = {"/api/": {"style-src": [UNSAFE_INLINE], "img-src": ["data:"], "worker-src": [SELF, "blob:"]}}

AUTHENTICATION_BACKENDS = ["tradingsite.sign_in.CountingBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"

# ---------------------------------------------------------------- API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Trading API",
    "DESCRIPTION": "Alerts, decisions, orders, fills, positions and limits. Paper trading only.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# ---------------------------------------------------------------- Celery

WORKER_QUEUES = ("exits", "orders", "signals", "market", "default")  # in order of importance: an exit goes first
HARD_TIME_LIMIT_S = 60
_SOCKETS = {
    "socket_connect_timeout": 0.5,
    "socket_keepalive": True,
    "retry_on_timeout": False,
}

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    **_SOCKETS,
    # A publish in the web process must not wait longer than this for a Redis that hangs; a worker's blocking read of
    # up to 10 s is polled, not waited for, so it needs more.
    "socket_timeout": 0.5 if CONFIG.PROCESS_ROLE in (Role.WEB, Role.COMMAND) else 30,
    "health_check_interval": 10,
    "visibility_timeout": 5 * HARD_TIME_LIMIT_S,
    "queue_order_strategy": "priority",
    "max_retries": 0,  # of a publish's own connection; a worker's consumer has broker_connection_max_retries
}
CELERY_BROKER_CONNECTION_TIMEOUT = 0.5
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for Redis as long as it takes
# A connection that Redis closed is noticed and replaced before the publish. Trying again after a time-out would keep
# the request waiting three times as long, and the sweeps find what was not told.
CELERY_TASK_PUBLISH_RETRY = False
# No result backend: rows hold every result, and with one a publish would wait 20 s for a Redis that is away.
CELERY_RESULT_BACKEND = None
CELERY_RESULT_EXPIRES = None  # and so no job that would clean results up
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False

# Celery closes the database connection before and after every task, unless told after how many: practically never.
# tradingsite.celery sees to connections that PostgreSQL has ended.
CELERY_DB_REUSE_MAX = 2**62

CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_QUEUES = tuple(Queue(name) for name in WORKER_QUEUES)
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_ACKS_ON_FAILURE = True  # the row counts its tries; the message does not come again
CELERY_TASK_ACKS_ON_TIMEOUT = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TRACK_STARTED = True
CELERY_TASK_TIME_LIMIT = HARD_TIME_LIMIT_S
CELERY_TASK_SOFT_TIME_LIMIT = HARD_TIME_LIMIT_S - 15
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # they finish; running twice is once
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False  # the worker that Flower watches is started with -E
CELERY_BEAT_SCHEDULER = "workers.beat:GuardedScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
DJANGO_CELERY_BEAT_TZ_AWARE = True
CELERY_IMPORTS = (
    "workers.signals",
    "workers.orders",
    "workers.positions",
    "workers.market",
    "workers.operations",
    "workers.experiments",
    "workers.watchman",
)

# ---------------------------------------------------------------- logs and errors

LOGGING = log.configuration(level=CONFIG.LOG_LEVEL)
log.start(level=CONFIG.LOG_LEVEL)

if CONFIG.SENTRY_DSN is not None:
    from tradingsite import sentry

    sentry.start(CONFIG.SENTRY_DSN.get_secret_value(), environment=CONFIG.TRADING_MODE)
