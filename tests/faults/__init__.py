"""Whole Penstocks under mixed work, broken in every way that docs/faults.md lists."""
