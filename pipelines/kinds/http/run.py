"""Runs an http component: one request, its answer streamed to disk, outputs taken from it."""

import json
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from pipelines.sdk import Failure, File, Handle, Table, connections, outgoing

from ..contract import Step, StepFailed
from ..inputs import decode
from ..outputs import encode_all
from ..templates import NOT_GIVEN, fill

MAX_BYTES = 1024**3
_BY_TYPE = {"integer": "status", "file": "file", "image": "file", "table": "table", "text": "text"}
_BY_NAME = {"status": "status", "headers": "headers", "text": "text", "json": "json"}


@dataclass(frozen=True)
class Answer:
    """What came back. The body is in a file, because it may be large."""

    status: int
    headers: httpx.Headers
    body: Path
    encoding: str

    def text(self) -> str:
        return self.body.read_text(encoding=self.encoding, errors="replace")


def run(step: Step) -> Mapping[str, Any]:
    """Send the request and take the outputs from the answer.

    Requests that may change something carry an `Idempotency-Key` header that is the same for
    every retry. Raises StepFailed, naming the address and the status, when it is not answered
    as expected.
    """
    request = step.implementation
    values = {**{name: decode(name, raw, "handle") for name, raw in step.inputs.items()}}
    values.update(step.params)
    method = _given(fill(request.get("method"), values), "GET").upper()
    url = str(_given(fill(request.get("url"), values, lambda text: quote(text, safe="")), ""))
    private: dict[str, str] = {}
    if name := step.params.get(str(request.get("connection_parameter"))):
        url, private = _connected(str(name), url)
    headers = {str(k): str(v) for k, v in _given(fill(request.get("headers"), values), {}).items()}
    bearer = str(_given(fill(request.get("bearer"), values), "")).strip()
    if bearer and not any(name.lower() == "authorization" for name in headers):
        headers["Authorization"] = f"Bearer {bearer}"
    if method not in ("GET", "HEAD", "OPTIONS") and step.key:
        headers.setdefault("Idempotency-Key", step.key)
    content, media_type = _body(_given(fill(request.get("body"), values), None))
    if media_type and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = media_type
    answer = _send(
        httpx.Request(
            method,
            _checked(url),
            params=_given(fill(request.get("query"), values), None) or None,
            headers={name.encode(): value.encode() for name, value in headers.items()},
            content=content,
        ),
        timeout=float(_given(fill(request.get("timeout"), values), 30)),
        private=private,
    )
    print(f"{method} {url} answered {answer.status}, {answer.body.stat().st_size:,} bytes")
    _expect(answer, _given(fill(request.get("expect"), values), []), method, url)
    read = request.get("read") or {}
    outputs = {}
    for port in step.spec.get("outputs") or ():
        name, kind = str(port["name"]), str(port.get("type", "any"))
        source = read.get(name) or _BY_NAME.get(name) or _BY_TYPE.get(kind) or "json"
        outputs[name] = _take(answer, name, kind, str(source), url)
    return encode_all(step, outputs)


def _given(value: Any, default: Any) -> Any:
    return default if value is NOT_GIVEN or value is None else value


def _checked(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise StepFailed("setup", f"`{url}` is not a URL: {error}", permanent=True) from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise StepFailed("setup", f"`{url}` is not a URL; write https://host/path", permanent=True)
    return parsed


def _body(value: Any) -> tuple[bytes | None, str]:
    """The bytes to send and what they are: JSON, unless it is text or a file."""
    if value is None:
        return None, ""
    if isinstance(value, Table):
        records = value.to_pandas().to_json(orient="records", date_format="iso")
        return records.encode(), "application/json"
    if isinstance(value, Handle):
        guessed, _ = mimetypes.guess_type(value.name)
        return value.path.read_bytes(), guessed or "application/octet-stream"
    if isinstance(value, str):
        if not value:
            return None, ""
        try:
            json.loads(value)
        except ValueError:
            return value.encode(), "text/plain; charset=utf-8"
        return value.encode(), "application/json"
    return json.dumps(value, ensure_ascii=False).encode(), "application/json"


def _connected(name: str, url: str) -> tuple[str, dict[str, str]]:
    """The address under that of the connection, and the headers that sign in there."""
    try:
        type, fields = connections.connection(name)
        if type.name != "http":
            raise StepFailed(
                "setup",
                f"the connection `{name}` is no web service but a {type.title}",
                permanent=True,
            )
        return connections.http.address(fields, url), connections.http.headers(fields)
    except (Failure, connections.CannotConnect) as error:
        raise StepFailed("setup", str(error), permanent=True) from error


def _send(request: httpx.Request, timeout: float, private: Mapping[str, str]) -> Answer:
    body = Path.cwd() / "answer"
    url = str(request.url)
    size = 0
    try:
        with outgoing.client(timeout=timeout, private=private) as client:
            response = client.send(request, stream=True)
            with body.open("wb") as file:
                for chunk in response.iter_bytes(256 * 1024):
                    size += len(chunk)
                    if size > MAX_BYTES:
                        raise StepFailed(
                            "output", f"{url} answered with more than {MAX_BYTES:,} bytes"
                        )
                    file.write(chunk)
            response.close()
    except outgoing.Refused as refused:
        raise StepFailed("setup", str(refused), permanent=True) from refused
    except httpx.TimeoutException as error:
        raise StepFailed("exception", f"{url} did not answer within {timeout:g} seconds") from error
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise StepFailed("exception", f"{url} could not be reached: {reason}") from error
    return Answer(response.status_code, response.headers, body, response.encoding or "utf-8")


def _expect(answer: Answer, expected: list[int], method: str, url: str) -> None:
    fine = answer.status in expected if expected else answer.status < 400
    if not fine:
        said = answer.text()[:300].strip()
        raise StepFailed(
            "exception",
            f"{method} {url} answered {answer.status}" + (f": {said}" if said else ""),
        )


def _take(answer: Answer, name: str, kind: str, source: str, url: str) -> Any:
    where, _, path = source.partition(".")
    if where == "status":
        return answer.status
    if where == "headers":
        return dict(answer.headers)
    if where == "file":
        file = Path(urlsplit(url).path).name or name
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        return File(answer.body, name=file, media_type=media_type)
    if where == "text":
        return answer.text()
    if where == "table" and "json" not in answer.headers.get("content-type", "json"):
        return _csv(answer, name)
    value = _json(answer, name, kind, path)
    if (where == "table" or kind == "table") and isinstance(value, dict):
        return [value]
    return value


def _json(answer: Answer, name: str, kind: str, path: str) -> Any:
    try:
        value = json.loads(answer.body.read_bytes())
    except ValueError:
        if kind == "any" or (kind == "json" and not path):
            # What is no JSON is still an answer; a mere JSON port takes it as text.
            return answer.text()
        raise StepFailed(
            "output", f"output `{name}`: the answer is not JSON: {answer.text()[:80]!r}"
        ) from None
    for part in filter(None, re.split(r"\.", path)):
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            there = ", ".join(value) if isinstance(value, dict) else type(value).__name__
            raise StepFailed(
                "output", f"output `{name}`: the answer has no `{part}` in `{path}`; it has {there}"
            ) from error
    return value


def _csv(answer: Answer, name: str) -> Any:
    import pyarrow
    import pyarrow.csv

    try:
        return pyarrow.csv.read_csv(answer.body)
    except pyarrow.ArrowInvalid as error:
        raise StepFailed(
            "output", f"output `{name}`: the answer is neither JSON nor CSV: {error}"
        ) from error
