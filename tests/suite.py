"""Runs every check and every test suite, one after the other: `python -m tests.suite [STAGE …]`.

All stages run even when one fails; a table of them and one line with the number of tests close
the output. The exit code is 0 only if all of them passed. Reports are left in test-artifacts/.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
REPORTS = ROOT / "test-artifacts" / "reports"
BIN = Path(sys.executable).parent
POSTGRES = {"PENSTOCK_TEST_DATABASE": "postgres"}


@dataclass(frozen=True)
class Stage:
    """One command; `group` lets a part of the suite be asked for by name."""

    name: str
    command: Sequence[str]
    group: str
    env: Mapping[str, str] = field(default_factory=dict)


def tool(name: str, *arguments: str) -> list[str]:
    return [str(BIN / name), *arguments]


def npm(*arguments: str) -> list[str]:
    """npm of the Node that bootstrap found or installed."""
    return [sys.executable, "pipelines/config/bootstrap.py", "npm", *arguments]


def pytest(name: str, *arguments: str) -> list[str]:
    report = f"--junitxml={REPORTS / name}.xml"
    return [sys.executable, "-m", "pytest", "-q", *arguments, report]


TWO = ("-n", "2", "--dist", "loadfile")
STAGES = (
    Stage("ruff", tool("ruff", "check"), "lint"),
    Stage("ruff format", tool("ruff", "format", "--check", "--quiet"), "lint"),
    Stage("mypy", tool("mypy", "pipelines"), "types"),
    Stage("layers", tool("lint-imports"), "layers"),
    Stage("openapi", [sys.executable, "-m", "tests.support.openapi"], "types"),
    Stage("front end: types, layers", npm("run", "--silent", "check"), "frontend"),
    Stage("front end: vitest", npm("run", "--silent", "test"), "frontend"),
    Stage("unit", pytest("unit", "tests/unit", "pipelines", *TWO), "unit"),
    Stage("integration, SQLite", pytest("sqlite", "tests/integration", *TWO), "integration"),
    Stage(
        "integration, PostgreSQL",
        pytest("postgres", "tests/integration", *TWO),
        "integration",
        POSTGRES,
    ),
    Stage("acceptance", pytest("acceptance", "tests/acceptance"), "acceptance"),
    Stage(
        "faults",
        [sys.executable, "-m", "tests.faults", "--short", "--report", str(REPORTS)],
        "faults",
    ),
    Stage("browser", pytest("browser", "tests/e2e"), "e2e"),
)


def main(wanted: Sequence[str]) -> int:
    groups = {stage.group for stage in STAGES}
    if unknown := set(wanted) - groups:
        print(f"No stage {', '.join(sorted(unknown))}; there are: {', '.join(sorted(groups))}.")
        return 2
    REPORTS.mkdir(parents=True, exist_ok=True)
    for old in REPORTS.glob("*.xml"):
        old.unlink()
    rows = []
    for stage in STAGES:
        if wanted and stage.group not in wanted:
            continue
        print(f"\n=== {stage.name}", flush=True)
        began = time.monotonic()
        done = subprocess.run(stage.command, cwd=ROOT, env={**os.environ, **stage.env}, check=False)
        rows.append((stage.name, done.returncode == 0, time.monotonic() - began))
    print("\n=== summary")
    for name, passed, seconds in rows:
        print(f"  {'ok    ' if passed else 'FAILED'} {name:<28} {seconds:6.1f} s")
    print(f"  {'':6} {'all together':<28} {sum(row[2] for row in rows):6.1f} s\n")
    print(_tests_line(), flush=True)
    return 0 if all(passed for _, passed, _ in rows) else 1


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
