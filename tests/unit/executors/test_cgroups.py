"""Where control groups can be made, and what is written into them, on a machine made of files."""

from pathlib import Path

import pytest

from pipelines.executors.forkserver import cgroups


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cgroups, "_ROOT", tmp_path / "cgroup")
    monkeypatch.setattr(cgroups, "_OWN", tmp_path / "own")
    monkeypatch.setattr(cgroups, "_may_make", lambda place, file: place.is_dir())
    return tmp_path


def test_version_2_makes_groups_beside_our_own(machine: Path) -> None:
    own = machine / "cgroup" / "penstock.slice" / "worker"
    own.mkdir(parents=True)
    (machine / "cgroup" / "cgroup.controllers").touch()
    (machine / "own").write_text("0::/penstock.slice/worker\n")

    group = cgroups.Groups().make("penstock-1", 2**20, 0.5)

    made = own.parent / "penstock-1"
    assert group is not None
    assert (made / "memory.max").read_text() == "1048576"
    assert (made / "memory.swap.max").read_text() == "0"
    assert (made / "cpu.max").read_text() == "50000 100000"
    group.add(7)
    assert (made / "cgroup.procs").read_text() == "7"
    (made / "memory.events").write_text("low 0\noom 3\noom_kill 1\n")
    (made / "memory.peak").write_text("1048576\n")
    assert (group.ran_out_of_memory(), group.peak()) == (True, 2**20)


def test_version_1_has_a_place_for_each_controller(machine: Path) -> None:
    for place in ("memory/mine", "cpu"):
        (machine / "cgroup" / place).mkdir(parents=True)
    (machine / "own").write_text("4:memory:/mine\n1:cpu,cpuacct:/\n0::/\n")

    group = cgroups.Groups().make("penstock-1", 2**20, 2)

    memory, cpu = machine / "cgroup/memory/mine/penstock-1", machine / "cgroup/cpu/penstock-1"
    assert group is not None
    assert (memory / "memory.limit_in_bytes").read_text() == "1048576"
    assert (cpu / "cpu.cfs_quota_us").read_text() == "200000"
    (memory / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 0\n")
    assert not group.ran_out_of_memory()


def test_where_nothing_can_be_made_or_nothing_is_limited_there_is_no_group(machine: Path) -> None:
    (machine / "cgroup").mkdir()
    (machine / "cgroup" / "cgroup.controllers").touch()
    (machine / "own").write_text("0::/\n")
    assert cgroups.Groups().make("penstock-1", 2**20, 1) is None
    (machine / "own").write_text("0::/a/b\n")
    (machine / "cgroup" / "a" / "b").mkdir(parents=True)
    assert cgroups.Groups().make("penstock-1", None, None) is None
