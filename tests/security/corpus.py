"""The strings of tests/data/naughty.json, and the few that no JSON file can hold."""

import json
import os
from pathlib import Path

_DATA = json.loads((Path(__file__).resolve().parent.parent / "data" / "naughty.json").read_text(encoding="utf-8"))
TEXT: list[str] = _DATA["text"]
FORMULAS: list[str] = _DATA["formulas"]
MARKUP: list[str] = _DATA["markup"]
MARKDOWN: list[str] = _DATA["markdown"]
NAMES: list[str] = _DATA["names"]
EVERYTHING = [*TEXT, *FORMULAS, *MARKUP, *MARKDOWN, *NAMES]

NESTED = "[" * 100_000
HUGE = "x" * 10_485_760
TRAPS = [
    "\x00",
    "a\x00b",
    NESTED,
    "{" * 100_000,
    "(" * 30_000 + ")" * 30_000,
    "![" * 24_000,
    "9" * 4_000,
    "-" + "9" * 40,
    "é" * 1_000_000,
    "\r\nSet-Cookie: x=1",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
    "W251bGwsICI2YmE3YjgxMC05ZGFkLTExZDEtODBiNC0wMGMwNGZkNDMwYzgiXQ==",
    "<script>window.pwned=1</script>",
    "",
]
SURROGATE = b"\xed\xa0\x80"
"""A lone surrogate as somebody would put it on the wire: it is not valid UTF-8."""

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
