"""Encryption of what is kept secret in the database: Fernet, with keys that can be rotated.

The keys are in the file `encryption_keys` of the data directory (mode 0600, newest first, one on a
line), or in `PENSTOCK_ENCRYPTION_KEYS`, separated by commas, for several machines. The first one
encrypts; all of them decrypt. A key is 32 random bytes in URL-safe base64, as Fernet's specification
has it (https://github.com/fernet/spec).
"""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

VARIABLE = "PENSTOCK_ENCRYPTION_KEYS"
FILE = "encryption_keys"


class BadKeys(RuntimeError):
    """The keys are missing or malformed; says which and the way out."""


class Undecipherable(RuntimeError):
    """It was encrypted with a key that is not among ours."""

    def __init__(self) -> None:
        super().__init__(
            "A secret cannot be decrypted: it was encrypted with a key that this Penstock does not "
            f"have. Put the key back into {VARIABLE} or the file {FILE}, or write the secret anew."
        )


def encrypt(text: str) -> bytes:
    """The ciphertext under the newest key. Raises BadKeys."""
    return _fernet().encrypt(text.encode("utf-8"))


def decrypt(ciphertext: bytes | memoryview) -> str:
    """The text. Raises BadKeys, Undecipherable."""
    try:
        return _fernet().decrypt(bytes(ciphertext)).decode("utf-8")
    except InvalidToken:
        raise Undecipherable from None


def renewed(ciphertext: bytes | memoryview) -> bytes:
    """The same under the newest key. Raises BadKeys, Undecipherable."""
    try:
        return _fernet().rotate(bytes(ciphertext))
    except InvalidToken:
        raise Undecipherable from None


def is_newest(ciphertext: bytes | memoryview) -> bool:
    """Whether the newest key alone can read it."""
    try:
        Fernet(keys()[0]).decrypt(bytes(ciphertext))
    except InvalidToken:
        return False
    return True


def keys() -> list[str]:
    """The keys, newest first; the first one is made when there is none. Raises BadKeys.

    They are read each time: whoever rotates them does so while others run.
    """
    given = os.environ.get(VARIABLE, "").strip()
    if given:
        return _checked(given.replace(",", "\n").split(), VARIABLE)
    file = _file()
    if not file.exists():
        _write([Fernet.generate_key().decode()], replace=False)
    return _checked(file.read_text(encoding="utf-8").split(), str(file))


def from_environment() -> bool:
    """Whether the keys are given by the environment, so that no command can change them."""
    return bool(os.environ.get(VARIABLE, "").strip())


def add_key() -> None:
    """Make a new key, by which all is encrypted from now on; the others still decrypt."""
    _write([Fernet.generate_key().decode(), *keys()], replace=True)


def drop_old_keys() -> None:
    """Forget all keys but the newest."""
    _write(keys()[:1], replace=True)


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys()])


def _checked(found: Sequence[str], where: str) -> list[str]:
    if not found:
        raise BadKeys(f"{where} holds no key. Make one: {_HOW}")
    for number, key in enumerate(found, start=1):
        try:
            Fernet(key)
        except ValueError:
            raise BadKeys(
                f"Key {number} of {where} is none: a key is 32 random bytes in URL-safe base64. "
                f"Make one: {_HOW}"
            ) from None
    return list(found)


_HOW = (
    'python3 -c "import base64, secrets; '
    'print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())"'
)


def _file() -> Path:
    return Path(settings.HOME) / FILE


def _write(found: Sequence[str], *, replace: bool) -> None:
    """Whole or not at all, for its owner alone; a process that starts at the same time wins."""
    file = _file()
    draft = file.with_name(f"{FILE}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write("\n".join(found) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    if replace:
        os.replace(draft, file)
        return
    with contextlib.suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()
