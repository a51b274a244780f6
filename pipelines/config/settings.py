"""Django settings. Four variables switch the parts; nothing else changes between machines.

PENSTOCK_HOME  the data directory (default `.penstock/`)
DATABASE_URL   `postgres://user:password@host:port/name`, else SQLite in the data directory
REDIS_URL      `redis://…` or `unix://…`, else the Redis that `manage.py up` starts
STORAGE_URL    `s3://key:secret@host:port/bucket?region=…&tls=0`, `file:///path`, else the data directory
"""

import os
from pathlib import Path

from .home import home, secret_key
from .urls_from_env import allowed_out, database, redis_url, storage

BASE_DIR = Path(__file__).resolve().parents[2]
HOME = home()
SECRET_KEY = secret_key(HOME)
DEBUG = os.environ.get("PENSTOCK_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("PENSTOCK_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [
    origin for origin in os.environ.get("PENSTOCK_ORIGINS", "").split(",") if origin
]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_vite",
    "axes",
    "channels",
    "storages",
    "pipelines.teams",
    "pipelines.catalog",
    "pipelines.designs",
    "pipelines.artifacts",
    "pipelines.runs",
    "pipelines.backups",
]

MIDDLEWARE = [
    "pipelines.teams.origin.RequestOrigin",
    "django.middleware.security.SecurityMiddleware",
    "pipelines.config.static.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "pipelines.teams.required.RequireSecondFactor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "pipelines.config.urls"
ASGI_APPLICATION = "pipelines.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": database(os.environ.get("DATABASE_URL"), HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = redis_url(os.environ.get("REDIS_URL"), HOME)
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "penstock"},
    }
}
STORAGES = {
    "default": storage(os.environ.get("STORAGE_URL"), HOME),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

AUTH_USER_MODEL = "teams.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "pipelines.config.errors.locked_out"
CSRF_FAILURE_VIEW = "pipelines.config.errors.csrf"

AXES_SENSITIVE_PARAMETERS = ["code"]
#: Whether everybody who signs in has to have a second factor.
PENSTOCK_REQUIRE_MFA = os.environ.get("PENSTOCK_REQUIRE_MFA") == "1"

SESSION_COOKIE_NAME = "penstock_session"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "penstock_csrf"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
if os.environ.get("PENSTOCK_TLS") == "1":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"

STATIC_URL = "static/"
# Served from where they lie, so there is nothing to collect.
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
# Vite names what it builds after its content.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/app/assets/"
WHITENOISE_AUTOREFRESH = DEBUG
DJANGO_VITE = {
    "default": {
        "dev_mode": False,
        "manifest_path": BASE_DIR / "static" / "app" / "manifest.json",
        "static_url_prefix": "app",
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "pipelines.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "pipelines.api.pagination.Pages",
    "PAGE_SIZE": 50,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["pipelines.api.parsers.LimitedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "pipelines.api.schema.Schema",
    "EXCEPTION_HANDLER": "pipelines.api.problems.exception_handler",
    "STRICT_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Penstock",
    "DESCRIPTION": "Draw pipelines, run them, watch them live.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "RunState": "pipelines.runs.models.RunState",
        "NodeState": "pipelines.runs.models.NodeState",
        "Visibility": "pipelines.catalog.models.Visibility",
        "Role": "pipelines.teams.models.ROLE_CHOICES",
        "ActionName": "pipelines.api.shapes.people.ACTION_CHOICES",
        "PortType": "pipelines.api.shapes.fields.PORT_TYPES",
        "UploadType": "pipelines.api.shapes.artifacts.UPLOAD_TYPES",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_TEMP_DIR = None
PENSTOCK_MAX_UPLOAD_BYTES = int(os.environ.get("PENSTOCK_MAX_UPLOAD_BYTES", 2 * 1024**3))
#: How much of the disk copies of artifacts from a remote storage may take.
PENSTOCK_CACHE_BYTES = int(os.environ.get("PENSTOCK_CACHE_BYTES", 10 * 1024**3))

#: How long a claim holds without being renewed, and how long a queued row may go unclaimed.
PENSTOCK_LEASE_SECONDS = float(os.environ.get("PENSTOCK_LEASE_SECONDS", "15"))
PENSTOCK_SWEEP_SECONDS = float(os.environ.get("PENSTOCK_SWEEP_SECONDS", "0.5"))
PENSTOCK_REPUBLISH_SECONDS = float(os.environ.get("PENSTOCK_REPUBLISH_SECONDS", "5"))
#: How long a worker that is told to stop lets its steps go on before it gives them back.
PENSTOCK_GRACE_SECONDS = float(os.environ.get("PENSTOCK_GRACE_SECONDS", "1"))
#: What the steps of all teams may reach beside the public internet: hosts and networks, with commas.
PENSTOCK_ALLOWED_HOSTS_OUT = allowed_out(os.environ.get("PENSTOCK_ALLOWED_HOSTS_OUT"))
#: Where lower layers find the Celery app that carries their messages.
PENSTOCK_CELERY_APP = "pipelines.config.celery.app"
#: How many steps one worker runs at a time.
PENSTOCK_SLOTS = int(os.environ.get("PENSTOCK_SLOTS", "0")) or max(2, os.cpu_count() or 2)

#: What holds for teams that set nothing of their own. 0 is for ever, and without a limit.
PENSTOCK_POLICY = {
    "runs_days": int(os.environ.get("PENSTOCK_KEEP_RUNS_DAYS", "0")),
    "runs_newest": int(os.environ.get("PENSTOCK_KEEP_RUNS_NEWEST", "20")),
    "logs_days": int(os.environ.get("PENSTOCK_KEEP_LOGS_DAYS", "0")),
    "artifacts_days": int(os.environ.get("PENSTOCK_KEEP_ARTIFACTS_DAYS", "0")),
    "storage_bytes": int(os.environ.get("PENSTOCK_QUOTA_STORAGE_BYTES", "0")),
    "open_runs": int(os.environ.get("PENSTOCK_QUOTA_OPEN_RUNS", "0")),
    "runs_per_day": int(os.environ.get("PENSTOCK_QUOTA_RUNS_PER_DAY", "0")),
    "pipelines": int(os.environ.get("PENSTOCK_QUOTA_PIPELINES", "0")),
}
#: The hour of the day, in UTC, from which on the scheduler cleans up, once a day.
PENSTOCK_CLEAN_UP_HOUR = int(os.environ.get("PENSTOCK_CLEAN_UP_HOUR", "3"))
#: A file that no row names is removed once it is this old: before, it may be an upload in flight.
PENSTOCK_ORPHAN_GRACE_SECONDS = float(os.environ.get("PENSTOCK_ORPHAN_GRACE_SECONDS", "86400"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("PENSTOCK_LOG_LEVEL", "WARNING")},
}
