"""The number of queries of a list does not depend on its rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from pipelines.catalog import actions as catalog
from pipelines.designs import actions as designs
from pipelines.runs import actions as runs
from pipelines.teams import tokens
from tests.people import People
from tests.support.sample import Sample, definition, spec

pytestmark = pytest.mark.django_db


def more_pipelines(sample: Sample, people: People) -> None:
    for number in range(5):
        made = designs.create(people.team, definition(name=f"p{number}"), people.editor)
        designs.publish(made, "", people.editor)
        runs.start(made, user=people.operator)


def more_runs(sample: Sample, people: People) -> None:
    for number in range(5):
        runs.start(sample.pipeline, parameters={"size": number}, user=people.operator)


def more_versions(sample: Sample, people: People) -> None:
    for number in range(1, 6):
        changed = definition(description=f"{number}")
        designs.save_draft(sample.pipeline, changed, number, people.editor)
        designs.publish(sample.pipeline, "", people.editor)


def more_components(sample: Sample, people: People) -> None:
    for number in range(5):
        catalog.publish(spec().model_copy(update={"name": f"step{number}"}), people.team, None)


def more_component_versions(sample: Sample, people: People) -> None:
    for number in range(5):
        changed = spec().model_copy(update={"docs": str(number)})
        catalog.publish(changed, people.team, people.editor)


def more_tokens(sample: Sample, people: People) -> None:
    for _ in range(5):
        tokens.create(people.owner)


@pytest.mark.parametrize(
    ("path", "more", "limit"),
    [
        ("pipelines/", more_pipelines, 6),
        ("runs/", more_runs, 6),
        ("pipelines/{pipeline}/runs/", more_runs, 8),
        ("pipelines/{pipeline}/versions/", more_versions, 6),
        ("components/", more_components, 6),
        ("components/acme/step/", more_component_versions, 8),
        ("tokens/", more_tokens, 6),
        ("runs/{run}/", more_runs, 9),
        ("runs/{run}/artifacts/", more_runs, 7),
        ("runs/{run}/events/", more_runs, 6),
    ],
)
def test_no_query_per_row(
    path: str,
    more: Callable[[Sample, People], Any],
    limit: int,
    sample: Sample,
    people: People,
    owner: APIClient,
) -> None:
    url = "/api/v1/" + path.format(pipeline=sample.pipeline.pk, run=sample.run.pk)
    owner.get(url)

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert owner.get(url).status_code == 200
        return len(queries)

    few = count()
    more(sample, people)
    assert count() == few
    assert few <= limit, f"{few} queries"
