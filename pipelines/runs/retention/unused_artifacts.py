"""Artifacts that nothing refers to any more, and files that no artifact names."""

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from pipelines.artifacts import orphans, usage
from pipelines.artifacts.models import Artifact

from . import references
from .ended_runs import pages_of
from .freed import Freed

logger = logging.getLogger(__name__)

#: What was stored so lately may be an upload, or a result, that nothing names yet.
GRACE = timedelta(days=1)
_PAGE = 500


def due(team_id: UUID, *, days: int, now: datetime) -> QuerySet[Artifact]:
    """Those that were found unused at least `days` days ago, and not stored again since."""
    return Artifact.objects.filter(
        team_id=team_id,
        unused_since__lte=now - timedelta(days=days),
        stored_at__lte=now - GRACE,
    ).order_by()


def clean(team_id: UUID, *, days: int, now: datetime, freed: Freed) -> Iterator[None]:
    """Note which artifacts are used, and delete the rows of those that were not for `days` days.

    Their files stay for the sweep: another team may have the same bytes, or be storing them.
    """
    if not days:
        return
    used: set[bytes] = set()
    for some in references.digests(team_id):
        used |= some
        yield
    for ids in pages_of(
        Artifact.objects.filter(team_id=team_id, stored_at__lte=now - GRACE), _PAGE
    ):
        _mark(ids, used, now)
        yield
    rows = due(team_id, days=days, now=now)
    while ids := list(rows.values_list("pk", flat=True)[:_PAGE]):
        since_then: set[bytes] = set()
        for some in references.digests(team_id, since=now):
            since_then |= some
        _mark(ids, since_then, now)
        with transaction.atomic():
            going = list(rows.filter(pk__in=ids).select_for_update().values_list("pk", "size"))
            Artifact.objects.filter(pk__in=[pk for pk, _ in going]).delete()
            size = sum(size for _, size in going)
            if going:
                usage.add(team_id, -size, -len(going))
        freed.artifacts += len(going)
        freed.artifact_bytes += size
        yield
    usage.recount(team_id)


def sweep_files(freed: Freed) -> Iterator[None]:
    """Remove files that no team's artifact names, once they are old enough to be no upload."""
    for found in orphans.sweep(time.time()):
        freed.files += found.files
        freed.file_bytes += found.bytes
        yield


def _mark(ids: list[int], used: set[bytes], now: datetime) -> None:
    in_use, unused = [], []
    for pk, digest, since in Artifact.objects.filter(pk__in=ids).values_list(
        "pk", "digest", "unused_since"
    ):
        if bytes.fromhex(digest) in used:
            if since is not None:
                in_use.append(pk)
        elif since is None:
            unused.append(pk)
    if in_use:
        Artifact.objects.filter(pk__in=in_use).update(unused_since=None)
    if unused:
        Artifact.objects.filter(pk__in=unused, unused_since=None).update(unused_since=now)
