"""`manage.py install_library`: publish the built-in components."""

from typing import Any

from django.core.management.base import BaseCommand

from pipelines.catalog.actions import install_library


class Command(BaseCommand):
    help = "Publish the built-in components that are new or have changed."

    def handle(self, *args: Any, **options: Any) -> None:
        published = install_library()
        for ref in published:
            self.stdout.write(f"published {ref}")
        if not published:
            self.stdout.write("The library is up to date.")
