"""The built-in components: one readable file each, ordinary components like anyone's."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.core.component import ComponentSpec


def load() -> "list[ComponentSpec]":
    """Every built-in component, by namespace and name. Read once per process."""
    # A step that opens the bundled data imports this package; it must not pay for reading specs.
    from .specs import read_all

    return list(read_all())
