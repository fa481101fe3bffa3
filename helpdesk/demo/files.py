"""The files that stories attach, made from their names: tables, logs, notes and small pictures. Always the same bytes
on one machine, and nothing in them but invention."""

import struct
import zlib
from collections.abc import Callable
from functools import lru_cache

from django.core.files.uploadedfile import SimpleUploadedFile

ROWS = 18
WIDTH, HEIGHT = 480, 270
Colour = tuple[int, int, int]
PAPER, INK, BAR, LINE, ALARM = (246, 247, 249), (90, 99, 115), (38, 70, 120), (205, 211, 220), (190, 52, 44)


def upload_named(name: str) -> SimpleUploadedFile:
    """An upload called ``name`` with content of its kind; KeyError for an ending that is not made here."""
    return SimpleUploadedFile(name, _content(name))


@lru_cache(maxsize=100)
def _content(name: str) -> bytes:
    stem, _, ending = name.rpartition(".")
    return _MAKERS[ending](stem)


def _number(stem: str, row: int) -> int:
    return zlib.crc32(f"{stem}:{row}".encode())


def _table(stem: str) -> bytes:
    rows = [
        f"{stem.upper()[:3]}-{row:04d};{_number(stem, row) % 9000 + 100};{_number(stem, -row) % 97}"
        for row in range(1, ROWS)
    ]
    return "\n".join(["reference;value;share", *rows, ""]).encode()


def _log(stem: str) -> bytes:
    words = ("INFO  step done", "INFO  rows read", "DEBUG lock released", "WARN  slow answer", "ERROR step failed")
    lines = [
        f"{9 + row // 6:02d}:{_number(stem, row) % 60:02d}:{row * 3 % 60:02d} {words[_number(stem, row) % 5]} [{stem}]"
        for row in range(ROWS)
    ]
    return "\n".join([*sorted(lines), ""]).encode()


def _note(stem: str) -> bytes:
    lines = [f"{row:2d}. {stem} {_number(stem, row):08x}" for row in range(1, ROWS)]
    return "\n".join([stem, "=" * len(stem), "", *lines, ""]).encode()


def _picture(stem: str) -> bytes:
    """Something like a screenshot: a title bar, lines of text, a chart and a message in red."""
    pixels = [[PAPER] * WIDTH for _ in range(HEIGHT)]
    _fill(pixels, 0, 0, WIDTH, 26, BAR)
    for row in range(6):
        _fill(pixels, 20, 48 + row * 16, 60 + _number(stem, row) % 150, 6, INK if row == 0 else LINE)
    for column in range(8):
        height = 30 + _number(stem, 100 + column) % 110
        _fill(pixels, 260 + column * 24, 190 - height, 16, height, BAR if column % 2 else INK)
    _fill(pixels, 20, 214, WIDTH - 40, 34, ALARM)
    _fill(pixels, 32, 227, 120 + _number(stem, 7) % 240, 8, PAPER)
    return _png(pixels)


def _fill(pixels: list[list[Colour]], left: int, top: int, width: int, height: int, colour: Colour) -> None:
    for row in pixels[top : top + height]:
        row[left : left + width] = [colour] * len(row[left : left + width])


def _png(pixels: list[list[Colour]]) -> bytes:
    raw = b"".join(b"\0" + bytes(value for pixel in row for value in pixel) for row in pixels)
    header = struct.pack(">IIBBBBB", len(pixels[0]), len(pixels), 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_MAKERS: dict[str, Callable[[str], bytes]] = {"csv": _table, "log": _log, "txt": _note, "png": _picture}
