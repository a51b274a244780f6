"""What is wrong with a definition, said so that a person understands it."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """One finding about a definition; the canvas, the API, the CLI and the SDK show the same list.

    `code` is stable and machine-readable (`cycle`, `unknown_component`, ...). `edge` is the edge's
    text form, `load.table -> train.data` or `load -> train`. `field` is the dotted path inside the
    node (`params.path`, `retry.max_attempts`) or the document (`parameters.0.name`).
    """

    model_config = ConfigDict(frozen=True)

    code: str
    message: str
    node: str | None = None
    port: str | None = None
    edge: str | None = None
    field: str | None = None


class InvalidDefinition(ValueError):
    """Raised where a valid definition is required; carries every problem, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))

    def as_dicts(self) -> list[dict[str, Any]]:
        return [problem.model_dump() for problem in self.problems]
