"""The data directory: everything that Penstock keeps on this machine lives under it."""

import os
import secrets
from pathlib import Path

WEAK_KEYS = ("changeme", "secret", "insecure", "django-insecure", "password", "penstock")


class BadSecretKey(RuntimeError):
    """The secret key that was given is guessable."""


def home() -> Path:
    """`PENSTOCK_HOME`, else `.penstock` beside manage.py."""
    chosen = os.environ.get("PENSTOCK_HOME")
    base = Path(chosen).expanduser() if chosen else Path(__file__).parents[2] / ".penstock"
    return base.absolute()


def ensure_home(path: Path) -> Path:
    """Create the data directory, readable by its owner alone."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def secret_key(path: Path) -> str:
    """`PENSTOCK_SECRET_KEY`, else the key in the data directory, made at the first start.

    Raises BadSecretKey for a key from the environment that is short or well known: a guessable
    key lets anyone sign a session.
    """
    given = os.environ.get("PENSTOCK_SECRET_KEY")
    if given:
        if len(given) < 32 or given.lower().startswith(WEAK_KEYS):
            raise BadSecretKey(
                "PENSTOCK_SECRET_KEY is too easy to guess. Use 32 or more random characters, for "
                'example from: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        return given
    file = ensure_home(path) / "secret_key"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    with os.fdopen(descriptor, "w") as stream:
        key = secrets.token_urlsafe(48)
        stream.write(key)
    return key
