"""Rerun bundles."""

from rest_framework import serializers

from .common import Shape
from .runs import PipelineRefSerializer, RunRefSerializer


class BundleQuerySerializer(Shape):
    artifacts = serializers.ChoiceField(
        choices=["none", "small", "all"],
        default="small",
        help_text="Which of the files that the run was given are in it: those up to 10 MiB, "
        "100 MiB together, when left out.",
    )


class BundleUploadSerializer(Shape):
    file = serializers.FileField()
    team = serializers.CharField(
        required=False, help_text="Id or slug; your first team when left out."
    )
    dry_run = serializers.BooleanField(
        default=False, help_text="Write nothing: say what would be used and published."
    )


class BundleUseSerializer(Shape):
    """A component or sub-pipeline of a bundle, and what it is called here."""

    ref = serializers.CharField()
    here = serializers.CharField()
    published = serializers.BooleanField(help_text="It was missing here.")


class ArrivalSerializer(Shape):
    pipeline = PipelineRefSerializer(allow_null=True)
    run = RunRefSerializer(allow_null=True)
    uses = BundleUseSerializer(many=True)
