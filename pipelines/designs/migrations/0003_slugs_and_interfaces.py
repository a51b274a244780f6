from collections import Counter

from django.db import migrations, models
from django.utils.text import slugify

import pipelines.catalog.fields


def give_slugs(apps, schema_editor):
    """Every pipeline that was published before gets the slug that publishing gives today."""
    taken = Counter()
    pipelines = apps.get_model("designs", "Pipeline").objects.filter(latest_version__gt=0)
    for pipeline in pipelines.order_by("created_at").iterator():
        base = slugify(pipeline.name)[:56].strip("-_").replace("_", "-") or "pipeline"
        slug = base
        while taken[(pipeline.team_id, slug)]:
            taken[(pipeline.team_id, base)] += 1
            slug = f"{base}-{taken[(pipeline.team_id, base)]}"
        taken[(pipeline.team_id, slug)] += 1
        pipeline.slug = slug
        pipeline.save(update_fields=["slug"])


class Migration(migrations.Migration):
    dependencies = [("designs", "0002_initial")]

    operations = [
        migrations.AddField(
            "pipeline",
            "slug",
            models.CharField(max_length=63, null=True, blank=True, editable=False),
        ),
        migrations.AddField(
            "pipelineversion", "interface", pipelines.catalog.fields.OrderedJSONField(default=dict)
        ),
        migrations.RunPython(give_slugs, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            "pipeline",
            models.UniqueConstraint(
                fields=["team", "slug"],
                condition=models.Q(slug__isnull=False),
                name="one_pipeline_per_slug",
            ),
        ),
    ]
