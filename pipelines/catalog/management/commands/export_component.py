"""`manage.py export_component acme/step@3`: a version as a file, on standard output."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines.catalog import files
from pipelines.catalog.models import Component
from pipelines.interop.kfp.writing import NotForKfp


class Command(BaseCommand):
    help = "Write a version of a component to standard output, as its file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("component", help="namespace/name, or namespace/name@3")
        parser.add_argument("--as", dest="form", choices=files.FORMATS, default="penstock")

    def handle(self, *args: Any, **options: Any) -> None:
        name, _, number = options["component"].partition("@")
        namespace, _, short = name.partition("/")
        component = Component.objects.filter(namespace=namespace, name=short).first()
        wanted = number or str(component.latest if component else 0)
        version = (
            component.versions.filter(number=int(wanted)).first()
            if component and wanted.isdecimal()
            else None
        )
        if version is None:
            raise CommandError(f"There is no component `{options['component']}`.")
        try:
            _, text = files.export(version, options["form"])
        except NotForKfp as error:
            raise CommandError(str(error)) from error
        self.stdout.write(text, ending="")
