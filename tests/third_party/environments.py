"""Virtual environments of third-party clients that cannot share one: two of them claim the package `binance`.

Each is made once per lock file under var/third_party/ and found there again. Run as a module, it makes them all.
"""

import fcntl
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent.parent / "var" / "third_party"
NAMES = ("python-binance", "official-sdk")
_PATIENCE_SECONDS = 600


def interpreter(name: str) -> Path:
    """The Python of a client's environment, made first if need be.

    Raises subprocess.CalledProcessError if the packages cannot be installed.
    """
    lock = HERE / f"requirements-{name}.txt"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = CACHE / sha256(lock.read_bytes() + version.encode()).hexdigest()[:16]
    python = folder / "bin" / "python"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{folder.name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _make(folder, python, lock)
    return python


def _make(folder: Path, python: Path, lock: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    uv = str(Path(sys.executable).with_name("uv"))
    _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
    _run([uv, "pip", "install", "--quiet", "--require-hashes", "--python", str(python), "-r", str(lock)])
    (folder / "complete").touch()


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, timeout=_PATIENCE_SECONDS)


if __name__ == "__main__":
    for each in NAMES:
        sys.stdout.write(f"{each}: {interpreter(each)}\n")
