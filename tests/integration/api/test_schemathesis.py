"""Every operation of the OpenAPI document, called with whatever its schema allows, and more.

Nothing answers with a server error, and what is answered is what the document says.
"""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from pipelines.teams import tokens
from tests.people import People
from tests.support.sample import Sample

DOCUMENT = Path(__file__).parents[3] / "docs" / "openapi.json"


api = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text()))
api.app = get_wsgi_application()

#: The values of path parameters that exist, by parameter; set for each test.
REAL: dict[str, Any] = {}
CALLS = count()


@api.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """What exists in two of three calls: random ids alone would find nothing."""
    if not path_parameters or next(CALLS) % 3 == 0:
        return path_parameters
    owner = context.operation.path.split("/")[3]
    return {
        key: str(REAL.get(f"{owner}.{key}", REAL.get(key, value)))
        for key, value in path_parameters.items()
    }


@pytest.fixture(autouse=True)
def _one_connection(db: None) -> Iterator[None]:
    """The end of a request closes the connection, and with it the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def secret(sample: Sample, people: People) -> str:
    REAL.update(
        {
            "pipelines.id": sample.pipeline.pk,
            "runs.id": sample.run.pk,
            "tokens.id": sample.token.pk,
            "component-drafts.id": sample.component_draft.pk,
            "digest": sample.artifact.digest,
            "namespace": "acme",
            "name": "step",
            "number": 1,
            "node": "a",
        }
    )
    return tokens.create(people.owner)[1]


@pytest.mark.django_db
@api.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_nothing_breaks(case: Any, secret: str) -> None:
    response = case.call(headers={"Authorization": f"Token {secret}"})
    case.validate_response(
        response,
        checks=[not_a_server_error, content_type_conformance, response_schema_conformance],
    )
