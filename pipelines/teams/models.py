"""Who owns things, and who may reach them."""

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

from .roles import Action, Role, scopes


class User(AbstractUser):
    """A person, or a service account: a member that is no person and has tokens only."""

    service_of = models.ForeignKey(
        "Team", null=True, blank=True, on_delete=models.CASCADE, related_name="services"
    )
    #: The token by which this user asks at the moment, None for a session. Never stored.
    token: "ApiToken | None" = None

    @property
    def scopes(self) -> frozenset[Action] | None:
        """What the token allows at most; None when there is none, or one without limits."""
        return self.token.allowed if self.token else None

    @property
    def kind(self) -> str:
        return "service" if self.service_of_id else "person"


class Team(models.Model):
    """Owns everything: pipelines, runs, artifacts, components."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=63, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    members = models.ManyToManyField(User, through="Membership", related_name="teams")

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class TeamPolicy(models.Model):
    """How long a team keeps what it makes, and how much it may have at most.

    Null takes what is set for the whole Penstock (`PENSTOCK_KEEP_…`, `PENSTOCK_QUOTA_…`), 0 is
    for ever and without a limit. `policies` says what holds.
    """

    team = models.OneToOneField(
        Team, on_delete=models.CASCADE, primary_key=True, related_name="policy"
    )
    #: Days since a run's end; of each pipeline the newest runs stay all the same.
    runs_days = models.PositiveIntegerField(null=True, blank=True)
    runs_newest = models.PositiveIntegerField(null=True, blank=True)
    logs_days = models.PositiveIntegerField(null=True, blank=True)
    #: Days since nothing that is kept refers to it any more.
    artifacts_days = models.PositiveIntegerField(null=True, blank=True)
    storage_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    open_runs = models.PositiveIntegerField(null=True, blank=True)
    runs_per_day = models.PositiveIntegerField(null=True, blank=True)
    pipelines = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return f"policy of {self.team}"


ROLE_CHOICES = [(role.value, role.value.capitalize()) for role in Role]


class Membership(models.Model):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=ROLE_CHOICES, default=Role.VIEWER.value)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team", "user"], name="one_role_per_team")
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.team}"


class ApiToken(models.Model):
    """A key for scripts. Only its SHA-256 is kept; `prefix` lets its owner recognise it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=120, default="token")
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_ip = models.CharField(max_length=45, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    scopes = models.JSONField(null=True, blank=True, help_text="Names of actions; null for all.")

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def allowed(self) -> frozenset[Action] | None:
        """What it may be used for at most; the role of its user counts besides."""
        return scopes(self.scopes)


class Invitation(models.Model):
    """A link that makes one person a member, once. Only its SHA-256 is kept."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=20, choices=ROLE_CHOICES)
    note = models.CharField(max_length=200, blank=True, help_text="For whom it is.")
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.note or f"invitation as {self.role}"


class TeamSecret(models.Model):
    """A secret of a team: nobody reads the value back, steps are given it by its name.

    `version` grows with every new value.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=63)
    description = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    ciphertext = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team", "name"], name="one_secret_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class AllowedHost(models.Model):
    """A host or a network that a team's steps may reach although it is not public."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="allowed_hosts")
    entry = models.CharField(max_length=300)
    note = models.CharField(max_length=200, blank=True, help_text="What it is for.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering: ClassVar = ["entry"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team", "entry"], name="one_entry_per_host")
        ]

    def __str__(self) -> str:
        return self.entry


class Connection(models.Model):
    """How to reach a database or a service of a team. Secret fields are in the ciphertext alone.

    `version` grows with every change of the fields.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="connections")
    name = models.CharField(max_length=63)
    type = models.CharField(max_length=30)
    description = models.CharField(max_length=300, blank=True)
    fields = models.JSONField(default=dict)
    ciphertext = models.BinaryField()
    secrets_set = models.JSONField(default=list, help_text="Names of the secret fields.")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    tested_at = models.DateTimeField(null=True, blank=True)
    test_ok = models.BooleanField(null=True)
    test_message = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team", "name"], name="one_connection_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class LoginLink(models.Model):
    """A link that logs one person in, once. Only its SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="login_links")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"login link for {self.user}"


class SecondFactor(models.Model):
    """The key of a person's authenticator app. Counts once it is confirmed by a code."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    ciphertext = models.BinaryField(help_text="The key, encrypted like secrets are.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_step = models.BigIntegerField(null=True, help_text="The time step of the last code taken.")

    def __str__(self) -> str:
        return f"second factor of {self.user}"


class RecoveryCode(models.Model):
    """Signs in once instead of a code of the app. Only its SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "digest"], name="one_recovery_code")
        ]

    def __str__(self) -> str:
        return f"recovery code of {self.user}"


class AuditEntry(models.Model):
    """Who did what to what, when and from where. Never changed and never deleted: a trigger
    forbids it, and the chain of seals shows it.

    Users, teams and objects are told by value, so that an entry outlives them. `before` and
    `after` are canonical JSON kept as text: a database's own JSON type would rewrite numbers, and
    the digest with them.
    """

    at = models.DateTimeField()
    team_id = models.UUIDField(null=True)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=150, blank=True)
    token = models.CharField(max_length=140, blank=True)
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=100, blank=True)
    object_name = models.CharField(max_length=200, blank=True)
    before = models.TextField(default="null")
    after = models.TextField(default="null")
    ip = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["team_id", "-id"], name="audit_of_team"),
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_of_object"),
        ]

    def __str__(self) -> str:
        return f"{self.actor or self.actor_kind}: {self.action} {self.object_name}"


class DeniedAttempts(models.Model):
    """How often nobody known was denied, from one source in one window of time."""

    source = models.CharField(max_length=64)
    window = models.BigIntegerField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "window"], name="one_count_per_window")
        ]
        indexes: ClassVar = [models.Index(fields=["window"], name="denied_by_age")]

    def __str__(self) -> str:
        return f"{self.count} attempts from {self.source}"


class AuditPending(models.Model):
    """An entry that is committed and waits for its place in the chain. Gone within a second."""

    entry_id = models.BigIntegerField(unique=True)

    def __str__(self) -> str:
        return f"entry {self.entry_id}"


class AuditSeal(models.Model):
    """The place of an entry in the chain: the hash is of the seal before it and of the entry."""

    number = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField(unique=True)
    hash = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"seal {self.number}"
