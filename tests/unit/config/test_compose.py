"""docker-compose.yml is valid, runs the commands that `up` runs, and ships no secret."""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pipelines.config.supervisor import services

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docker-compose.yml").read_text()


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(TEXT)


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The Compose specification's own schema, as the check-jsonschema package carries it."""
    vendored = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    return json.loads(vendored.read_text())


def test_it_obeys_the_compose_specification(
    compose: dict[str, Any], schema: dict[str, Any]
) -> None:
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(compose)] == []


def test_the_schema_would_notice(compose: dict[str, Any], schema: dict[str, Any]) -> None:
    broken = {**compose, "services": {"web": {"comand": "x"}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


@pytest.mark.parametrize(
    "service",
    [
        services.web(bind=("--host", "0.0.0.0", "--port", "8000")),
        services.worker(),
        services.scheduler(),
    ],
    ids=lambda service: service.name,
)
def test_each_part_runs_the_command_that_up_runs(
    compose: dict[str, Any], service: services.Service
) -> None:
    assert compose["services"][service.name]["command"] == ["python", *service.argv[1:]]


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, key)
    else:
        yield key, str(value)


def test_every_secret_must_be_given(compose: dict[str, Any]) -> None:
    """`${NAME:?…}` stops the start; a default or a literal would be everyone's password."""
    secret = re.compile(r"PASSWORD|SECRET|_KEY|AUTH")
    seen = set()
    for key, text in _strings(compose):
        for name, rest in re.findall(r"\$\{(\w+)([^}]*)\}", text):
            if secret.search(name):
                seen.add(name)
                assert rest.startswith(":?"), f"{key}: {name} may be left out"
        if secret.search(key):
            assert text.startswith("${"), f"{key} is written out"
    assert seen == {
        "PENSTOCK_SECRET_KEY",
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
        "S3_ACCESS_KEY",
        "S3_SECRET_KEY",
    }


def test_the_stores_keep_their_data_and_are_not_published(compose: dict[str, Any]) -> None:
    for name in ("postgres", "redis", "s3"):
        service = compose["services"][name]
        assert "ports" not in service, f"{name} needs no port outside"
        assert service["healthcheck"]
        assert service["volumes"][0].split(":")[0] in compose["volumes"]
