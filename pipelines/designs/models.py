"""Pipelines as people edit them: a draft that moves, versions that never do."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from pipelines.catalog.fields import OrderedJSONField
from pipelines.catalog.models import Component
from pipelines.teams.models import Team, User


class Pipeline(models.Model):
    """A named graph with a draft. `draft_revision` is the number that `If-Match` names.

    `slug` is how other pipelines name this one; it is made of the name when the first version is
    published, and never changes after that.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="pipelines")
    name = models.CharField(max_length=200)
    slug = models.CharField(max_length=63, null=True, blank=True, editable=False)
    description = models.TextField(blank=True, default="")
    draft = models.JSONField()
    draft_revision = models.PositiveIntegerField(default=1)
    draft_updated_at = models.DateTimeField(default=timezone.now)
    draft_updated_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    latest_version = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    #: Which example this was installed from. It stays when the pipeline is renamed or archived,
    #: so that no start installs the same example twice.
    example = models.CharField(max_length=60, blank=True, default="", editable=False)

    class Meta:
        ordering: ClassVar = ["-draft_updated_at"]
        indexes: ClassVar = [models.Index(fields=["team", "-draft_updated_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team", "example"],
                condition=~models.Q(example=""),
                name="one_pipeline_per_example",
            ),
            models.UniqueConstraint(
                fields=["team", "slug"],
                condition=models.Q(slug__isnull=False),
                name="one_pipeline_per_slug",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PipelineVersion(models.Model):
    """A published definition: every component pinned, content-hashed, immutable.

    `interface` is the spec that a node has which uses this version as a sub-pipeline.
    """

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    content_hash = models.CharField(max_length=64)
    #: `{"core/read_csv@1": "<sha256 of the component spec>"}`; of a sub-pipeline the content hash.
    component_digests = models.JSONField(default=dict)
    interface = OrderedJSONField(default=dict)
    message = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pipeline", "number"], name="one_pipeline_version_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pipeline}@{self.number}"


class NodeUse(models.Model):
    """That a node of a pipeline version uses version `number` of a component; written with the version.

    It answers who uses a component, and finds the node runs of one, without reading definitions.
    """

    version = models.ForeignKey(PipelineVersion, on_delete=models.CASCADE, related_name="uses")
    node = models.CharField(max_length=63)
    component = models.ForeignKey(
        Component, on_delete=models.CASCADE, related_name="uses", db_index=False
    )
    number = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["component", "version", "number"], name="uses_of_a_component")
        ]

    def __str__(self) -> str:
        return f"{self.node} of {self.version_id}"


class SecretUse(models.Model):
    """A parameter of a node in a published version names a secret of the team."""

    version = models.ForeignKey(
        PipelineVersion, on_delete=models.CASCADE, related_name="secret_uses"
    )
    node = models.CharField(max_length=200)
    parameter = models.CharField(max_length=200)
    name = models.CharField(max_length=63)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["name", "version"], name="use_of_secret")]

    def __str__(self) -> str:
        return f"{self.version} at {self.node}.{self.parameter}: {self.name}"
