"""Workers, and what a run would wait for."""

from rest_framework import serializers

from pipelines.runs.models import LABEL, LimitScope

from .common import Shape
from .runs import VersionChoice

ISOLATION_LEVELS = ["", "none", "basic", "strong"]


class WorkerSerializer(Shape):
    """A worker process that was heard of within the last seconds."""

    name = serializers.CharField()
    host = serializers.CharField()
    queues = serializers.ListField(child=serializers.CharField())
    executors = serializers.ListField(child=serializers.CharField())
    lacks = serializers.DictField(
        child=serializers.CharField(),
        help_text="Executors that it cannot use, by name: what is missing, and what to do.",
    )
    slots = serializers.IntegerField(help_text="How many nodes it runs at a time.")
    busy = serializers.IntegerField(help_text="How many of its slots are in use.")
    cpu = serializers.FloatField(help_text="Cores.")
    memory = serializers.IntegerField(help_text="Bytes.")
    gpu = serializers.IntegerField(help_text="Devices.")
    isolation = serializers.ChoiceField(
        choices=ISOLATION_LEVELS, help_text="How well steps are kept apart; empty while unknown."
    )
    version = serializers.CharField()
    started_at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField()


class RunCheckSerializer(Shape):
    version = VersionChoice(
        required=False, allow_null=True, help_text="The newest published one when left out."
    )


class LimitSerializer(Shape):
    """How many nodes may be at work at the same time."""

    id = serializers.IntegerField()
    scope = serializers.ChoiceField(choices=LimitScope.choices)
    name = serializers.CharField(help_text="Of the pool or queue; of a team its slug.")
    slots = serializers.IntegerField()
    busy = serializers.IntegerField(help_text="How many are at work.")


class ChangeLimitSerializer(Shape):
    slots = serializers.IntegerField(min_value=0, max_value=100_000)


class NewLimitSerializer(ChangeLimitSerializer):
    scope = serializers.ChoiceField(choices=LimitScope.choices)
    name = serializers.CharField(max_length=63, validators=[LABEL])
