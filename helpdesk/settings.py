"""Settings of every process. Values that differ between machines come from the environment (docs/operations.md)."""

from pathlib import Path
from typing import Any, Final

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from helpdesk.environment import (
    BASE_DIR,
    DATABASE_VARIABLES,
    data_dir,
    effective_environment,
    is_on,
    one_of,
    process_kind,
    words,
)
from helpdesk.watching.logs import configuration as log_configuration

ENVIRONMENT = effective_environment()
PROCESS = process_kind(ENVIRONMENT)
DATA_DIR = data_dir(ENVIRONMENT)
RUN_DIR = DATA_DIR / "run"

DEBUG = is_on(ENVIRONMENT, "HELPDESK_DEBUG")
DEMO_MODE = is_on(ENVIRONMENT, "HELPDESK_DEMO")
DEMO_SIZE = one_of(ENVIRONMENT, "HELPDESK_DEMO_SIZE", ("full", "small"))
HTTPS = is_on(ENVIRONMENT, "HELPDESK_HTTPS")

# Empty in a process that signs nothing; Django raises at the first use, and servers refuse to start (wsgi, celery).
SECRET_KEY = ENVIRONMENT.get("HELPDESK_SECRET_KEY", "")
SECRET_KEY_FALLBACKS = words(ENVIRONMENT, "HELPDESK_OLD_SECRET_KEYS")
ALLOWED_HOSTS = words(ENVIRONMENT, "HELPDESK_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = words(ENVIRONMENT, "HELPDESK_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "helpdesk",
    "web",
    "api",
    "lifecycle",
    "notifications",
    "slas",
    "tickets",
    "contracts",
    "accounts",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "csp",
    "drf_spectacular",
]

MIDDLEWARE = [
    "helpdesk.watching.requests.WatchMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.activity.SessionActivityMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.TenantMiddleware",
]

ROOT_URLCONF = "helpdesk.urls"
ERROR_PAGES = "helpdesk.faces"
CSRF_FAILURE_VIEW = "helpdesk.faces.csrf_failure"
WSGI_APPLICATION = "helpdesk.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATE_PLACES = ("filesystem", "app_directories")
FORM_RENDERER = "web.widgets.Renderer"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("web.folding.Loader", [f"django.template.loaders.{one}.Loader" for one in TEMPLATE_PLACES])],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.context_processors.shell",
            ],
        },
    },
]


# Database -------------------------------------------------------------------------------------------------------------
PREPARING: Final = {
    "server_side_binding": True,
    "prepare_threshold": int(ENVIRONMENT.get("HELPDESK_PREPARE_AFTER", "3")) or None,
}
"""Statements that come again and again are planned once per connection: with row level security the planning costs
more than what is then done. 0 plans each anew, for connection poolers that cannot keep them apart. Migrations and
backups ask once, and some of theirs take no values from outside."""


def _database() -> dict[str, Any]:
    """Connection of this process: its login decides what row level security lets it see."""
    address = ENVIRONMENT.get(DATABASE_VARIABLES[PROCESS], "")
    if not address:
        return {"ENGINE": "helpdesk.missing_database", "NAME": "none"}
    parsed = environ.Env.db_url_config(address)
    if not parsed.get("ENGINE", "").endswith("postgresql"):
        raise ImproperlyConfigured(f"{DATABASE_VARIABLES[PROCESS]} must begin with postgresql://.")
    return {
        **parsed,
        "ENGINE": "django.db.backends.postgresql",
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": int(ENVIRONMENT.get("HELPDESK_CONNECTION_SECONDS", "60")),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**parsed.get("OPTIONS", {}), **(PREPARING if PROCESS in {"web", "worker"} else {})},
    }


DATABASES = {"default": _database()}

# Sign-in limits are kept here; a flushed or absent Valkey must not lift them.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entries",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}

# Sign-in --------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "web.account_adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "reset_password": "20/m/ip,5/m/key"}
# accounts.activity does it, less often than at every request.
USERSESSIONS_TRACK_ACTIVITY = False
# Second factor: an authenticator app and recovery codes. The pages are our own and ask for the password themselves.
MFA_ADAPTER = "web.account_adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Helpdesk"
MFA_REAUTHENTICATION_REQUIRED = False
# Single sign-on: which identity providers there are is in the database, per provider (accounts.sign_on).
SOCIALACCOUNT_ADAPTER = "web.sign_on_adapter.SignOnAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = False
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
# 1 lets identity providers be called in this network and without encryption: for trying things out, never in service.
SIGN_ON_LOCAL = is_on(ENVIRONMENT, "HELPDESK_SIGN_ON_LOCAL")
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True}}
# How many proxies of ours stand in front; 0 trusts no forwarded address at all.
ALLAUTH_TRUSTED_PROXY_COUNT = int(ENVIRONMENT.get("HELPDESK_PROXIES", "0"))

# Sessions and cookies -------------------------------------------------------------------------------------------------
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
# A browser accepts the __Host- prefix over HTTPS only.
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "language"

# Security headers -----------------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and ALLAUTH_TRUSTED_PROXY_COUNT else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}

# Size limits: one form may carry 2.5 MB of text and the files of one message; those stream to disk, and each is limited
# where it is accepted.
FILE_UPLOAD_HANDLERS = [
    "web.upload_limits.WholeRequestLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# The API: who calls is settled by accounts.programs, so the framework only reads, draws and describes -----------------
REST_FRAMEWORK: dict[str, Any] = {"UNAUTHENTICATED_USER": None, "DEFAULT_SCHEMA_CLASS": "api.schema.Schema"}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Helpdesk API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_URLCONF": "api.urls",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer"},
            "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE_NAME},
        }
    },
}

# Languages and time ---------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Files ----------------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(ENVIRONMENT.get("HELPDESK_STATIC_ROOT") or RUN_DIR / "static")
STATICFILES_DIRS = [folder for folder in (BASE_DIR / "static",) if folder.is_dir()]
# "manifest" serves what collectstatic wrote, under names that may be cached for ever.
STATIC_MANIFEST = ENVIRONMENT.get("HELPDESK_STATIC") == "manifest"
WHITENOISE_USE_FINDERS = not STATIC_MANIFEST
WHITENOISE_AUTOREFRESH = not STATIC_MANIFEST
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if STATIC_MANIFEST
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        ),
    },
}
ATTACHMENT_ROOT = Path(ENVIRONMENT.get("HELPDESK_ATTACHMENTS") or RUN_DIR / "attachments")
MEDIA_ROOT = ATTACHMENT_ROOT

# Mail: a folder that the demo's mailbox page shows, or a server named by EMAIL_URL ------------------------------------
MAIL_FOLDER = Path(ENVIRONMENT.get("HELPDESK_MAIL_FOLDER") or RUN_DIR / "mail")
# Links in mails begin with this; Message-IDs end with the mail domain.
PUBLIC_URL = (ENVIRONMENT.get("HELPDESK_PUBLIC_URL") or "http://127.0.0.1:8000").rstrip("/")
MAIL_DOMAIN = ENVIRONMENT.get("HELPDESK_MAIL_DOMAIN", "helpdesk.localhost")
DEFAULT_FROM_EMAIL = ENVIRONMENT.get("HELPDESK_MAIL_FROM", "helpdesk@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = 15
if ENVIRONMENT.get("EMAIL_URL"):
    vars().update(environ.Env.email_url_config(ENVIRONMENT["EMAIL_URL"]))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = MAIL_FOLDER

# Tasks: Valkey is a doorbell. Nothing that matters is only there; a lost call is found again by the next sweep --------
REDIS_URL = ENVIRONMENT.get("REDIS_URL", "")
CELERY_BROKER_URL = REDIS_URL or "redis://127.0.0.1:1/0"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "socket_connect_timeout": 1,
    # A worker waits for tasks a second at a time; a request must not wait for a broker that hangs.
    "socket_timeout": 1 if PROCESS == "web" else 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "max_retries": 0,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_TIME_LIMIT = 240
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
SWEEP_SECONDS = float(ENVIRONMENT.get("HELPDESK_SWEEP_SECONDS", "10"))
# A call that waited for a minute has been overtaken by later ones.
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": SWEEP_SECONDS, "options": {"expires": 60}}
    for name, task in {
        "sweep-deadlines": "lifecycle.tasks.sweep",
        "recompute-calendars": "lifecycle.tasks.recompute",
        "relay-notifications": "notifications.tasks.relay",
        "prove-alive": "helpdesk.tasks.prove_alive",
    }.items()
} | {
    "purge-uploads": {"task": "lifecycle.tasks.purge_uploads", "schedule": 3600.0, "options": {"expires": 3600}},
    "purge-answers": {"task": "helpdesk.tasks.purge_answers", "schedule": 3600.0, "options": {"expires": 3600}},
}

# What operators watch ------------------------------------------------------------------------------------------------
LOGGING = log_configuration(ENVIRONMENT.get("HELPDESK_LOGS", "line"), ENVIRONMENT.get("HELPDESK_LOG_LEVEL", "INFO"))
# Without a token nobody gets figures.
METRICS_TOKEN = ENVIRONMENT.get("HELPDESK_METRICS_TOKEN", "")
