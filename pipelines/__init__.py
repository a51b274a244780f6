"""Penstock: draw pipelines, run them, watch them live."""

#: The same as in pyproject.toml.
__version__ = "0.1.0"
