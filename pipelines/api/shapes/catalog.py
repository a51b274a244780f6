"""Components as the catalog shows them."""

from typing import Any, get_args

from rest_framework import serializers

from pipelines.catalog.models import Visibility
from pipelines.core.compat import Compatibility

from .common import DefinitionProblemSerializer, Shape, TeamRefSerializer, UserRefSerializer
from .fields import JsonObject, SpecField


class ComponentSerializer(Shape):
    """A component with the spec of its newest version. `team` is null for the built-in ones."""

    namespace = serializers.CharField()
    name = serializers.CharField()
    full_name = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    category = serializers.CharField()
    kind = serializers.CharField()
    icon = serializers.CharField()
    latest = serializers.IntegerField()
    team = serializers.UUIDField(allow_null=True)
    spec = SpecField()


COMPATIBILITIES = list(get_args(Compatibility))


class ChangeSerializer(Shape):
    """One difference between two versions. `where` is the dotted path in the spec."""

    where = serializers.CharField()
    what = serializers.CharField()
    breaking = serializers.BooleanField()
    message = serializers.CharField()


class ComponentVersionRowSerializer(Shape):
    number = serializers.IntegerField()
    digest = serializers.CharField()
    changelog = serializers.CharField(help_text="What its author says is new.")
    compatibility = serializers.ChoiceField(
        choices=COMPATIBILITIES, help_text="What it is to the version before it."
    )
    created_by = UserRefSerializer(allow_null=True)
    created_at = serializers.DateTimeField()


class ConsumerCountsSerializer(Shape):
    """How many use it in the newest version of a pipeline."""

    pipelines = serializers.IntegerField()
    teams = serializers.IntegerField()


class ComponentDetailSerializer(ComponentSerializer):
    versions = ComponentVersionRowSerializer(many=True)
    visibility = serializers.ChoiceField(choices=Visibility.choices)
    owner = TeamRefSerializer(allow_null=True, help_text="Null for the built-in ones.")
    consumers = ConsumerCountsSerializer()


class ComponentUseSerializer(Shape):
    """A pipeline whose newest version uses version `number` of the component."""

    pipeline = serializers.UUIDField()
    pipeline_name = serializers.CharField()
    pipeline_version = serializers.IntegerField()
    team = serializers.CharField()
    team_name = serializers.CharField()
    number = serializers.IntegerField()
    nodes = serializers.IntegerField(help_text="In how many of its nodes.")


class ConsumerTeamSerializer(Shape):
    slug = serializers.CharField()
    name = serializers.CharField()
    pipelines = serializers.IntegerField()


class ShareSerializer(Shape):
    team = TeamRefSerializer()
    created_by = UserRefSerializer(allow_null=True)
    created_at = serializers.DateTimeField()


class SharingSerializer(Shape):
    """Who may use a component, and who does."""

    visibility = serializers.ChoiceField(choices=Visibility.choices)
    shares = ShareSerializer(many=True)
    consumers = ConsumerTeamSerializer(many=True)


class ShareComponentSerializer(Shape):
    visibility = serializers.ChoiceField(choices=Visibility.choices)
    teams = serializers.ListField(
        child=serializers.CharField(max_length=63),
        required=False,
        default=list,
        max_length=200,
        help_text="Slugs, for `teams`. They replace those that were chosen before.",
    )


class ComponentDiffSerializer(Shape):
    """What version `number` changes for those who use version `against`."""

    number = serializers.IntegerField()
    against = serializers.IntegerField()
    compatibility = serializers.ChoiceField(choices=COMPATIBILITIES)
    changes = ChangeSerializer(many=True)
    code = serializers.CharField(
        allow_blank=True, help_text="A unified diff of the source; empty when it is the same."
    )


class ComponentVersionSerializer(ComponentVersionRowSerializer):
    full_name = serializers.CharField()
    spec = SpecField()


class PublishComponentSerializer(Shape):
    """Either a whole `spec`; or a `kind` and beside it what that kind's form asks for.

    For `python` those are `namespace` and `source`, the function with its imports and hints, and
    as the author likes `name`, `title`, `category` and `icon`.
    """

    team = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=63,
        help_text="Id or slug; your first team when left out.",
    )
    changelog = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=10_000,
        help_text="What is new, for those who use it; kept with the version.",
    )
    spec = JsonObject(required=False, help_text="A component spec.")
    kind = serializers.CharField(required=False, max_length=31)
    namespace = serializers.CharField(required=False, max_length=63)
    source = serializers.CharField(  # type: ignore[assignment]
        required=False, trim_whitespace=False
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The rest of the fields is for the kind to judge, and is kept under `fields`."""
        checked: dict[str, Any] = super().to_internal_value(data)
        if ("spec" in checked) == ("kind" in checked):
            raise serializers.ValidationError(
                {"spec": ["Give either a `spec`, or a `kind` with its fields."]}
            )
        own = ("team", "changelog", "spec", "kind")
        fields = {name: value for name, value in data.items() if name not in own}
        return {**checked, "fields": fields}


class ComponentOutlookSerializer(Shape):
    """What publishing would do. With problems that keep the spec from being read, the rest is null."""

    problems = DefinitionProblemSerializer(many=True)
    full_name = serializers.CharField(allow_null=True)
    current = serializers.IntegerField(allow_null=True, help_text="The newest version there is.")
    compatibility = serializers.ChoiceField(choices=COMPATIBILITIES, allow_null=True)
    changes = ChangeSerializer(many=True)
    consumers = ConsumerCountsSerializer()
    spec = SpecField(allow_null=True, help_text="What would be published.")


class ComponentKindSerializer(Shape):
    """A kind that people write components of: the form of its fields, and what to begin with."""

    name = serializers.CharField()
    title = serializers.CharField()
    form = JsonObject(help_text="A JSON Schema.")
    start = JsonObject()


class NewComponentDraftSerializer(Shape):
    """Either the `content` of a new component, or the `component` that is to get another version."""

    team = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=63,
        help_text="Id or slug; your first team when left out.",
    )
    content = JsonObject(
        required=False,
        help_text="`{kind, fields, changelog, sample}`; `fields` is what the kind's form asks for.",
    )
    component = serializers.RegexField(
        r"^[a-z0-9][a-z0-9_-]{0,62}/[a-z0-9][a-z0-9_-]{0,62}$",
        required=False,
        help_text="`namespace/name`, of a team of yours.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("content" in attrs) == ("component" in attrs):
            raise serializers.ValidationError(
                {"content": ["Give either the `content` of a draft, or a `component`."]}
            )
        return attrs


class SaveComponentDraftSerializer(Shape):
    content = JsonObject()


class PublishComponentDraftSerializer(Shape):
    changelog = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=10_000
    )


class ImportComponentSerializer(Shape):
    team = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=63,
        help_text="Id or slug; your first team when left out.",
    )
    file = serializers.CharField(
        max_length=1024 * 1024,
        trim_whitespace=False,
        help_text="The text of a component file, or of a KFP `component.yaml`.",
    )


class ImportedComponentSerializer(Shape):
    """The draft that was made of a file, and what the file could not bring along as it is."""

    draft = serializers.UUIDField()
    notes = serializers.ListField(child=serializers.CharField())


class ComponentFileQuerySerializer(Shape):
    as_ = serializers.ChoiceField(choices=["penstock", "kfp"], required=False, default="penstock")

    def get_fields(self) -> dict[str, Any]:
        return {"as": super().get_fields()["as_"]}


class TryComponentDraftSerializer(Shape):
    """What the draft is tried on."""

    inputs = JsonObject(
        required=False,
        default=dict,
        help_text='By port `{"value": …}`, `{"csv": "a,b\\n1,2"}` or `{"artifact": digest}`.',
    )
    params = JsonObject(required=False, default=dict)


class TriedSerializer(Shape):
    run = serializers.UUIDField(help_text="A run of one node, `step`, which no list shows.")


class ComponentDraftRowSerializer(Shape):
    """A component that is being written. `component` is null until there is a version of it."""

    id = serializers.UUIDField()
    team = serializers.UUIDField(source="team_id")
    component = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    kind = serializers.CharField()
    revision = serializers.IntegerField()
    updated_at = serializers.DateTimeField()
    updated_by = UserRefSerializer(allow_null=True)


class ComponentDraftSerializer(ComponentDraftRowSerializer):
    content = JsonObject()
