"""Workers learn which warm pools a run will need before it needs them."""

from pipelines.catalog import actions as catalog
from tests.support.fake_executor import succeed

from .conftest import STEP


def test_pools_are_asked_for_as_soon_as_a_node_before_theirs_is_taken(world):
    ports = {"inputs": STEP.inputs[:1], "outputs": STEP.outputs[:1]}
    catalog.publish(STEP.model_copy(update={"name": "lean", **ports}), world.team, world.ann)
    nodes = {"a": {"component": "acme/lean"}, "b": {}, "c": {"component": "acme/lean"}}
    run = world.start(nodes, ["a.result -> b.data", "b.result -> c.data"])
    asked = {}

    def note(request, listener):
        asked[request.key.split(":")[1]] = world.executor.warmed.copy()
        world.executor.warmed.clear()
        return succeed(request, listener)

    for node in nodes:
        world.executor.behaviours[node] = note
    world.work(run)

    assert run.state == "success"
    assert asked == {"a": ["data", "lean"], "b": ["data", "lean"], "c": ["lean"]}
