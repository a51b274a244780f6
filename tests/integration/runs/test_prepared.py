"""Statements that a connection keeps prepared, and what happens when it forgets them."""

from itertools import pairwise

import pytest
from django.db import connection, transaction

from pipelines.runs import prepared
from pipelines.runs.models import Attempt, NodeRun

FORGET = {"postgresql": "DEALLOCATE ALL", "sqlite": "SELECT 1"}
COUNT = "SELECT count(*) FROM runs_noderun"
KEPT = {
    "postgresql": f"SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%{COUNT}%'",
    "sqlite": "SELECT 0",
}


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "_seen", {})
    monkeypatch.setattr(prepared, "_possible", True)


@pytest.fixture
def forgetting(world, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slot's connection is another one after `n4`, as a pool of connections may give."""
    start = world.executor.start

    def forget_and_start(request, listener):
        if request.key.endswith(":n4"):
            with connection.cursor() as cursor:
                cursor.execute(FORGET[connection.vendor])
        return start(request, listener)

    monkeypatch.setattr(world.executor, "start", forget_and_start)


def test_a_statement_gives_the_same_however_often_it_comes(world):
    world.start("abc", ["a -> b", "b -> c"])
    sql = f"{COUNT} WHERE node = %s OR position > %s"

    found = []
    with transaction.atomic(), connection.cursor() as cursor:
        for name, position in (("a", 1), ("b", 1), ("c", 1), ("a", 0)):
            prepared.execute(cursor, sql, [name, position])
            found.append(cursor.fetchone()[0])
        cursor.execute(KEPT[connection.vendor])
        kept = cursor.fetchone()[0]

    assert found == [2, 2, 1, 3]
    assert kept == (1 if connection.vendor == "postgresql" else 0)


@pytest.mark.usefixtures("forgetting")
def test_a_run_goes_on_when_its_connection_forgot_what_was_prepared(world):
    nodes = [f"n{number}" for number in range(6)]
    edges = [f"{one} -> {other}" for one, other in pairwise(nodes)]

    run = world.start({node: {} for node in nodes}, edges)
    world.work(run)

    assert run.state == "success"
    assert prepared._possible is (connection.vendor == "sqlite")
    assert Attempt.objects.filter(node_run__run=run).count() == len(nodes)
    assert set(NodeRun.objects.filter(run=run).values_list("attempt", flat=True)) == {1}
