"""The components: shown, named, and tied together for screen readers."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template

from web.templatetags import ui

ROOT = Path(settings.BASE_DIR)
TEMPLATES = ROOT / "templates"
SPRITE = ROOT / "static" / "icons" / "sprite.svg"
FRAME = {"_bar.html", "_preferences.html", "_toasts.html"}


def draw(source: str, **context: object) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


def symbols() -> set[str]:
    return set(re.findall(r'<symbol id="([\w-]+)"', SPRITE.read_text()))


def named_icons() -> dict[str, str]:
    """Every icon that is named literally, and where."""
    found = {}
    for path in sorted(TEMPLATES.rglob("*.html")):
        for name in re.findall(r'{% icon "([\w-]+)"|icon_name="([\w-]+)"', path.read_text()):
            found["".join(name)] = str(path.relative_to(ROOT))
    for _tone, name in [*ui.STATE_LOOKS.values(), *ui.ALERT_LOOKS.values()]:
        found[name] = "web/templatetags/ui.py"
    for name in re.findall(
        r'"(?:blue|amber|red|green|violet|grey)", "([\w-]+)"', (ROOT / "web/clockface.py").read_text()
    ):
        found[name] = "web/clockface.py"
    return found


def test_every_icon_that_is_named_is_in_the_sprite():
    assert {name: where for name, where in named_icons().items() if name not in symbols()} == {}


def test_every_component_is_shown_in_the_style_guide():
    partials = {path.name for path in (TEMPLATES / "components").glob("_*.html")} - FRAME
    used = (ROOT / "web/templatetags/ui.py").read_text() + (TEMPLATES / "styleguide/index.html").read_text()
    used += "".join(path.read_text() for path in (TEMPLATES / "components").glob("_*.html"))
    tags = set(re.findall(r"def (\w+)\(", (ROOT / "web/templatetags/ui.py").read_text()))
    assert {name for name in partials if f"components/{name}" not in used} == set()
    shown = (TEMPLATES / "styleguide/index.html").read_text()
    drawn = {"icon", "badge", "state_badge", "severity", "clock", "clock_card", "clause", "person", "field", "choices",
             "editor", "error_summary", "card", "alert", "disclosure", "empty"}  # fmt: skip
    assert drawn <= tags
    assert {name for name in drawn if f"{{% {name} " not in shown} == set()


def test_the_sprite_is_nothing_but_drawings():
    text = SPRITE.read_text()
    assert not re.search(r"<script|\son\w+=|href=|<style|url\(", text)
    assert "MIT" in text


class Frame(forms.Form):
    subject = forms.CharField(label="Subject", help_text="One line.")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    agree = forms.BooleanField(label="Agreed")
    kind = forms.ChoiceField(label="Kind", widget=forms.RadioSelect, choices=[("a", "A"), ("b", "B")])


def test_a_field_ties_label_hint_and_error_to_its_control():
    form = Frame({})
    html = draw("{% field form.subject %}", form=form)
    assert '<label class="field__label" for="id_subject">' in html
    assert 'aria-describedby="id_subject-hint id_subject-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_subject-hint">One line.' in html
    assert 'id="id_subject-error"' in html


def test_a_field_without_error_or_hint_claims_none():
    html = draw("{% field form.note %}", form=Frame())
    assert "aria-describedby" not in html
    assert "aria-invalid" not in html
    assert "(optional)" in html


def test_radio_cards_are_one_group_with_a_name():
    form = Frame({"kind": "b"})
    html = draw("{% choices form.kind details=details %}", form=form, details={"a": "The first."})
    assert html.count("<fieldset") == 1
    assert '<legend class="field__label">Kind' in html
    assert re.findall(r'value="(\w)"( checked)?', html) == [("a", ""), ("b", " checked")]
    assert "The first." in html


def test_the_summary_links_to_every_field_that_is_wrong():
    form = Frame({})
    form.is_valid()
    html = draw("{% error_summary form %}", form=form)
    assert re.findall(r'href="#([\w-]+)"', html) == ["id_subject", "id_agree", "id_kind"]
    assert 'role="alert" tabindex="-1" autofocus' in html
    assert draw("{% error_summary form %}", form=Frame()).strip() == ""


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Inès Caradec", "IC"), ("Cher", "C"), ("", "?"), ("Jean de la Tour", "JT"), ("  ", "?"), ("(x) Émile", "É")],
)
def test_initials(name: str, letters: str):
    assert ui.initials(name) == letters


def test_what_people_wrote_is_never_markup():
    evil = '"><script>alert(1)</script>'
    sources = [
        "{% badge evil %}", "{% state_badge 'new' evil %}", "{% severity 1 evil %}", "{% person evil 'provider' %}",
        "{% clause evil %}", "{% card title=evil %}{% endcard %}", "{% avatar evil %}{{ evil }}",
        "{% alert 'info' title=evil %}{{ evil }}{% endalert %}",
        "{% disclosure summary=evil %}{{ evil }}{% enddisclosure %}", "{% empty title=evil %}{% endempty %}",
        "{% icon 'x' label=evil %}",
    ]  # fmt: skip
    for source in sources:
        html = draw(source, evil=evil)
        assert "<script" not in html
        assert "&lt;script&gt;" in html


class Strict(HTMLParser):
    """Collects what a strict policy would block."""

    def __init__(self) -> None:
        super().__init__()
        self.blocked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        handlers = [name for name in names if name.startswith(("on", "hx-on")) or name == "style"]
        if handlers or tag == "style" or (tag == "script" and not names.get("src")):
            self.blocked.append(f"{tag} {handlers}")


def test_no_template_needs_an_inline_script_or_style():
    blocked = {}
    for path in sorted(TEMPLATES.rglob("*.html")):
        parser = Strict()
        parser.feed(path.read_text())
        if parser.blocked:
            blocked[str(path.relative_to(ROOT))] = parser.blocked
    assert blocked == {}
