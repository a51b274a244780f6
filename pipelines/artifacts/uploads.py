"""Files that people send: what they are is read from their bytes."""

import json
import tempfile
from pathlib import Path
from typing import IO, Any

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import transaction

from pipelines.teams import audit
from pipelines.teams.models import Team, User

from . import pictures, store, usage
from .models import Artifact

PARQUET_MAGIC = b"PAR1"
PARQUET_MEDIA_TYPE = "application/vnd.apache.parquet"
_MAX_JSON = 64 * 1024 * 1024


class NotOfType(ValueError):
    """The bytes are not what the sender says they are."""


def receive(file: Any, *, team: Team, user: User, type: str | None = None) -> Artifact:
    """Store `file`, Django's UploadedFile, and make it known to `team`.

    Without a `type`, Parquet is a `table`, a picture an `image`, everything else a `file`. Raises
    NotOfType when the bytes contradict the given type, and QuotaExceeded.
    """
    with tempfile.NamedTemporaryFile(prefix="penstock-upload-") as copy:
        if isinstance(file, TemporaryUploadedFile):
            path = Path(file.temporary_file_path())
        else:
            for chunk in file.chunks():
                copy.write(chunk)
            copy.flush()
            path = Path(copy.name)
        return take(path, name=file.name or "", team=team, user=user, type=type)


def take(
    path: Path, *, name: str, team: Team, user: User | None, type: str | None = None
) -> Artifact:
    """Store a file of this machine as `receive` does one that was sent.

    Raises NotOfType, and QuotaExceeded.
    """
    usage.check(team, path.stat().st_size)
    name = "".join(filter(str.isprintable, Path(name).name))
    found, media_type, facts = _inspect(path, name, type)
    stored = store.upload(path)
    with transaction.atomic():
        artifact = store.record(
            team.pk, stored, type=found, name=name, media_type=media_type, facts=facts, user=user
        )
        if user is not None:
            audit.record(
                "artifact.upload",
                artifact,
                team=team.pk,
                user=user,
                after={
                    "digest": stored.digest,
                    "size": stored.size,
                    "type": artifact.type,
                    "name": name,
                },
            )
    return artifact


def looks_like_parquet(stream: IO[bytes]) -> bool:
    """By the magic at both ends. Rewinds."""
    start = stream.read(4)
    size = stream.seek(0, 2)
    stream.seek(max(size - 4, 0))
    end = stream.read(4)
    stream.seek(0)
    return size >= 12 and start == end == PARQUET_MAGIC


def _inspect(path: Path, name: str, type: str | None) -> tuple[str, str, dict[str, Any]]:
    """Type, media type and facts."""
    with path.open("rb") as stream:
        parquet, picture = looks_like_parquet(stream), pictures.sniff(stream)
    if type in (None, "table") and parquet:
        facts = _table_facts(path)
        if facts is not None:
            return "table", PARQUET_MEDIA_TYPE, facts
    if type in (None, "image") and picture is not None:
        size = {"width": picture.width, "height": picture.height}
        return "image", picture.media_type, size
    if type == "table":
        raise NotOfType(
            f"`{name}` is not a Parquet file, so it is no table. Upload it as a file and read it "
            "with a component such as core/read_csv."
        )
    if type == "image":
        raise NotOfType(f"`{name}` is not a PNG, JPEG, GIF or WebP picture.")
    if type == "text":
        _check_text(path, name)
        return "text", "text/plain", {}
    if type == "json":
        _check_json(path, name)
        return "json", "application/json", {}
    media_type = picture.media_type if picture else "application/octet-stream"
    return type or "file", media_type, {}


def _table_facts(path: Path) -> dict[str, Any] | None:
    """Rows and columns out of the file's footer; None when it cannot be read."""
    # Imported late: a web process that is sent no table needs none of its memory.
    import pyarrow as pa

    from . import table_pages

    try:
        return table_pages.facts(path)
    except (pa.ArrowException, OSError, ValueError):
        return None


def _check_text(path: Path, name: str) -> None:
    try:
        with path.open(encoding="utf-8") as stream:
            while stream.read(1024 * 1024):
                pass
    except UnicodeDecodeError as error:
        raise NotOfType(
            f"`{name}` is not text in UTF-8 (byte {error.start}). Save it as UTF-8, or upload it "
            "as a file."
        ) from error


def _check_json(path: Path, name: str) -> None:
    if path.stat().st_size > _MAX_JSON:
        raise NotOfType(f"`{name}` has more than {_MAX_JSON:,} bytes. Upload it as a file.")
    try:
        json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise NotOfType(f"`{name}` is not JSON: {error}.") from error
