"""The short names by which pipelines use one another."""

from django.utils.text import slugify

from .models import Pipeline

_MAX_LENGTH = 63


def free_slug(pipeline: Pipeline) -> str:
    """A slug made of the pipeline's name that no other pipeline of its team has."""
    base = slugify(pipeline.name)[:_MAX_LENGTH].strip("-_").replace("_", "-") or "pipeline"
    taken = set(
        Pipeline.objects.filter(team=pipeline.team_id, slug__startswith=base[: _MAX_LENGTH - 6])
        .exclude(pk=pipeline.pk)
        .values_list("slug", flat=True)
    )
    number, slug = 1, base
    while slug in taken:
        number += 1
        end = f"-{number}"
        slug = f"{base[: _MAX_LENGTH - len(end)].rstrip('-')}{end}"
    return slug
