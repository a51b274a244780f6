"""Runs as rows. The database is the truth; everything else is a hint or a view."""

import uuid
from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelines.catalog.fields import OrderedJSONField
from pipelines.designs.models import Pipeline, PipelineVersion
from pipelines.teams.models import Team, User

LABEL = RegexValidator(
    r"^[a-z0-9][a-z0-9_-]{0,62}\Z", "Small letters, digits, - and _, at most 63 of them."
)


#: `Run.trigger` of a component that is tried before it is published; see `runs.tries`.
TRIED = "try"


class RunState(models.TextChoices):
    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"


class NodeState(models.TextChoices):
    PENDING = "pending"
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class Run(models.Model):
    """One execution of one pipeline version with given parameters.

    A run with a `parent` is a child run: the sub-pipeline that this node uses, in round `round` of
    its loop, for the node's try number `tried`. `root` is then the run without a parent in which all
    of this began.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="runs")
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="runs")
    version = models.ForeignKey(PipelineVersion, on_delete=models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=RunState.choices, default=RunState.PENDING)
    reason = models.TextField(blank=True, default="")
    parameters = models.JSONField(default=dict)
    trigger = models.CharField(max_length=20, default="manual")
    cloned_from = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="clones"
    )
    #: The run of which this one keeps results; `mode` says what of it was to run again, from
    #: which nodes (`chosen`).
    origin = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="reruns"
    )
    mode = models.CharField(max_length=10, blank=True, default="")
    chosen = models.JSONField(default=list)
    #: Parameters of nodes that differ from the version's in this run: `{node: {name: value}}`.
    node_params = models.JSONField(default=dict)
    idempotency_key = models.CharField(max_length=200, null=True, blank=True)
    on_failure = models.CharField(max_length=10, default="stop")
    priority = models.SmallIntegerField(default=0)
    #: At most so many of its nodes are at work at the same time.
    max_parallel = models.PositiveIntegerField(null=True, blank=True)
    #: Without it no node looks for an earlier result; what they make can be used by later runs.
    use_cache = models.BooleanField(default=True)
    open_nodes = models.PositiveIntegerField(default=0)
    failed_nodes = models.PositiveIntegerField(default=0)
    #: Of the open nodes those that run on exit, when all else is over; then the run is `exiting`.
    open_exits = models.PositiveIntegerField(default=0)
    stopping = models.BooleanField(default=False)
    cancel_requested = models.BooleanField(default=False)
    exiting = models.BooleanField(default=False)
    exit_cancelled = models.BooleanField(default=False)
    parent = models.ForeignKey(
        "NodeRun", on_delete=models.CASCADE, null=True, blank=True, related_name="child_runs"
    )
    root = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="descendants",
        db_index=False,
    )
    round = models.PositiveIntegerField(default=0)
    tried = models.PositiveIntegerField(default=0)
    #: `{state: nodes}` without items of mapped nodes, changed with the nodes: nobody who shows a run
    #: in a list has to count them.
    node_counts = models.JSONField(default=dict)
    last_seq = models.PositiveBigIntegerField(default=0)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    #: The token with which it was started, as its owner named it; empty for a session.
    started_token = models.CharField(max_length=140, blank=True, default="")
    #: Pinned by a person: kept, whatever the team's retention says. Of child runs their root's counts.
    pinned_at = models.DateTimeField(null=True, blank=True)
    pinned_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    pin_reason = models.CharField(max_length=300, blank=True, default="")
    #: When retention took the logs away.
    logs_cleaned_at = models.DateTimeField(null=True, blank=True)
    #: Retention is taking it away: it is shown nowhere any more, and its rows go bit by bit.
    removed_at = models.DateTimeField(null=True, blank=True)

    #: Set on what `actions.start` gives back for an idempotency key that was used before.
    repeated: bool = False

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["team", "-created_at"]),
            models.Index(fields=["pipeline", "-created_at"]),
            models.Index(fields=["state", "-created_at"]),
            models.Index(
                fields=["state"], condition=Q(max_parallel__isnull=False), name="runs_limited"
            ),
            models.Index(fields=["root"], condition=Q(root__isnull=False), name="runs_inside"),
            models.Index(fields=["team"], condition=Q(removed_at__isnull=False), name="runs_going"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pipeline", "number"], name="one_run_per_number"),
            models.UniqueConstraint(
                fields=["pipeline", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="one_run_per_idempotency_key",
            ),
            models.UniqueConstraint(
                fields=["parent", "tried", "round"],
                condition=Q(parent__isnull=False),
                name="one_child_run_per_round",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pipeline} #{self.number}"


class Lane(models.Model):
    """Node runs that are alike to whoever chooses the next one; see `core.scheduling`.

    There are a few for each team, made when a run first needs them. `run` is set for the lanes of a
    run with `max_parallel`. `key` is all of it in one text, so that nobody makes a lane twice.
    """

    key = models.CharField(max_length=300, unique=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    queue = models.CharField(max_length=63)
    pool = models.CharField(max_length=63, blank=True, default="")
    priority = models.SmallIntegerField(default=0)
    #: Thousandths of a core; null is the share of one slot.
    cpu = models.PositiveIntegerField(null=True, blank=True)
    memory = models.PositiveBigIntegerField(default=0)
    gpu = models.PositiveSmallIntegerField(default=0)
    #: Names with commas, one of which is needed; empty for what every worker can run.
    executors = models.CharField(max_length=100, blank=True, default="")
    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, null=True, blank=True, related_name="lanes"
    )
    max_parallel = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key


# Where the rows of something are found by a unique constraint that begins with it, a foreign key has
# no index of its own: each would be written again with every change of state.


class NodeRun(models.Model):
    """One node's execution in a run.

    `plan` is all that running this node needs, copied at the start of the run, so that finishing
    a node reads its own row and those of its neighbours and nothing that grows with the graph.

    An item of a mapped node is a row like any other, called `train[17]`: `parent` is `train`, `item`
    is 17, and its plan holds only what differs from its parent's. `phase` and the `items_` counts of
    the mapped node itself are explained in `core.run_view.NodeView`.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="node_runs", db_index=False)
    node = models.CharField(max_length=80)
    parent = models.CharField(max_length=63, blank=True, default="")
    item = models.PositiveIntegerField(null=True, blank=True)
    position = models.PositiveIntegerField()
    plan = models.JSONField()
    state = models.CharField(max_length=12, choices=NodeState.choices, default=NodeState.PENDING)
    reason = models.TextField(blank=True, default="")
    queue = models.CharField(max_length=63, default="default")
    #: Without one it is never chosen; the sweep gives a queued row the one that it lacks.
    lane = models.ForeignKey(
        Lane, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    attempt = models.PositiveIntegerField(default=0)
    #: Attempts whose worker vanished, and those that a worker gave back when it was stopped.
    losses = models.PositiveIntegerField(default=0)
    releases = models.PositiveIntegerField(default=0)
    #: Which upstream node speaks against starting this one, in words.
    blocked_by = models.CharField(max_length=500, blank=True, default="")
    #: A fresh value for each claim, set exactly while the node runs; whoever shows another one
    #: comes too late.
    token = models.UUIDField(null=True, blank=True)
    worker = models.CharField(max_length=200, blank=True, default="")
    #: Set exactly while a worker runs the node.
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    #: Set while the node waits: for its next try, for another look, or until a deadline; and while
    #: its child run is at work, if that must be over by then.
    run_at = models.DateTimeField(null=True, blank=True)
    #: When a worker was last told that this node is queued.
    published_at = models.DateTimeField(null=True, blank=True)
    upstream_open = models.PositiveIntegerField(default=0)
    upstream_success = models.PositiveIntegerField(default=0)
    upstream_failed = models.PositiveIntegerField(default=0)
    upstream_skipped = models.PositiveIntegerField(default=0)
    on_exit = models.BooleanField(default=False)
    phase = models.CharField(max_length=10, blank=True, default="")
    items_total = models.PositiveIntegerField(default=0)
    items_queued = models.PositiveIntegerField(default=0)
    items_open = models.PositiveIntegerField(default=0)
    items_failed = models.PositiveIntegerField(default=0)
    outputs = models.JSONField(default=dict)
    error = models.JSONField(null=True, blank=True)
    progress = models.FloatField(null=True, blank=True)
    cached = models.BooleanField(default=False)
    #: Set where others may take the outputs from: on a success that really ran, with `cache` on.
    cache_key = models.CharField(max_length=64, null=True, blank=True)
    #: The digest of its environment's lock; empty for Penstock's own libraries.
    environment = models.CharField(max_length=64, blank=True, default="")
    #: The building of its environment that it has waited for last.
    build = models.ForeignKey(
        "EnvironmentBuild", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    #: What the key was made of, in short, so that a miss can say why.
    cache_parts = models.JSONField(null=True, blank=True)
    #: `{"run": id, "number", "pipeline", "node", "at"}` of the node run that made these outputs,
    #: where it was not this one.
    reused_from = models.JSONField(null=True, blank=True)
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "node"], name="one_node_run_per_node")
        ]
        # SQLite uses a partial index only for a condition that needs no bound value, so the
        # conditions here are all IS NOT NULL.
        indexes: ClassVar = [
            models.Index(fields=["state", "queue", "queued_at", "id"], name="node_runs_by_state"),
            # These two are used by statements that are written out, with the state as a literal.
            models.Index(
                fields=["lane", "queued_at", "id"],
                condition=Q(state="queued"),
                name="node_runs_queued",
            ),
            models.Index(
                fields=["lane"], condition=Q(token__isnull=False), name="node_runs_at_work"
            ),
            models.Index(
                fields=["lease_expires_at"],
                condition=Q(lease_expires_at__isnull=False),
                name="node_runs_leased",
            ),
            models.Index(
                fields=["run_at"], condition=Q(run_at__isnull=False), name="node_runs_due"
            ),
            models.Index(
                fields=["run", "parent", "state", "item"],
                condition=Q(item__isnull=False),
                name="node_runs_items",
            ),
            models.Index(
                fields=["cache_key"], condition=Q(cache_key__isnull=False), name="node_runs_cached"
            ),
            models.Index(
                fields=["token"], condition=Q(token__isnull=False), name="node_runs_claimed"
            ),
            models.Index(
                fields=["run"], condition=Q(reused_from__isnull=False), name="node_runs_reusing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.node} of run {self.run_id}"


class Attempt(models.Model):
    """One try of one node run, with its own log, times, exit and worker."""

    node_run = models.ForeignKey(
        NodeRun, on_delete=models.CASCADE, related_name="attempts", db_index=False
    )
    number = models.PositiveIntegerField()
    token = models.UUIDField()
    worker = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=12, default="running")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    exit_code = models.IntegerField(null=True, blank=True)
    signal = models.CharField(max_length=20, blank=True, default="")
    error = models.JSONField(null=True, blank=True)
    inputs = models.JSONField(default=dict)
    params = models.JSONField(default=dict)
    cpu_seconds = models.FloatField(null=True, blank=True)
    peak_memory = models.PositiveBigIntegerField(null=True, blank=True)
    log_bytes = models.PositiveBigIntegerField(default=0)
    log_lines = models.PositiveBigIntegerField(default=0)
    log_truncated = models.BooleanField(default=False)
    #: The digest of the lock of what it ran in, Penstock's own libraries included.
    environment = models.CharField(max_length=64, blank=True, default="")
    #: The secrets that it was given: version by name, never a value.
    secrets = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["node_run", "number"], name="one_attempt_per_number")
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.node_run}"


class Approval(models.Model):
    """A node that waits for a person, and how that person decided.

    `role` is the lowest that may decide. `form` is a JSON Schema of the values that are asked for.
    """

    node_run = models.OneToOneField(NodeRun, on_delete=models.CASCADE, related_name="approval")
    message = models.TextField(blank=True)
    form = OrderedJSONField(default=dict)
    role = models.CharField(max_length=20)
    #: What happens when nobody has decided until then: `fail`, `approve` or `reject`.
    deadline = models.DateTimeField(null=True, blank=True)
    on_deadline = models.CharField(max_length=10, default="fail")
    asked_at = models.DateTimeField(default=timezone.now)
    approved = models.BooleanField(null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    comment = models.TextField(blank=True, default="")
    values = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["asked_at", "id"], condition=Q(approved=None), name="approvals_undecided"
            )
        ]

    def __str__(self) -> str:
        return f"approval of {self.node_run}"


class LogChunk(models.Model):
    """A batch of log lines of one attempt. `offset` and `first_line` count bytes and lines before it."""

    attempt = models.ForeignKey(
        Attempt, on_delete=models.CASCADE, related_name="log_chunks", db_index=False
    )
    offset = models.PositiveBigIntegerField()
    first_line = models.PositiveBigIntegerField()
    lines = models.PositiveIntegerField()
    text = models.TextField()

    class Meta:
        ordering: ClassVar = ["offset"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["attempt", "offset"], name="one_chunk_per_offset")
        ]

    def __str__(self) -> str:
        return f"log of {self.attempt} from byte {self.offset}"


class Metric(models.Model):
    """One number that a step reported, with an optional `step` for curves."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="metrics")
    name = models.CharField(max_length=200)
    value = models.FloatField()
    step = models.BigIntegerField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"


class Event(models.Model):
    """An ordered fact about a run, numbered per run without gaps; what the browser lives on."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events", db_index=False)
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=40)
    node = models.CharField(max_length=63, blank=True, default="")
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "seq"], name="one_event_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"


class Worker(models.Model):
    """A worker process as it announces itself, and again every few seconds while it lives."""

    name = models.CharField(max_length=200, unique=True)
    host = models.CharField(max_length=100)
    queues = models.JSONField(default=list)
    executors = models.JSONField(default=list)
    #: Executors that it cannot use, by name: what is missing.
    lacks = models.JSONField(default=dict)
    slots = models.PositiveIntegerField()
    busy = models.PositiveIntegerField(default=0)
    #: Cores, bytes, devices.
    cpu = models.FloatField()
    memory = models.PositiveBigIntegerField()
    gpu = models.PositiveIntegerField(default=0)
    #: `strong`, `basic` or `none`; empty until its first warm pool has found out.
    isolation = models.CharField(max_length=10, blank=True, default="")
    version = models.CharField(max_length=40, blank=True, default="")
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["host", "name"]

    def __str__(self) -> str:
        return self.name


class LimitScope(models.TextChoices):
    POOL = "pool"
    QUEUE = "queue"
    TEAM = "team"


class Limit(models.Model):
    """How many nodes may be at work at the same time: of a named pool, a queue or a team.

    `name` is the pool's or the queue's; a team is named by `team`.
    """

    scope = models.CharField(max_length=5, choices=LimitScope.choices)
    name = models.CharField(max_length=63, blank=True, default="", validators=[LABEL])
    team = models.OneToOneField(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="limit"
    )
    slots = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["scope", "name", "team__slug"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["scope", "name"], condition=~Q(name=""), name="one_limit_per_name"
            ),
            models.CheckConstraint(
                condition=Q(scope="team", name="", team__isnull=False)
                | (~Q(scope="team") & ~Q(name="") & Q(team__isnull=True)),
                name="a_limit_names_one_thing",
                violation_error_message="A limit is of a team, or of a pool or queue by its name.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.team.slug if self.team else self.name}: {self.slots}"


class EnvironmentLock(models.Model):
    """The exact versions and hashes for a team's requirements; without a team Penstock's own.

    `key` stands for the requirements, `digest` is the SHA-256 of `text`. At most one lock of a key
    is `current`: what the next run uses. The others stay, because runs have recorded them.
    """

    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="environment_locks"
    )
    key = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    python = models.CharField(max_length=20)
    platform = models.CharField(max_length=60)
    requirements = models.JSONField(default=list)
    #: What Penstock needs besides for the component's ports.
    added = models.JSONField(default=list)
    text = models.TextField()
    current = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team", "key", "digest"], name="one_lock_per_key_and_digest"
            ),
            models.UniqueConstraint(
                fields=["team", "key"], condition=Q(current=True), name="one_current_lock_per_key"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["digest"])]

    def __str__(self) -> str:
        return f"environment {self.digest[:12]}"


class EnvironmentBuild(models.Model):
    """One time that a worker made an environment, or tried to. Nodes that waited show its log."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="environment_builds")
    requirements = models.JSONField(default=list)
    #: Empty until the versions are chosen.
    digest = models.CharField(max_length=64, blank=True, default="")
    worker = models.CharField(max_length=200)
    state = models.CharField(max_length=12, default="running")
    error = models.TextField(blank=True, default="")
    log = models.TextField(blank=True, default="")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-started_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["team", "digest"])]

    def __str__(self) -> str:
        return f"build {self.pk} of {self.digest[:12] or 'an environment'}"


class CleanUp(models.Model):
    """One time that retention went through what a team has; without a team: the artifact storage.

    The scheduler makes one for each day; people ask for others, without a `day`.
    """

    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="clean_ups"
    )
    day = models.DateField(null=True, blank=True)
    asked_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    #: What it freed, see `retention.Freed`.
    freed = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team", "day"], name="one_clean_up_per_day"),
            models.UniqueConstraint(
                fields=["day"], condition=Q(team__isnull=True), name="one_sweep_per_day"
            ),
        ]

    def __str__(self) -> str:
        return f"clean-up of {self.team or 'the storage'}"
