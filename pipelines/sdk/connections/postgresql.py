"""PostgreSQL: a host, a database, a user."""

from collections.abc import Mapping
from typing import Any

from pipelines.core.addresses import Reach

from .contract import CannotConnect, Tested, Type

_SECONDS = 10


def settings(fields: Mapping[str, Any], within: Reach) -> dict[str, Any]:
    """libpq's own words for it. The address that the guard let through is the one that is dialled,
    the name stays for the certificate. Raises Refused, CannotConnect.
    """
    from .. import outgoing

    host, port = str(fields["host"]), int(fields.get("port") or 5432)
    if host.startswith("/"):
        raise CannotConnect("The host is a socket of the machine, which connections do not use.")
    try:
        addresses = outgoing.allowed(host, port, within)
    except OSError as error:
        raise CannotConnect(
            f"The name `{host}` cannot be resolved ({error}). Is it spelled right?"
        ) from error
    given = {
        "host": host,
        "hostaddr": addresses[0],
        "port": port,
        "dbname": fields["database"],
        "user": fields["user"],
        "password": fields.get("password") or "",
        "sslmode": fields.get("sslmode") or "prefer",
        "connect_timeout": _SECONDS,
    }
    return {name: value for name, value in given.items() if value != ""}


def test(fields: Mapping[str, Any], within: Reach) -> Tested:
    """Sign in and ask for the version."""
    import psycopg2

    try:
        session = psycopg2.connect(**settings(fields, within))
    except psycopg2.OperationalError as error:
        raise CannotConnect(_advice(" ".join(str(error).split()), fields)) from None
    try:
        with session.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version')")
            (version,) = cursor.fetchone()
    finally:
        session.close()
    return Tested(f"Signed in to PostgreSQL {version}, database `{fields['database']}`.")


def _advice(said: str, fields: Mapping[str, Any]) -> str:
    if "authentication failed" in said or "no password supplied" in said:
        return f"The server refuses the user `{fields['user']}` with this password ({said})."
    if "does not exist" in said:
        return f"The server answers, and says: {said}. Check the database and the user."
    if "refused" in said:
        return f"Nothing listens there ({said}). Check the host and the port."
    if "timeout" in said or "timed out" in said:
        return f"The server does not answer within {_SECONDS} seconds. Is a firewall in between?"
    return f"The server cannot be used: {said}"


TYPE = Type(
    name="postgresql",
    title="PostgreSQL",
    summary="A database to query and to write tables to",
    icon="database",
    schema={
        "type": "object",
        "additionalProperties": False,
        "required": ["host", "database", "user"],
        "properties": {
            "host": {"type": "string", "title": "Host", "minLength": 1, "maxLength": 253},
            "port": {
                "type": "integer",
                "title": "Port",
                "default": 5432,
                "minimum": 1,
                "maximum": 65535,
            },
            "database": {"type": "string", "title": "Database", "minLength": 1},
            "user": {"type": "string", "title": "User", "minLength": 1},
            "password": {
                "type": "string",
                "title": "Password",
                "format": "password",
                "writeOnly": True,
            },
            "sslmode": {
                "type": "string",
                "title": "Encryption",
                "description": "verify-full also checks that the certificate is the host's",
                "enum": ["disable", "prefer", "require", "verify-full"],
                "default": "prefer",
            },
        },
    },
    target=("host", "port", "sslmode"),
    test=test,
)
