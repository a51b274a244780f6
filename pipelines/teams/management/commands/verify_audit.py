"""`manage.py verify_audit`: whether the audit log is whole."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from pipelines.teams import append_only, chain


class Command(BaseCommand):
    help = (
        "Find entries of the audit log that were edited, deleted, reordered or cut off. Keep what "
        "--export writes on another machine, and give it to --head the next time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--head", type=Path, help="a head that was exported earlier")
        parser.add_argument("--export", type=Path, help="write the head of the chain to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        while chain.seal():
            pass
        kept = _read(options["head"]) if options["head"] else None
        wrong = [
            *(f"The trigger {name} is missing." for name in append_only.missing(connection)),
            *chain.verify(kept),
        ]
        if wrong:
            raise CommandError("The audit log is not whole:\n" + "\n".join(wrong))
        head = chain.head()
        if options["export"]:
            options["export"].write_text(head.as_json() + "\n", encoding="utf-8")
        self.stdout.write(f"The audit log is whole: {head.number} entries, head {head.hash}")


def _read(path: Path) -> chain.Head:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return chain.Head(int(found["number"]), str(found["hash"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path} holds no head of an audit log: {error}") from error
