"""Setting up skips what is done, and knows which Node can build."""

import os
import tomllib
from pathlib import Path

import pytest

from pipelines.config import bootstrap


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v20.19.0", True),
        ("v20.18.3", False),
        ("v18.20.4", False),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.1.0\n", True),
        ("", False),
        ("nonsense", False),
    ],
)
def test_node_versions(version: str, enough: bool) -> None:
    assert bootstrap.new_enough(version) is enough


def test_a_stamp_holds_until_what_it_was_made_from_changes(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    source = tmp_path / "src" / "main.ts"
    source.write_text("1")
    stamp = bootstrap.Stamp(str(tmp_path / "stamp"), [str(tmp_path / "src")], "3.11")
    assert not stamp.holds()
    stamp.write()
    assert stamp.holds()
    source.write_text("2")
    assert not stamp.holds(), "other content"
    source.write_text("1")
    assert stamp.holds(), "the content counts, not the time"
    (tmp_path / "src" / "new.ts").write_text("")
    assert not stamp.holds(), "one more file"
    (tmp_path / "src" / "new.ts").unlink()
    other = bootstrap.Stamp(stamp.path, stamp.files, "3.12")
    assert not other.holds(), "another Python"


def test_a_command_that_fails_names_itself_and_the_way_out() -> None:
    with pytest.raises(bootstrap.Failed, match=r"Node packages \(false ended with 1\)\. Try it\."):
        bootstrap.run("Node packages", ["false"], hint="Try it.")


def test_files_of_earlier_builds_stay_for_a_day(tmp_path: Path) -> None:
    for name, age in (("main-new.js", 0), ("main-noon.js", 12), ("main-old.js", 25)):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (0, 1_000_000 - age * 3600))
    bootstrap.forget_old_builds(str(tmp_path), 1_000_000)
    assert sorted(os.listdir(tmp_path)) == ["main-new.js", "main-noon.js"]


def test_workers_build_environments_with_the_uv_that_set_penstock_up() -> None:
    project = tomllib.loads((Path(bootstrap.ROOT) / "pyproject.toml").read_text())
    assert f"uv=={bootstrap.UV_VERSION}" in project["project"]["dependencies"]
