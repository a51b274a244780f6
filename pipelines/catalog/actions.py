"""What changes the catalog: publishing, and nothing else; a published version never changes."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from pipelines import library
from pipelines.core.compat import Change, Compatibility, compare, sum_up, verdict
from pipelines.core.component import ComponentSpec
from pipelines.core.document import MAX_BYTES
from pipelines.core.problems import InvalidDefinition, Problem
from pipelines.core.schemas import outside_reference
from pipelines.core.serialize import canonical_json, spec_digest
from pipelines.kinds import registry
from pipelines.teams import audit
from pipelines.teams.models import Team, User

from .models import Component, ComponentVersion, Namespace

RESERVED = frozenset({"core", "ml", "text", "control", "notify", "pipeline"})


def publish(
    spec: ComponentSpec, team: Team | None, user: User | None, changelog: str = ""
) -> ComponentVersion:
    """The next version of `spec`, or the newest one when nothing has changed since.

    `changelog` says to those who use it what is new. A namespace belongs to the first team that publishes below it. Without a team the component is
    built in. Raises InvalidDefinition with everything that is wrong, `namespace_reserved` and
    `namespace_taken` among it.
    """
    problems = [*check_spec(spec), *_reserved(spec, team)]
    if problems:
        raise InvalidDefinition(problems)
    with transaction.atomic():
        return _publish(spec, team, user, changelog.strip())


@dataclass(frozen=True)
class Outlook:
    """What publishing a spec would do: what speaks against it, and what it is to the version before.

    `component` is what it would be a version of; None when it is the first, or another team's.
    `compatibility` is None for what cannot be read.
    """

    problems: list[Problem]
    component: Component | None
    compatibility: Compatibility | None
    changes: list[Change]


def look(spec: ComponentSpec, team: Team) -> Outlook:
    """What publishing would do. Nothing is written."""
    problems = [*check_spec(spec), *_reserved(spec, team)]
    namespace = Namespace.objects.filter(name=spec.namespace).first()
    if not problems and namespace is not None and namespace.team_id != team.pk:
        problems.append(_taken(spec))
    component = Component.objects.filter(
        team=team, namespace=spec.namespace, name=spec.name, latest__gt=0
    ).first()
    newest = component.versions.get(number=component.latest) if component else None
    if newest is None:
        return Outlook(problems, None, "first", [])
    changes = compare(ComponentSpec.model_validate(newest.spec), spec)
    same = newest.digest == spec_digest(spec)
    return Outlook(problems, component, "same" if same else sum_up(changes), changes)


def check_spec(spec: ComponentSpec) -> list[Problem]:
    """Everything that speaks against publishing a spec, whoever does it."""
    problems = registry.check(spec)
    outside = outside_reference(spec.parameters)
    if outside is not None:
        problems.append(
            Problem(
                code="bad_schema",
                message=f"`$ref: {outside}` leads out of the parameters' schema; "
                "only `#/…` is allowed.",
                field="parameters",
            )
        )
    try:
        size = len(canonical_json(spec.model_dump(mode="json")).encode())
    except ValueError as error:
        message = f"`{spec.full_name}` cannot be stored: {error}."
        return [*problems, Problem(code="malformed", message=message)]
    if size > MAX_BYTES:
        problems.append(
            Problem(
                code="too_large",
                message=f"`{spec.full_name}` has {size:,} bytes; at most {MAX_BYTES:,} are "
                "allowed. Move data out of the source into a file.",
            )
        )
    return problems


def _reserved(spec: ComponentSpec, team: Team | None) -> list[Problem]:
    if team is None or spec.namespace not in RESERVED:
        return []
    return [
        Problem(
            code="namespace_reserved",
            message=f"The namespace `{spec.namespace}` is kept for built-in components; "
            "choose another, such as your team's name.",
            field="namespace",
        )
    ]


def _taken(spec: ComponentSpec) -> Problem:
    return Problem(
        code="namespace_taken",
        message=f"The namespace `{spec.namespace}` belongs to another team; choose another name.",
        field="namespace",
    )


def _publish(
    spec: ComponentSpec, team: Team | None, user: User | None, changelog: str
) -> ComponentVersion:
    namespace, _ = Namespace.objects.get_or_create(name=spec.namespace, defaults={"team": team})
    if namespace.team_id != (team.pk if team else None):
        raise InvalidDefinition([_taken(spec)])
    Component.objects.get_or_create(
        namespace=spec.namespace, name=spec.name, defaults={"team": team, "kind": spec.kind}
    )
    # The lock makes the next number ours; SQLite holds its write lock since BEGIN.
    component = Component.objects.select_for_update().get(namespace=spec.namespace, name=spec.name)
    digest = spec_digest(spec)
    newest = component.versions.filter(number=component.latest).first()
    if newest is not None and newest.digest == digest:
        return newest
    before = ComponentSpec.model_validate(newest.spec) if newest else None
    version = ComponentVersion.objects.create(
        component=component,
        number=component.latest + 1,
        digest=digest,
        spec=spec.model_dump(mode="json"),
        changelog=changelog,
        compatibility=verdict(before, spec),
        created_by=user,
    )
    component.latest = version.number
    component.title = spec.title or spec.name
    component.summary = spec.summary
    component.category = spec.category
    component.kind = spec.kind
    component.icon = spec.icon
    component.search_text = _search_text(spec)
    component.save()
    audit.record(
        "component.publish",
        component,
        team=component.team_id,
        user=user,
        before={"version": version.number - 1} if newest else None,
        after={
            "version": version.number,
            "digest": digest,
            "compatibility": version.compatibility,
            "changelog": version.changelog,
        },
    )
    return version


def _search_text(spec: ComponentSpec) -> str:
    words = (spec.full_name, spec.title, spec.category, spec.kind, spec.summary, spec.docs)
    return "\n".join(words).lower()[:20_000]


def install_library() -> list[str]:
    """Publish the built-in components; `namespace/name@n` of each one that is new or changed."""
    newest = ComponentVersion.objects.filter(
        component__team=None, number=F("component__latest")
    ).values_list("component__namespace", "component__name", "digest")
    digests = {f"{namespace}/{name}": digest for namespace, name, digest in newest}
    return [
        str(publish(spec, None, None))
        for spec in library.load()
        if digests.get(spec.full_name) != spec_digest(spec)
    ]
