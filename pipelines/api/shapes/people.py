"""Who is asking, and the tokens of that person."""

from rest_framework import serializers

from pipelines.teams.models import Role

from .common import Shape


class MyTeamSerializer(Shape):
    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)


class MeSerializer(Shape):
    """The person who is asking, and the teams that person is in."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    email = serializers.CharField()
    is_staff = serializers.BooleanField()
    has_password = serializers.BooleanField()
    teams = MyTeamSerializer(many=True)


class PasswordSerializer(Shape):
    current = serializers.CharField(
        required=False,
        max_length=4096,
        trim_whitespace=False,
        help_text="Needed when there is a password already.",
    )
    new = serializers.CharField(max_length=4096, trim_whitespace=False)


class ApiTokenSerializer(Shape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="How its owner recognises it.")
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class NewApiTokenSerializer(Shape):
    name = serializers.CharField(default="token", max_length=120)


class CreatedApiTokenSerializer(ApiTokenSerializer):
    token = serializers.CharField(help_text="Shown this once; only its hash is kept.")


class CredentialsSerializer(Shape):
    """Left out by a person who is signed in already."""

    username = serializers.CharField(required=False, max_length=150)
    password = serializers.CharField(required=False, max_length=4096, trim_whitespace=False)


class SecretSerializer(Shape):
    token = serializers.CharField()
