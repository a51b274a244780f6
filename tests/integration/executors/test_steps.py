"""A step from request to result, through the real kinds."""

import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.executors.process import ProcessExecutor
from pipelines.executors.protocol import InputFile, Limits, OutputFile, StepRequest
from tests.integration.executors.stage import Heard, asked, named, python, raw, run, until


def test_a_function_gets_its_inputs_and_its_value_comes_back(executor: ProcessExecutor) -> None:
    heard = Heard()
    spec = python("def add(a: int, *, b: int = 2) -> int:\n    print('adding')\n    return a + b\n")
    request = StepRequest(key="k", attempt=3, spec=spec, params={"b": 5}, inputs={"a": 1})

    result = run(executor, request, heard)

    assert (result.outcome, dict(result.outputs), result.error) == ("success", {"result": 6}, None)
    assert (result.exit_code, result.signal) == (0, "")
    assert heard.text == "adding\n"
    assert result.cpu_seconds is not None
    assert 0 < result.cpu_seconds < 5
    assert result.peak_memory is not None
    assert 0 < result.peak_memory < 2**30


def test_a_failure_carries_the_users_own_traceback_and_line(executor: ProcessExecutor) -> None:
    spec = python("def divide(a: int) -> float:\n    b = a\n    return 1 / (b - b)\n")

    result = run(executor, asked(spec, a=1))

    assert result.outcome == "failed"
    assert result.exit_code == 1
    assert result.error is not None
    assert result.error.kind == "exception"
    assert "ZeroDivisionError" in result.error.message
    assert result.error.line == 3
    assert "return 1 / (b - b)" in result.error.traceback
    assert "pipelines" not in result.error.traceback


@pytest.mark.parametrize(
    ("body", "kind", "message", "signal"),
    [
        ("import os; os._exit(7)", "exit", "the step ended with exit code 7", ""),
        (
            "import ctypes; ctypes.string_at(0)",
            "signal",
            "the step was killed by SIGSEGV",
            "SIGSEGV",
        ),
        ("import os; os.abort()", "signal", "the step was killed by SIGABRT", "SIGABRT"),
        (
            "import os; os.kill(os.getpid(), 9)",
            "signal",
            "the step was killed by SIGKILL, not by Penstock",
            "SIGKILL",
        ),
    ],
)
def test_every_end_is_told_in_words(
    executor: ProcessExecutor, body: str, kind: str, message: str, signal: str
) -> None:
    result = run(executor, asked(raw(body)))

    assert result.outcome == "failed"
    assert result.error is not None
    assert result.error.kind == kind
    assert result.error.message.startswith(message)
    assert result.signal == signal


def test_files_go_in_read_only_and_come_out(executor: ProcessExecutor, tmp_path: Path) -> None:
    stored = tmp_path / "0123abcd"
    stored.write_text("one\ntwo\n")
    stored.chmod(0o400)
    source = (
        "from pathlib import Path\n"
        "from pipelines.sdk import File\n"
        "def count(lines: list[File]) -> File:\n"
        "    first, second = lines\n"
        "    number = len(Path(second.path).read_text().splitlines())\n"
        "    try:\n"
        "        open(first.path, 'a').write('three')\n"
        "    except OSError as error:\n"
        "        print('refused', Path(first.path).name)\n"
        "    out = Path('counted.txt')\n"
        "    out.write_text(str(number))\n"
        "    return File(out)\n"
    )
    files = [InputFile(stored, "file", "numbers.txt"), InputFile(stored, "file", "../../more.txt")]
    heard = Heard()

    result = run(executor, asked(python(source), lines=files), heard)

    assert result.error is None
    output = result.outputs["file"]
    assert isinstance(output, OutputFile)
    assert (output.path.read_text(), output.name, output.type) == ("2", "counted.txt", "file")
    if executor.isolation == "strong":  # else it is a link, and as writable as the file itself
        assert heard.text == "refused numbers.txt\n"
        assert stored.read_text() == "one\ntwo\n"
    result.close()
    assert not output.path.exists()


def test_a_table_step_runs_in_the_data_pool(one_executor: ProcessExecutor) -> None:
    source = (
        "import pandas as pd\n"
        "from pipelines.sdk import Table\n"
        "def make(n: int) -> Table:\n"
        "    import numpy\n"
        "    print(numpy.random.rand())\n"
        "    return pd.DataFrame({'a': range(n)})\n"
    )
    first, second = Heard(), Heard()

    result = run(one_executor, asked(python(source), n=3), first)
    run(one_executor, asked(python(source), n=3), second).close()

    output = result.outputs["table"]
    assert isinstance(output, OutputFile)
    assert output.path.read_bytes()[:4] == b"PAR1"
    assert output.facts["rows"] == 3
    assert first.text != second.text, "forks must not share their random numbers"
    result.close()


def test_metrics_and_progress_are_heard_apart_from_the_log(executor: ProcessExecutor) -> None:
    heard = Heard()
    source = (
        "from pipelines.sdk import log_metric, report_progress\n"
        "def train() -> int:\n"
        "    for step in range(3):\n"
        "        log_metric('loss', 1 / (step + 1), step=step)\n"
        "    report_progress(0.5)\n"
        "    print('half')\n"
        "    return 1\n"
    )

    run(executor, asked(python(source)), heard).close()

    assert heard.metrics == [("loss", 1.0, 0), ("loss", 0.5, 1), ("loss", 1 / 3, 2)]
    assert heard.fractions == [0.5]
    assert heard.text == "half\n"


def test_each_stream_keeps_its_order(one_executor: ProcessExecutor) -> None:
    heard = Heard()
    body = (
        "import sys\n"
        "for i in range(1000):\n"
        "    print(i, file=(sys.stdout, sys.stderr)[i % 2], flush=True)\n"
    )

    run(one_executor, asked(raw(body)), heard).close()

    numbers = [int(line) for line in heard.text.split()]
    assert len(numbers) == 1000
    assert [n for n in numbers if n % 2 == 0] == list(range(0, 1000, 2))
    assert [n for n in numbers if n % 2 == 1] == list(range(1, 1000, 2))


def test_what_is_not_text_is_still_shown(one_executor: ProcessExecutor) -> None:
    heard = Heard()
    body = (
        "import os\nos.write(1, b'caf\\xe9\\n\\x00\\n' + b'x' * 100_000 + b'\\nlast, unfinished')"
    )

    run(one_executor, asked(raw(body)), heard).close()

    lines = heard.text.splitlines()
    assert lines[0] == "caf\N{REPLACEMENT CHARACTER}"
    assert lines[1] == "\N{SYMBOL FOR NULL}"
    assert lines[2].startswith("xxx")
    assert lines[2].endswith("was cut)")
    assert lines[3:] == ["last, unfinished"]


@pytest.mark.parametrize(
    ("body", "outputs", "message"),
    [
        ("pass", {"n": "integer"}, "without writing any outputs; it should write `n`"),
        ("write('{}')", {"n": "integer", "m": "any"}, "without writing its outputs `n`, `m`"),
        ('write(\'{"n": 1, "extra": 2}\')', {"n": "integer"}, "wrote `extra`"),
        ("write('{\"n\": NaN}')", {"n": "number"}, "hold NaN"),
        ("write('{\"n\": 1e999}')", {"n": "number"}, "too large"),
        ('write(\'{"n": "1"}\')', {"n": "integer"}, "output `n` must be an integer, but is"),
        ('write(\'{"f": {"path": "/etc/passwd", "type": "file"}}\')', {"f": "file"}, "outside"),
    ],
)
def test_bad_outputs_fail_the_step_and_say_why(
    one_executor: ProcessExecutor, body: str, outputs: dict[str, str], message: str
) -> None:
    prelude = (
        "import os\n"
        "def write(text):\n"
        "    with open(os.environ['PENSTOCK_OUTPUTS'], 'w') as stream:\n"
        "        stream.write(text)\n"
    )

    result = run(one_executor, asked(raw(prelude + body, **outputs)))

    assert result.outcome == "failed"
    assert result.error is not None
    assert result.error.kind == "output"
    assert message in result.error.message


def test_what_cannot_be_started_is_a_result_too(one_executor: ProcessExecutor) -> None:
    spec = python("def f(a: int) -> int:\n    return a\n")

    missing = run(one_executor, asked(spec, a=InputFile(Path("/nowhere/at/all"), "file")))
    unknown = run(one_executor, asked({**spec, "kind": "abacus"}, a=1))

    assert missing.error is not None
    assert missing.error.kind == "setup"
    assert "/nowhere/at/all" in missing.error.message
    assert unknown.error is not None
    assert "abacus" in unknown.error.message


def test_two_hundred_steps_leak_nothing(new_executor: Callable[..., ProcessExecutor]) -> None:
    executor = new_executor()
    spec = python("def f(a: int) -> int:\n    return a\n")
    home = executor._workspace.home

    def held() -> list[int]:
        """Open files of this process, and of the fork server apart from two for each shepherd."""
        server = len(os.listdir(f"/proc/{named('lean', str(home))[0]}/fd"))
        return [
            len(os.listdir("/proc/self/fd")),
            server - 2 * len(named("watch", str(home))),
        ]

    run(executor, asked(spec, a=0)).close()
    gc.collect()  # what earlier tests left open is not to be closed in the meantime
    before = until(lambda: (once := held()) == held() and once)
    for number in range(200):
        result = run(executor, asked(spec, Limits(seconds=30), a=number))
        assert result.outputs == {"result": number}
        result.close()

    until(lambda: all(now <= then for now, then in zip(held(), before, strict=True)))
    assert [entry.name for entry in home.iterdir() if entry.name.isdigit()] == []
