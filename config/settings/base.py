"""Settings shared by every environment."""

from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from config import env
from config.logging import structured_logging

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

DEBUG = False
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
PORT = env.number("PORT", 8000, least=1, most=65_535)

# --- the exchange -----------------------------------------------------------------------------
EXCHANGE = env.choice("EXCHANGE", "simulator", ["simulator", "binance"])
SIMULATOR_URL = env.text("SIMULATOR_URL", "http://127.0.0.1:8790")
# `manage.py up` starts an exchange of its own unless one was named.
STARTS_SIMULATOR = EXCHANGE == "simulator" and not env.text("SIMULATOR_URL")
_DEFAULT_SPOT = {"simulator": SIMULATOR_URL, "binance": "https://api.binance.com"}
_DEFAULT_FUTURES = {"simulator": SIMULATOR_URL, "binance": "https://fapi.binance.com"}
BINANCE_SPOT_URL = env.text("BINANCE_SPOT_URL", _DEFAULT_SPOT[EXCHANGE])
BINANCE_FUTURES_URL = env.text("BINANCE_FUTURES_URL", _DEFAULT_FUTURES[EXCHANGE])
HTTPS_PROXY_URL = env.text("EXCHANGE_PROXY")

# Thresholds of the volume-trap detectors, checked by the app when it starts.
VOLUME_TRAP = env.prefixed("VT_")
# How long candles are kept; the candles of live monitors stay longer.
RETENTION_DAYS = env.number("VT_RETENTION_DAYS", 180, least=30)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "csp",
    "django_filters",
    "django_fsm",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "rest_framework",
    "monitor",
    "volume_trap",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

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
                "django.template.context_processors.i18n",
                "monitor.context_processors.market",
            ],
        },
    },
]

# --- database ---------------------------------------------------------------------------------
# IMMEDIATE and WAL together: without both, concurrent writers fail with "database is locked".
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;",
}


def database(url: str) -> dict[str, object]:
    """Django's settings for a database URL; SQLite gets the options it needs for several writers."""
    config = dict(environ.Env.db_url_config(url))
    if str(config["ENGINE"]).endswith("sqlite3"):
        config["OPTIONS"] = dict(SQLITE_OPTIONS)
    config["ATOMIC_REQUESTS"] = False
    return config


# Simulated and real candles never meet in one file.
_DEFAULT_DATABASE = f"sqlite:///{VAR_DIR / f'trapline-{EXCHANGE}.sqlite3'}"
DATABASES = {"default": database(env.secret("DATABASE_URL", _DEFAULT_DATABASE))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- cache ------------------------------------------------------------------------------------
REDIS_URL = env.secret("REDIS_URL")


def caches(redis_url: str, prefix: str = "trapline") -> dict[str, object]:
    """Redis where there is one; its absence only costs speed, never correctness."""
    if not redis_url:
        return {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    options = {"IGNORE_EXCEPTIONS": True, "SOCKET_CONNECT_TIMEOUT": 1, "SOCKET_TIMEOUT": 1}
    return {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": redis_url,
            "KEY_PREFIX": prefix,
            "OPTIONS": options,
        }
    }


CACHES = caches(REDIS_URL)

# --- people -----------------------------------------------------------------------------------
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- static files -----------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "staticfiles"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True

# --- REST API ---------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "monitor.api.pagination.CappedCountPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": env.text("API_RATE", "600/min")},
    "EXCEPTION_HANDLER": "monitor.api.exceptions.envelope",
    "URL_FORMAT_OVERRIDE": None,
    "PAGE_SIZE": 20,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Trapline API",
    "DESCRIPTION": "Volume traps on spot and USDT-M futures candles. Every endpoint is read-only.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "MarketTypeEnum": "monitor.api.serializers.MARKET_TYPES",
        "IntervalEnum": "monitor.api.serializers.INTERVALS",
        "InstrumentStatusEnum": "monitor.api.serializers.INSTRUMENT_STATUSES",
        "TrapMarketEnum": "volume_trap.api.serializers.TRAP_MARKETS",
        "TrapStatusEnum": "volume_trap.api.serializers.TRAP_STATUSES",
    },
}

# --- security ---------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LOGGING = structured_logging(level=env.text("LOG_LEVEL", "INFO"), json_lines=env.flag("LOG_JSON"))
