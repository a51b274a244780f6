"""`manage.py install_examples`: the example pipelines, for one team."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pipelines.core.problems import InvalidDefinition
from pipelines.designs import examples
from pipelines.teams.actions import FIRST_TEAM
from pipelines.teams.models import Team


class Command(BaseCommand):
    help = "Install the example pipelines that a team has never had. Edited ones are left alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--team", default=FIRST_TEAM, help="the team's slug (default: main)")

    def handle(self, *args: Any, **options: Any) -> None:
        team = Team.objects.filter(slug=options["team"]).first()
        if team is None:
            raise CommandError(
                f"There is no team `{options['team']}`. "
                "The first start of Penstock makes the team `main`."
            )
        data = settings.HOME / "examples"
        data.mkdir(mode=0o700, exist_ok=True)
        try:
            installed = examples.install(team, data)
        except InvalidDefinition as error:
            raise CommandError(
                f"{error} Run `manage.py install_library` first; the examples use its components."
            ) from error
        for pipeline in installed:
            self.stdout.write(f"installed {pipeline.name}")
        if not installed:
            self.stdout.write("The examples are already there.")
