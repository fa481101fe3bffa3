"""JSON as it is read here: UTF-8, no number that is none, no character that cannot be stored, not too deep."""

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from api.problems import Problem

MAX_BYTES = 1_000_000
MAX_DEPTH = 32


class StrictJson(BaseParser):
    """The only parser of the API: whatever else is sent is refused with 415."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The document; raises ``Problem`` (too_large, malformed)."""
        body = _body_of(stream)
        if len(body) > MAX_BYTES:
            raise _too_large()
        return parsed(body)


def _body_of(stream: Any) -> bytes:
    """Kept by the request, because a unit of work that met a deadlock is run again and reads it again."""
    try:
        found: bytes = stream.body if isinstance(stream, HttpRequest) else stream.read(MAX_BYTES + 1)
    except RequestDataTooBig as error:
        raise _too_large() from error
    return found


def _too_large() -> Problem:
    return Problem("too_large", detail=_("A request carries up to %(size)d bytes.") % {"size": MAX_BYTES})


def parsed(body: bytes) -> Any:
    """What ``body`` says; raises ``Problem`` where it is not JSON as described above."""
    try:
        found = json.loads(_text(body), parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_once)
    except RecursionError as error:
        raise _malformed(_("It is nested too deeply.")) from error
    except json.JSONDecodeError as error:
        told = {"line": error.lineno, "column": error.colno}
        raise _malformed(_("It is not JSON: look at line %(line)d, column %(column)d.") % told) from error
    except ValueError as error:
        raise _malformed(_("It holds a number of too many digits.")) from error
    _inspect(found)
    return found


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed(_("It is not UTF-8 from byte %(place)d on.") % {"place": error.start}) from error


def require_plain(encoding: str) -> None:
    """Refuse a compressed body with 415: what is sent is bounded by its size, and read as it came."""
    if encoding.strip().lower() not in {"", "identity"}:
        detail = _("Send the body without compression: leave out the header Content-Encoding.")
        raise Problem("unsupported_media_type", detail=detail)


def _malformed(detail: str) -> Problem:
    return Problem("malformed", detail=detail)


def _refuse(name: str) -> Any:
    raise _malformed(_("%(text)s is no number.") % {"text": name})


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _malformed(_("%(text)s is too large a number.") % {"text": text[:20]})
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which a name stands twice means two things."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _malformed(_("A name stands twice in one object."))
    return found


def _inspect(value: Any) -> None:
    """Raises ``Problem`` for text that no database and no encoding takes, and beyond the depth. Does not recurse."""
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, str):
            _require_text(item)
            continue
        if depth > MAX_DEPTH:
            raise _malformed(_("It is nested too deeply."))
        if isinstance(item, dict):
            waiting += [(part, depth + 1) for pair in item.items() for part in pair]
        elif isinstance(item, list):
            waiting += [(part, depth + 1) for part in item]


def _require_text(text: str) -> None:
    if "\x00" in text or not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise _malformed(_("It holds a character that is no text (a null or half of a surrogate pair)."))
