"""Runs each step in its own process, forked from a warm fork server. Linux only."""

from .executor import ProcessExecutor
from .separation import StepUsers

__all__ = ["ProcessExecutor", "StepUsers"]
