"""`make faults`: break a whole Penstock in every way there is, and look at what is left of it.

Each fault strikes once on each database that it can strike, both at the same time. `--minutes` goes
on in an order that `--seed` decides until the time is over; `--short` is the choice of `make test`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.support.stack import ROOT, wait_until

from .breaking import FAULTS, SHORT, Fault
from .pace import Pace
from .session import PATIENCE, Session

DATABASES = ("sqlite", "postgres")
#: Seconds within which everything goes on after a fault.
PROMISED = 10.0


@dataclass
class Verdict:
    """One fault's line in the report, and all that should not be."""

    name: str
    line: str
    wrong: list[str]
    seconds: float = 0.0


def inject(session: Session, fault: Fault, times: int) -> Verdict:
    """Break something some times under load, wait for all to end, look at everything."""
    from tests.support import invariants

    session.runs = []
    session.rest()
    slowest, pace = 0.0, Pace()
    for _ in range(times):
        session.start_runs(fault.runs, seconds=session.random.choice((0.05, 0.1, 0.2)))
        if fault.runs:
            session.wait_busy()
        under_way = session.running()
        over = fault.strike(session)
        with pace.measured():
            slowest = max(slowest, session.recover(under_way, over or time.monotonic()))
    wait_until(lambda: session.open_runs() == 0, "all runs to end", PATIENCE)
    wait_until(lambda: not session.strays(), "every process of a step to end", PATIENCE)
    found = session.ask(lambda: invariants.look_at({run.id: run.first for run in session.runs}))
    wrong = found.wrong + session.ask(lambda: unexpected(session, fault))
    if slowest > PROMISED * pace.slowness:
        wrong.append(
            f"recovery took {slowest:.1f} s, not {PROMISED:g} s, on a machine on which other work "
            f"made everything take {pace.slowness:.1f} times as long"
        )
    repeated = f" ×{times}" if times > 1 else ""
    line = (
        f"{fault.what}{repeated}: {found.runs} runs, {found.nodes} nodes, {found.events} events, "
        f"attempts lost {found.lost}, doubled {found.doubled}, recovered in {slowest:.1f} s"
    )
    return Verdict(fault.name, line, wrong)


def unexpected(session: Session, fault: Fault) -> list[str]:
    """Nodes that did not end as they do on a machine on which nothing breaks."""
    from pipelines.core.retry import MAX_LOSSES
    from pipelines.runs.models import NodeRun

    rows: dict[object, list[NodeRun]] = {run.id: [] for run in session.runs}
    for row in NodeRun.objects.filter(run__in=list(rows)):
        rows[row.run_id].append(row)

    def excused(row: NodeRun) -> bool:
        message = (row.error or {}).get("message") or ""
        return row.losses >= MAX_LOSSES or any(words in message for words in fault.excuses)

    return [
        f"run {run.id} ({run.shape.name}), node `{row.node}` is {row.state} ({row.reason}), "
        f"not {run.shape.expected(row.node)}"
        for run in session.runs
        if not run.shape.open_end and not any(map(excused, rows[run.id]))
        for row in rows[run.id]
        if row.state != run.shape.expected(row.node)
    ]


def break_one(database: str, options: argparse.Namespace) -> list[Verdict]:
    """Everything on one database, in this process."""
    verdicts: list[Verdict] = []
    with (
        tempfile.TemporaryDirectory(prefix="pf-", ignore_cleanup_errors=True) as directory,
        Session(database, Path(directory), options.seed) as session,
    ):
        for fault, times in chosen(session, options):
            began = time.monotonic()
            try:
                verdict = inject(session, fault, times)
            except Exception as error:
                verdict = Verdict(fault.name, f"{fault.what}: {error}", [traceback.format_exc()])
            verdict.seconds = time.monotonic() - began
            verdicts.append(verdict)
            mark = "FAILED" if verdict.wrong else "ok    "
            print(f"  {mark} {database:<9}{verdict.line}", flush=True)
            if verdict.wrong:
                told = [*verdict.wrong[:20], f"(it can be had again with --seed {options.seed})"]
                print("\n".join(f"         {line}" for line in told), flush=True)
                keep_logs(session, options)
                break  # what is left may no longer be whole
    return verdicts


def keep_logs(session: Session, options: argparse.Namespace) -> None:
    directory = ROOT / "test-artifacts" / "faults"
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / f"{session.database}-{options.seed}.log"
    target.write_text(session.said())
    print(f"         what the parts said: {target.relative_to(ROOT)}", flush=True)


def chosen(session: Session, options: argparse.Namespace) -> Iterator[tuple[Fault, int]]:
    """Which faults strike, and how often each."""
    faults = {fault.name: fault for fault in FAULTS if fault.only in ("", session.database)}
    if options.faults or options.short:
        for name in options.faults or SHORT[session.database]:
            if name in faults:
                yield faults[name], 1 if options.short else faults[name].usual
        return
    until = time.monotonic() + 60 * options.minutes
    for rounds in range(sys.maxsize):
        order = list(faults.values())
        session.random.shuffle(order)
        for fault in order:
            if rounds and time.monotonic() > until:
                return
            yield fault, fault.usual if rounds == 0 else session.random.randint(1, fault.usual)


def write_report(path: Path, database: str, verdicts: Sequence[Verdict]) -> None:
    """JUnit's XML, as pytest writes it, for whoever counts tests."""
    failed = sum(bool(verdict.wrong) for verdict in verdicts)
    suite = ElementTree.Element(
        "testsuite", name=f"faults {database}", tests=str(len(verdicts)), failures=str(failed),
        errors="0", skipped="0",
    )  # fmt: skip
    for verdict in verdicts:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"faults.{database}", name=verdict.name,
            time=f"{verdict.seconds:.1f}",
        )  # fmt: skip
        if verdict.wrong:
            ElementTree.SubElement(case, "failure", message=verdict.line).text = "\n".join(
                verdict.wrong
            )
    ElementTree.ElementTree(suite).write(path)


def main(arguments: Sequence[str]) -> int:
    names = [fault.name for fault in FAULTS]
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=", ".join(names))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--short", action="store_true", help="a choice that takes about a minute")
    parser.add_argument("--report", type=Path, help="a directory for JUnit's XML")
    options = parser.parse_args(arguments)
    if unknown := set(options.faults) - set(names):
        parser.error(
            f"there is no fault {', '.join(sorted(unknown))}; there are {', '.join(names)}"
        )
    if options.database != "both":
        verdicts = break_one(options.database, options)
        if options.report:
            path = options.report / f"faults-{options.database}.xml"
            write_report(path, options.database, verdicts)
        return int(not verdicts or any(verdict.wrong for verdict in verdicts))
    return both(arguments)


def both(arguments: Sequence[str]) -> int:
    """Each database has a process of its own, as Django has one database for each process."""
    began = time.monotonic()
    clean = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.faults", *arguments, "--database", database],
            cwd=ROOT,
            env=clean,
        )
        for database in DATABASES
    ]
    failed = max(child.wait() for child in children)
    print(f"  {'FAILED' if failed else 'all held'} after {time.monotonic() - began:.0f} s")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
