"""Trying a component that is not published: its draft runs on a worker like any other step.

The run belongs to a pipeline of its own that is archived from the start, so that no list shows
either; both are deleted a day later.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from pipelines.artifacts import samples, store
from pipelines.artifacts.models import Artifact
from pipelines.artifacts.samples import NoSample
from pipelines.core.checks import check
from pipelines.core.component import ARTIFACT_TYPES, ComponentSpec, InputPort
from pipelines.core.document import Definition
from pipelines.core.plan import plan
from pipelines.core.ports import compatible
from pipelines.core.problems import InvalidDefinition, Problem
from pipelines.core.serialize import content_hash, to_document
from pipelines.core.states import ENDED_RUN
from pipelines.designs.models import Pipeline, PipelineVersion
from pipelines.kinds import registry
from pipelines.teams.models import Team, User

from . import actions
from .models import TRIED, Run
from .pools import with_pools

#: The one node.
NODE = "step"
#: A try is for small things, and nobody waits for one longer than this, in seconds.
_TIMEOUT = "10m"
MAX_BYTES = 1024 * 1024
KEPT = timedelta(days=1)
_EVERY_SECONDS = 3600
_AT_ONCE = 200


def start(
    spec: ComponentSpec,
    team: Team,
    user: User,
    *,
    inputs: Mapping[str, Any],
    params: Mapping[str, Any],
) -> Run:
    """Run `spec` once on sample inputs: `{port: {"value"} | {"csv"} | {"artifact"}}`.

    Raises InvalidDefinition with everything that is wrong with the spec or the samples.
    """
    if not registry.is_step(spec):
        raise _refused("unknown_kind", f"`{spec.kind}` components are not run by themselves.")
    if len(json.dumps([inputs, params])) > MAX_BYTES:
        raise _refused(
            "too_large",
            f"Samples can have {MAX_BYTES:,} bytes; upload larger ones as files.",
        )
    problems = registry.check(spec)
    document = {
        "schema": 1,
        "name": f"Try {spec.full_name}",
        "nodes": [
            {
                "id": NODE,
                "component": f"{spec.full_name}@1",
                "params": dict(params),
                "timeout": _TIMEOUT,
            }
        ],
        "edges": [],
    }
    found = check(document, _Only(spec), registry.check_node)
    # Its inputs come by no edge, so that they are looked at here.
    problems += [each for each in found if each.code != "missing_input"]
    given, wrong = _inputs(spec, inputs, team, user)
    if problems or wrong:
        raise InvalidDefinition([*problems, *wrong])
    definition = Definition.model_validate(document)
    specs = {definition.nodes[0].ref: spec}
    plans = [
        each.model_copy(update={"spec": spec.model_dump(mode="json"), "given": given})
        for each in with_pools(plan(definition, specs), specs)
    ]
    with transaction.atomic():
        pipeline = Pipeline.objects.create(
            team=team,
            name=str(document["name"])[:200],
            draft=document,
            created_by=user,
            draft_updated_by=user,
            latest_version=1,
            archived_at=timezone.now(),
        )
        version = PipelineVersion.objects.create(
            pipeline=pipeline,
            number=1,
            definition=to_document(definition),
            content_hash=content_hash(definition),
            created_by=user,
        )
        run = Run(
            team=team,
            pipeline=pipeline,
            version=version,
            trigger=TRIED,
            use_cache=False,
            created_by=user,
        )
        actions.begin(run, plans, specs)
    return run


@dataclass(frozen=True)
class _Only:
    """A catalog of one component, which is not published."""

    only: ComponentSpec

    def spec(self, name: str, version: int | None) -> ComponentSpec | None:
        return self.only if name == self.only.full_name else None

    def latest(self, name: str) -> int | None:
        return 1 if name == self.only.full_name else None

    def owner_to_ask(self, name: str) -> str | None:
        return None


def _inputs(
    spec: ComponentSpec, inputs: Mapping[str, Any], team: Team, user: User
) -> tuple[dict[str, Any], list[Problem]]:
    given: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in inputs:
        if spec.input(name) is None:
            message = f"`{spec.full_name}` has no input `{name}`."
            problems.append(Problem(code="unknown_port", message=message, port=name))
    for port in spec.inputs:
        sample = inputs.get(port.name)
        if sample is None:
            if port.required:
                message = f"The input `{port.name}` needs a sample."
                problems.append(Problem(code="missing_input", message=message, port=port.name))
            continue
        try:
            value = _value(port, sample, team, user)
        except NoSample as error:
            message = f"The sample for `{port.name}` cannot be used: {error}."
            problems.append(Problem(code="bad_sample", message=message, port=port.name))
            continue
        given[port.name] = [value] if port.multiple and not isinstance(value, list) else value
    return given, problems


def _value(port: InputPort, sample: Any, team: Team, user: User) -> Any:
    """What the step gets. Raises NoSample."""
    if not isinstance(sample, Mapping) or len(sample.keys() & {"value", "csv", "artifact"}) != 1:
        raise NoSample("give one of `value`, `csv` and `artifact`")
    if "artifact" in sample:
        return _stored(port, str(sample["artifact"]), team)
    if "csv" in sample:
        made = samples.table_of_csv(str(sample["csv"]), name=port.name, team=team, user=user)
        return store.reference(made)
    value = sample["value"]
    if port.type == "table":
        made = samples.table_of_rows(value, name=port.name, team=team, user=user)
        return store.reference(made)
    if port.type == "file" and isinstance(value, str):
        return store.reference(samples.file_of_text(value, name=port.name, team=team, user=user))
    if port.type in ARTIFACT_TYPES:
        raise NoSample(f"upload a file for this {port.type}")
    fits = _FITS.get(port.type)
    if fits and not (isinstance(value, fits) and (port.type == "boolean" or value is not True)):
        raise NoSample(f"it has to be {_WORDS[port.type]}")
    return value


_FITS: dict[str, Any] = {
    "string": str,
    "text": str,
    "number": int | float,
    "integer": int,
    "boolean": bool,
    "list": list,
}
_WORDS = {
    "string": 'text, such as "abc"',
    "text": 'text, such as "abc"',
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "list": "a list, such as [1, 2]",
}


def _stored(port: InputPort, digest: str, team: Team) -> dict[str, Any]:
    artifact = Artifact.objects.filter(team=team, digest=digest).first()
    if artifact is None:
        raise NoSample("the team has no such file; upload it again")
    if not compatible(artifact.type, port.type):  # type: ignore[arg-type]
        raise NoSample(f"the file is a {artifact.type}, and the input takes a {port.type}")
    return store.reference(artifact)


def _refused(code: str, message: str) -> InvalidDefinition:
    return InvalidDefinition([Problem(code=code, message=message)])


_looked: float | None = None


def forget_old() -> int:
    """Delete tries of yesterday, once in an hour; how many."""
    global _looked
    if _looked is not None and time.monotonic() - _looked < _EVERY_SECONDS:
        return 0
    _looked = time.monotonic()
    return forget_before(timezone.now() - KEPT)


def forget_before(moment: datetime) -> int:
    """Delete the tries that were started before, with their pipelines; how many."""
    old = Run.objects.filter(
        trigger=TRIED, created_at__lt=moment, state__in=list(ENDED_RUN), parent=None
    ).order_by()
    rows = list(old.values_list("pk", "pipeline")[:_AT_ONCE])
    with transaction.atomic():
        Run.objects.filter(pk__in=[run for run, _ in rows]).delete()
        Pipeline.objects.filter(pk__in=[pipeline for _, pipeline in rows]).delete()
    return len(rows)
