"""Retention, quotas and clean-ups of a team."""

from rest_framework import serializers

from .common import Shape, UserRefSerializer
from .fields import MAX_INTEGER

_DAYS = 36_500
_COUNT = 2_000_000_000


class RetentionSerializer(Shape):
    """How long things are kept. 0 is for ever; null takes what the whole Penstock has."""

    runs_days = serializers.IntegerField(
        min_value=0, max_value=_DAYS, allow_null=True, help_text="Days after a run's end."
    )
    runs_newest = serializers.IntegerField(
        min_value=0,
        max_value=_COUNT,
        allow_null=True,
        help_text="So many runs of each pipeline stay, however old. The newest one always does.",
    )
    logs_days = serializers.IntegerField(
        min_value=0, max_value=_DAYS, allow_null=True, help_text="Days after a run's end."
    )
    artifacts_days = serializers.IntegerField(
        min_value=0,
        max_value=_DAYS,
        allow_null=True,
        help_text="Days after the last thing that refers to it is gone.",
    )


class QuotasSerializer(Shape):
    """How much a team may have. 0 is without a limit; null takes what the whole Penstock has."""

    storage_bytes = serializers.IntegerField(
        min_value=0, max_value=MAX_INTEGER, allow_null=True, help_text="Bytes of artifacts."
    )
    open_runs = serializers.IntegerField(
        min_value=0, max_value=_COUNT, allow_null=True, help_text="Runs that are not over."
    )
    runs_per_day = serializers.IntegerField(
        min_value=0, max_value=_COUNT, allow_null=True, help_text="Since midnight UTC."
    )
    pipelines = serializers.IntegerField(
        min_value=0, max_value=_COUNT, allow_null=True, help_text="Without archived ones."
    )


class PolicySerializer(RetentionSerializer, QuotasSerializer):
    pass


class UseSerializer(Shape):
    """What the team has of everything that has a quota."""

    storage_bytes = serializers.IntegerField()
    artifacts = serializers.IntegerField()
    open_runs = serializers.IntegerField()
    runs_per_day = serializers.IntegerField()
    pipelines = serializers.IntegerField()


class KeepingSerializer(Shape):
    """`own` is what the team has set, `holds` what follows from it and from the `defaults`."""

    own = PolicySerializer()
    holds = PolicySerializer()
    defaults = PolicySerializer()
    use = UseSerializer()


class FreedSerializer(Shape):
    runs = serializers.IntegerField(default=0)
    logs = serializers.IntegerField(default=0, help_text="Runs that stayed without their logs.")
    log_bytes = serializers.IntegerField(default=0)
    artifacts = serializers.IntegerField(default=0)
    artifact_bytes = serializers.IntegerField(default=0)
    pipelines = serializers.DictField(
        child=serializers.IntegerField(), help_text="Runs by the name of their pipeline."
    )


class CleanUpSerializer(Shape):
    id = serializers.IntegerField()
    day = serializers.DateField(allow_null=True, help_text="Of the daily ones.")
    asked_by = UserRefSerializer(allow_null=True)
    asked_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    freed = serializers.SerializerMethodField()

    def get_freed(self, row: object) -> FreedSerializer:
        freed = getattr(row, "freed", {})
        return {**_NOTHING, **{name: freed[name] for name in _NOTHING if name in freed}}  # type: ignore[return-value]


_NOTHING = {
    "runs": 0,
    "logs": 0,
    "log_bytes": 0,
    "artifacts": 0,
    "artifact_bytes": 0,
    "pipelines": {},
}


class CleanUpPreviewSerializer(FreedSerializer):
    complete = serializers.BooleanField(
        help_text="False when there are more runs than a preview looks at."
    )
    referenced = serializers.IntegerField(
        help_text="Runs that are old enough and stay, because others refer to them."
    )
