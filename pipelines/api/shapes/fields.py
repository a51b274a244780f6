"""Fields for JSON that belongs to the domain, described precisely in the OpenAPI document."""

from typing import Any, get_args

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, extend_schema_field
from rest_framework import serializers

from pipelines.core.component import ComponentSpec, PortType

#: The largest number that every database we use can look up and store.
MAX_INTEGER = 2**63 - 1
PORT_TYPES = list(get_args(PortType))


@extend_schema_field({}, component_name="JsonValue")
class JsonValue(serializers.JSONField):
    """Any JSON value."""


@extend_schema_field({"type": "object", "additionalProperties": {}}, component_name="JsonObject")
class JsonObject(serializers.JSONField):
    """Any JSON object."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError("This must be a JSON object.")
        return data


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {},
        "description": "A definition document. A draft may hold any JSON object; a version is valid.",
    },
    component_name="Definition",
)
class DefinitionField(JsonObject):
    """A definition document, or in a draft whatever it has become so far."""


class SpecField(serializers.JSONField):
    """A component spec; see `pipelines.core.component`."""


class _SpecFieldSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = SpecField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> Any:
        return auto_schema.resolve_serializer(ComponentSpec, direction).ref  # type: ignore[arg-type]
