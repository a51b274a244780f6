"""What changes pipelines: create, save the draft, publish, archive."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from pipelines.core.checks import check, component_refs
from pipelines.core.component import ComponentSpec
from pipelines.core.connections import mentions as connection_mentions
from pipelines.core.document import MAX_BYTES, Definition, Node
from pipelines.core.plan import pin
from pipelines.core.problems import InvalidDefinition, Problem
from pipelines.core.secrets import mentions as secret_mentions
from pipelines.core.serialize import (
    canonical_json,
    content_hash,
    spec_digest,
    to_document,
    too_large_message,
)
from pipelines.kinds import registry
from pipelines.teams import access, audit, connections, policies, vault
from pipelines.teams.access import Action
from pipelines.teams.models import Team, User

from . import uses
from .catalog import DesignCatalog, interface_of
from .models import Pipeline, PipelineVersion
from .slugs import free_slug

UNTITLED = "Untitled pipeline"
_MAX_TRIES = 5


class StaleDraft(RuntimeError):
    """Somebody else saved first. Carries which revision is there now, whose it is and since when."""

    def __init__(self, revision: int, updated_by: User | None, updated_at: datetime) -> None:
        self.revision, self.updated_by, self.updated_at = revision, updated_by, updated_at
        who = updated_by.get_username() if updated_by else "somebody"
        super().__init__(
            f"{who} saved this pipeline as revision {revision} after you opened it. Your changes "
            "are not lost: reload to see theirs, or save yours as a copy."
        )


class Busy(RuntimeError):
    """The draft kept changing while it was being published."""


def create(team: Team, definition: Any, user: User | None) -> Pipeline:
    """A pipeline with this draft, which may be unfinished.

    Raises InvalidDefinition only for what cannot be stored: not a mapping, not JSON, over 1 MiB;
    and QuotaExceeded.
    """
    check_storable(definition)
    with transaction.atomic():
        limit = policies.held(team.pk)["pipelines"]
        if limit:
            live = Pipeline.objects.filter(team=team, archived_at=None)
            policies.check(team, "pipelines", limit, live.count())
        pipeline = Pipeline.objects.create(
            team=team,
            name=_name(definition),
            description=_description(definition),
            draft=definition,
            draft_updated_by=user,
            created_by=user,
        )
        audit.record("pipeline.create", pipeline, team=team.pk, user=user, after=definition)
    return pipeline


def save_draft(
    pipeline: Pipeline, definition: Any, base_revision: int, user: User | None
) -> Pipeline:
    """Replace the draft, if nobody has since `base_revision`; `pipeline` is brought up to date.

    Raises StaleDraft otherwise, and InvalidDefinition for what cannot be stored. Saving the same
    draft twice, as after a lost answer, counts as saved.
    """
    check_storable(definition)
    saved = {
        "draft": definition,
        "name": _name(definition),
        "description": _description(definition),
        "draft_revision": base_revision + 1,
        "draft_updated_at": timezone.now(),
        "draft_updated_by": user,
    }
    with transaction.atomic():
        rows = Pipeline.objects.filter(pk=pipeline.pk, draft_revision=base_revision)
        # The row is locked before it is read, so that "before" is what was replaced.
        replaced = rows.select_for_update(no_key=True).values_list("draft", flat=True).first()
        won = rows.update(**saved)
        if won:
            before, after = audit.changes(replaced, definition)
            audit.record(
                "pipeline.edit",
                pipeline,
                team=pipeline.team_id,
                user=user,
                before={"revision": base_revision, "changed": before},
                after={"revision": base_revision + 1, "changed": after},
            )
    if won:
        # Reading the row again could show, and give away, the next person's revision.
        for field, value in saved.items():
            setattr(pipeline, field, value)
        return pipeline
    pipeline.refresh_from_db()
    if pipeline.draft != definition:
        raise StaleDraft(
            pipeline.draft_revision, pipeline.draft_updated_by, pipeline.draft_updated_at
        )
    return pipeline


def publish(pipeline: Pipeline, message: str, user: User | None) -> PipelineVersion:
    """The draft as the next immutable version, every component pinned.

    Returns the newest version when it already means the same; `pipeline.latest_version` grows
    only when a version was made. Raises InvalidDefinition with every problem of the draft.

    The checks run outside the transaction; the conditional update makes sure that what was
    checked is what is published.
    """
    for _ in range(_MAX_TRIES):
        pipeline.refresh_from_db()
        slug = pipeline.slug or free_slug(pipeline)
        definition, catalog = ready(pipeline)
        hashed = content_hash(definition)
        newest = pipeline.versions.filter(number=pipeline.latest_version).first()
        if newest is not None and newest.content_hash == hashed:
            return newest
        number = pipeline.latest_version + 1
        specs = {node.ref: _known(catalog, node) for node in definition.nodes}
        _may_name_secrets(pipeline, definition, specs, user)
        try:
            with transaction.atomic():
                won = Pipeline.objects.filter(
                    pk=pipeline.pk,
                    draft_revision=pipeline.draft_revision,
                    latest_version=pipeline.latest_version,
                ).update(latest_version=number, slug=slug)
                if not won:
                    continue
                version = PipelineVersion.objects.create(
                    pipeline=pipeline,
                    number=number,
                    definition=to_document(definition),
                    content_hash=hashed,
                    component_digests=_digests(definition, catalog, specs),
                    interface=interface_of(slug, definition, specs),
                    message=message.strip()[:500],
                    created_by=user,
                )
                uses.record(version, definition, specs)
                audit.record(
                    "pipeline.publish",
                    pipeline,
                    team=pipeline.team_id,
                    user=user,
                    before={"version": number - 1},
                    after={"version": number, "content_hash": hashed, "message": version.message},
                )
        except IntegrityError:
            continue  # another pipeline took the slug this very moment
        pipeline.latest_version, pipeline.slug = number, slug
        return version
    raise Busy(f"`{pipeline.name}` kept changing while it was being published. Try again.")


def _may_name_secrets(
    pipeline: Pipeline,
    definition: Definition,
    specs: Mapping[str, ComponentSpec],
    user: User | None,
) -> None:
    """Whoever publishes a pipeline that names secrets may use them. Raises access.Denied."""
    if user is None or not any(
        any(secret_mentions(specs[node.ref].parameters, node.params))
        or any(connection_mentions(specs[node.ref].parameters, node.params))
        for node in definition.nodes
    ):
        return
    access.require(user, pipeline.team_id, Action.USE_SECRETS, pipeline)


def ready(pipeline: Pipeline) -> tuple[Definition, DesignCatalog]:
    """The draft, checked and pinned, and the catalog that it was checked against.

    Raises InvalidDefinition with every problem.
    """
    catalog = DesignCatalog(pipeline.team_id, component_refs(pipeline.draft))
    secrets = vault.lazily(pipeline.team_id)
    problems = check(
        pipeline.draft,
        catalog,
        registry.check_node,
        slug=pipeline.slug,
        secrets=secrets,
        connections=connections.lazily(pipeline.team_id),
    )
    if problems:
        raise InvalidDefinition(problems)
    return pin(Definition.model_validate(pipeline.draft), catalog.latest), catalog


def _known(catalog: DesignCatalog, node: Node) -> ComponentSpec:
    spec = catalog.spec(node.ref_name, node.ref_version)
    assert spec is not None, f"{node.ref} passed the checks"
    return spec


def _digests(
    definition: Definition, catalog: DesignCatalog, specs: Mapping[str, ComponentSpec]
) -> dict[str, str]:
    """What exactly each pinned reference means: a spec's digest, a sub-pipeline's content hash."""
    digests = {}
    for node in definition.nodes:
        version = (
            catalog.pipeline_version(node.ref_name, node.ref_version) if node.pipeline else None
        )
        digests[node.ref] = version.content_hash if version else spec_digest(specs[node.ref])
    return dict(sorted(digests.items()))


def archive(pipeline: Pipeline, user: User | None) -> None:
    """Take a pipeline out of every list. Its versions and runs stay readable to the team."""
    now = timezone.now()
    with transaction.atomic():
        if Pipeline.objects.filter(pk=pipeline.pk, archived_at=None).update(archived_at=now):
            audit.record("pipeline.archive", pipeline, team=pipeline.team_id, user=user)
    pipeline.archived_at = now


def check_storable(definition: Any) -> None:
    """Raises InvalidDefinition for what no draft may be: not a mapping, not JSON, over 1 MiB."""
    if not isinstance(definition, dict):
        raise _refused(
            "malformed", "The document must be a mapping with `name`, `nodes` and `edges`."
        )
    try:
        size = len(canonical_json(definition).encode())
    except ValueError as error:
        raise _refused("malformed", f"The document cannot be stored: {error}.") from error
    if size > MAX_BYTES:
        raise _refused("too_large", too_large_message(size))


def _refused(code: str, message: str) -> InvalidDefinition:
    return InvalidDefinition([Problem(code=code, message=message)])


def _name(definition: dict[str, Any]) -> str:
    name = definition.get("name")
    return name.strip()[:200] or UNTITLED if isinstance(name, str) else UNTITLED


def _description(definition: dict[str, Any]) -> str:
    description = definition.get("description")
    return description[:10_000] if isinstance(description, str) else ""
