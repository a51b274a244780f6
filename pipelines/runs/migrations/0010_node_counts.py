from itertools import groupby

from django.db import migrations, models
from django.db.models import Count

_BATCH = 500


def count_nodes(apps, schema_editor):
    """What the rows of runs lack that are there already."""
    Run, NodeRun = (apps.get_model("runs", name) for name in ("Run", "NodeRun"))
    found = (
        NodeRun.objects.filter(item=None)
        .order_by("run_id")
        .values_list("run_id", "state")
        .annotate(count=Count("pk"))
    )
    counted = []
    for run_id, rows in groupby(found.iterator(), lambda row: row[0]):
        counts = {state: count for _, state, count in rows}
        counted.append(Run(pk=run_id, node_counts=counts))
    for start in range(0, len(counted), _BATCH):
        Run.objects.bulk_update(counted[start : start + _BATCH], ["node_counts"])


class Migration(migrations.Migration):
    dependencies = [("runs", "0009_lane_executors")]

    operations = [
        migrations.AddField("run", "node_counts", models.JSONField(default=dict)),
        migrations.RunPython(count_nodes, migrations.RunPython.noop, elidable=True),
    ]
