"""`manage.py create_token USER`: an API token for scripts and CI, printed once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.teams import tokens
from pipelines.teams.models import User


class Command(BaseCommand):
    help = "Print a new API token for USER. It is shown this once; only its hash is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the username")
        parser.add_argument("--name", default="command line", help="what the token is for")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            known = ", ".join(User.objects.values_list("username", flat=True)[:10]) or "none yet"
            raise CommandError(f"There is no user `{options['user']}`. Users: {known}.")
        _, secret = tokens.create(user, options["name"][:120])
        self.stdout.write(secret)
