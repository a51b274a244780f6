"""`manage.py reset_second_factor USER`: for who has lost the phone and the recovery codes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.teams import second_factor
from pipelines.teams.models import User


class Command(BaseCommand):
    help = "Switch two-step sign-in off for USER, who then signs in by password alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user `{options['user']}`.")
        if not second_factor.remove(user, None):
            raise CommandError(f"Two-step sign-in is not on for `{user}`.")
        self.stdout.write(f"Two-step sign-in is off for `{user}`.")
