"""Teams: members, invitations, service accounts."""

from rest_framework import serializers

from pipelines.teams.models import ROLE_CHOICES

from .common import Shape, UserRefSerializer


class NewTeamSerializer(Shape):
    name = serializers.CharField(max_length=120)
    slug = serializers.RegexField(
        r"^[a-z0-9][a-z0-9_-]{0,62}\Z",
        default="",
        allow_blank=True,
        help_text="Its short name in addresses; made from the name if it is left out.",
    )


class RenameTeamSerializer(Shape):
    name = serializers.CharField(max_length=120)


class MemberSerializer(Shape):
    """A person or a service account in a team, with the role there."""

    id = serializers.IntegerField()
    user = UserRefSerializer()
    kind = serializers.ChoiceField(choices=["person", "service"], source="user.kind")
    name = serializers.CharField(source="user.get_full_name")
    email = serializers.CharField(source="user.email")
    role = serializers.ChoiceField(choices=ROLE_CHOICES)


class ChangeRoleSerializer(Shape):
    role = serializers.ChoiceField(choices=ROLE_CHOICES)


class InvitationSerializer(Shape):
    id = serializers.IntegerField()
    role = serializers.ChoiceField(choices=ROLE_CHOICES)
    note = serializers.CharField(help_text="For whom it is.")
    created_by = UserRefSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class NewInvitationSerializer(Shape):
    role = serializers.ChoiceField(choices=ROLE_CHOICES)
    note = serializers.CharField(default="", allow_blank=True, max_length=200)


class CreatedInvitationSerializer(InvitationSerializer):
    link = serializers.CharField(help_text="Shown this once. Whoever opens it first may join.")


class NewServiceSerializer(Shape):
    name = serializers.CharField(max_length=60)
    role = serializers.ChoiceField(choices=ROLE_CHOICES)
