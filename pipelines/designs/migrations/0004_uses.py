import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_changelogs"), ("designs", "0003_slugs_and_interfaces")]

    operations = [
        migrations.CreateModel(
            name="NodeUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("node", models.CharField(max_length=63)),
                ("number", models.PositiveIntegerField()),
                (
                    "component",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uses",
                        to="catalog.component",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uses",
                        to="designs.pipelineversion",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["component", "version", "number"], name="uses_of_a_component"
                    )
                ]
            },
        ),
    ]
