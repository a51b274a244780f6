"""Connections, without their secrets."""

from rest_framework import serializers

from .common import Shape, UserRefSerializer


class ConnectionTypeSerializer(Shape):
    """Something that can be connected to."""

    name = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    icon = serializers.CharField()
    schema = serializers.DictField(help_text="A JSON Schema of the fields.")


class ConnectionSerializer(Shape):
    """What may be known of a connection: everything but its secret fields."""

    id = serializers.IntegerField()
    name = serializers.CharField(help_text="What nodes name it by.")
    type = serializers.CharField()
    description = serializers.CharField()
    settings = serializers.DictField(source="fields", help_text="Those that are not secret.")
    secrets_set = serializers.ListField(
        child=serializers.CharField(), help_text="The secret fields that have a value."
    )
    version = serializers.IntegerField(help_text="Grows with every change of the fields.")
    created_at = serializers.DateTimeField()
    created_by = UserRefSerializer(allow_null=True)
    changed_at = serializers.DateTimeField()
    changed_by = UserRefSerializer(allow_null=True)
    tested_at = serializers.DateTimeField(allow_null=True)
    test_ok = serializers.BooleanField(allow_null=True)
    test_message = serializers.CharField()


class NewConnectionSerializer(Shape):
    name = serializers.CharField(max_length=63)
    type = serializers.CharField(max_length=30)
    description = serializers.CharField(default="", allow_blank=True, max_length=300)
    settings = serializers.DictField(source="fields")


class ChangeConnectionSerializer(Shape):
    description = serializers.CharField(required=False, allow_blank=True, max_length=300)
    settings = serializers.DictField(
        source="fields", required=False, help_text="Secret fields that are left out stay."
    )


class TryConnectionSerializer(Shape):
    type = serializers.CharField(max_length=30)
    settings = serializers.DictField(source="fields")
    connection = serializers.IntegerField(
        required=False, help_text="Whose stored secrets fill in what is left out."
    )


class ConnectionTestSerializer(Shape):
    ok = serializers.BooleanField()
    message = serializers.CharField()
    milliseconds = serializers.IntegerField()
