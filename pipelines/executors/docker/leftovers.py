"""Containers that nobody watches any more, and how they go."""

import logging
from collections.abc import Mapping
from contextlib import suppress

from ..containers.faults import Missing, Refused, Unreachable
from ..containers.owners import Owner
from .daemon import Daemon

logger = logging.getLogger(__name__)

_PREFIX = "penstock."


class Leftovers:
    """Of dead workers with the same directory, and those of our own that did not go."""

    def __init__(self, daemon: Daemon, owner: Owner) -> None:
        self._daemon = daemon
        self._owner = owner

    @property
    def labels(self) -> Mapping[str, str]:
        """For every container of this worker."""
        return {_PREFIX + name: value for name, value in self._owner.labels.items()}

    def add(self, container: str) -> None:
        """One of our own that could not be removed."""
        self._owner.remember(container)

    def sweep(self, *, at_once: bool = False) -> None:
        """Remove what is left over. Quick, and of no effect when that was done a moment ago."""
        if not self._owner.may_sweep(at_once=at_once):
            return
        mine = f"{_PREFIX}workdir={self._owner.workdir_id}"
        try:
            for found in self._daemon.ask("containers", all=True, filters={"label": mine}):
                container, owner = found["Id"], found["Labels"].get(_PREFIX + "owner", "")
                if self._owner.is_left_over(container, owner):
                    logger.warning("Removing container %s, left by %s", container[:12], owner)
                    with suppress(Missing):
                        self._daemon.ask("remove_container", container, force=True, v=True)
                    self._owner.forget(container)
        except (Unreachable, Refused) as error:
            logger.warning("Containers that were left over cannot be looked for now: %s", error)
