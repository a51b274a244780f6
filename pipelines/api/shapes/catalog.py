"""Components as the catalog shows them."""

from typing import Any

from rest_framework import serializers

from .common import Shape, UserRefSerializer
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


class ComponentVersionRowSerializer(Shape):
    number = serializers.IntegerField()
    digest = serializers.CharField()
    created_by = UserRefSerializer(allow_null=True)
    created_at = serializers.DateTimeField()


class ComponentDetailSerializer(ComponentSerializer):
    versions = ComponentVersionRowSerializer(many=True)


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
        fields = {
            name: value for name, value in data.items() if name not in ("team", "spec", "kind")
        }
        return {**checked, "fields": fields}
