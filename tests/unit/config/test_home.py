"""The data directory is made private, marked, and never taken from something else."""

import json
from pathlib import Path

import pytest

from pipelines.config.home import MARKER, BadHome, BadSecretKey, claim, secret_key


def test_a_new_directory_is_private_and_marked(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    assert claim(home)
    assert home.stat().st_mode & 0o777 == 0o700
    assert json.loads((home / MARKER).read_text())["layout"] == 1
    assert not claim(home), "the second time it is known"


def test_an_empty_directory_is_taken_and_closed_to_others(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    assert claim(home)
    assert home.stat().st_mode & 0o777 == 0o700


def test_a_directory_that_a_command_made_first_is_ours(tmp_path: Path) -> None:
    secret_key(tmp_path / "home")
    assert not claim(tmp_path / "home")


def test_a_directory_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("dear")
    with pytest.raises(BadHome, match=r"not Penstock's.*\n.*PENSTOCK_HOME"):
        claim(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"layout": "1"}', '{"layout": 0}'])
def test_a_damaged_marker_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / MARKER).write_text(content)
    with pytest.raises(BadHome, match="damaged"):
        claim(tmp_path)


def test_a_newer_layout_is_refused(tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text('{"layout": 2}')
    with pytest.raises(BadHome, match="newer Penstock"):
        claim(tmp_path)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadHome, match="cannot be used"):
        claim(tmp_path / "file" / "home")


def test_the_key_is_made_once_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PENSTOCK_SECRET_KEY", raising=False)
    first = secret_key(tmp_path / "home")
    assert len(first) >= 48
    assert secret_key(tmp_path / "home") == first
    assert (tmp_path / "home" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert sorted(entry.name for entry in (tmp_path / "home").iterdir()) == [MARKER, "secret_key"]


@pytest.mark.parametrize("key", ["short", "changeme" * 8, "django-insecure-" + "x" * 40])
def test_a_weak_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("PENSTOCK_SECRET_KEY", key)
    with pytest.raises(BadSecretKey, match="too easy to guess"):
        secret_key(tmp_path)
