"""Secrets, without their values."""

from rest_framework import serializers

from .common import Shape, UserRefSerializer


class TeamSecretSerializer(Shape):
    """What may be known of a secret: everything but its value."""

    id = serializers.IntegerField()
    name = serializers.CharField(help_text="What nodes name it by.")
    description = serializers.CharField()
    version = serializers.IntegerField(help_text="Grows with every new value.")
    created_at = serializers.DateTimeField()
    created_by = UserRefSerializer(allow_null=True)
    changed_at = serializers.DateTimeField(help_text="When the value was written.")
    changed_by = UserRefSerializer(allow_null=True)
    last_used_at = serializers.DateTimeField(
        allow_null=True, help_text="When a step was given it; to the minute."
    )
    used_by = serializers.IntegerField(
        help_text="How many pipelines name it in their newest version."
    )


class NewSecretSerializer(Shape):
    name = serializers.CharField(max_length=63)
    description = serializers.CharField(default="", allow_blank=True, max_length=300)
    value = serializers.CharField(
        write_only=True, trim_whitespace=False, help_text="8 characters to 64 KiB."
    )


class ChangeSecretSerializer(Shape):
    description = serializers.CharField(required=False, allow_blank=True, max_length=300)
    value = serializers.CharField(
        required=False, write_only=True, trim_whitespace=False, help_text="A new value."
    )


class _UsingPipelineSerializer(Shape):
    id = serializers.UUIDField()
    name = serializers.CharField()


class SecretUseSerializer(Shape):
    """A parameter of a node that names a secret."""

    pipeline = _UsingPipelineSerializer(source="version.pipeline")
    version = serializers.IntegerField(source="version.number")
    node = serializers.CharField()
    parameter = serializers.CharField()
