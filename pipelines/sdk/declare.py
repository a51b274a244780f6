"""How a function says that it is a component. Both are read from the source, without running it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, overload

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Param:
    """What a form should know about a parameter: `Annotated[int, Param(title="Rows", minimum=1)]`.

    Also accepted on input ports and outputs, where only `help` counts. `format` is a hint for the
    form: `file`, `code` (with `language`), `textarea`, `column`, `columns`, `uri`, `secret`,
    `connection` (with `connection_types`).
    """

    title: str | None = None
    help: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    exclusive_maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    pattern: str | None = None
    choices: Sequence[Any] | None = None
    format: str | None = None
    connection_types: Sequence[str] | None = None
    language: str | None = None
    examples: Sequence[Any] | None = None


@overload
def component(function: Function, /) -> Function: ...
@overload
def component(
    *,
    name: str = ...,
    namespace: str = ...,
    title: str = ...,
    category: str = ...,
    icon: str = ...,
) -> Callable[[Function], Function]: ...
def component(
    function: Function | None = None,
    /,
    *,
    name: str = "",
    namespace: str = "",
    title: str = "",
    category: str = "",
    icon: str = "",
) -> Function | Callable[[Function], Function]:
    """Mark the function that is the component, and say how the palette shows it.

    The function itself is left as it is, so it can be called and tested like any other.
    """

    def mark(marked: Function) -> Function:
        marked.__dict__["__component__"] = {
            "name": name or marked.__name__,
            "namespace": namespace,
            "title": title,
            "category": category,
            "icon": icon,
        }
        return marked

    return mark(function) if function is not None else mark
