"""What a machine has, and what its operator says that it has."""

from pathlib import Path

import pytest

from pipelines.executors import host


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("PENSTOCK_CPU", "PENSTOCK_MEMORY", "PENSTOCK_GPUS", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(host, "_CGROUPS", tmp_path)
    monkeypatch.setattr(host.os, "sched_getaffinity", lambda _: range(8))
    return tmp_path


def test_the_cores_are_those_that_may_be_used(bare: Path) -> None:
    assert host.cores() == 8
    (bare / "cpu.max").write_text("150000 100000\n")
    assert host.cores() == 1.5
    (bare / "cpu.max").write_text("max 100000\n")
    assert host.cores() == 8


def test_a_quota_of_the_older_control_groups_counts_too(bare: Path) -> None:
    (bare / "cpu").mkdir()
    (bare / "cpu" / "cpu.cfs_quota_us").write_text("-1")
    (bare / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert host.cores() == 8
    (bare / "cpu" / "cpu.cfs_quota_us").write_text("300000")
    assert host.cores() == 3


def test_a_container_has_the_memory_of_its_limit(bare: Path) -> None:
    whole = host.memory()
    assert whole > 2**28
    (bare / "memory.max").write_text("max")
    assert host.memory() == whole
    (bare / "memory.max").write_text(str(2**27))
    assert host.memory() == 2**27


def test_the_operator_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_CPU", "2.5")
    monkeypatch.setenv("PENSTOCK_MEMORY", "16Gi")
    monkeypatch.setenv("PENSTOCK_GPUS", "0, 3")
    assert (host.cores(), host.memory(), host.gpus()) == (2.5, 16 * 2**30, ("0", "3"))
    monkeypatch.setenv("PENSTOCK_GPUS", "")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert host.gpus() == ()
    monkeypatch.delenv("PENSTOCK_GPUS")
    assert host.gpus() == ("1",)


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [("PENSTOCK_CPU", "many", "cores"), ("PENSTOCK_MEMORY", "lots", "memory")],
)
def test_a_setting_that_cannot_be_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, read: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(host.BadSetting, match=f"{name}.*`{value}`"):
        getattr(host, read)()
