"""`manage.py clean_up`: what the scheduler does once a day, now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from pipelines.runs.retention import cleaning
from pipelines.teams.models import Team


class Command(BaseCommand):
    help = "Remove what the teams' retention no longer keeps, and say what that freed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--team", help="The slug of a team; all teams without.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be removed.")

    def handle(self, *args: Any, **options: Any) -> None:
        teams = list(Team.objects.order_by("slug"))
        if options["team"]:
            teams = [team for team in teams if team.slug == options["team"]]
            if not teams:
                raise CommandError(f"There is no team `{options['team']}`.")
        if options["dry_run"]:
            for team in teams:
                self.stdout.write(f"{team.slug}: would remove {_words(cleaning.preview(team))}")
            return
        for each in cleaning.everything(timezone.now(), teams):
            whose = each.team.slug if each.team else "storage"
            self.stdout.write(f"{whose}: removed {_words(each.freed)}")


def _words(freed: dict[str, Any]) -> str:
    words = [
        f"{freed['runs']} runs",
        f"the logs of {freed['logs']} runs ({freed['log_bytes']:,} bytes with those of removed runs)",
        f"{freed['artifacts']} artifacts ({freed['artifact_bytes']:,} bytes)",
    ]
    if freed.get("files"):
        words.append(f"{freed['files']} files ({freed['file_bytes']:,} bytes)")
    return ", ".join(words)
