"""The door to components: its own team's, and to look at and use also what is built in or shared."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from pipelines.teams.access import WORDS, Action, Denied, Foreign, Person, reach, standing

from .models import Component, ComponentDraft, ComponentVersion
from .queries import pinned, visible


def component(user: Person, namespace: str, name: str, action: Action = Action.VIEW) -> Component:
    """The component `namespace/name`, if `user` may do `action` to it.

    Raises Http404 for what is missing or not shared with one of the person's teams, and
    PermissionDenied when the role is too low, or when it is to be changed and is built in or
    another team's.
    """
    found = visible(user).filter(namespace=namespace, name=name).select_related("team").first()
    if found is None:
        foreign = Component.objects.filter(namespace=namespace, name=name).first()
        known = foreign is not None and user.is_authenticated
        raise Foreign(action, foreign.team_id, foreign) if foreign and known else Http404
    if action is Action.VIEW:
        return found
    if found.team is None:
        raise Denied(
            f"`{found}` is built in and cannot be changed. Publish your own under your "
            "team's namespace.",
            action,
            thing=found,
        )
    if standing(user, found.team.pk).role is None:
        raise Denied(
            f"`{found}` belongs to the team {found.team.name}; to {WORDS[action]} is for its "
            "members. Ask one of them.",
            action,
            found.team.pk,
            found,
        )
    return reach(_components(), user, action, pk=found.pk)


def owned(user: Person, namespace: str, name: str) -> Component:
    """The component for those who belong to its team, whatever their role.

    Raises Http404 for everybody else: with whom it is shared, and who asks for it, is not theirs to
    know.
    """
    found = component(user, namespace, name)
    if found.team_id is None or standing(user, found.team_id).role is None:
        raise Foreign(Action.VIEW, found.team_id, found)
    return found


def version(user: Person, namespace: str, name: str, number: int) -> ComponentVersion:
    """One version of a component that `user` may look at, or has in a pipeline. Raises Http404."""
    try:
        of = component(user, namespace, name)
    except Foreign:
        held = pinned(user).filter(component__namespace=namespace, component__name=name)
        used = held.filter(number=number).select_related("component", "created_by").first()
        if used is None:
            raise
        return used
    found = of.versions.select_related("created_by").filter(number=number).first()
    if found is None:
        raise Http404
    found.component = of
    return found


def draft(user: Person, id: UUID, action: Action) -> ComponentDraft:
    """A draft of a component. Raises Http404 and PermissionDenied as `reach` does."""
    drafts = ComponentDraft.objects.select_related("team", "component", "updated_by")
    return reach(drafts, user, action, pk=id)


def _components() -> QuerySet[Component]:
    return Component.objects.select_related("team")
