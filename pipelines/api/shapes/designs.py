"""Pipelines, their drafts and their versions."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from pipelines.designs import examples
from pipelines.designs.models import Pipeline
from pipelines.runs.models import RunState

from .common import DefinitionProblemSerializer, ProblemSerializer, Shape, UserRefSerializer
from .fields import DefinitionField, JsonValue, SpecField


class LastRunSerializer(Shape):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=RunState.choices)
    created_at = serializers.DateTimeField()


class PipelineExampleSerializer(Shape):
    """An example that came with Penstock."""

    number = serializers.IntegerField(help_text="Its place among the examples, simple ones first.")
    part = serializers.BooleanField(help_text="Other examples use it; alone it cannot run.")


class PipelineRowSerializer(Shape):
    """A pipeline in a list. `updated_at` is when its draft was last saved."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField(
        allow_null=True, help_text="How other pipelines name it; made when it is first published."
    )
    description = serializers.CharField(allow_blank=True)
    team = serializers.UUIDField(source="team_id")
    latest_version = serializers.IntegerField(help_text="0 before the first is published.")
    created_by = UserRefSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(source="draft_updated_at")
    last_run = LastRunSerializer(allow_null=True)
    example = serializers.SerializerMethodField()

    @extend_schema_field(PipelineExampleSerializer(allow_null=True))
    def get_example(self, pipeline: Pipeline) -> Any:
        found = examples.place(pipeline)
        return None if found is None else PipelineExampleSerializer(found).data


class DraftSerializer(Shape):
    """The definition being edited. `changed`: it differs from the newest version."""

    definition = DefinitionField()
    revision = serializers.IntegerField()
    problems = DefinitionProblemSerializer(many=True)
    updated_at = serializers.DateTimeField()
    updated_by = UserRefSerializer(allow_null=True)
    changed = serializers.BooleanField()


class PipelineSerializer(PipelineRowSerializer):
    draft = DraftSerializer(source="whole_draft")


class PipelineSpecQuerySerializer(Shape):
    team = serializers.CharField(
        required=False, help_text="Id or slug; your first team when left out."
    )
    search = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="Part of the name."
    )


class PipelineSpecSerializer(Shape):
    """The newest version of a published pipeline, as the spec of a node that uses it."""

    pipeline = serializers.UUIDField()
    slug = serializers.CharField()
    version = serializers.IntegerField()
    spec = SpecField()


class NewPipelineSerializer(Shape):
    team = serializers.CharField(
        required=False, allow_null=True, help_text="Id or slug; your first team when left out."
    )
    definition = DefinitionField()


class SaveDraftSerializer(Shape):
    definition = DefinitionField()


class SavedDraftSerializer(Shape):
    revision = serializers.IntegerField()
    problems = DefinitionProblemSerializer(many=True)
    updated_at = serializers.DateTimeField()
    changed = serializers.BooleanField()


class CurrentDraftSerializer(Shape):
    revision = serializers.IntegerField()
    updated_by = UserRefSerializer(allow_null=True)
    updated_at = serializers.DateTimeField()


class StaleDraftProblemSerializer(ProblemSerializer):
    """Somebody saved after the revision that `If-Match` names. Nothing was changed."""

    current = CurrentDraftSerializer()


class PublishSerializer(Shape):
    message = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)


class VersionRowSerializer(Shape):
    number = serializers.IntegerField()
    message = serializers.CharField()
    content_hash = serializers.CharField()
    created_by = UserRefSerializer(allow_null=True)
    created_at = serializers.DateTimeField()


class VersionSerializer(VersionRowSerializer):
    """A version with all that is needed to draw it, whatever the catalog holds today."""

    definition = DefinitionField()
    components = serializers.DictField(
        child=SpecField(), help_text="Specs by reference, `core/read_csv@1`."
    )
    spec = SpecField(help_text="What a node looks like that uses this version.")


class ValidateSerializer(Shape):
    definition = DefinitionField()
    team = serializers.CharField(
        required=False, allow_null=True, help_text="Whose components may be used."
    )


class ProblemsSerializer(Shape):
    problems = DefinitionProblemSerializer(many=True)


CHANGES = ["added", "removed", "changed"]


class FieldChangeSerializer(Shape):
    path = serializers.ListField(child=serializers.CharField())
    change = serializers.ChoiceField(choices=CHANGES)
    before = JsonValue(allow_null=True)
    after = JsonValue(allow_null=True)


class PartChangeSerializer(Shape):
    """A node by its id, a parameter or an output by its name."""

    name = serializers.CharField()
    change = serializers.ChoiceField(choices=CHANGES)
    fields_ = FieldChangeSerializer(many=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`fields` is a word of the framework's."""
        found = super().get_fields()
        return {name.rstrip("_"): field for name, field in found.items()}


class EdgeChangeSerializer(Shape):
    edge = serializers.CharField(help_text="`load.table -> train.data`")
    change = serializers.ChoiceField(choices=CHANGES, help_text="An edge is never `changed`.")


class DefinitionDiffSerializer(Shape):
    """What differs in meaning; where nodes stand on the canvas is no part of it."""

    nodes = PartChangeSerializer(many=True)
    edges = EdgeChangeSerializer(many=True)
    parameters = PartChangeSerializer(many=True)
    outputs = PartChangeSerializer(many=True)
    settings = FieldChangeSerializer(many=True)


class DiffSideSerializer(Shape):
    version = serializers.IntegerField(allow_null=True, help_text="Null for the draft.")
    definition = DefinitionField()
    components = serializers.DictField(child=SpecField())


class VersionDiffSerializer(Shape):
    before = DiffSideSerializer()
    after = DiffSideSerializer()
    diff = DefinitionDiffSerializer()


class DiffQuerySerializer(Shape):
    against = serializers.RegexField(
        r"^(draft|[1-9][0-9]{0,8})$",
        required=False,
        help_text="The number of another version, or `draft`; the version before when left out.",
    )
