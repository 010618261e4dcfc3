"""One machine, one person: SQLite, a generated secret, the simulator as exchange."""

from config import env
from config.settings.base import *  # noqa: F403
from config.settings.base import VAR_DIR
from monitor.secrets_file import persistent_secret

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret("SECRET_KEY") or persistent_secret(VAR_DIR / "secret_key")
