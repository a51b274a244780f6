"""Nodes that the engine carries out itself: they need no step, and so no executor."""

from .registry import handler_for

__all__ = ["handler_for"]
