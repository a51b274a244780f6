"""Takes secrets out of what a step says, in every form that they are likely to be printed in.

A secret is looked for as it is, each of its lines by itself, in base64 (wherever it begins in the text
that was encoded, in both alphabets, and wrapped as `base64` does), URL-encoded, escaped for JSON,
Python, HTML and the shell, and as hexadecimal digits. What is split over several pieces of output is
found as well: a piece whose end may be the beginning of a secret waits for the next.
"""

import base64
import html
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus

from .protocol import OutputFile, StepError, StepResult

MASK = "***"
_MASK = MASK.encode()
#: Shorter pieces are no secrets: masking each `ab` would only spoil the log.
SHORTEST = 4
_SHORTEST_LINE = 8
#: Places that begin like this are worth a closer look.
_HEAD = 4
#: What base64 wraps its lines at: RFC 2045 and `base64`, RFC 7468 (PEM).
_WRAPPED = (76, 64)


def forms(value: str) -> set[bytes]:
    """The byte strings that give a secret away, none shorter than SHORTEST."""
    found: set[bytes] = set()
    # The newline that a file ends with is no secret, and to lose it would join two lines of the log.
    texts = {value.strip() or value}
    lines = {line.strip() for line in value.splitlines()}
    if len(lines) > 1:
        texts |= {line for line in lines if len(line) >= _SHORTEST_LINE}
    for text in texts:
        for form in _texts(text):
            found.add(form.encode("utf-8", "surrogatepass"))
    for text in {*texts, value}:
        found.update(_base64(text.encode("utf-8", "surrogatepass")))
    return {form for form in found if len(form) >= SHORTEST}


def _texts(text: str) -> Iterator[str]:
    yield text
    once = json.dumps(text)[1:-1]
    yield from (once, json.dumps(text, ensure_ascii=False)[1:-1], once.replace("/", "\\/"))
    yield json.dumps(once)[1:-1]  # JSON in JSON
    yield from (repr(text)[1:-1], html.escape(text), shlex.quote(text)[1:-1])
    plain = text.encode("utf-8", "surrogatepass")
    for encoded in (quote(plain), quote(plain, safe=""), quote_plus(plain)):
        yield encoded
        yield _lower_escapes(encoded)
    digits = plain.hex()
    yield from (digits, digits.upper())


def _lower_escapes(text: str) -> str:
    first, *rest = text.split("%")
    return first + "".join(f"%{part[:2].lower()}{part[2:]}" for part in rest)


def _base64(plain: bytes) -> Iterator[bytes]:
    """What every base64 of a text that holds `plain` has in it, for its three possible places."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + plain)
        # The characters at both ends also depend on what stands before and behind.
        certain = encoded[-(-8 * before // 6) : 8 * (before + len(plain)) // 6]
        yield certain
        yield certain.translate(_URLSAFE)
    whole = base64.b64encode(plain)
    for width in _WRAPPED:
        if len(whole) > width:
            yield from (whole[at : at + width] for at in range(0, len(whole) - width, width))


_URLSAFE = bytes.maketrans(b"+/", b"-_")


class Masker:
    """Masks one stream of bytes. What comes out is the same however the stream is cut.

    Of what it is fed it holds back at most the length of the longest form, less one byte, and only
    while the end could be the beginning of a form.
    """

    def __init__(self, secret_forms: Iterable[bytes]) -> None:
        self._forms = sorted(set(secret_forms), key=len, reverse=True)
        self._held = b""
        #: So many bytes at the beginning of `_held` are part of a secret that was found already.
        self._covered = 0
        self._masking = False

    def feed(self, data: bytes) -> bytes:
        """What can be told by now."""
        text = self._held + data
        return self._pass(text, len(text) - self._may_begin(text))

    def close(self) -> bytes:
        """The rest, when nothing more comes."""
        return self._pass(self._held, len(self._held))

    def _pass(self, text: bytes, end: int) -> bytes:
        """`text` up to `end`, masked; what is behind is held back."""
        out: list[bytes] = []
        at, covered = 0, 0
        for start, stop in self._spans(text):
            if start >= end:
                # It is found again in what is held back, unless its beginning has been passed on.
                covered = self._covered if end == 0 else covered
                break
            if start > at:
                out.append(text[at:start])
                self._masking = False
            if not self._masking:
                out.append(_MASK)
                self._masking = True
            at, covered = min(stop, end), max(0, stop - end)
        if at < end:
            out.append(text[at:end])
            self._masking = False
        self._held, self._covered = text[end:], covered
        return b"".join(out)

    def _spans(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Where secrets are, in order; neither overlapping nor touching."""
        found = [(0, self._covered)] if self._covered else []
        for form in self._forms:
            at = text.find(form)
            while at >= 0:
                found.append((at, at + len(form)))
                at = text.find(form, at + 1)
        if not found:
            return
        found.sort()
        start, stop = found[0]
        for begins, ends in found[1:]:
            if begins > stop:
                yield start, stop
                start, stop = begins, ends
            else:
                stop = max(stop, ends)
        yield start, stop

    def _may_begin(self, text: bytes) -> int:
        """The length of the longest end of `text` that a form begins with, and is longer than."""
        longest = 0
        for form in self._forms:
            if len(form) - 1 <= longest:
                break
            longest = max(longest, _overlap(text, form))
        return longest


def _overlap(text: bytes, form: bytes) -> int:
    """The length of the longest end of `text` with which `form` begins, `form` itself left out."""
    first = max(0, len(text) - len(form) + 1)
    head = form[:_HEAD]
    at = text.find(head, first)
    while at >= 0:
        if form.startswith(text[at:]):
            return len(text) - at
        at = text.find(head, at + 1)
    for at in range(max(first, len(text) - _HEAD + 1), len(text)):
        if form.startswith(text[at:]):
            return len(text) - at
    return 0


class Mask:
    """The secrets of one step, and what is masked for it. Without secrets nothing costs anything."""

    def __init__(self, values: Iterable[str]) -> None:
        self._forms: set[bytes] = set()
        for value in values:
            self._forms |= forms(value)

    def __bool__(self) -> bool:
        return bool(self._forms)

    def stream(self) -> Masker | None:
        """For one stream of output; None where there is nothing to mask."""
        return Masker(self._forms) if self._forms else None

    def text(self, text: str) -> str:
        if not self._forms or not text:
            return text
        masker = Masker(self._forms)
        plain = text.encode("utf-8", "surrogatepass")
        masked = masker.feed(plain) + masker.close()
        return text if masked == plain else masked.decode("utf-8", "replace")

    def value(self, value: Any) -> Any:
        """A JSON value with its texts masked, keys too."""
        if not self._forms:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each) for each in value]
        return value

    def result(self, result: StepResult) -> StepResult:
        """How an attempt ended: its error, and its outputs but for what is in files."""
        if not self._forms:
            return result
        error = result.error and self._error(result.error)
        outputs = {port: self._output(given) for port, given in result.outputs.items()}
        return replace(result, error=error, outputs=outputs)

    def _error(self, error: StepError) -> StepError:
        return replace(
            error, message=self.text(error.message), traceback=self.text(error.traceback)
        )

    def _output(self, given: Any) -> Any:
        if isinstance(given, OutputFile):
            return replace(given, name=self.text(given.name), facts=self.value(given.facts))
        return self.value(given)
