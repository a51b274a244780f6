"""A secret that is printed, raised, returned and sent: everything that left the process is searched."""

import contextlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page

from pipelines.executors.masking import forms
from tests.support.stack import Stack, wait_until

CANARY = 'yellow/bird+"sings" & 3£'

PYTHON = """
import base64, json, os, sys, urllib.parse
from pipelines.sdk import log_metric, secret

def run(data=None):
    value = secret("canary")
    for said in (value, json.dumps({"a": value}), urllib.parse.quote_plus(value), repr(value)):
        print(said, flush=True)
        print(said, file=sys.stderr, flush=True)
    for before in ("", "u", "us"):
        print(base64.b64encode((before + value).encode()).decode(), flush=True)
    for letter in value:
        print(letter, end="", flush=True)
    print()
    print(json.dumps({"metric": "m " + value, "value": 1.0}))
    listed = open("/proc/self/environ").read() + open("/proc/self/cmdline").read()
    assert value not in listed
    return {"given back": value, value: 1}
"""
RAISES = """
from pipelines.sdk import secret

def run(data=None):
    told = {"dsn": "postgres://me:" + secret("canary") + "@host"}
    raise RuntimeError(f"cannot connect: {told}")
"""
COMMAND = """
cat "$SECRET_CANARY"; base64 < "$SECRET_CANARY"; printf '%s' "$(cat "$SECRET_CANARY")" > "$OUTPUT_RESULT.not"
echo "the secret is $(cat "$SECRET_CANARY")" >&2; exit 3
"""


def pipeline(url: str) -> dict[str, Any]:
    named = {"secrets": ["canary"]}
    return {
        "schema": 1,
        "name": "Canary",
        "on_failure": "continue",
        "nodes": [
            {"id": "says", "component": "core/python", "params": {"code": PYTHON, **named}},
            {"id": "raises", "component": "core/python", "params": {"code": RAISES, **named}},
            {"id": "shell", "component": "core/shell", "params": {"command": COMMAND, **named}},
            {
                "id": "http",
                "component": "core/http_request",
                "params": {"url": url, "token": "canary"},
            },
            {
                "id": "reads",
                "component": "core/python",
                "params": {"code": "def run(data):\n    return data\n"},
            },
        ],
        "edges": [{"from": "says.result", "to": "reads.data"}],
        "cache": True,
    }


@contextlib.contextmanager
def echo() -> Iterator[tuple[str, list[str]]]:
    """A service that answers with the token it was sent."""
    came: list[str] = []

    class Echo(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            came.append(self.headers["Authorization"].encode("latin-1").decode("utf-8", "replace"))
            body = json.dumps({"you": came[-1]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", came
    server.shutdown()
    server.server_close()


def files_of(home: Path) -> Iterator[tuple[str, bytes]]:
    """Everything on the disk but the keys, which decrypt it."""
    for path in home.rglob("*"):
        if path.is_file() and path.name != "encryption_keys":
            with contextlib.suppress(FileNotFoundError):
                yield str(path.relative_to(home)), path.read_bytes()


def unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """The members of an archive, or the file itself."""
    yield name, data
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield from ((f"{name}/{each}", archive.read(each)) for each in archive.namelist())


def test_no_form_of_a_secret_is_found_anywhere(stack: Stack, page: Page, tmp_path: Path) -> None:
    frames: list[str | bytes] = []
    page.on(
        "websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame))
    )
    told: list[tuple[str, bytes]] = []
    with stack.api as api, echo() as (url, came):
        made = api.post("/teams/main/secrets/", json={"name": "canary", "value": CANARY})
        assert made.status_code == 201
        host = urlsplit(url).netloc
        allowed = api.post("/teams/main/allowed-hosts/", json={"entry": host})
        assert allowed.status_code == 201, allowed.text
        run = stack.run(pipeline(url))
        page.goto(f"/runs/{run['id']}")
        ended = stack.wait_run(run["id"])
        states = {node["id"]: node["state"] for node in ended["nodes"]}
        assert states == {
            "says": "success",
            "reads": "success",
            "raises": "failed",
            "shell": "failed",
            "http": "success",
        }, json.dumps(ended)[:2000]
        assert came == [f"Bearer {CANARY}"]
        page.reload()
        wait_until(lambda: frames, "the page to hear of the run")
        base = f"/runs/{run['id']}"
        asked = [f"{base}/", f"{base}/events/", f"{base}/artifacts/", f"{base}/bundle/"]
        for node in states:
            asked += [f"{base}/nodes/{node}/", f"{base}/nodes/{node}/log/"]
        asked += ["/audit/", "/audit/export/?as=jsonl", "/audit/export/", "/teams/main/secrets/"]
        asked += [f"/pipelines/{ended['pipeline']['id']}/", "/environments/"]
        for path in asked:
            answer = api.get(path)
            assert answer.status_code == 200, (path, answer.text[:300])
            told += unpacked(path, answer.content)
        log = api.get(f"{base}/nodes/says/log/").text
        assert log.count("***") >= 10
        api.delete(f"/teams/main/allowed-hosts/{allowed.json()['id']}/")
        backup = tmp_path / "backup"
        stack.manage("backup", str(backup))
        with tarfile.open(backup) as tar:
            for member in tar:
                data = tar.extractfile(member)
                told.append((f"backup/{member.name}", data.read() if data else b""))
        told += files_of(stack.home)
        told += [
            (f"frame {at}", frame.encode() if isinstance(frame, str) else frame)
            for at, frame in enumerate(frames)
        ]
        told.append(("what was printed", stack.output.encode()))
        told.append(("the page", page.content().encode()))
        api.delete(f"/teams/main/secrets/{made.json()['id']}/?force=true")
    known = forms(CANARY)
    found = {name for name, data in told for form in known if form in data}
    assert found == set()
