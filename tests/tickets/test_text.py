"""The boundary of text: stored as typed, or refused; one line stays one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.errors import Invalid
from tickets.text import bounded, clean_line, clean_text, is_storable

ANY_TEXT = st.text(alphabet=st.characters(), max_size=60)
LINE_ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85"


@pytest.mark.parametrize("text", ["\x00", "a\x00", "\ud800", "x\udfff", "\udc00\ud800"])
def test_what_postgresql_cannot_keep_is_refused_with_its_field(text):
    assert not is_storable(text)
    for clean in (clean_text, clean_line):
        with pytest.raises(Invalid) as refusal:
            clean(text, field="title")
        assert list(refusal.value.errors) == ["title"]


@pytest.mark.parametrize("text", ["", "é", "\ud7ff\ue000", "😀", "\x01", "=1+1", "' OR 1=1 --", "\u202e", "\u2028"])
def test_everything_else_is_kept_as_typed(text):
    assert is_storable(text)
    assert clean_text(text) == text


def test_text_has_one_kind_of_line_end():
    assert clean_text("a\r\nb\rc\n\r\nd") == "a\nb\nc\n\nd"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  a \t b  ", "a b"),
        ("Subject\r\nBcc: x@example.com", "Subject Bcc: x@example.com"),
        ("a\x0bb\x0cc\x1bd\x85e\x7ff", "a b c d e f"),
        ("a\u2028b\u2029c\u00a0d", "a b c d"),
        ("", ""),
    ],
)
def test_a_line_is_one_line(typed, kept):
    assert clean_line(typed) == kept


@given(ANY_TEXT)
def test_a_cleaned_line_breaks_nowhere_and_stays_as_it_is(text):
    try:
        line = clean_line(text)
    except Invalid:
        assert not is_storable(text)
        return
    assert len(line.splitlines()) <= 1
    assert not set(LINE_ENDS) & set(line)
    assert clean_line(line) == line


@given(ANY_TEXT)
def test_a_cleaned_text_loses_nothing_but_carriage_returns(text):
    if not is_storable(text):
        return
    assert clean_text(text) == text.replace("\r\n", "\n").replace("\r", "\n")
    assert clean_text(clean_text(text)) == clean_text(text)


def test_bounds_are_kept_to_the_character():
    assert bounded("x" * 5, field="f", maximum=5) == "x" * 5
    assert bounded("", field="f", maximum=5, required=False) == ""
    for text, maximum in (("x" * 6, 5), ("", 5), (" \n", 5)):
        with pytest.raises(Invalid) as refusal:
            bounded(text, field="f", maximum=maximum)
        assert list(refusal.value.errors) == ["f"]
    with pytest.raises(Invalid) as refusal:
        bounded("xxxxxx", field="f", maximum=5, required=False)
    assert refusal.value.errors == {"f": ["At most 5 characters; these are 6."]}
