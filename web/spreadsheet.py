"""Files for spreadsheet programs, which take text that begins like a formula for one and carry it out."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from django.http import HttpResponse

from web.moments import reader_language

_STARTS: Final = frozenset("=+-@|%＝＋－＠\t\r\n")
_SILENT: Final = " \u00a0\u200b\ufeff\"'"
"""What programs pass over before they look whether a cell is a formula."""
_SEPARATORS: Final = {"fr": ";"}
"""Where the comma is the mark of decimals, programs expect another one between cells."""


def harmless(text: str) -> str:
    """``text`` so that no program takes it for a formula: with an apostrophe before it where it could.

    >>> harmless("=1+1"), harmless("Import of 4 = 5")
    ("'=1+1", 'Import of 4 = 5')
    """
    bare = text.lstrip(_SILENT)
    return f"'{text}" if text[:1] in _STARTS or bare[:1] in _STARTS else text


def csv_file(name: str, lines: Iterable[Sequence[str]]) -> HttpResponse:
    """An answer that is saved under ``name``: UTF-8 with its mark, cells apart as the reader's language has it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=_SEPARATORS.get(reader_language(), ","), quoting=csv.QUOTE_ALL)
    writer.writerows([harmless(cell) for cell in line] for line in lines)
    answer = HttpResponse(b"\xef\xbb\xbf" + text.getvalue().encode(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Content-Language"] = reader_language()
    return answer
