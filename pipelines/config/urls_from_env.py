"""`DATABASE_URL`, `REDIS_URL`, `STORAGE_URL` and what steps may reach, read into Django's settings."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from pipelines.core.addresses import BadOpening, parse_opening


class BadUrl(ValueError):
    """A variable holds an address that Penstock cannot use."""


def database(url: str | None, home: Path) -> dict[str, Any]:
    """Django's database settings: PostgreSQL for `postgres://`, else SQLite in the data directory.

    SQLite takes its write lock at BEGIN (IMMEDIATE): a transaction that reads first and writes
    later would otherwise fail as "locked" whatever the timeout says.
    """
    if not url:
        url = f"sqlite://{quote(str(home / 'penstock.sqlite3'))}"
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path),
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
                ),
            },
        }
    if parts.scheme in ("postgres", "postgresql"):
        options = dict(parse_qsl(parts.query))
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": options,
        }
    raise BadUrl(
        f"DATABASE_URL starts with `{parts.scheme}:`; use postgres://user:password@host:port/name "
        "or sqlite:///path/to/file"
    )


def redis_url(url: str | None, home: Path) -> str:
    """The given Redis, else the private socket on which `manage.py up` starts one."""
    if not url:
        return f"unix://{home / 'run' / 'redis.sock'}"
    if urlsplit(url).scheme not in ("redis", "rediss", "unix"):
        raise BadUrl("REDIS_URL must start with redis://, rediss:// or unix://")
    return url


def storage(url: str | None, home: Path) -> dict[str, Any]:
    """Django's storage settings: local files or an S3-compatible store, by django-storages."""
    if not url:
        url = f"file://{quote(str(home / 'artifacts'))}"
    parts = urlsplit(url)
    if parts.scheme == "file":
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": unquote(parts.path), "file_permissions_mode": 0o600},
        }
    if parts.scheme == "s3":
        options = dict(parse_qsl(parts.query))
        settings: dict[str, Any] = {
            "bucket_name": parts.path.strip("/"),
            "access_key": unquote(parts.username or "") or None,
            "secret_key": unquote(parts.password or "") or None,
            "region_name": options.get("region", "us-east-1"),
            "file_overwrite": True,
            "querystring_auth": True,
            "signature_version": "s3v4",
            "default_acl": None,
        }
        if parts.hostname:
            scheme = "http" if options.get("tls") == "0" else "https"
            port = f":{parts.port}" if parts.port else ""
            settings["endpoint_url"] = f"{scheme}://{parts.hostname}{port}"
            settings["addressing_style"] = "path"
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": settings}
    raise BadUrl(
        f"STORAGE_URL starts with `{parts.scheme}:`; use file:///path "
        "or s3://key:secret@host:port/bucket"
    )


def allowed_out(given: str | None) -> tuple[str, ...]:
    """What steps may reach beside the public internet: hosts and networks, with commas."""
    try:
        return tuple(parse_opening(each).text for each in (given or "").split(",") if each.strip())
    except BadOpening as error:
        raise BadUrl(f"PENSTOCK_ALLOWED_HOSTS_OUT: {error}") from error
