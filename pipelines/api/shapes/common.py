"""Shapes that several resources share."""

from typing import Any

from rest_framework import serializers

from .fields import MAX_INTEGER, JsonObject


# No docstring: every shape without one of its own would show it in the OpenAPI document.
class Shape(serializers.Serializer[Any]):
    pass


class UserRefSerializer(Shape):
    """A person, as far as others need to know."""

    id = serializers.IntegerField()
    username = serializers.CharField()


class TeamRefSerializer(Shape):
    """A team, as far as others need to know."""

    name = serializers.CharField()
    slug = serializers.CharField()


class DefinitionProblemSerializer(Shape):
    """One finding about a definition, with the node, port, edge or field that it is about."""

    code = serializers.CharField()
    message = serializers.CharField()
    node = serializers.CharField(allow_null=True)
    port = serializers.CharField(allow_null=True)
    edge = serializers.CharField(allow_null=True)
    field = serializers.CharField(allow_null=True)


class ProblemSerializer(Shape):
    """An error (RFC 9457): what happened, to what, and what to do next."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = JsonObject(  # type: ignore[assignment]
        required=False, help_text="For 400: the messages by field."
    )
    problems = DefinitionProblemSerializer(
        many=True, required=False, help_text="For 422: everything that is wrong."
    )


class PositionSerializer(Shape):
    """Where to go on in a list of numbered things."""

    after = serializers.IntegerField(
        default=0, min_value=0, max_value=MAX_INTEGER, help_text="Only what has a higher number."
    )
    limit = serializers.IntegerField(default=500, min_value=1, max_value=1000)
