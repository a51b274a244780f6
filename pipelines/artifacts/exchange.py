"""Addresses at which a step that runs elsewhere reads artifacts and leaves its result: S3's signed URLs.

Implements `executors.kubernetes.exchange.Exchange`. Who has such an address can do that one thing
with that one object until it expires, and needs no key.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage, default_storage

from . import store

#: Where the storage keeps what is on its way. Nothing here outlives its step.
_FOLDER = "exchange"


class ExchangeFailed(OSError):
    """The store did not do it; says what and why."""


def make() -> "S3Exchange | None":
    """None where artifacts lie in local files, which have no addresses."""
    if isinstance(default_storage, FileSystemStorage):
        return None
    return S3Exchange(default_storage)


class S3Exchange:
    """Every method raises ExchangeFailed."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def artifact_url(self, digest: str, seconds: int) -> str:
        return self._sign("get_object", store.key(digest), seconds)

    def put(self, name: str, data: bytes, seconds: int) -> str:
        key = f"{_FOLDER}/{name}"
        with _told(key):
            self._bucket.Object(key).put(Body=data)
        return self._sign("get_object", key, seconds)

    def put_file(self, name: str, path: Path, seconds: int) -> str:
        key = f"{_FOLDER}/{name}"
        with _told(key):
            self._bucket.upload_file(str(path), key)
        return self._sign("get_object", key, seconds)

    def upload_url(self, name: str, seconds: int) -> str:
        return self._sign("put_object", f"{_FOLDER}/{name}", seconds)

    def fetch(self, name: str, target: Path, most_bytes: int) -> None:
        key = f"{_FOLDER}/{name}"
        with _told(key):
            size = self._bucket.Object(key).content_length
            if size > most_bytes:
                raise ExchangeFailed(f"`{key}` has {size:,} bytes; {most_bytes:,} are allowed")
            self._bucket.download_file(key, str(target))

    def remove(self, prefix: str) -> None:
        with _told(prefix):
            self._bucket.objects.filter(Prefix=f"{_FOLDER}/{prefix}").delete()

    @property
    def _bucket(self) -> Any:
        return self._storage.bucket

    def _sign(self, what: str, key: str, seconds: int) -> str:
        with _told(key):
            url: str = self._bucket.meta.client.generate_presigned_url(
                what, Params={"Bucket": self._bucket.name, "Key": key}, ExpiresIn=seconds
            )
        return url


@contextmanager
def _told(key: str) -> Iterator[None]:
    from boto3.exceptions import Boto3Error  # large, and only here once S3 is in use anyway
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise ExchangeFailed(f"the artifact store failed at `{key}`: {error}") from error
