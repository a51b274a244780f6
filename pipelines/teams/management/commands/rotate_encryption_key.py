"""`manage.py rotate_encryption_key`: a new key, everything encrypted with it, the old one forgotten."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.teams import encryption, second_factor, vault

#: Whoever has read the keys just before the new one came has written by then.
_PAUSE_SECONDS = 2.0


class Command(BaseCommand):
    help = (
        "Make a new key for the secrets, encrypt all of them with it, and forget the old one. Can be "
        "interrupted and run again. Where PENSTOCK_ENCRYPTION_KEYS is set, put a new key in front "
        "there, restart everything, and run this; then the old keys may go."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outside = encryption.from_environment()
            if not outside:
                encryption.add_key()
                time.sleep(_PAUSE_SECONDS)
            count, factors = vault.renew(), second_factor.renew()
            if not outside:
                encryption.drop_old_keys()
        except (encryption.BadKeys, encryption.Undecipherable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count} secrets are encrypted with the newest key.")
        if factors:
            self.stdout.write(f"So are the keys of {factors} people's two-step sign-in.")
        if outside:
            self.stdout.write(
                f"The other keys in {encryption.VARIABLE} are not needed any more: take them out."
            )
