"""The chain of the audit log: each entry is sealed once, in one order, after its commit.

Whoever writes an entry waits for nobody. `seal` gives the committed entries their numbers and a
hash over the seal before; it runs with the sweep, and two of it cannot give the same number.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.db import IntegrityError, transaction

from . import audit
from .models import AuditEntry, AuditPending, AuditSeal

START = "0" * 64
_BATCH = 500


@dataclass(frozen=True)
class Head:
    """The newest seal: keep it elsewhere, and no entry up to it can vanish unseen."""

    number: int = 0
    hash: str = START

    def as_json(self) -> str:
        return json.dumps(asdict(self))


def link(before: str, number: int, entry_id: int, digest: str) -> str:
    """The hash of a seal."""
    return hashlib.sha256(f"{before}\n{number}\n{entry_id}\n{digest}".encode()).hexdigest()


def head() -> Head:
    """The newest seal there is."""
    found = AuditSeal.objects.order_by("-number").values_list("number", "hash").first()
    return Head(*found) if found else Head()


def seal() -> int:
    """Seal what waits, at most some hundreds; returns how many."""
    waiting = list(
        AuditPending.objects.order_by("entry_id").values_list("entry_id", flat=True)[:_BATCH]
    )
    if not waiting:
        return 0
    digests = dict(AuditEntry.objects.filter(pk__in=waiting).values_list("pk", "digest"))
    try:
        with transaction.atomic():
            last = head()
            number, before = last.number, last.hash
            seals = []
            for entry_id in waiting:
                if entry_id in digests:
                    number += 1
                    before = link(before, number, entry_id, digests[entry_id])
                    seals.append(AuditSeal(number=number, entry_id=entry_id, hash=before))
            AuditSeal.objects.bulk_create(seals)
            AuditPending.objects.filter(entry_id__in=digests).delete()
    except IntegrityError:
        return 0  # somebody else has just sealed them
    return len(seals)


def verify(kept: Head | None = None) -> Iterator[str]:
    """Everything that is wrong with the log, in words; nothing when it is whole.

    `kept` is a head that was exported earlier: only it shows that the newest entries were cut
    off, or that the whole chain was written anew.
    """
    before, expected, met = START, 1, kept is None or kept.number == 0
    for seals in _batches():
        entries = AuditEntry.objects.in_bulk([each.entry_id for each in seals])
        for each in seals:
            if each.number != expected:
                yield f"Seals {expected} to {each.number - 1} are missing: entries were deleted."
            entry = entries.get(each.entry_id)
            if entry is None:
                yield f"Entry {each.entry_id} (seal {each.number}) was deleted."
            else:
                said = audit.digest(entry)
                if said != entry.digest:
                    yield f"Entry {entry.pk} (seal {each.number}) was edited."
                if link(before, each.number, entry.pk, said) != each.hash and (
                    said == entry.digest and each.number == expected
                ):
                    yield (
                        f"Seal {each.number} does not follow from the one before: "
                        f"entry {entry.pk} was moved, or replaced together with its digest."
                    )
            if kept and kept.number == each.number:
                met = True
                if kept.hash != each.hash:
                    yield f"Seal {each.number} is not the one that was kept: the log was rewritten."
            before, expected = each.hash, each.number + 1
    if kept and not met:
        yield f"The log ends at seal {expected - 1}; {kept.number} was kept: it was cut off."
    sealed = AuditSeal.objects.values("entry_id")
    waiting = AuditPending.objects.values("entry_id")
    unknown = AuditEntry.objects.exclude(pk__in=sealed).exclude(pk__in=waiting)
    for pk in unknown.order_by("pk").values_list("pk", flat=True)[:100]:
        yield f"Entry {pk} has no seal: its seal was deleted, or the entry was slipped in."
    gone = AuditPending.objects.exclude(entry_id__in=AuditEntry.objects.values("pk"))
    for pk in gone.values_list("entry_id", flat=True)[:100]:
        yield f"Entry {pk} was deleted before it was sealed."


def _batches() -> Iterable[list[Any]]:
    after = 0
    while seals := list(AuditSeal.objects.filter(number__gt=after).order_by("number")[:_BATCH]):
        yield seals
        after = seals[-1].number
