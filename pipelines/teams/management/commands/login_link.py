"""`manage.py login_link [USER]`: a link that logs a person in, once."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from pipelines.teams import actions, tokens
from pipelines.teams.models import User


class Command(BaseCommand):
    help = "Print a link that logs USER in, once, within 24 hours."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", nargs="?", default=actions.FIRST_ADMIN, help="the username")
        parser.add_argument(
            "--base",
            help="where people open Penstock; where it runs on this machine when left out",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user `{options['user']}`.")
        path = reverse("welcome", args=[tokens.create_login_link(user)])
        base: str = options["base"] or _running() or "http://127.0.0.1:8000"
        self.stdout.write(base.rstrip("/") + path)


def _running() -> str | None:
    """Where the Penstock of this data directory listens, as its supervisor has noted; else None."""
    try:
        noted = json.loads((Path(settings.HOME) / "run" / "up.json").read_text(encoding="utf-8"))
        return str(noted["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
