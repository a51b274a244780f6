"""References to images, as `docker pull` takes them.

The grammar is that of github.com/distribution/reference.
"""

import re
from dataclasses import dataclass

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_HOST}/)?{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
_LONGEST_NAME = 255


@dataclass(frozen=True)
class Image:
    """`registry/name:tag@digest` in its parts; the tag or digest may be empty."""

    name: str
    tag: str
    digest: str

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}{f'@{self.digest}' if self.digest else ''}"

    @property
    def pinned(self) -> str:
        """With the tag that is meant where none is written."""
        return str(self) if self.tag or self.digest else f"{self.name}:latest"


def parse_image(text: str) -> Image:
    """Raises ValueError with what is wrong, for people."""
    found = _REFERENCE.fullmatch(text)
    if found is None or len(found["name"]) > _LONGEST_NAME:
        hint = (
            "; names are written in small letters"
            if text != text.lower() and _REFERENCE.fullmatch(text.lower())
            else ""
        )
        raise ValueError(
            f"`{text[:200]}` is no name of an image{hint}; write it as for `docker pull`, "
            "such as `python:3.12-slim` or `registry.example.com/team/train:1.4`"
        )
    return Image(found["name"], found["tag"] or "", found["digest"] or "")
