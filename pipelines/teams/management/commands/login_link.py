"""`manage.py login_link [USER]`: a link that logs a person in, once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from pipelines.teams import actions, tokens
from pipelines.teams.models import User


class Command(BaseCommand):
    help = "Print a link that logs USER in, once, within 24 hours."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", nargs="?", default=actions.FIRST_ADMIN, help="the username")
        parser.add_argument(
            "--base", default="http://127.0.0.1:8000", help="where people open Penstock"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user `{options['user']}`.")
        path = reverse("welcome", args=[tokens.create_login_link(user)])
        self.stdout.write(options["base"].rstrip("/") + path)
