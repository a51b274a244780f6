from django.db import migrations


def record_uses(apps, schema_editor):
    """Which node of each version that there is uses what."""
    use = apps.get_model("designs", "NodeUse")
    components = {
        f"{namespace}/{name}": pk
        for pk, namespace, name in apps.get_model("catalog", "Component").objects.values_list(
            "pk", "namespace", "name"
        )
    }
    versions = apps.get_model("designs", "PipelineVersion").objects.only("id", "definition")
    for version in versions.iterator(chunk_size=100):
        rows = []
        for node in version.definition.get("nodes", []):
            name, _, number = str(node.get("component") or "").partition("@")
            if name in components and number.isdecimal():
                rows.append(
                    use(
                        version_id=version.pk,
                        node=node["id"],
                        component_id=components[name],
                        number=int(number),
                    )
                )
        use.objects.bulk_create(rows, batch_size=1_000)


class Migration(migrations.Migration):
    dependencies = [("designs", "0004_uses")]

    operations = [migrations.RunPython(record_uses, migrations.RunPython.noop, elidable=True)]
