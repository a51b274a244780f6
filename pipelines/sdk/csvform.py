"""What a text table looks like: its encoding, and what stands between its values."""

import codecs
import csv
import gzip
from pathlib import Path
from typing import BinaryIO, cast

from .errors import Failure
from .reading import is_gzip

SEPARATORS = (",", ";", "\t", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PIECE = 1024 * 1024
_SAMPLE_LINES = 50


def guess_encoding(path: Path) -> str:
    """By the byte order mark; else UTF-8 if all of it is, else what Windows programs write.

    Raises Failure for an empty file and for what is no text at all.
    """
    with _open(path) as file:
        piece = file.read(_PIECE)
        if not piece:
            raise Failure(f"`{path.name}` is empty.")
        for mark, encoding in _BOMS:
            if piece.startswith(mark):
                return encoding
        if piece.startswith(b"PK\x03\x04"):
            raise Failure(f"`{path.name}` is an Excel workbook or another zip file, not CSV.")
        if b"\0" in piece:
            raise Failure(f"`{path.name}` is not text, so it cannot be CSV.")
        utf8 = codecs.getincrementaldecoder("utf-8")()
        try:
            while piece:
                utf8.decode(piece)
                piece = file.read(_PIECE)
            utf8.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def guess_separator(path: Path, encoding: str) -> str:
    """The sign that cuts most of the first lines into as many values as the first; else a comma."""
    with _open(path) as file:
        text = codecs.getincrementaldecoder(encoding)("replace").decode(file.read(64 * 1024))
    lines = text.splitlines()
    # The last one may be half a line.
    lines = lines[: min(_SAMPLE_LINES, max(len(lines) - 1, 1))]
    best, chosen = (0.0, 1), ","
    for separator in SEPARATORS:
        widths = [len(row) for row in csv.reader(lines, delimiter=separator) if row]
        if not widths or widths[0] < 2:
            continue
        score = (widths.count(widths[0]) / len(widths), widths[0])
        if score > best:
            best, chosen = score, separator
    return chosen


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if is_gzip(path) else path.open("rb")
