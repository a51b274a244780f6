"""Measures what Penstock promises: `make bench`."""
