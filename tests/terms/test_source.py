"""YAML read narrowly: what is refused, what words mean, and the line of every problem."""

from pathlib import Path

import pytest

from contracts.terms import TermsError
from contracts.terms.source import MAX_BYTES, MAX_DEPTH, read_file, read_text


def refused(text: str) -> str:
    with pytest.raises(TermsError) as caught:
        read_text(text, "a.yaml")
    return str(caught.value)


def test_plain_words_are_what_they_look_like() -> None:
    text = """
time: 18:00
hours: 09:00-18:00
day: 2025-05-01
no: no
on: yes
octal: 010
hex: 0x1F
float: 1.5
big: 1_000
minus: -7
nought: 0
number: 12
text: "12"
quoted: 'true'
yes_really: true
false_really: false
nothing: null
empty:
tilde: ~
long: 1234567890123456789
arabic: ٣
"""
    document, _ = read_text(text, "a.yaml")
    assert document == {
        "time": "18:00", "hours": "09:00-18:00", "day": "2025-05-01", "no": "no", "on": "yes", "octal": "010",
        "hex": "0x1F", "float": "1.5", "big": "1_000", "minus": -7, "nought": 0, "number": 12, "text": "12",
        "quoted": "true", "yes_really": True, "false_really": False, "nothing": None, "empty": None, "tilde": "~",
        "long": "1234567890123456789", "arabic": "٣",
    }  # fmt: skip
    assert type(document["number"]) is int


def test_every_value_has_its_line() -> None:
    document, lines = read_text("a: 1\nb:\n  - x\n  - {c: 2}\n", "a.yaml")
    assert document == {"a": 1, "b": ["x", {"c": 2}]}
    assert lines == {(): 1, ("a",): 1, ("b",): 3, ("b", 0): 3, ("b", 1): 4, ("b", 1, "c"): 4}


def test_a_key_given_twice_is_refused_at_its_line() -> None:
    assert refused("a: 1\nb: 2\na: 3\n") == "a.yaml: line 3, a: stands here twice: keep one"
    assert refused("x:\n  - {a: 1, a: 2}\n") == "a.yaml: line 2, x[0].a: stands here twice: keep one"


def test_aliases_and_anchors_are_refused() -> None:
    message = "a.yaml: line 2, document: anchors and aliases are not allowed: write it out"
    assert refused("a: 1\nb: &x [1, 2]\nc: *x\n") == message
    assert refused("a: 1\nb: *x\n") == message
    assert refused("a: 1\nb: &x y\n") == message
    assert refused("a: 1\nb: &x {c: 1}\n") == message


def test_deep_nesting_is_refused_without_building_it() -> None:
    assert refused("[" * 100_000) == f"a.yaml: line 1, document: is nested more than {MAX_DEPTH} levels deep"
    fits = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert read_text(fits, "a.yaml")[0]
    assert "nested more than" in refused("[" + fits + "]")
    assert read_text("a: [[1], [2]]\n" + "".join(f"k{i}: [1]\n" for i in range(50)), "a.yaml")[0]["k49"] == [1]


def test_what_is_not_yaml_is_named_with_its_line() -> None:
    assert refused("a: 1\nb: [1, 2\nc: 3").startswith("a.yaml: line 3, document: is not YAML: ")
    assert refused("a: 'x\n") == "a.yaml: line 2, document: is not YAML: found unexpected end of stream"
    assert refused("a: \x07") == "a.yaml: document: is not YAML: it holds a character that YAML does not allow"
    assert refused("a: 1\n---\nb: 2\n").startswith("a.yaml: line 2, document: is not YAML: ")


def test_an_empty_document_is_refused() -> None:
    assert refused("") == "a.yaml: document: is empty"
    assert refused("# nothing but a remark\n") == "a.yaml: document: is empty"


def test_a_document_too_large_is_refused() -> None:
    assert refused("a" * (MAX_BYTES + 1)) == f"a.yaml: document: is larger than {MAX_BYTES} characters"
    assert read_text("a" * 100, "a.yaml")[0] == "a" * 100


def test_keys_that_are_no_words_are_shown_as_such() -> None:
    assert read_text("? [a, b]\n: 1\n", "a.yaml")[0] == {"(a list as key)": 1}
    assert read_text("1: a\ntrue: b\n", "a.yaml")[0] == {"1": "a", "true": "b"}


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"a: \xff")
    with pytest.raises(TermsError, match="a.yaml: document: is not UTF-8 text: save it as UTF-8"):
        read_file(file)
    with pytest.raises(TermsError, match="cannot be read: Is a directory"):
        read_file(tmp_path)
    file.write_text("a: é", encoding="utf-8")
    assert read_file(file)[0] == {"a": "é"}
