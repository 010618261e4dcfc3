"""A server other people reach: secrets must be given, HTTPS is assumed."""

from django.core.exceptions import ImproperlyConfigured

from config import env

env.read_dotenv()

from config.settings.base import *  # noqa: E402, F403

SECRET_KEY = env.secret("SECRET_KEY")
if len(SECRET_KEY) < 40 or len(set(SECRET_KEY)) < 10:
    raise ImproperlyConfigured(
        "SECRET_KEY (or SECRET_KEY_FILE) must hold at least 40 random characters in production; "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))' makes one."
    )

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = False
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", 31_536_000)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
