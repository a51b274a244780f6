"""From printed bytes to log, metrics and progress."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.executors import logs
from pipelines.executors.logs import LONGEST_LINE, Lines, StepLog
from tests.integration.executors.stage import Heard


def printed(*pieces: bytes, limit: int = 10**9) -> Heard:
    heard = Heard()
    log = StepLog(heard, limit)
    for piece in pieces:
        log.feed_stdout(piece)
    log.close()
    return heard


@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\r", b"")), max_size=20))
def test_lines_do_not_depend_on_how_they_arrive(pieces: list[bytes]) -> None:
    lines = Lines()
    found = b"".join(lines.feed(piece) for piece in pieces)
    found += lines.feed(lines.rest())

    whole = b"".join(pieces)
    assert found == whole + (b"" if whole.endswith(b"\n") or not whole else b"\n")


def test_a_long_line_is_cut_however_it_arrives() -> None:
    line = b"x" * (3 * LONGEST_LINE)
    at_once = printed(line + b"\nnext\n").text
    in_pieces = printed(*(line[at : at + 1000] for at in range(0, len(line), 1000)), b"\nnext\n")

    for text in (at_once, in_pieces.text):
        first, second = text.splitlines()
        assert len(first) < LONGEST_LINE + 1100
        assert first.endswith("was cut)")
        assert second == "next"


def test_a_progress_bar_leaves_its_last_state() -> None:
    heard = printed(b"start\r\n", b"\r 10%", b"\r 50%", b"\r100%\n", b"end")
    assert heard.text == "start\n100%\nend\n"


@pytest.mark.parametrize(
    ("line", "metrics"),
    [
        (b'{"metric": "loss", "value": 0.5, "step": 2}', [("loss", 0.5, 2)]),
        (b'{"metric": "loss", "value": 1}', [("loss", 1.0, None)]),
        (b'{"metric": {"a": 1, "b": 2.5}, "step": 0}', [("a", 1.0, 0), ("b", 2.5, 0)]),
    ],
)
def test_metrics(line: bytes, metrics: list[tuple[str, float, int | None]]) -> None:
    heard = printed(b"before\n" + line + b"\nafter\n")
    assert (heard.metrics, heard.text) == (metrics, "before\nafter\n")


@pytest.mark.parametrize(
    "line",
    [
        '{"metric": "loss"}', '{"metric": "loss", "value": "high"}', '{"metric": {}}',
        '{"metric": "loss", "value": NaN}', '{"metric": "loss", "value": 1e999}',
        '{"metric": "loss", "value": true}', '{"metric": "", "value": 1}',
        '{"metric": "loss", "value": 1, "step": 1.5}', '{"metric": "l", "value": 1, "step": "x"}',
        '{"progress": "half"}', '{"progress": true}', '{"other": 1}', '{"metric": ',
        '{"a":' * 5000, ' {"progress": 1}', '{"metric": "big", "value": 1' + "0" * 400 + "}",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_record_is_log(line: str) -> None:
    heard = printed(line.encode() + b"\n")
    assert (heard.metrics, heard.fractions) == ([], [])
    assert heard.text.startswith(line[:1000])


def test_progress_stays_between_nothing_and_all() -> None:
    heard = printed(b'{"progress": 0.25}\n{"progress": 7}\n{"progress": -1}\n')
    assert heard.fractions == [0.25, 1.0, 0.0]
    assert heard.text == ""


def test_standard_error_is_only_log() -> None:
    heard = Heard()
    log = StepLog(heard, 1000)
    log.feed_stderr(b'{"progress": 0.25}\n')
    assert (heard.fractions, heard.text) == ([], '{"progress": 0.25}\n')


def test_the_log_is_cut_at_its_limit_and_says_so_once() -> None:
    heard = printed(b"12345\n", b"12345\n12345\n", b"more\n", b'{"progress": 1}\n', limit=13)
    assert heard.text.splitlines() == [
        "12345",
        "12345",
        "[penstock] the log is longer than 13 bytes; the rest is not kept",
    ]
    assert heard.fractions == [1.0]


def test_metrics_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST_RECORDS", 2)
    heard = printed(b'{"metric": "a", "value": 1}\n' * 5)
    assert len(heard.metrics) == 2
    assert heard.text == "[penstock] more than 2 metrics; the rest is not kept\n"


def test_a_listener_that_fails_does_not_stop_the_log(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Heard):
        def metric(self, name: str, value: float, step: int | None) -> None:
            raise ValueError("no room")

    heard = Failing()
    log = StepLog(heard, 1000)
    log.feed_stdout(b'{"metric": "a", "value": 1}\nnext\n')
    assert heard.text == "next\n"
    assert "a step's listener failed" in caplog.text
