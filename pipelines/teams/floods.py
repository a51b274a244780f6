"""How many denied attempts of somebody unknown are told: the log must not be filled by guessing.

The log is append-only, so what an attacker writes into it stays. Of each source the first attempts
of a window are told one by one, then only those that double their number, with the number: 20,
40, 80 … Whoever guesses a million times in ten minutes leaves 35 entries.
"""

import ipaddress
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from .models import DeniedAttempts

WINDOW_SECONDS = 600
ONE_BY_ONE = 20
_FORGOTTEN_AFTER = timedelta(days=1)


def count(ip: str) -> int:
    """Count an attempt from an address; its number in the window that is now."""
    now = timezone.now()
    window = int(now.timestamp()) // WINDOW_SECONDS
    with transaction.atomic():
        row, made = DeniedAttempts.objects.select_for_update().get_or_create(
            source=source(ip), window=window
        )
        row.count += 1
        row.save(update_fields=["count"])
        if made:
            old = int((now - _FORGOTTEN_AFTER).timestamp()) // WINDOW_SECONDS
            DeniedAttempts.objects.filter(window__lt=old).delete()
    return row.count


def is_told(number: int) -> bool:
    """Whether the attempt with this number in its window is told."""
    doublings, rest = divmod(number, ONE_BY_ONE)
    return number <= ONE_BY_ONE or (rest == 0 and doublings & (doublings - 1) == 0)


def source(ip: str) -> str:
    """The address; of IPv6 the network that one customer gets, who may use any address in it."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip[:64]
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.IPv6Network((int(address), 64), strict=False))
    return str(address)
