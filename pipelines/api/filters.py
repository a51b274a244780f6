"""Filters that several lists share."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError


class TeamFilter(django_filters.CharFilter):
    """`?team=` by id or slug. A foreign team gives an empty list, like one that does not exist."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=63, help_text="Id or slug of a team.", **options)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        try:
            return qs.filter(team_id=UUID(value))
        except ValueError:
            return qs.filter(team__slug=value)


class MomentFilter(django_filters.IsoDateTimeFilter):
    """A moment with any offset, asked for in UTC: PostgreSQL refuses offsets over 16 hours."""

    def filter(self, qs: QuerySet[Any], value: datetime | None) -> QuerySet[Any]:
        if value is None:
            return qs
        try:
            return super().filter(qs, value.astimezone(UTC))
        except OverflowError as error:
            message = f"`{value.isoformat()}` is no moment between the years 1 and 9999 in UTC."
            raise ValidationError({str(self.field_name): [message]}) from error


class StableOrdering(django_filters.OrderingFilter):
    """`?ordering=`, with the id as the last word: rows that are equal would else change pages."""

    def filter(self, qs: QuerySet[Any], value: list[str] | None) -> QuerySet[Any]:
        chosen = [self.get_ordering_value(each) for each in value or () if each]
        return qs.order_by(*chosen, "pk") if chosen else qs
