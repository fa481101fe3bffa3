"""Variables of canned replies: which names there are, and that no value can make markup."""

import html
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.errors import Invalid
from accounts.models import Membership, User
from tickets.canned_text import VARIABLES, as_text, check_variables, fill
from tickets.mentions import read
from tickets.text import clean_line
from web import markdown
from web.presenters.canned import MEANINGS

NAUGHTY = json.loads((Path(__file__).resolve().parent.parent / "data" / "naughty.json").read_text(encoding="utf-8"))
TRICKS = [
    "**bold** _it_ `code` ~~gone~~",
    "[click](https://evil.example) ![x](https://evil.example/p.png)",
    "https://evil.example me@evil.example mailto:me@evil.example www.evil.example",
    "<b>x</b> <https://evil.example> &lt;b&gt; &#60; R&D AT&T; &amp",
    "# title #", "1. one", "1) one", "- one", "+ one", "> said", "===", "---", "***", "~~~", "```", "| a | b |",
    "a \\ b \\", "[x]: https://evil.example", "!", "`", "{{link}} {% load x %} {{ contact }}",
    "x  ", "\t x", "C #", "##",
]  # fmt: skip


def words_of(source: str) -> str:
    """What a reader reads; nothing but one paragraph may have come of it."""
    shown = str(markdown.render(source)).strip()
    inner = re.fullmatch(r"<p>(.*)</p>", shown, re.DOTALL)
    assert inner and "<" not in inner[1], shown
    return html.unescape(inner[1])


@pytest.mark.parametrize("value", [*TRICKS, *NAUGHTY["formulas"]])
def test_a_value_is_read_as_it_is_and_makes_no_markup(value: str):
    for before, after in (("", ""), ("Dear ", ", "), ("x", "y"), ("(", ")")):
        assert words_of(f"{before}{as_text(value)}{after}".strip()) == f"{before}{clean_line(value)}{after}".strip()


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("*_`[]()<>!#+-=~|\\.:/@&;1 ax\n"), min_size=1, max_size=24))
def test_no_mixture_of_marks_makes_markup(value: str):
    if line := clean_line(value):
        assert words_of(f"x {as_text(value)} x") == f"x {line} x"
        assert words_of(as_text(value)) == line


def test_a_value_mentions_nobody():
    people = [Membership(display_name="Nina Petit", user=User(email="nina@mega.example"))]
    for value in ("@Nina Petit", "see @nina@mega.example"):
        assert read(value, people).people
        assert not read(as_text(value), people).people


def test_values_are_inserted_once_and_the_own_address_is_a_link():
    filled = fill(
        "{{ contact }} {{subject}} {{link}}", {"contact": "{{link}}", "subject": "a*b", "link": "https://h/t/"}
    )
    assert (filled.text, filled.missing) == ("{{link}} a\\*b https://h/t/", ())
    assert 'href="https://h/t/"' in markdown.render(filled.text)


def test_what_has_no_value_is_named():
    filled = fill("Until {{due}} for {{ due }} by {{engineer}}", {"engineer": ""})
    assert filled.missing == ("due", "engineer")
    assert filled.text == "Until {{due}} for {{ due }} by {{engineer}}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{name}}", "{{name}}"),
        ("{{ contact.user.password }}", "{{contact.user.password}}"),
        ("{{contact|safe}}", "{{contact|safe}}"),
        ("{{}}", "{{}}"),
        ("{{contact", "not closed"),
        ("contact}}", "not closed"),
        ("{{contact\n}}", "not closed"),
        ("[here]({{subject}})", "target of a link"),
        ("[x]: {{subject}}", "target of a link"),
        ("<{{customer}}>", "target of a link"),
    ],
)
def test_what_is_no_variable_is_refused_by_name(text: str, told: str):
    with pytest.raises(Invalid) as refused:
        check_variables(text, field="body_en")
    assert told in refused.value.errors["body_en"][0]


def test_the_language_of_templates_has_no_meaning_here():
    text = "{% load x %} {# no #} [here]({{link}}) {{contact}} {{ due }}"
    check_variables(text, field="body_en")
    assert fill("{% load x %}", {}).text == "{% load x %}"


def test_every_variable_has_its_meaning():
    assert list(MEANINGS) == list(VARIABLES)
