"""What a large piece of work took goes back to the system."""

import pytest

from pipelines.config import memory


@pytest.fixture
def trimmed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    done: list[int] = []
    monkeypatch.setattr(memory, "_trim", lambda: done.append(1))
    return done


def test_only_a_process_that_has_grown_is_trimmed(
    trimmed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = 1000
    monkeypatch.setattr(memory, "_resident", lambda: pages)
    returns = memory.Returns()
    returns.look()
    assert not trimmed
    pages = 1200
    returns.look()
    assert len(trimmed) == 1
    pages = 1400
    returns.look()
    assert len(trimmed) == 1, "not again within a few seconds"
