import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0006_patterns"),
    ]

    operations = [
        migrations.AlterField(
            model_name="attempt",
            name="node_run",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="attempts",
                to="runs.noderun",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="run",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="runs.run",
            ),
        ),
        migrations.AlterField(
            model_name="logchunk",
            name="attempt",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="log_chunks",
                to="runs.attempt",
            ),
        ),
        migrations.AlterField(
            model_name="noderun",
            name="run",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="node_runs",
                to="runs.run",
            ),
        ),
    ]
