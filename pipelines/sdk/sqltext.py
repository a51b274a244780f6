"""`:name` in SQL: which ones stand for values, and which only look so."""

import re

#: Text and comments, in which nothing is bound.
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
#: The same rule as SQLAlchemy's `text`: not `::type`, not inside a word.
_BIND = re.compile(r"(?<![:\w\\]):([A-Za-z_]\w*)(?!:)")


def binds(sql: str) -> list[str]:
    """The names of the values that a statement wants, in order, each once."""
    return list(dict.fromkeys(_BIND.findall(_QUOTED.sub(" ", sql))))


def escaped(sql: str) -> str:
    """The statement with every colon in text and comments marked as a mere colon.

    SQLAlchemy would else take `':x'` for a value.
    """
    return _QUOTED.sub(lambda match: re.sub(r"\\?:", r"\\:", match.group()), sql)


def only_reads(sql: str) -> bool:
    """Whether a statement surely changes nothing, so that its rows may be streamed by a cursor."""
    words = re.findall(r"[A-Za-z_]+", _QUOTED.sub(" ", sql).upper())
    changing = {"INSERT", "UPDATE", "DELETE", "MERGE", "INTO"}
    return bool(words) and words[0] in ("SELECT", "WITH", "VALUES") and not changing & set(words)
