"""The allow list of a team's steps."""

from rest_framework import serializers

from .common import Shape, UserRefSerializer


class AllowedHostSerializer(Shape):
    """A host or a network that steps may reach although it is not public."""

    id = serializers.IntegerField()
    entry = serializers.CharField(
        help_text="`db.internal`, `*.internal`, `10.2.0.0/16`, `host:5432`"
    )
    note = serializers.CharField(help_text="What it is for.")
    created_by = UserRefSerializer(allow_null=True)
    created_at = serializers.DateTimeField()


class NewAllowedHostSerializer(Shape):
    entry = serializers.CharField(max_length=300)
    note = serializers.CharField(default="", allow_blank=True, max_length=200)


class NetworkSerializer(Shape):
    everybody = serializers.ListField(
        child=serializers.CharField(), help_text="Entries that hold for every team."
    )
