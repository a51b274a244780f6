"""The door to components: the built-in ones are everyone's, the others belong to a team."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from pipelines.teams.access import Action, Denied, Foreign, Person, reach

from .models import Component, ComponentDraft, ComponentVersion
from .queries import visible


def component(user: Person, namespace: str, name: str, action: Action = Action.VIEW) -> Component:
    """The component `namespace/name`, if `user` may do `action` to it.

    Raises Http404 for what is missing or belongs to a foreign team, and PermissionDenied when the
    role is too low or the component is built in and is to be changed.
    """
    found = (
        visible(user).filter(namespace=namespace, name=name).select_related("team").first()
        if user.is_authenticated
        else None
    )
    if found is None:
        foreign = Component.objects.filter(namespace=namespace, name=name).first()
        raise Foreign(action, foreign.team_id, foreign) if foreign else Http404
    if found.team_id is not None:
        return reach(_components(), user, action, pk=found.pk)
    if action is not Action.VIEW:
        raise Denied(
            f"`{found}` is built in and cannot be changed. Publish your own under your "
            "team's namespace.",
            action,
            thing=found,
        )
    return found


def version(user: Person, namespace: str, name: str, number: int) -> ComponentVersion:
    """One version of a component that `user` may look at. Raises Http404."""
    of = component(user, namespace, name)
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
