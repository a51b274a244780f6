"""Docstrings in Google's style: summary, description, `Args:`, `Returns:`, `Examples:`."""

import inspect
import re
from dataclasses import dataclass, field

_SECTION = re.compile(r"^(Args|Arguments|Attributes|Returns|Raises|Example|Examples):\s*$")
_ENTRY = re.compile(r"^(\w+)(?:\s*\([^)]*\))?:\s*(.*)$")


@dataclass
class Docs:
    """`args` and `returns` are help texts by name; a `Returns:` without names is under ""."""

    summary: str = ""
    body: str = ""
    args: dict[str, str] = field(default_factory=dict)
    returns: dict[str, str] = field(default_factory=dict)
    examples: str = ""


def parse(docstring: str | None) -> Docs:
    if not docstring:
        return Docs()
    sections: dict[str, list[str]] = {"": []}
    current = ""
    for line in inspect.cleandoc(docstring).splitlines():
        match = _SECTION.match(line)
        if match:
            current = match.group(1)
            sections.setdefault(current, [])
        elif current and line and not line[0].isspace():
            current = ""
            sections[""] += ["", line]
        else:
            sections[current].append(line)
    text = "\n".join(sections[""]).strip()
    summary, _, body = text.partition("\n\n")
    entries = [sections.get(name, []) for name in ("Args", "Arguments", "Attributes")]
    return Docs(
        summary=" ".join(summary.split()),
        body=re.sub(r"\n{3,}", "\n\n", body).strip(),
        args={name: help_ for lines in entries for name, help_ in _entries(lines).items() if name},
        returns=_entries(sections.get("Returns", [])),
        examples=inspect.cleandoc(
            "\n".join(["", *sections.get("Examples", []), *sections.get("Example", [])])
        ),
    )


def _entries(lines: list[str]) -> dict[str, str]:
    """`name: help` entries; lines that are indented deeper continue the entry before them."""
    found: dict[str, list[str]] = {}
    current = ""
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    for line in lines:
        if not line.strip():
            continue
        match = _ENTRY.match(line.strip())
        if match and len(line) - len(line.lstrip()) == indent:
            current = match.group(1)
            found[current] = [match.group(2)]
        else:
            found.setdefault(current, []).append(line.strip())
    return {name: " ".join(parts).strip() for name, parts in found.items()}
