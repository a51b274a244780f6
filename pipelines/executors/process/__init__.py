"""Runs each step in its own process, forked from a warm fork server. Linux only."""

from .executor import ProcessExecutor

__all__ = ["ProcessExecutor"]
