"""Components as files: a file becomes a draft or a version, a version becomes a file."""

from dataclasses import dataclass
from typing import Literal

from django.db import transaction

from pipelines.core.component import ComponentSpec
from pipelines.core.problems import InvalidDefinition, Problem
from pipelines.core.serialize import spec_digest
from pipelines.interop import component_file, reading
from pipelines.interop.component_file import ComponentFile
from pipelines.interop.kfp import writing as kfp
from pipelines.interop.text import Unreadable
from pipelines.kinds import registry
from pipelines.teams.models import Team, User

from . import actions, drafts
from .models import ComponentDraft, ComponentVersion, Namespace

Format = Literal["penstock", "kfp"]
FORMATS: tuple[Format, ...] = ("penstock", "kfp")


@dataclass(frozen=True)
class Imported:
    """`notes` say what the file could not bring along as it is."""

    draft: ComponentDraft
    notes: list[str]


def import_draft(content: str, team: Team, user: User | None) -> Imported:
    """A draft of what a file says, to be looked at and published. Raises InvalidDefinition."""
    read, notes = _read(content, team)
    fields = registry.fields_of(read.spec)
    # Not before it can be said: a kind that nobody writes here has no fields to be built from.
    drafts.check_content({"kind": read.spec.kind, "fields": fields})
    if _rebuilt(read.spec) != spec_digest(read.spec):
        notes.append(
            "Ports, parameters and docs are read from the source here; what the file says beside it "
            "is left out."
        )
    with transaction.atomic():
        draft = drafts.begin(
            team,
            {"kind": read.spec.kind, "fields": fields, "changelog": read.changelog},
            user,
        )
    return Imported(draft, notes)


def import_version(
    content: str, team: Team, user: User | None, namespace: str = ""
) -> tuple[ComponentVersion, list[str]]:
    """Publish what a file says at once, just as it says it. Raises InvalidDefinition."""
    read, notes = _read(content, team, namespace)
    return actions.publish(read.spec, team, user, read.changelog), notes


def export(version: ComponentVersion, form: Format) -> tuple[str, str]:
    """The name and the text of the file of a version. Raises `kfp.NotForKfp`."""
    spec = ComponentSpec.model_validate(version.spec)
    if form == "kfp":
        return f"{spec.name}.kfp.component.yaml", kfp.write(spec, version=version.number)
    written = component_file.write(spec, version=version.number, changelog=version.changelog)
    return component_file.file_name(spec), written


def _read(content: str, team: Team, namespace: str = "") -> tuple[ComponentFile, list[str]]:
    try:
        read = reading.read(content, namespace or team.slug)
    except Unreadable as error:
        raise InvalidDefinition(
            [Problem(code="unreadable_file", message=str(error), field="file")]
        ) from error
    notes = list(read.notes)
    spec = read.spec
    if namespace and spec.namespace != namespace:
        spec = spec.model_copy(update={"namespace": namespace})
    elif not _may_have(spec.namespace, team):
        notes.append(
            f"The namespace `{spec.namespace}` is not your team's here; it is `{team.slug}` now."
        )
        spec = spec.model_copy(update={"namespace": team.slug})
    return ComponentFile(spec, read.changelog, read.version, tuple(notes)), notes


def _may_have(namespace: str, team: Team) -> bool:
    if namespace in actions.RESERVED:
        return False
    owner = Namespace.objects.filter(name=namespace).first()
    return owner is None or owner.team_id == team.pk


def _rebuilt(spec: ComponentSpec) -> str:
    """The digest of what an author gets who publishes the fields; empty when they have problems."""
    try:
        return spec_digest(registry.build(spec.kind, registry.fields_of(spec)))
    except InvalidDefinition:
        return ""
