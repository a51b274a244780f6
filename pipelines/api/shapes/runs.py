"""Runs, their nodes, attempts, events and logs."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from pipelines.core.document import MAX_NODES
from pipelines.core.reuse import Fate, Mode
from pipelines.runs.models import NodeState, RunState
from pipelines.teams.models import ROLE_CHOICES

from .common import Shape, UserRefSerializer
from .environments import NodeEnvironmentSerializer
from .fields import MAX_INTEGER, DefinitionField, JsonObject, JsonValue, SpecField

PHASES = ["", "items", "child", "collect", "end", "waiting"]
RERUN_MODES = [mode.value for mode in Mode]
EVENT_KINDS = [
    "run.state", "node.state", "node.progress", "node.metric", "item.state", "items.ended",
]  # fmt: skip


class ArtifactRefSerializer(Shape):
    """How an artifact stands among a node's outputs and inputs."""

    artifact = serializers.CharField(help_text="SHA-256 in hex.")
    type = serializers.CharField()
    size = serializers.IntegerField()
    name = serializers.CharField(allow_blank=True)


class NodeErrorSerializer(Shape):
    """Why a node failed: the user's own frames, and the line in the user's own code."""

    kind = serializers.CharField()
    message = serializers.CharField()
    traceback = serializers.CharField(allow_blank=True)
    line = serializers.IntegerField(allow_null=True)


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {},
        "description": (
            "Values by port: a JSON value, or for an artifact `{artifact, type, size, name}`."
        ),
    },
    component_name="PortValues",
)
class PortValues(JsonObject):
    """Values by port."""


class ReusedFromSerializer(Shape):
    """The node run that made the outputs, where another one uses them again."""

    run = serializers.UUIDField()
    number = serializers.IntegerField()
    pipeline = serializers.UUIDField()
    node = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True, help_text="When they were made.")


class CacheStorySerializer(Shape):
    """What the cache said when the node was about to run."""

    hit = serializers.BooleanField()
    why = serializers.ListField(
        child=serializers.CharField(),
        help_text="For a miss: what differs from the last run of this node in this pipeline.",
    )


class NodeRunSerializer(Shape):
    id = serializers.CharField(help_text="The node's id in the definition.")
    title = serializers.CharField(allow_blank=True)
    component = serializers.CharField(
        help_text="`core/sql@1`, or `pipeline:score-model@4` for a sub-pipeline."
    )
    kind = serializers.CharField()
    phase = serializers.ChoiceField(
        choices=PHASES,
        help_text="What a node is about that runs by its `items` or its `child` run, puts their "
        "results together (`collect`), ends early (`end`), or waits.",
    )
    items_total = serializers.IntegerField(help_text="Of a node that maps over a list.")
    items = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many of its items are in which state."
    )
    state = serializers.ChoiceField(choices=NodeState.choices)
    reason = serializers.CharField(allow_blank=True)
    attempt = serializers.IntegerField()
    max_attempts = serializers.IntegerField()
    cached = serializers.BooleanField()
    reused_from = ReusedFromSerializer(
        allow_null=True, help_text="Set when the outputs are those of an earlier run."
    )
    progress = serializers.FloatField(allow_null=True)
    queued_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    outputs = PortValues()
    error = NodeErrorSerializer(allow_null=True)


class PipelineRefSerializer(Shape):
    id = serializers.UUIDField()
    name = serializers.CharField()


class RunRefSerializer(Shape):
    id = serializers.UUIDField()
    number = serializers.IntegerField()


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "object", "additionalProperties": {}},
        "description": "Parameters by node, `{node: {parameter: value}}`.",
    },
    component_name="NodeParams",
)
class NodeParams(JsonObject):
    """Parameters by node."""

    def to_internal_value(self, data: Any) -> Any:
        given = super().to_internal_value(data)
        if not all(isinstance(params, dict) for params in given.values()):
            raise serializers.ValidationError("This must be {node: {parameter: value}}.")
        return given


class ParentSerializer(Shape):
    run = serializers.UUIDField()
    number = serializers.IntegerField()
    pipeline = PipelineRefSerializer()
    node = serializers.CharField()


class StartedWithSerializer(Shape):
    """What `created_by` is, and the token that was used."""

    service = serializers.BooleanField(help_text="A service account, no person.")
    token = serializers.CharField(allow_blank=True, help_text="Empty for a session.")


class PinnedSerializer(Shape):
    """Who said that a run is kept, whatever the team's retention says, and why."""

    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class PinSerializer(Shape):
    reason = serializers.CharField(max_length=300, help_text="Why it is kept.")


class RunRowSerializer(Shape):
    """A run in a list."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    team = serializers.UUIDField()
    pipeline = PipelineRefSerializer()
    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=RunState.choices)
    reason = serializers.CharField(allow_blank=True)
    parameters = JsonObject()
    trigger = serializers.CharField()
    parent = ParentSerializer(
        allow_null=True, help_text="The node that this run is the sub-pipeline of."
    )
    round = serializers.IntegerField(help_text="Of a loop: 1, 2, 3 …; 0 for a run without parent.")
    cloned_from = serializers.UUIDField(allow_null=True)
    clone_of = RunRefSerializer(allow_null=True, help_text="The same run, with its number.")
    origin = RunRefSerializer(
        allow_null=True, help_text="The run of which this one keeps results; `mode` says how."
    )
    mode = serializers.ChoiceField(choices=["", *RERUN_MODES])
    chosen = serializers.ListField(
        child=serializers.CharField(), help_text="The nodes that `mode` is about."
    )
    node_params = NodeParams(help_text="What was changed about nodes for this run alone.")
    priority = serializers.IntegerField()
    max_parallel = serializers.IntegerField(allow_null=True)
    cache = serializers.BooleanField(help_text="Whether nodes may use results of earlier runs.")
    created_by = UserRefSerializer(allow_null=True)
    started_with = StartedWithSerializer()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    pinned = PinnedSerializer(allow_null=True, help_text="Set while a person keeps it for good.")
    logs_cleaned_at = serializers.DateTimeField(
        allow_null=True, help_text="When the logs went, by the team's retention."
    )
    last_seq = serializers.IntegerField()
    node_counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many nodes are in which state."
    )


class RunSerializer(RunRowSerializer):
    """A run with its nodes, its definition and the component specs that it pinned."""

    nodes = NodeRunSerializer(many=True)
    definition = DefinitionField()
    components = serializers.DictField(child=SpecField())


class ItemSerializer(NodeRunSerializer):
    """One item of a mapped node: a node run of its own, called `train[17]`."""

    item = serializers.IntegerField(help_text="Its place in the list, from 0 on.")
    value = JsonValue(help_text="The element that it runs for.")


class ItemQuerySerializer(Shape):
    state = serializers.ChoiceField(choices=NodeState.choices, required=False)


class ApprovalSerializer(Shape):
    """What a person is asked, and what they decided."""

    message = serializers.CharField(allow_blank=True)
    form = JsonObject(help_text="A JSON Schema of the values that are asked for.")
    role = serializers.ChoiceField(choices=ROLE_CHOICES, help_text="The lowest that may decide.")
    deadline = serializers.DateTimeField(allow_null=True)
    on_deadline = serializers.ChoiceField(choices=["fail", "approve", "reject"])
    asked_at = serializers.DateTimeField()
    inputs = PortValues()
    approved = serializers.BooleanField(allow_null=True)
    decided_by = UserRefSerializer(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    comment = serializers.CharField(allow_blank=True)
    values = JsonObject()
    may_decide = serializers.BooleanField(help_text="Whether you may, while it is open.")


class RunPlaceSerializer(RunRefSerializer):
    pipeline = PipelineRefSerializer()


class OpenApprovalSerializer(Shape):
    """A node that waits for a person's decision, and where it stands."""

    run = RunPlaceSerializer()
    root = RunPlaceSerializer(
        allow_null=True, help_text="Of a child run: the run in which all of it began."
    )
    node = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    role = serializers.ChoiceField(choices=ROLE_CHOICES, help_text="The lowest that may decide.")
    asked_at = serializers.DateTimeField()
    deadline = serializers.DateTimeField(allow_null=True)
    may_decide = serializers.BooleanField(help_text="Whether you may.")


class DecisionSerializer(Shape):
    approve = serializers.BooleanField()
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=10_000)
    values = JsonObject(required=False, default=dict, help_text="What the form asks for.")


@extend_schema_field(
    {"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string", "enum": ["draft"]}]},
)
class VersionChoice(serializers.JSONField):
    """Which definition is to be run: the number of a version, or the draft."""

    def to_internal_value(self, data: Any) -> Any:
        if data == "draft" and isinstance(data, str):
            return data
        if isinstance(data, int) and not isinstance(data, bool) and 1 <= data <= MAX_INTEGER:
            return data
        raise serializers.ValidationError("A version is a number from 1 on, or `draft`.")


class RunOptionsSerializer(Shape):
    """How this one run is to run."""

    priority = serializers.IntegerField(
        required=False,
        min_value=-100,
        max_value=100,
        help_text="Added to that of each node; 0 when left out.",
    )
    max_parallel = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MAX_NODES,
        help_text="How many of its nodes may be at work; that of the definition when left out.",
    )
    cache = serializers.BooleanField(
        required=False,
        help_text="With false every node runs, whatever the cache has; the results go into it. "
        "True when left out.",
    )


class StartRunSerializer(RunOptionsSerializer):
    version = VersionChoice(
        required=False, allow_null=True, help_text="The newest published one when left out."
    )
    parameters = JsonObject(required=False, default=dict)
    idempotency_key = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=200,
        help_text="A second call with the same key starts nothing and answers the same run.",
    )


class CloneRunSerializer(RunOptionsSerializer):
    """What is to be otherwise than in the run that is cloned; what is left out is as it was there."""

    parameters = JsonObject(
        required=False, allow_null=True, help_text="Override those of the run, one by one."
    )


class ResumeSerializer(Shape):
    version = VersionChoice(
        required=False, allow_null=True, help_text="That of the run when left out."
    )
    parameters = JsonObject(
        required=False, default=dict, help_text="Override those of the run, one by one."
    )
    dry_run = serializers.BooleanField(
        default=False, help_text="Start nothing: answer what would be kept and what would run."
    )


class RerunSerializer(ResumeSerializer):
    mode = serializers.ChoiceField(
        choices=RERUN_MODES,
        help_text="`from`: these nodes and all that follow. `to`: these and what they need. "
        "`only`: just these. `retry`: like `from`, with other parameters. `resume`: all that did "
        "not succeed.",
    )
    nodes = serializers.ListField(
        child=serializers.CharField(max_length=63),
        required=False,
        default=list,
        max_length=10_000,
        help_text="With `from` also single items of mapped nodes, such as `train[17]`: the other "
        "items that succeeded keep their results.",
    )
    params = NodeParams(
        required=False, default=dict, help_text="Other parameters for nodes, for this run alone."
    )


class RunToSerializer(Shape):
    version = VersionChoice(
        required=False, allow_null=True, help_text="The newest published one when left out."
    )
    nodes = serializers.ListField(
        child=serializers.CharField(max_length=63), min_length=1, max_length=10_000
    )
    parameters = JsonObject(required=False, default=dict)
    dry_run = serializers.BooleanField(
        default=False, help_text="Start nothing: answer what would run."
    )


class OutlookNodeSerializer(Shape):
    id = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    fate = serializers.ChoiceField(choices=[fate.value for fate in Fate])
    why = serializers.CharField()


class OutlookSerializer(Shape):
    """What a run would do before it is started: `keep` results, `run` nodes, `leave` nodes out."""

    origin = RunRefSerializer(allow_null=True)
    mode = serializers.ChoiceField(choices=RERUN_MODES)
    version = serializers.IntegerField(
        allow_null=True, help_text="Null for the draft, which would be published first."
    )
    parameters = JsonObject()
    node_params = NodeParams()
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many nodes have which fate."
    )
    nodes = OutlookNodeSerializer(many=True)


class EventSerializer(Shape):
    """An ordered fact about a run."""

    seq = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=EVENT_KINDS)
    node = serializers.CharField(allow_blank=True)
    data = JsonObject()  # type: ignore[assignment]
    at = serializers.DateTimeField()


class EventsSerializer(Shape):
    results = EventSerializer(many=True)
    next_after = serializers.IntegerField(
        allow_null=True, help_text="`?after=` of the next page; null when this was the last."
    )


class AttemptSerializer(Shape):
    number = serializers.IntegerField()
    state = serializers.CharField()
    worker = serializers.CharField(allow_blank=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    exit_code = serializers.IntegerField(allow_null=True)
    signal = serializers.CharField(allow_blank=True)
    error = NodeErrorSerializer(allow_null=True)
    inputs = PortValues()
    params = JsonObject()
    cpu_seconds = serializers.FloatField(allow_null=True)
    peak_memory = serializers.IntegerField(allow_null=True, help_text="Bytes.")
    log_bytes = serializers.IntegerField()
    log_lines = serializers.IntegerField()
    log_truncated = serializers.BooleanField()
    environment = serializers.CharField(
        allow_blank=True, help_text="Digest of the lock of what it ran in."
    )
    secrets = JsonObject(help_text="The secrets that it was given: the version by name.")


class MetricSerializer(Shape):
    name = serializers.CharField()
    value = serializers.FloatField()
    step = serializers.IntegerField(allow_null=True)
    attempt = serializers.IntegerField()


class NodeRunDetailSerializer(NodeRunSerializer):
    cache = CacheStorySerializer(
        allow_null=True, help_text="Null where the node does not use the cache, or did not run."
    )
    approval = ApprovalSerializer(allow_null=True)
    environment = NodeEnvironmentSerializer(
        allow_null=True, help_text="Null for Penstock's own libraries."
    )
    attempts = AttemptSerializer(many=True)
    metrics = MetricSerializer(many=True)


class LogQuerySerializer(Shape):
    attempt = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=MAX_INTEGER,
        help_text="The newest when left out; 0 for the building of the node's environment.",
    )
    offset = serializers.IntegerField(
        default=0, min_value=0, max_value=MAX_INTEGER, help_text="The byte to start from."
    )
    limit = serializers.IntegerField(
        default=256 * 1024, min_value=1024, max_value=1024 * 1024, help_text="Bytes."
    )
    tail = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=1024 * 1024,
        help_text="The last so many bytes, instead of offset and limit.",
    )
    download = serializers.BooleanField(
        default=False, help_text="1: the whole log as a text/plain attachment."
    )


class LogSerializer(Shape):
    """A piece of a log. Ask again from `next_offset`; `complete`: the attempt has ended."""

    attempt = serializers.IntegerField()
    offset = serializers.IntegerField()
    next_offset = serializers.IntegerField()
    size = serializers.IntegerField()
    first_line = serializers.IntegerField(help_text="The number of the first line, from 0.")
    lines = serializers.IntegerField()
    text = serializers.CharField(allow_blank=True)
    complete = serializers.BooleanField()
    truncated = serializers.BooleanField()
    cleaned_at = serializers.DateTimeField(
        allow_null=True, help_text="When the team's retention took the log away."
    )


class RunArtifactSerializer(Shape):
    """An artifact that a run's node produced, and under which port."""

    node = serializers.CharField()
    port = serializers.CharField()
    digest = serializers.CharField()
    type = serializers.CharField()
    size = serializers.IntegerField()
    name = serializers.CharField(allow_blank=True)
    media_type = serializers.CharField(allow_blank=True)
    facts = JsonObject()
    created_at = serializers.DateTimeField()
