"""Images are known by their bytes, whatever their name, and refused for drawing where they unfold too far."""

import io
import struct
import zlib

import pytest

from tickets.pictures import MAX_SIDE, Picture, read_picture


def png(width: int, height: int) -> bytes:
    """A PNG with the header of a size; complete where it is small."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"".join(b"\0" + b"\x20\x60\xa0" * width for _ in range(height))) if width < 500 else b""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width: int, height: int, before: bytes = b"") -> bytes:
    """The beginning of a JPEG; ``before`` its frame come other segments."""
    return b"\xff\xd8" + before + b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + bytes(10)


def segment(size: int) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", size + 2) + bytes(size)


GIF = b"GIF89a" + struct.pack("<HH", 30, 20) + bytes(20)
RIFF = b"RIFF" + bytes(4) + b"WEBP"
LOSSY = RIFF + b"VP8 " + bytes(4) + bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 30, 20) + bytes(20)
LOSSLESS = RIFF + b"VP8L" + bytes(4) + b"\x2f" + struct.pack("<I", (20 - 1) << 14 | (30 - 1)) + bytes(20)
EXTENDED = RIFF + b"VP8X" + bytes(8) + (29).to_bytes(3, "little") + (19).to_bytes(3, "little") + bytes(20)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (png(30, 20), "image/png"),
        (jpeg(30, 20, segment(2) + segment(65_000)), "image/jpeg"),
        (GIF, "image/gif"),
        (LOSSY, "image/webp"),
        (LOSSLESS, "image/webp"),
        (EXTENDED, "image/webp"),
    ],
)
def test_a_picture_is_known_with_its_size(content: bytes, kind: str):
    assert read_picture(io.BytesIO(content)) == Picture(kind, 30, 20)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"BM" + bytes(60),
        b"%PDF-1.7",
        b"\xff\xd8\xff",
        b"\xff\xd8" + segment(0) * 500 + jpeg(30, 20)[2:],
        b"\xff\xd8\xff\xe1\x00\x00" + bytes(40),
        jpeg(30, 20)[:6],
        RIFF + b"XXXX" + bytes(40),
        RIFF + b"VP8 " + bytes(40),
        b"GIF89a",
    ],
)
def test_what_its_bytes_do_not_prove_is_no_picture(content: bytes):
    found = read_picture(io.BytesIO(content))
    assert found is None or not found.is_fit


@pytest.mark.parametrize(
    ("width", "height", "is_fit"),
    [
        (1, 1, True),
        (MAX_SIDE, 3_333, True),
        (MAX_SIDE + 1, 1, False),
        (1, MAX_SIDE + 1, False),
        (7_000, 7_000, False),
        (2**31 - 1, 2**31 - 1, False),
        (0, 5, False),
    ],
)
def test_a_flood_of_pixels_is_not_drawn(width: int, height: int, is_fit: bool):
    head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + struct.pack(">II", width, height)
    found = read_picture(io.BytesIO(head + bytes(9)))
    assert found is not None
    assert found.is_fit is is_fit
