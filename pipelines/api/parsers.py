"""Request bodies, with limits: what gets past here can be stored and searched by every database."""

import codecs
import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from .refusals import TooLarge

MAX_DEPTH = 64


class LimitedJSONParser(JSONParser):
    """JSON in UTF-8, within limits of size and depth, without NaN, Infinity and null characters.

    Deep nesting would raise RecursionError, null characters and lone surrogates cannot be stored
    by PostgreSQL, and infinite numbers are no JSON: all of these would come out later as a 500.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(
                f"The body has more than {limit // 1024**2} MiB. Upload large things as artifacts."
            )
        try:
            text = codecs.decode(body, "utf-8-sig")
            value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        except UnicodeDecodeError as error:
            raise ParseError("The body is not UTF-8.") from error
        except RecursionError as error:
            raise _too_deep() from error
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}.") from error
        check_value(value)
        return value


def check_value(value: Any) -> None:
    """Raises ParseError for nesting deeper than MAX_DEPTH and for text that cannot be stored."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item)
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
            elif isinstance(item, str):
                _check_text(item)
        if not inner:
            return
        level = inner
    raise _too_deep()


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise ParseError("The body contains a null character (\\u0000), which cannot be stored.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ParseError("The body contains half of a surrogate pair (\\ud800…).") from error


def _too_deep() -> ParseError:
    return ParseError(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:40]} is too large a number")
    return number
