"""What runs produce, found again by its content."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from pipelines.teams.models import Team, User


class Artifact(models.Model):
    """A file in object storage, known to one team. The same bytes are stored once.

    `digest` is the SHA-256 in hex; `type` is a port type (`table`, `image`, ...); `size` is bytes;
    `facts` is what a preview needs without opening the file (`{"rows": 150, "columns": [...]}`).
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="artifacts")
    digest = models.CharField(max_length=64)
    type = models.CharField(max_length=20)
    name = models.CharField(max_length=255, blank=True)
    media_type = models.CharField(max_length=120, blank=True)
    size = models.PositiveBigIntegerField()
    facts = models.JSONField(default=dict)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    #: When somebody last stored these bytes: what was is not cleaned up for a while.
    stored_at = models.DateTimeField(default=timezone.now, editable=False)
    #: Since when the clean-up finds nothing any more that refers to it.
    unused_since = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team", "digest"], name="one_artifact_per_team")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["team", "unused_since"],
                condition=models.Q(unused_since__isnull=False),
                name="artifacts_unused",
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.digest[:12]}"


class TeamStorage(models.Model):
    """How much a team has stored, counted as it is stored: nobody who asks has to add it up."""

    team = models.OneToOneField(
        Team, on_delete=models.CASCADE, primary_key=True, related_name="storage"
    )
    bytes = models.PositiveBigIntegerField(default=0)
    artifacts = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.bytes} bytes of {self.team}"
