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

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team", "digest"], name="one_artifact_per_team")
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.digest[:12]}"
