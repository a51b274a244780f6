"""What waits for a decision: in runs and deep inside them, for whom, and where."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from pipelines.runs import actions
from pipelines.runs.models import Approval, NodeRun, NodeState, Run
from pipelines.teams.models import User
from pipelines.teams.roles import Role
from tests.people import People
from tests.support.sample import Sample

pytestmark = pytest.mark.django_db


def ask(run: Run, role: Role = Role.OPERATOR) -> Approval:
    """As if the first node of the run asked for a decision."""
    node = NodeRun.objects.filter(run=run).earliest("position")
    NodeRun.objects.filter(pk=node.pk).update(state=NodeState.WAITING)
    return Approval.objects.create(node_run=node, role=role, message="Go on?")


def child_of(run: Run, sample: Sample, round: int = 1) -> Run:
    """A child run, as the node of a sub-pipeline starts it."""
    parent = NodeRun.objects.filter(run=run).earliest("position")
    version = sample.pipeline.versions.get(number=1)
    return actions.start_child(parent, version, {}, tried=1, round=round)


def listed(client: APIClient, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/approvals/", query)
    assert answer.status_code == 200, answer.json()
    return answer.json()["results"]


def test_what_waits_in_a_run_of_a_run_is_listed_with_the_way_there(
    sample: Sample, owner: APIClient
) -> None:
    deep = child_of(child_of(sample.run, sample), sample)
    approval = ask(deep)
    (found,) = listed(owner)
    assert found["run"] == {
        "id": str(deep.pk),
        "number": deep.number,
        "pipeline": {"id": str(deep.pipeline_id), "name": deep.pipeline.name},
    }
    assert found["root"]["id"] == str(sample.run.pk)
    assert (found["node"], found["message"]) == (approval.node_run.node, "Go on?")
    assert listed(owner, run=sample.run.pk) == [found] == listed(owner, run=deep.pk)
    other = child_of(sample.run, sample, round=2)
    assert listed(owner, run=other.pk) == []

    def runs(waits: str) -> list[str]:
        answer = owner.get("/api/v1/runs/", {"waits_for_approval": waits})
        return [run["id"] for run in answer.json()["results"]]

    assert str(sample.run.pk) in runs("true")
    assert str(sample.run.pk) not in runs("false")
    Approval.objects.update(approved=True)
    assert listed(owner) == [] == runs("true")
    assert str(sample.run.pk) in runs("false")


def test_mine_are_those_that_my_role_may_decide(
    sample: Sample, people: People, as_user: Callable[[User], APIClient]
) -> None:
    ask(sample.run, Role.EDITOR)

    def seen(user: User) -> list[tuple[bool, int]]:
        client = as_user(user)
        mine = len(listed(client, mine="true"))
        return [(row["may_decide"], mine) for row in listed(client)]

    assert seen(people.owner) == seen(people.editor) == [(True, 1)]
    assert seen(people.operator) == seen(people.teammate) == [(False, 0)]
    assert seen(people.stranger) == []


def test_a_long_list_takes_no_more_queries(sample: Sample, owner: APIClient) -> None:
    ask(child_of(sample.run, sample))

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            listed(owner)
        return len(asked)

    few = queries()
    for round in range(2, 6):
        ask(child_of(sample.run, sample, round))
    assert len(listed(owner)) == 5
    assert queries() == few


def test_a_form_that_is_filled_in_wrongly_is_refused_in_words(
    sample: Sample, owner: APIClient
) -> None:
    approval = ask(sample.run)
    rows = {"type": "integer", "minimum": 1}
    form = {"type": "object", "required": ["title"], "properties": {"rows": rows}}
    Approval.objects.filter(pk=approval.pk).update(form=form)
    url = f"/api/v1/runs/{sample.run.pk}/nodes/{approval.node_run.node}/decision/"

    def refused(**values: Any) -> str:
        answer = owner.post(url, {"approve": True, "values": values}, format="json")
        assert answer.status_code == 422
        return str(answer.json()["detail"])

    assert refused() == "The form: `title` is a required property."
    assert refused(title="x", rows=0) == "The form: at `rows` must be 1 or more, not 0."
    assert refused(rows=0).startswith("2 problems, the first: The form: ")
