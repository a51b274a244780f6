"""The data directory: everything that Penstock keeps on this machine lives under it."""

import contextlib
import json
import os
import secrets
import time
from pathlib import Path

WEAK_KEYS = ("changeme", "secret", "insecure", "django-insecure", "password", "penstock")
MARKER = "penstock.json"
#: Grows by one when files in the data directory move; a newer layout is refused, never guessed at.
LAYOUT = 1


class BadSecretKey(RuntimeError):
    """The secret key that was given is guessable."""


class BadHome(RuntimeError):
    """The data directory cannot be used: it is someone else's, newer than us, or not writable."""


def home() -> Path:
    """`PENSTOCK_HOME`, else `.penstock` beside manage.py."""
    chosen = os.environ.get("PENSTOCK_HOME")
    base = Path(chosen).expanduser() if chosen else Path(__file__).parents[2] / ".penstock"
    return base.absolute()


def ensure_home(path: Path) -> Path:
    """Create the data directory, readable by its owner alone, and mark it as Penstock's."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not any(path.iterdir()):
        _write_marker(path)
    return path


def claim(path: Path) -> bool:
    """Make sure that `path` is a data directory of ours that we can write; True for a new one.

    Raises BadHome, so that Penstock never mixes its files into a directory of something else and
    never opens data whose layout it does not know.
    """
    try:
        if path.is_dir() and any(path.iterdir()):
            _check_marker(path)
            fresh = False
        else:
            ensure_home(path)
            fresh = True
        _keep_private(path)
        (path / "run").mkdir(mode=0o700, exist_ok=True)
        probe = path / "run" / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadHome(
            f"The data directory {path} cannot be used: {error.strerror or error}.\n"
            "Give Penstock a directory that you may write: PENSTOCK_HOME=/some/where make run"
        ) from error
    return fresh


def _write_marker(path: Path) -> None:
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    content = json.dumps({"penstock": "data directory", "layout": LAYOUT, "created_at": made})
    (path / MARKER).write_text(content + "\n")


def _check_marker(path: Path) -> None:
    marker = path / MARKER
    if not marker.is_file():
        raise BadHome(
            f"{path} holds files, but they are not Penstock's: {MARKER} is missing.\n"
            "Give it an empty directory or a new one: PENSTOCK_HOME=/some/where make run"
        )
    try:
        layout = json.loads(marker.read_text())["layout"]
        known = isinstance(layout, int) and layout >= 1
    except (ValueError, KeyError, TypeError):
        layout, known = None, False
    if not known:
        raise BadHome(
            f"{marker} is damaged, so it is not certain whose directory this is.\n"
            f'If it is Penstock\'s, write {{"layout": {LAYOUT}}} into that file; otherwise choose '
            "another directory with PENSTOCK_HOME."
        )
    if layout > LAYOUT:
        raise BadHome(
            f"{path} was made by a newer Penstock (layout {layout}; this one knows {LAYOUT}).\n"
            "Start that version again, or choose another directory with PENSTOCK_HOME."
        )


def _keep_private(path: Path) -> None:
    """Others on this machine must not read sessions, keys and data: mode 0700."""
    found = path.stat()
    if found.st_mode & 0o077 and found.st_uid == os.getuid():
        path.chmod(0o700)


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
    if not file.exists():
        # Linked into place whole: a process that starts at the same time never reads half a key.
        draft = path / f"secret_key.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_text().strip()
