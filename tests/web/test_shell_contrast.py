"""Every pair of tokens that carries text or draws a control has the contrast of WCAG 2.2 AA, light and dark."""

import re
from pathlib import Path

import pytest
from django.conf import settings

CSS = Path(settings.BASE_DIR) / "static" / "css"
TOKEN = re.compile(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")
TONES = ("grey", "red", "orange", "amber", "green", "blue", "violet")
GROUNDS = ("canvas", "surface", "sunken", "raised")

TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in GROUNDS),
    *((ink, ground) for ink in ("accent", "accent-strong") for ground in ("canvas", "surface", "raised")),
    ("accent-strong", "accent-soft"),
    ("on-button", "button"),
    ("on-button", "button-hover"),
    ("on-count", "count"),
    ("ink", "hover"),
    ("ink-3", "hover"),
    ("ink-3", "staff-head"),
    ("amber-bg", "amber-ink"),
    ("ink", "amber-bg"),
    ("ink-2", "amber-bg"),
    *((f"{tone}-ink", f"{tone}-bg") for tone in TONES),
    ("red-ink", "surface"),
    ("red-ink", "canvas"),
]
DRAWN = [
    *(("control", ground) for ground in ("canvas", "surface")),
    *(("focus", ground) for ground in GROUNDS),
    *((f"{tone}-solid", f"{tone}-bg") for tone in TONES),
    *((f"{tone}-solid", "surface") for tone in TONES),
]


def tokens() -> dict[str, tuple[str, str]]:
    return {name: (light, dark) for name, light, dark in TOKEN.findall((CSS / "tokens.css").read_text())}


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_itself():
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_is_readable(ink: str, ground: str, theme: int):
    known = tokens()
    assert contrast(known[ink][theme], known[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), DRAWN)
def test_controls_and_signs_stand_out(line: str, ground: str, theme: int):
    known = tokens()
    assert contrast(known[line][theme], known[ground][theme]) >= 3


def test_colours_are_named_in_the_tokens_only():
    strays = []
    for path in sorted(CSS.glob("*.css")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if path.name != "tokens.css" and re.search(r"#[0-9a-f]{3,8}\b|\brgb\(|\bhsl\(", line):
                strays.append(f"{path.name}:{number} {line.strip()}")
    assert strays == []


def test_every_token_that_is_used_exists():
    text = "".join(path.read_text() for path in CSS.glob("*.css"))
    defined = set(re.findall(r"(?m)(--[\w-]+)\s*:", text))
    assert set(re.findall(r"var\((--[\w-]+)", text)) - defined == set()


def test_the_stylesheets_stay_small():
    assert sum(path.stat().st_size for path in CSS.glob("*.css")) < 68_000
