"""Formats of files at the border: what comes in is read, never run."""
