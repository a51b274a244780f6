"""Environments of components: their locks and builds."""

from rest_framework import serializers

from .common import Shape


class EnvironmentBuildSerializer(Shape):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["running", "success", "failed", "cancelled"])
    worker = serializers.CharField()
    error = serializers.CharField(allow_blank=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class NodeEnvironmentSerializer(Shape):
    """What a node runs in. `digest` is null until versions are chosen."""

    digest = serializers.CharField(allow_null=True)
    python = serializers.CharField(allow_null=True)
    requirements = serializers.ListField(child=serializers.CharField())
    build = EnvironmentBuildSerializer(allow_null=True)


class EnvironmentSerializer(Shape):
    """A lock. `team` is null for Penstock's own libraries; `current`: the next run uses it."""

    digest = serializers.CharField(help_text="SHA-256 of the lock's text, in hex.")
    team = serializers.UUIDField(allow_null=True)
    python = serializers.CharField()
    platform = serializers.CharField()
    requirements = serializers.ListField(child=serializers.CharField())
    added = serializers.ListField(
        child=serializers.CharField(), help_text="What Penstock needs for the component's ports."
    )
    current = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class PackageSerializer(Shape):
    name = serializers.CharField()
    version = serializers.CharField()


class EnvironmentDetailSerializer(EnvironmentSerializer):
    text = serializers.CharField(help_text="The lock itself, a requirements file with hashes.")
    packages = PackageSerializer(many=True)
    builds = EnvironmentBuildSerializer(many=True, help_text="The last ten, the newest first.")
