"""Runs every check and every test suite: `python -m tests.suite [STAGE …]`.

Stages run side by side as far as two cores go, and each tells what it said when it ends; what needs
the machine for itself comes last. All run even when one fails; a table of them and one line with
the number of tests close the output. The exit code is 0 only if all of them passed. Reports are
left in test-artifacts/.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
REPORTS = ROOT / "test-artifacts" / "reports"
BIN = Path(sys.executable).parent
POSTGRES = {"PENSTOCK_TEST_DATABASE": "postgres"}
#: What the suite is laid out for; more of them would go unused.
CORES = 2


@dataclass(frozen=True)
class Stage:
    """One command; `group` lets a part of the suite be asked for by name.

    `cores` is what it keeps busy: one of two runs alone, and its output is seen as it comes.
    """

    name: str
    command: Sequence[str]
    group: str
    env: Mapping[str, str] = field(default_factory=dict)
    cores: float = 1


@dataclass(frozen=True)
class Ended:
    """A stage that is over; `output` is None if it has been seen already."""

    stage: Stage
    passed: bool
    seconds: float
    output: bytes | None


def tool(name: str, *arguments: str) -> list[str]:
    return [str(BIN / name), *arguments]


def npm(*arguments: str) -> list[str]:
    """npm of the Node that bootstrap found or installed."""
    return [sys.executable, "pipelines/config/bootstrap.py", "npm", *arguments]


def pytest(name: str, *arguments: str) -> list[str]:
    report = f"--junitxml={REPORTS / name}.xml"
    return [sys.executable, "-m", "pytest", "-q", *arguments, report]


NO_DATABASE = "tests/integration/executors"
#: The quick ones first, then the longest first: so both cores have something to do up to the end.
STAGES = (
    Stage("ruff", tool("ruff", "check"), "lint"),
    Stage("ruff format", tool("ruff", "format", "--check", "--quiet"), "lint"),
    Stage("layers", tool("lint-imports"), "layers"),
    Stage("openapi", [sys.executable, "-m", "tests.support.openapi"], "types"),
    Stage("browser", pytest("browser", "tests/e2e"), "e2e"),
    Stage("acceptance", pytest("acceptance", "tests/acceptance"), "acceptance"),
    Stage("integration, SQLite", pytest("sqlite", "tests/integration"), "integration", cores=0.7),
    Stage(
        "integration, PostgreSQL",
        pytest("postgres", "tests/integration", f"--ignore={NO_DATABASE}"),
        "integration",
        POSTGRES,
        cores=0.7,
    ),
    Stage("unit", pytest("unit", "tests/unit", "pipelines"), "unit", cores=0.6),
    Stage("mypy", tool("mypy", "pipelines"), "types"),
    Stage("front end: types, layers", npm("run", "--silent", "check"), "frontend"),
    Stage("front end: vitest", npm("run", "--silent", "test"), "frontend"),
    Stage(
        "faults",
        [sys.executable, "-m", "tests.faults", "--short", "--report", str(REPORTS)],
        "faults",
        cores=2,
    ),
)


def main(wanted: Sequence[str]) -> int:
    groups = {stage.group for stage in STAGES}
    if unknown := set(wanted) - groups:
        print(f"No stage {', '.join(sorted(unknown))}; there are: {', '.join(sorted(groups))}.")
        return 2
    REPORTS.mkdir(parents=True, exist_ok=True)
    for old in REPORTS.glob("*.xml"):
        old.unlink()
    began = time.monotonic()
    ended = []
    for one in _run(stage for stage in STAGES if not wanted or stage.group in wanted):
        if one.output is not None:
            print(f"\n=== {one.stage.name}", flush=True)
            sys.stdout.buffer.write(one.output)
            sys.stdout.flush()
        ended.append(one)
    print("\n=== summary")
    for one in sorted(ended, key=lambda one: STAGES.index(one.stage)):
        print(f"  {'ok    ' if one.passed else 'FAILED'} {one.stage.name:<28} {one.seconds:6.1f} s")
    print(f"  {'':6} {'all together':<28} {time.monotonic() - began:6.1f} s\n")
    print(_tests_line(), flush=True)
    return 0 if all(one.passed for one in ended) else 1


def _run(stages: Iterable[Stage]) -> Iterator[Ended]:
    """Each stage as it ends; one begins as soon as the cores that it wants are free."""
    waiting = list(stages)
    running: dict[Future[Ended], Stage] = {}
    with ThreadPoolExecutor() as pool:
        while waiting or running:
            for stage in list(waiting):
                busy = sum(other.cores for other in running.values())
                if round(busy + stage.cores, 3) <= CORES:
                    waiting.remove(stage)
                    running[pool.submit(_run_one, stage)] = stage
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                del running[future]
                yield future.result()


def _run_one(stage: Stage) -> Ended:
    alone = stage.cores == CORES
    print(f"\n=== {stage.name}" if alone else f"... {stage.name} begins", flush=True)
    began = time.monotonic()
    done = subprocess.run(
        stage.command,
        cwd=ROOT,
        env={**os.environ, **stage.env},
        stdout=None if alone else subprocess.PIPE,
        stderr=None if alone else subprocess.STDOUT,
        check=False,
    )
    return Ended(stage, done.returncode == 0, time.monotonic() - began, done.stdout)


def _tests_line() -> str:
    """How many pytest tests passed, failed and were skipped, from the reports."""
    total = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for report in REPORTS.glob("*.xml"):
        for suite in ElementTree.parse(report).iter("testsuite"):
            for key in total:
                total[key] += int(suite.get(key, 0))
    failed = total["failures"] + total["errors"]
    passed = total["tests"] - failed - total["skipped"]
    return f"Tests: {passed} passed, {failed} failed, {total['skipped']} skipped"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
