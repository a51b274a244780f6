from django.db import migrations, models


def compare_versions(apps, schema_editor):
    """Tell of every version that there is what it was to the one before."""
    from pipelines.core.compat import verdict
    from pipelines.core.component import ComponentSpec

    versions = apps.get_model("catalog", "ComponentVersion").objects.filter(component__latest__gt=1)
    before = {}
    for version in versions.order_by("component", "number").iterator():
        spec = ComponentSpec.model_validate(version.spec)
        version.compatibility = verdict(before.get(version.component_id), spec)
        version.save(update_fields=["compatibility"])
        before = {version.component_id: spec}


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.AddField(
            "componentversion", "changelog", models.TextField(blank=True, default="")
        ),
        migrations.AddField(
            "componentversion", "compatibility", models.CharField(default="first", max_length=10)
        ),
        migrations.RunPython(compare_versions, migrations.RunPython.noop, elidable=True),
    ]
