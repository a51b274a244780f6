"""Static files under ASGI: in pieces, compressed where the browser takes that, kept for ever."""

import gzip
import warnings
from pathlib import Path
from typing import Any

import pytest
from django.http import Http404
from django.test import AsyncRequestFactory

from pipelines.config.static import StaticFiles

TEXT = b"// " + b"penstock " * 100_000


def not_found(request: Any) -> Any:
    raise Http404


@pytest.fixture
def served(tmp_path: Path, settings: Any) -> StaticFiles:
    built = tmp_path / "app" / "assets"
    built.mkdir(parents=True)
    (built / "main-BcD3.js").write_bytes(TEXT)
    (built / "main-BcD3.js.gz").write_bytes(gzip.compress(TEXT))
    (tmp_path / "favicon.svg").write_text("<svg/>")
    settings.STATICFILES_DIRS = [tmp_path]
    settings.WHITENOISE_AUTOREFRESH = False  # as in production
    return StaticFiles(not_found)


async def body(response: Any) -> bytes:
    found = b"".join([piece async for piece in response])
    response.close()
    return found


async def test_a_file_comes_in_pieces_and_without_a_warning(served: StaticFiles) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        response = served(AsyncRequestFactory().get("/static/app/assets/main-BcD3.js"))
        assert await body(response) == TEXT
    assert response["Content-Type"] == 'text/javascript; charset="utf-8"'
    assert "immutable" in response["Cache-Control"]
    assert response.file_to_stream is None


async def test_a_browser_that_can_gets_it_compressed(served: StaticFiles) -> None:
    headers = {"accept-encoding": "gzip, br"}
    request = AsyncRequestFactory().get("/static/app/assets/main-BcD3.js", headers=headers)
    response = served(request)
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(await body(response)) == TEXT


def test_what_a_browser_has_is_not_sent_again(served: StaticFiles) -> None:
    first = served(AsyncRequestFactory().head("/static/favicon.svg"))
    assert first.content == b""
    assert first["Content-Length"] == "6"
    assert "immutable" not in first["Cache-Control"]
    headers = {"if-none-match": first["ETag"]}
    again = served(AsyncRequestFactory().get("/static/favicon.svg", headers=headers))
    assert again.status_code == 304
    assert "Content-Type" not in again


def test_what_is_no_file_goes_on(served: StaticFiles) -> None:
    with pytest.raises(Http404):
        served(AsyncRequestFactory().get("/static/../settings.py"))


def test_a_file_that_vanished_is_not_found(served: StaticFiles, tmp_path: Path) -> None:
    for file in (tmp_path / "app" / "assets").iterdir():
        file.unlink()
    with pytest.raises(Http404, match="no longer there"):
        served(AsyncRequestFactory().get("/static/app/assets/main-BcD3.js"))
