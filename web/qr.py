"""A QR code as shapes of an SVG that needs neither style nor script."""

from dataclasses import dataclass
from typing import Any

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode


@dataclass(frozen=True, slots=True)
class Picture:
    """``side``: how many modules wide, the quiet zone of four included; ``path``: the dark ones, as SVG path data."""

    side: int
    path: str


def qr_code(text: str) -> Picture:
    """The QR code of ``text`` with medium error correction."""
    made: Any = QRCode(error_correction=ERROR_CORRECT_M, border=4)
    made.add_data(text)
    made.make(fit=True)
    rows = made.get_matrix()
    shapes = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark]
    return Picture(len(rows), "".join(shapes))
