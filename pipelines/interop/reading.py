"""A component out of a file, whichever of the formats it has."""

from . import component_file, text
from .component_file import ComponentFile
from .kfp import reading as kfp
from .text import Unreadable


def read(content: str, namespace: str) -> ComponentFile:
    """Raises Unreadable. `namespace` is for what has none of its own."""
    found = text.load(content)
    if component_file.is_ours(found):
        return component_file.read(found)
    if kfp.is_component(found):
        return kfp.read(found, namespace)
    raise Unreadable(
        "The file is no component: it has neither `penstock: component`, nor the `implementation` "
        "of a KFP component.yaml."
    )
