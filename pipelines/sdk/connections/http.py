"""A web service: its base address, and how to sign in."""

from collections.abc import Mapping
from typing import Any

from pipelines.core.addresses import Reach

from .contract import CannotConnect, Tested, Type

_SECONDS = 10.0


def headers(fields: Mapping[str, Any]) -> dict[str, str]:
    """What signs requests in."""
    import base64

    how, secret = fields.get("auth") or "none", str(fields.get("secret") or "")
    if how == "bearer":
        return {"Authorization": f"Bearer {secret}"}
    if how == "basic":
        pair = base64.b64encode(f"{fields.get('user') or ''}:{secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
    if how == "header":
        return {str(fields.get("header") or "X-Api-Key"): secret}
    return {}


def address(fields: Mapping[str, Any], path: str) -> str:
    """`path` under the base address. Raises CannotConnect for one that leads elsewhere, which must
    not get what signs in here.
    """
    import httpx

    base = str(fields["url"]).rstrip("/")
    if "://" not in path:
        return f"{base}/{path.lstrip('/')}" if path.strip("/") else base
    ours, other = httpx.URL(base), httpx.URL(path)
    if (ours.scheme, ours.host, ours.port) != (other.scheme, other.host, other.port):
        raise CannotConnect(
            f"`{path}` is not of the connection's service, {base}; write a path under it."
        )
    return path


def test(fields: Mapping[str, Any], within: Reach) -> Tested:
    """Ask for the address, signed in."""
    import httpx

    from .. import outgoing

    url = address(fields, str(fields.get("test_path") or ""))
    try:
        with (
            outgoing.client(timeout=_SECONDS, within=within, private=headers(fields)) as client,
            client.stream("GET", url) as answer,
        ):
            status = answer.status_code
            server = answer.headers.get("server", "")
    except httpx.InvalidURL as error:
        raise CannotConnect(f"`{url}` is not an address: {error}") from error
    except httpx.TimeoutException as error:
        raise CannotConnect(f"{url} does not answer within {_SECONDS:g} seconds.") from error
    except httpx.HTTPError as error:
        raise CannotConnect(f"{url} cannot be reached: {error or type(error).__name__}.") from error
    if status in (401, 403):
        raise CannotConnect(f"{url} answers {status}: it refuses how you sign in.")
    if status >= 400:
        raise CannotConnect(
            f"{url} answers {status}. If the service has nothing at that address, name a path to test."
        )
    return Tested(f"{url} answers {status}" + (f" ({server})." if server else "."))


TYPE = Type(
    name="http",
    title="Web service",
    summary="An HTTP API with its sign-in",
    icon="globe",
    schema={
        "type": "object",
        "additionalProperties": False,
        "required": ["url"],
        "properties": {
            "url": {
                "type": "string",
                "title": "Base address",
                "description": "https://api.example.com/v1",
                "pattern": "^https?://[^/@\\s]+(/[^\\s?#]*)?$",
            },
            "auth": {
                "type": "string",
                "title": "Sign in by",
                "oneOf": [
                    {"const": "none", "title": "Nothing"},
                    {"const": "bearer", "title": "Bearer token"},
                    {"const": "basic", "title": "User and password"},
                    {"const": "header", "title": "A header of its own"},
                ],
                "default": "none",
            },
            "user": {"type": "string", "title": "User", "description": "With user and password"},
            "header": {
                "type": "string",
                "title": "Header",
                "description": "Its name, where it has one of its own",
                "default": "X-Api-Key",
                "pattern": "^[A-Za-z0-9-]{1,100}$",
            },
            "secret": {
                "type": "string",
                "title": "Token, password or key",
                "format": "password",
                "writeOnly": True,
                "pattern": "^[^\\r\\n]*$",
            },
            "test_path": {
                "type": "string",
                "title": "Path to test",
                "description": "What the Test button asks for, under the base address",
            },
        },
    },
    target=("url", "header"),
    test=test,
)
