"""One machine, one person: SQLite, a generated secret, the simulator as exchange."""

from config import env

env.read_dotenv()

from config.settings.base import *  # noqa: E402, F403
from config.settings.base import VAR_DIR  # noqa: E402
from monitor.secrets_file import persistent_secret  # noqa: E402

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret("SECRET_KEY") or persistent_secret(VAR_DIR / "secret_key")
