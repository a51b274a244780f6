"""Who is asking, and the tokens of that person."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from pipelines.teams.models import ROLE_CHOICES
from pipelines.teams.roles import Action

from .common import Shape

ACTION_CHOICES = [(action.value, action.value) for action in Action]


class MyTeamSerializer(Shape):
    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    role = serializers.ChoiceField(choices=ROLE_CHOICES)


class MeSerializer(Shape):
    """The person who is asking, and the teams that person is in."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    email = serializers.CharField()
    is_staff = serializers.BooleanField()
    has_password = serializers.BooleanField()
    has_second_factor = serializers.BooleanField()
    teams = MyTeamSerializer(many=True)


class PasswordSerializer(Shape):
    current = serializers.CharField(
        required=False,
        max_length=4096,
        trim_whitespace=False,
        help_text="Needed when there is a password already.",
    )
    new = serializers.CharField(max_length=4096, trim_whitespace=False)


class Scopes(serializers.ListField):
    """What a token may be used for at most; null for all that its user may do."""

    def __init__(self, **options: Any) -> None:
        child = serializers.ChoiceField(choices=ACTION_CHOICES)
        text = "The role counts besides. Null: all that the role allows."
        super().__init__(child=child, allow_null=True, max_length=40, help_text=text, **options)


class ApiTokenSerializer(Shape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="How its owner recognises it.")
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    last_used_ip = serializers.CharField(help_text="From where it was used last; may be empty.")
    expires_at = serializers.DateTimeField(allow_null=True)
    scopes = Scopes()


class NewApiTokenSerializer(Shape):
    name = serializers.CharField(default="token", max_length=120)
    scopes = Scopes(default=None)
    expires_at = serializers.DateTimeField(
        default=None, allow_null=True, help_text="When it stops working; null for never."
    )

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError("This moment is over; choose a later one.")
        return value


class CreatedApiTokenSerializer(ApiTokenSerializer):
    token = serializers.CharField(help_text="Shown this once; only its hash is kept.")


class CredentialsSerializer(Shape):
    """Left out by a person who is signed in already."""

    username = serializers.CharField(required=False, max_length=150)
    password = serializers.CharField(required=False, max_length=4096, trim_whitespace=False)
    code = serializers.CharField(
        required=False,
        max_length=40,
        help_text="Of the authenticator app, or a recovery code, where two-step sign-in is on.",
    )


class SecretSerializer(Shape):
    token = serializers.CharField()


class ActionSerializer(Shape):
    """One row of the table of roles and actions."""

    action = serializers.ChoiceField(choices=ACTION_CHOICES)
    words = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=ROLE_CHOICES))
