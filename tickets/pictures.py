"""What kind of raster image a file is, by its own bytes, and how large it unfolds. Nothing is decoded."""

from dataclasses import dataclass
from typing import IO, Final, Literal

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_SIDE: Final = 12_000
MAX_PIXELS: Final = 40_000_000
"""Beyond these (bytes of the file; pixels of a side; pixels in all) a file is a download only: a few bytes can claim to
be an image that fills a reader's memory."""
_HEAD: Final = 32
_MOST_SEGMENTS: Final = 200
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of one of the kinds that every browser draws; sides in pixels."""

    content_type: str
    width: int
    height: int

    @property
    def is_fit(self) -> bool:
        """Whether it is small enough to be drawn in a page."""
        sides = (self.width, self.height)
        return min(sides) > 0 and max(sides) <= MAX_SIDE and self.width * self.height <= MAX_PIXELS


def read_picture(file: IO[bytes]) -> Picture | None:
    """The image at the beginning of ``file``, or None where its bytes are none of PNG, JPEG, GIF and WebP."""
    file.seek(0)
    head = file.read(_HEAD)
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return _sized("image/png", head[16:20], head[20:24], "big")
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return _sized("image/gif", head[6:8], head[8:10], "little")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _webp(head)
    return _jpeg(file) if head[:3] == b"\xff\xd8\xff" else None


def _sized(kind: str, width: bytes, height: bytes, order: Literal["big", "little"], more: int = 0) -> Picture | None:
    if not width or len(width) != len(height):
        return None
    return Picture(kind, int.from_bytes(width, order) + more, int.from_bytes(height, order) + more)


def _webp(head: bytes) -> Picture | None:
    """The three forms of WebP: lossy, lossless, extended."""
    form = head[12:16]
    if form == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))
        return Picture("image/webp", width, height)
    if form == b"VP8L" and head[20:21] == b"\x2f":
        bits = int.from_bytes(head[21:25], "little")
        return Picture("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if form == b"VP8X":
        return _sized("image/webp", head[24:27], head[27:30], "little", more=1)
    return None


def _jpeg(file: IO[bytes]) -> Picture | None:
    """Walk the segments up to the first frame: cameras put kilobytes of their own before it."""
    file.seek(2)
    for _segment in range(_MOST_SEGMENTS):
        marker = file.read(2)
        if len(marker) < 2 or marker[0] != 0xFF:
            return None
        if marker[1] in _JPEG_BARE:
            continue
        length = int.from_bytes(file.read(2), "big")
        if marker[1] in _JPEG_FRAMES:
            frame = file.read(5)
            return _sized("image/jpeg", frame[3:5], frame[1:3], "big")
        if length < 2:
            return None
        file.seek(length - 2, 1)
    return None
