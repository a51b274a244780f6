"""Rerun bundles: a run in one file, and a run again from it, on this Penstock or another."""
