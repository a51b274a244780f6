"""The secrets that a step was given by name."""

from collections.abc import Mapping

from .errors import Failure

_given: dict[str, str] = {}


def give(secrets: Mapping[str, str]) -> None:
    """What `secret` knows from now on; called before the step's own code."""
    _given.clear()
    _given.update(secrets)


def secret(name: str) -> str:
    """The value of a secret that is listed under *Secrets* of the node.

    Whatever the step prints has it masked. Raises Failure for one that is not listed.
    """
    try:
        return _given[name]
    except KeyError:
        known = ", ".join(f"`{each}`" for each in _given) or "none"
        raise Failure(
            f"This step is given no secret `{name}`, but {known}; list it under Secrets of the node."
        ) from None
