"""The door to artifacts: a digest is no secret, so knowing one gives nobody the bytes."""

from pipelines.teams.access import Action, Person, reach

from .models import Artifact


def artifact(user: Person, digest: str, action: Action = Action.VIEW) -> Artifact:
    """The artifact with this digest, as known to one of the person's teams."""
    return reach(Artifact.objects.order_by("id"), user, action, digest=digest)
