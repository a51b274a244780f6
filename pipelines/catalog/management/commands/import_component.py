"""`manage.py import_component step.component.yaml --team acme`: publish what files say."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines.catalog import files
from pipelines.core.problems import InvalidDefinition
from pipelines.teams.models import Team


class Command(BaseCommand):
    help = "Publish components from files, ours or KFP's component.yaml."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument("--team", required=True, help="The slug of the team that will own them")
        parser.add_argument("--namespace", default="", help="Instead of the one in the file")

    def handle(self, *args: Any, **options: Any) -> None:
        team = Team.objects.filter(slug=options["team"]).first()
        if team is None:
            raise CommandError(f"There is no team `{options['team']}`.")
        for path in options["files"]:
            try:
                content = path.read_text(encoding="utf-8")
                version, notes = files.import_version(content, team, None, options["namespace"])
            except (OSError, UnicodeDecodeError) as error:
                raise CommandError(f"{path}: {error}") from error
            except InvalidDefinition as error:
                told = "\n".join(f"  {problem.message}" for problem in error.problems)
                raise CommandError(f"{path} was not published:\n{told}") from error
            self.stdout.write(f"published {version}")
            for note in notes:
                self.stdout.write(f"  {note}")
