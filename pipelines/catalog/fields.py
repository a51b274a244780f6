"""JSON whose key order is kept."""

import json
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    _Base = models.JSONField  # takes and gives any JSON, which a text field's types would deny
else:
    _Base = models.TextField


class OrderedJSONField(_Base):
    """JSON stored as text. PostgreSQL's jsonb sorts keys, and a form's fields would trade places."""

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

    def value_to_string(self, obj: models.Model) -> Any:
        return self.value_from_object(obj)

    def to_python(self, value: Any) -> Any:
        return value
