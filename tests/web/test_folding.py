"""What a template always draws alike is drawn once per language; the pages stay the same to the letter."""

import copy
import re
from typing import Any

import pytest
from django.template import Context, Engine, engines
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from accounts.tenancy import acting_as
from lifecycle import services
from tests.worlds import World, paris
from web.folding import Loader

CHANGING = re.compile(r'[A-Za-z0-9]{64}|data-now="[^"]*"|<time.*?</time>')


def engine(text: str) -> Engine:
    told = {"page": text, "part": "{% load i18n %}[{% translate 'Queue' %}]"}
    loaders = [("web.folding.Loader", [("django.template.loaders.locmem.Loader", told)])]
    return Engine(
        loaders=loaders,  # type: ignore[arg-type]
        libraries={
            "i18n": "django.templatetags.i18n",
            "ui": "web.templatetags.ui",
            "static": "django.templatetags.static",
        },
    )


def drawn(text: str, language: str = "fr", **values: Any) -> tuple[str, int]:
    """What is drawn, and of how many parts the template is made."""
    with override(language):
        template = engine(text).get_template("page")
        return template.render(Context(values)), len(template.nodelist)


def test_what_is_fixed_becomes_one_text():
    text = (
        "{% load i18n ui static %}<a href=\"{% url 'queue' %}\">{% icon 'plus' %}{% translate 'Queue' %}</a>"
        "{% blocktranslate trimmed %}Choose{% endblocktranslate %}{# nothing #}{% static 'icons/mark.svg' %}"
    )
    told, parts = drawn(text)
    assert parts == 1
    assert "File d’attente" in told and f'href="{reverse("queue")}"' in told and "mark" in told


def test_each_language_has_its_own():
    place = engine("{% load i18n %}{% translate 'Queue' %}")
    told = []
    for language in ("fr", "en", "fr"):
        with override(language):
            told.append(place.get_template("page").render(Context()))
    assert told[0] == told[2] != told[1] == "Queue"


@pytest.mark.parametrize(
    "text",
    [
        "{% load i18n %}{% translate word %}",
        "{% load i18n %}{% translate 'Queue' as told %}{{ told }}",
        "{% load i18n %}{% blocktranslate %}Tickets {{ word }}{% endblocktranslate %}",
        "{% load i18n %}{% blocktranslate with x=word %}Tickets {{ x }}{% endblocktranslate %}",
        "{% load i18n %}{% blocktranslate count n=number %}{{ n }} new{% plural %}{{ n }} new{% endblocktranslate %}",
        "{% load ui %}{% icon word %}",
        "{% load ui %}{% badge word|upper 'red' %}",
        "{% url 'ticket' word|default:'MEGA-1' %}",
        "{{ word }}",
        "{% now 'Y' %}",
    ],
)
def test_what_depends_on_anything_stays(text: str):
    word = "MEGA-{}" if "url" in text else "Queue{}"
    plain = Engine(libraries=engine("").libraries)
    with override("fr"):
        kept = engine(text).get_template("page")
        for number in (1, 2):
            values = {"word": word.format(number), "number": number}
            assert kept.render(Context(values)) == plain.from_string(text).render(Context(values))


def test_another_language_or_escaping_inside_is_left_alone():
    text = "{% load i18n %}{% language 'en' %}{% translate 'Queue' %}{% endlanguage %} {% translate 'Queue' %}"
    assert drawn(text, "fr")[0] == "Queue File d’attente"
    off = "{% load i18n %}{% autoescape off %}{{ word }}{% include 'part' %}{% endautoescape %}{{ word }}"
    assert drawn(off, "en", word="<b>")[0] == "<b>[Queue]&lt;b&gt;"


def test_conditions_loops_and_blocks_are_folded_inside():
    text = (
        "{% load i18n %}{% if a %}{% translate 'Queue' %}{% elif b %}{% translate 'Customer' %}{% else %}"
        "{% for x in many %}{% translate 'Ticket' %}{{ x }}{% empty %}{% translate 'None' %}{% endfor %}{% endif %}"
    )
    assert drawn(text, "en", a=True)[0] == "Queue"
    assert drawn(text, "en", b=True)[0] == "Customer"
    assert drawn(text, "en", many=[1, 2])[0] == "Ticket1Ticket2"
    with override("en"):
        branch = engine(text).get_template("page").nodelist[0]
    assert [len(part) for _, part in branch.conditions_nodelists] == [1, 1, 1]  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_pages_are_the_same_to_the_letter(world: World, sign_in: Any, settings: Any, language: str):
    ticket = world.file(at=paris("2026-05-04 10:00"))
    engineer = world.staff["engineer"]
    with acting_as(engineer):
        services.take_ticket(actor=engineer, reference=ticket.reference, at=paris("2026-05-04 10:05"))
    assert isinstance(engines["django"].engine.template_loaders[0], Loader)  # type: ignore[attr-defined]
    visitors = [Client(), sign_in(engineer), sign_in(world.customers[0].contact), sign_in(world.staff["administrator"])]
    paths = [
        "/sign-in/", "/", "/queue/?more=1", f"/tickets/{ticket.reference}/", f"/tickets/{ticket.reference}/print/",
        "/cases/", "/cases/new/", "/home/", "/preferences/", "/queue/views/", "/administration/", "/nowhere/",
    ]  # fmt: skip

    def pages() -> list[tuple[int, str]]:
        told = []
        for visitor in visitors:
            visitor.cookies["language"] = language
            for path in paths:
                answer = visitor.get(path, follow=True)
                told.append((answer.status_code, CHANGING.sub("", answer.content.decode())))
        return told

    folded = pages()
    own = copy.deepcopy(settings.TEMPLATES)
    own[0]["OPTIONS"]["loaders"] = [
        "django.template.loaders.filesystem.Loader",
        "django.template.loaders.app_directories.Loader",
    ]
    settings.TEMPLATES = own
    assert not isinstance(engines["django"].engine.template_loaders[0], Loader)  # type: ignore[attr-defined]
    assert pages() == folded
    assert sum(status == 200 for status, _page in folded) >= 20
