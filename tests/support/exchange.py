"""An Exchange over a small web server: addresses as an S3 store would sign them, files in a folder."""

import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


class FolderExchange:
    """`artifacts` are the files by digest that the store is to have."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.artifacts: dict[str, bytes] = {}
        #: Answers of 503 that are still to be given, before all is well.
        self.failures = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def artifact_url(self, digest: str, seconds: int) -> str:
        (self.folder / digest).write_bytes(self.artifacts[digest])
        return self._url("GET", digest)

    def put(self, name: str, data: bytes, seconds: int) -> str:
        self._path(name).write_bytes(data)
        return self._url("GET", name)

    def put_file(self, name: str, path: Path, seconds: int) -> str:
        return self.put(name, path.read_bytes(), seconds)

    def upload_url(self, name: str, seconds: int) -> str:
        self._path(name)
        return self._url("PUT", name)

    def fetch(self, name: str, target: Path, most_bytes: int) -> None:
        shutil.copyfile(self._path(name), target)

    def remove(self, prefix: str) -> None:
        shutil.rmtree(self.folder / prefix.rstrip("/"), ignore_errors=True)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _path(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _url(self, method: str, name: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{name}?may={method}"


def _handler(exchange: FolderExchange) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            self._do("GET", b"")

        def do_PUT(self) -> None:
            self._do("PUT", self.rfile.read(int(self.headers["Content-Length"])))

        def _do(self, method: str, data: bytes) -> None:
            url = urlsplit(self.path)
            path = exchange.folder / url.path.lstrip("/")
            if exchange.failures:
                exchange.failures -= 1
                self._answer(503, b"")
            elif parse_qs(url.query).get("may") != [method]:
                self._answer(403, b"")
            elif method == "PUT":
                path.write_bytes(data)
                self._answer(200, b"")
            elif path.is_file():
                self._answer(200, path.read_bytes())
            else:
                self._answer(404, b"")

        def _answer(self, code: int, data: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler
