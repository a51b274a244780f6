"""The states that rows may have are those of the core's tables."""

from pipelines.core import states
from pipelines.runs.models import NodeState, RunState


def test_rows_and_the_core_use_the_same_words():
    assert set(RunState.values) == {state.value for state in states.RunState}
    assert set(NodeState.values) == {state.value for state in states.NodeState}
