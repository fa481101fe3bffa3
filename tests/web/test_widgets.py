"""Controls that are drawn by hand are those that Django's own templates draw, but for blanks between tags."""

import re
from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy, override
from hypothesis import given, settings
from hypothesis import strategies as st

from web.widgets import Renderer

TEXTS = st.text(max_size=20) | st.sampled_from(['"><script>', "a & b", "l'été", "", "\n first", "{{ x }}", "{% x %}"])
VALUES = TEXTS | st.integers() | st.none() | st.booleans() | st.floats(allow_nan=False) | TEXTS.map(mark_safe)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["id", "class", "data-x", "required", "maxlength", "aria-label"]),
    TEXTS | st.booleans() | st.integers(),
)
PLAIN = (
    forms.TextInput,
    forms.EmailInput,
    forms.NumberInput,
    forms.PasswordInput,
    forms.HiddenInput,
    forms.CheckboxInput,
    forms.DateInput,
    forms.TimeInput,
    forms.DateTimeInput,
    forms.URLInput,
    forms.Textarea,
)


def drawn_alike(widget: forms.Widget, value: Any, attributes: dict[str, Any]) -> None:
    mine, theirs = (
        re.sub(r">\s+<", "><", widget.render("field <1>", value, attributes, renderer=renderer))
        for renderer in (Renderer(), DjangoTemplates())
    )
    assert mine == theirs


@settings(max_examples=60)
@given(kind=st.sampled_from(PLAIN), value=VALUES, attributes=ATTRIBUTES, language=st.sampled_from(["fr", "en"]))
def test_plain_controls(kind: type[forms.Widget], value: Any, attributes: dict[str, Any], language: str):
    with override(language):
        drawn_alike(kind(), value, attributes)


OPTIONS = st.lists(st.tuples(VALUES, TEXTS | st.just(gettext_lazy("Queue")) | st.integers(0, 10**6)), max_size=4)


@settings(max_examples=40)
@given(
    kind=st.sampled_from([forms.Select, forms.SelectMultiple, forms.RadioSelect, forms.CheckboxSelectMultiple]),
    options=OPTIONS,
    group=st.tuples(TEXTS, OPTIONS),
    value=VALUES,
    attributes=ATTRIBUTES,
)
def test_choices(kind: Any, options: list[Any], group: tuple[str, list[Any]], value: Any, attributes: Any):
    with override("fr"):
        drawn_alike(kind(choices=[*options, group]), value, attributes)


@pytest.mark.parametrize("widget", [forms.ClearableFileInput(), forms.SplitDateTimeWidget(), forms.NullBooleanSelect()])
def test_others_are_left_to_django(widget: forms.Widget):
    drawn_alike(widget, None, {"id": "x"})
