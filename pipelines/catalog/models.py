"""The shared catalog: components and their immutable versions."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from pipelines.teams.models import Team, User

from .fields import OrderedJSONField


class Namespace(models.Model):
    """Who may publish below a name: the first team that did. Without a team it is built in."""

    name = models.CharField(max_length=63, primary_key=True)
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="namespaces"
    )

    def __str__(self) -> str:
        return self.name


class Visibility(models.TextChoices):
    """Who may use a component besides the team that owns it."""

    PRIVATE = "private", "its own team"
    TEAMS = "teams", "chosen teams"
    PUBLIC = "public", "every team"


class Component(models.Model):
    """`namespace/name`. A component without a team is built in and everyone's to use."""

    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="components"
    )
    namespace = models.CharField(max_length=63)
    name = models.CharField(max_length=63)
    # Copies of the newest version's facts, so that listing and searching read one table.
    title = models.CharField(max_length=200, blank=True)
    summary = models.CharField(max_length=300, blank=True)
    category = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=31)
    icon = models.CharField(max_length=60, blank=True)
    search_text = models.TextField(blank=True, default="")
    latest = models.PositiveIntegerField(default=0)
    visibility = models.CharField(
        max_length=10, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["namespace", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["namespace", "name"], name="one_component_per_name")
        ]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class ComponentShare(models.Model):
    """That a team may use a component of another. It counts while the visibility is `teams`."""

    component = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="shares")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="shared_components")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["component", "team"], name="one_share_per_team")
        ]

    def __str__(self) -> str:
        return f"{self.component} with {self.team}"


class ComponentVersion(models.Model):
    """One published spec, never changed. `digest` is the SHA-256 of the spec's canonical JSON.

    `changelog` is what its author says of it, `compatibility` what it is to the version before.
    """

    component = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    spec = OrderedJSONField()
    changelog = models.TextField(blank=True, default="")
    compatibility = models.CharField(max_length=10, default="first")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["component", "number"], name="one_version_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.component}@{self.number}"


class ComponentDraft(models.Model):
    """A component that somebody is writing: what its kind's form asks for, finished or not.

    `content` is `{kind, fields, changelog, sample}`. `component` is the one of which it will be the
    next version; a team has one draft of each. Publishing a draft ends it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="component_drafts")
    component = models.ForeignKey(
        Component, on_delete=models.CASCADE, null=True, blank=True, related_name="drafts"
    )
    name = models.CharField(max_length=130)
    kind = models.CharField(max_length=31)
    content = OrderedJSONField()
    revision = models.PositiveIntegerField(default=1)
    updated_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["-updated_at", "id"]
        indexes: ClassVar = [models.Index(fields=["team", "-updated_at"], name="drafts_of_a_team")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team", "component"],
                condition=models.Q(component__isnull=False),
                name="one_draft_per_component",
            )
        ]

    def __str__(self) -> str:
        return self.name
