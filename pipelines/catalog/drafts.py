"""What changes drafts of components: begin, save, publish, throw away. Nothing here runs them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from pipelines.core.component import ComponentSpec
from pipelines.core.document import MAX_BYTES
from pipelines.core.problems import InvalidDefinition, Problem
from pipelines.core.serialize import canonical_json
from pipelines.kinds import registry
from pipelines.teams import audit
from pipelines.teams.models import Team, User

from . import actions
from .models import Component, ComponentDraft, ComponentVersion

#: The kinds that people write components of, in the order in which they are offered.
WRITTEN = ("python", "shell", "sql", "http", "container")
_PARTS = frozenset({"kind", "fields", "changelog", "sample"})


class StaleComponentDraft(RuntimeError):
    """Somebody else saved first. Carries which revision is there now, whose it is and since when."""

    def __init__(self, revision: int, updated_by: User | None, updated_at: datetime) -> None:
        self.revision, self.updated_by, self.updated_at = revision, updated_by, updated_at
        who = updated_by.get_username() if updated_by else "somebody"
        super().__init__(
            f"{who} saved this component as revision {revision} after you opened it. Your changes "
            "are not lost: take theirs, or save yours over them."
        )


def begin(team: Team, content: Any, user: User | None) -> ComponentDraft:
    """A draft of a component that there is not yet. Raises InvalidDefinition when it cannot be kept."""
    check_content(content)
    with transaction.atomic():
        draft = ComponentDraft.objects.create(
            team=team, updated_by=user, content=content, **_facts(content)
        )
        audit.record("component_draft.create", draft, team=team.pk, user=user, after=content)
    return draft


def open_for(component: Component, user: User | None) -> ComponentDraft:
    """The team's draft of the next version; made of the newest one when there is none.

    Raises InvalidDefinition for a kind that is not written here.
    """
    found = ComponentDraft.objects.filter(component=component, team=component.team_id).first()
    if found is not None:
        return found
    spec = ComponentSpec.model_validate(component.versions.get(number=component.latest).spec)
    content = {"kind": spec.kind, "fields": registry.fields_of(spec)}
    check_content(content)
    assert component.team_id is not None, "built-in components are nobody's to change"
    try:
        with transaction.atomic():
            draft = ComponentDraft.objects.create(
                team_id=component.team_id,
                component=component,
                updated_by=user,
                content=content,
                **_facts(content),
            )
            after = {"component": str(component), "version": component.latest}
            audit.record(
                "component_draft.create", draft, team=component.team_id, user=user, after=after
            )
    except IntegrityError:  # a colleague opened it this very moment
        return ComponentDraft.objects.get(component=component, team=component.team_id)
    return draft


def save(
    draft: ComponentDraft, content: Any, base_revision: int, user: User | None
) -> ComponentDraft:
    """Replace the content, if nobody has since `base_revision`; `draft` is brought up to date.

    Raises StaleComponentDraft otherwise, and InvalidDefinition for what cannot be kept. Saving the
    same twice, as after a lost answer, counts as saved.
    """
    check_content(content)
    saved = {
        "content": content,
        "revision": base_revision + 1,
        "updated_at": timezone.now(),
        "updated_by": user,
        **_facts(content),
    }
    with transaction.atomic():
        rows = ComponentDraft.objects.filter(pk=draft.pk, revision=base_revision)
        # The row is locked before it is read, so that "before" is what was replaced.
        replaced = rows.select_for_update(no_key=True).values_list("content", flat=True).first()
        won = rows.update(**saved)
        if won:
            before, after = audit.changes(replaced, content)
            audit.record(
                "component_draft.edit",
                draft,
                team=draft.team_id,
                user=user,
                before={"revision": base_revision, "changed": before},
                after={"revision": base_revision + 1, "changed": after},
            )
    if won:
        for field, value in saved.items():
            setattr(draft, field, value)
        return draft
    draft.refresh_from_db()
    if draft.content != content:
        raise StaleComponentDraft(draft.revision, draft.updated_by, draft.updated_at)
    return draft


def spec_of(draft: ComponentDraft) -> ComponentSpec:
    """The spec that the draft describes. Raises InvalidDefinition with everything that is wrong."""
    return registry.build(str(draft.content["kind"]), draft.content["fields"])


def publish(draft: ComponentDraft, changelog: str, user: User | None) -> ComponentVersion:
    """The draft as the next version; the draft is over with it. Raises InvalidDefinition."""
    spec = spec_of(draft)
    with transaction.atomic():
        version = actions.publish(spec, draft.team, user, changelog)
        ComponentDraft.objects.filter(pk=draft.pk).delete()
    return version


def throw_away(draft: ComponentDraft, user: User | None) -> None:
    """The draft is gone; versions that were published stay."""
    with transaction.atomic():
        audit.record(
            "component_draft.remove", draft, team=draft.team_id, user=user, before=draft.content
        )
        ComponentDraft.objects.filter(pk=draft.pk).delete()


def check_content(content: Any) -> None:
    """Raises InvalidDefinition for what no draft may be: of another form, not JSON, too large."""
    if not isinstance(content, dict) or not isinstance(content.get("fields"), dict):
        raise _refused("malformed", "A draft is a mapping with `kind` and `fields`.")
    if content.get("kind") not in WRITTEN:
        raise _refused(
            "unknown_kind",
            f"`{content.get('kind')}` components are not written here; the kinds are "
            f"{', '.join(WRITTEN)}.",
        )
    if unknown := sorted(set(content) - _PARTS):
        raise _refused("malformed", f"A draft has no part `{unknown[0]}`.")
    try:
        size = len(canonical_json(content).encode())
    except ValueError as error:
        raise _refused("malformed", f"The draft cannot be stored: {error}.") from error
    if size > MAX_BYTES:
        raise _refused(
            "too_large",
            f"The draft has {size:,} bytes; at most {MAX_BYTES:,} are allowed. Move data out of "
            "the source into a file.",
        )


def _facts(content: Mapping[str, Any]) -> dict[str, str]:
    """What lists show of a draft, however unfinished it is."""
    fields = content["fields"]
    try:
        name = registry.build(content["kind"], fields).full_name
    except InvalidDefinition:
        given = [fields.get(part) for part in ("namespace", "name")]
        name = "/".join(part for part in given if isinstance(part, str) and part) or "untitled"
    return {"name": name[:130], "kind": content["kind"]}


def _refused(code: str, message: str) -> InvalidDefinition:
    return InvalidDefinition([Problem(code=code, message=message)])
