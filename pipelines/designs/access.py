"""The door to pipelines and their versions."""

from uuid import UUID

from django.http import Http404

from pipelines.teams.access import Action, Person, reach

from .models import Pipeline, PipelineVersion


def pipeline(user: Person, id: UUID | str, action: Action, *, draft: bool = True) -> Pipeline:
    """The pipeline with this id, if `user` may do `action` to it. An archived one is gone (404).

    Without its `draft`, perhaps a megabyte, it is good for looking at what belongs to it.
    """
    live = Pipeline.objects.filter(archived_at=None)
    if not draft:
        live = live.defer("draft")
    return reach(live.select_related("team", "draft_updated_by", "created_by"), user, action, pk=id)


def version(
    user: Person, id: UUID | str, number: int, action: Action = Action.VIEW
) -> PipelineVersion:
    """One version of a pipeline, if `user` may do `action` to the pipeline."""
    of = pipeline(user, id, action)
    found = of.versions.select_related("created_by").filter(number=number).first()
    if found is None:
        raise Http404
    found.pipeline = of
    return found
