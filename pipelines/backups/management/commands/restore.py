"""`manage.py restore FILE`: a backup into an empty Penstock."""

import fcntl
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from pipelines.backups import restore
from pipelines.backups.archive import BadArchive
from pipelines.config.home import BadHome, claim


class Command(BaseCommand):
    help = (
        "Restore a backup into an empty Penstock that does not run: its database, its store and its "
        "keys. All of it is restored, or nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        _stopped()
        call_command("migrate", verbosity=0, interactive=False)
        try:
            done = restore.read(file, say=self.stdout.write)
        except (restore.CannotRestore, OSError) as error:
            raise CommandError(f"Nothing was restored. {error}") from error
        except BadArchive as error:
            raise CommandError(f"Nothing was restored. {file} cannot be used: {error}.") from error
        for warning in done.warnings:
            self.stderr.write(warning)
        if done.missing:
            self.stderr.write(f"{len(done.missing):,} artifacts were lost before the backup.")
        self.stdout.write(
            f"Restored: {done.rows:,} rows, {done.artifacts:,} artifacts. Runs that were open go on "
            "when you start it."
        )


def _stopped() -> None:
    """Raises CommandError while `manage.py up` has the data directory."""
    try:
        claim(Path(settings.HOME))
    except BadHome as error:
        raise CommandError(str(error)) from error
    note = Path(settings.HOME) / "run" / "up.json"
    if not note.exists():
        return
    with note.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError(f"Penstock runs in {settings.HOME}. Stop it first.") from error
