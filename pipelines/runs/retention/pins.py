"""Pins: a person says that a run is kept, and why."""

from django.db import transaction
from django.utils import timezone

from pipelines.teams import audit
from pipelines.teams.models import User

from ..models import Run


class CannotPin(RuntimeError):
    """The run cannot be pinned; says what to do."""


def pin(run: Run, reason: str, by: User) -> Run:
    """Keep a run, with its child runs, logs and artifacts, until it is unpinned.

    Pinning again gives it another reason. Raises CannotPin for a child run.
    """
    if run.parent_id is not None:
        raise CannotPin(
            f"Run #{run.number} is part of another run and kept as long as that. Pin the run that "
            "it belongs to."
        )
    with transaction.atomic():
        row = Run.objects.select_for_update(no_key=True, of=("self",)).get(pk=run.pk)
        if row.removed_at is not None:
            raise CannotPin(f"Run #{run.number} is being removed by retention.")
        before = {"reason": row.pin_reason} if row.pinned_at else None
        row.pinned_at, row.pinned_by, row.pin_reason = timezone.now(), by, reason.strip()
        row.save(update_fields=["pinned_at", "pinned_by", "pin_reason"])
        audit.record(
            "run.pin",
            run,
            team=run.team_id,
            user=by,
            before=before,
            after={"reason": row.pin_reason},
        )
    run.pinned_at, run.pinned_by, run.pin_reason = row.pinned_at, by, row.pin_reason
    return run


def unpin(run: Run, by: User) -> Run:
    """Let retention decide about the run again. Unpinning what is not pinned is no error."""
    with transaction.atomic():
        pinned = Run.objects.filter(pk=run.pk, pinned_at__isnull=False)
        if pinned.update(pinned_at=None, pinned_by=None, pin_reason=""):
            audit.record(
                "run.unpin", run, team=run.team_id, user=by, before={"reason": run.pin_reason}
            )
    run.pinned_at, run.pinned_by, run.pin_reason = None, None, ""
    return run
