"""Environments of components: installed by uv from a lock, once per machine, shared by digest.

No ORM: who waits for an environment, and where its lock is kept, is known to `pipelines.runs`.
"""

from .locks import Lock
from .store import EnvironmentStore, Hold, NotBuilt
from .uv import BuildFailed, Stopped, Uv

__all__ = ["BuildFailed", "EnvironmentStore", "Hold", "Lock", "NotBuilt", "Stopped", "Uv"]
