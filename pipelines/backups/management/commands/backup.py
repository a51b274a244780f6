"""`manage.py backup FILE`: everything in one file, while it runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.backups import backup


class Command(BaseCommand):
    help = (
        "Back up the whole Penstock into one new file: every row, the artifacts, the keys. It may run "
        "meanwhile. The file holds secrets: keep it like a key."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--without-artifacts",
            action="store_true",
            help="leave out the files, for a store that is backed up by itself",
        )
        parser.add_argument(
            "--without-keys",
            action="store_true",
            help="leave out the secret key and the encryption keys, which you then keep elsewhere",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            written = backup.write(
                options["file"],
                with_artifacts=not options["without_artifacts"],
                with_keys=not options["without_keys"],
                say=self.stdout.write,
            )
        except OSError as error:
            raise CommandError(f"No backup was written: {error}") from error
        for digest in written.missing[:20]:
            self.stderr.write(f"The store has lost the artifact {digest}; it is not in the backup.")
        self.stdout.write(
            f"{options['file']}: {written.rows:,} rows, {written.artifacts:,} artifacts, "
            f"{written.bytes:,} bytes"
        )
        if written.missing:
            self.stderr.write(f"{len(written.missing):,} artifacts are missing.")
