"""The door to runs."""

from uuid import UUID

from pipelines.teams.access import Action, Person, reach

from . import shapes
from .models import Run


def run(user: Person, id: UUID | str, action: Action = Action.VIEW) -> Run:
    """The run with this id, if `user` may do `action` to it. Raises Http404, PermissionDenied."""
    rows = Run.objects.select_related(*shapes.RUN_READS)
    return reach(rows, user, action, pk=id)
