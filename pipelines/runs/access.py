"""The doors to runs and to the environments that they ran in."""

from uuid import UUID

from pipelines.teams.access import Action, Person, reach

from . import shapes
from .models import EnvironmentLock, Run


def run(user: Person, id: UUID | str, action: Action = Action.VIEW) -> Run:
    """The run with this id, if `user` may do `action` to it. Raises Http404, PermissionDenied.

    Its definition, perhaps a megabyte, is read when it is asked for.
    """
    rows = Run.objects.filter(removed_at=None).select_related(*shapes.RUN_READS)
    light = rows.defer("version__definition", "pipeline__draft", "parent__run__pipeline__draft")
    return reach(light, user, action, pk=id)


def environment(user: Person, digest: str, action: Action = Action.VIEW) -> EnvironmentLock:
    """The lock with this digest: one of the person's teams', or Penstock's own to look at.

    Raises Http404, PermissionDenied.
    """
    own = EnvironmentLock.objects.filter(team=None, digest=digest).first()
    if own is not None and action is Action.VIEW and user.is_authenticated:
        return own
    locks = EnvironmentLock.objects.order_by("-current", "-pk")
    return reach(locks, user, action, digest=digest)
