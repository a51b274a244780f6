"""Artifacts and what a person sees of them without downloading."""

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from .common import Shape
from .fields import JsonObject, JsonValue

UPLOAD_TYPES = ["file", "table", "image", "model", "text", "json"]


class UploadSerializer(Shape):
    file = serializers.FileField(allow_empty_file=True)
    team = serializers.CharField(
        required=False, help_text="Id or slug; your first team when left out."
    )
    type = serializers.ChoiceField(
        choices=UPLOAD_TYPES,
        required=False,
        help_text="Left out: `table` for Parquet, `image` for pictures, else `file`.",
    )


class ArtifactSerializer(Shape):
    digest = serializers.CharField(help_text="SHA-256 in hex.")
    size = serializers.IntegerField(help_text="Bytes.")
    type = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    facts = JsonObject()


class PreviewQuerySerializer(Shape):
    page = serializers.IntegerField(default=1, min_value=1, max_value=2**31)
    page_size = serializers.IntegerField(default=50, min_value=1, max_value=500)


class ColumnSerializer(Shape):
    name = serializers.CharField()
    type = serializers.CharField()


class TablePreviewSerializer(Shape):
    kind = serializers.ChoiceField(choices=[("table", "table")])
    columns = ColumnSerializer(many=True)
    rows = serializers.ListField(child=serializers.ListField(child=JsonValue(allow_null=True)))
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()


class ImagePreviewSerializer(Shape):
    kind = serializers.ChoiceField(choices=[("image", "image")])
    url = serializers.CharField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)


class JsonPreviewSerializer(Shape):
    kind = serializers.ChoiceField(choices=[("json", "json")])
    value = JsonValue(allow_null=True)


class TextPreviewSerializer(Shape):
    kind = serializers.ChoiceField(choices=[("text", "text")])
    text = serializers.CharField(allow_blank=True)
    truncated = serializers.BooleanField()


class ModelPreviewSerializer(Shape):
    kind = serializers.ChoiceField(choices=[("model", "model")])
    facts = JsonObject()


class NoPreviewSerializer(Shape):
    kind = serializers.ChoiceField(choices=[("none", "none")])
    reason = serializers.CharField()


PREVIEW = PolymorphicProxySerializer(
    component_name="Preview",
    serializers={
        "table": TablePreviewSerializer,
        "image": ImagePreviewSerializer,
        "json": JsonPreviewSerializer,
        "text": TextPreviewSerializer,
        "model": ModelPreviewSerializer,
        "none": NoPreviewSerializer,
    },
    resource_type_field_name="kind",
)
