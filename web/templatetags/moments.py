"""Filters and tags for instants and spans; the rules are in web.moments."""

import datetime as dt
from html import escape
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from web import moments
from web.moments import NOTHING

register = template.Library()

_STYLES = ("short", "long")


def _name_in(words: list[str]) -> str:
    return next((word for word in words if "/" in word or word == "UTC"), "")


def _zone_in(words: list[str]) -> dt.tzinfo:
    return moments.zone_named(_name_in(words), timezone.get_current_timezone())


def _options(argument: str) -> dict[str, Any]:
    words = argument.split()
    style = next((word for word in words if word in _STYLES), "full")
    return {"style": style, "deadline": "deadline" in words, "named": "bare" not in words}


@register.filter
def when(at: dt.datetime | None, argument: str = "") -> str:
    """`{{ at|when }}`: day, time and zone. Words in the argument change it, in any order:

    `deadline` (midnight reads 24:00 of the day before), `short` (no weekday, no year), `long`, `bare` (no zone name),
    and an IANA zone name instead of the reader's. A deadline in the contract's zone also tells the reader's own time
    where that is another: `{{ due|when:"deadline Europe/Paris" }}`.
    """
    if at is None:
        return NOTHING
    words, options = argument.split(), _options(argument)
    if options["deadline"] and _name_in(words):
        return moments.format_deadline(at, _zone_in(words), timezone.get_current_timezone(), style=options["style"])
    return moments.format_moment(at, _zone_in(words), **options)


@register.filter
def exactly(at: dt.datetime | None, argument: str = "") -> str:
    """The long form with zone and offset from UTC, for a title."""
    if at is None:
        return NOTHING
    words = argument.split()
    return moments.format_exactly(at, _zone_in(words), deadline="deadline" in words)


@register.filter
def day(value: dt.date | None, style: str = "full") -> str:
    """A calendar day (holiday, start of a contract): no time, no zone."""
    return NOTHING if value is None else moments.format_date(value, style=style)


@register.simple_tag
def moment(at: dt.datetime | None, argument: str = "", css: str = "") -> SafeString | str:
    """A `<time>` element: text as of `when`, machine-readable instant, exact form in the title."""
    if at is None:
        return NOTHING
    return format_html(
        '<time class="{}" datetime="{}" title="{}">{}</time>',
        css,
        at.astimezone(dt.UTC).isoformat(),
        exactly(at, argument),
        when(at, argument),
    )


@register.simple_tag
def moment_ago(at: dt.datetime | None, now: dt.datetime, css: str = "") -> SafeString | str:
    """A `<time>` element that says how long ago, with the exact instant in the title."""
    if at is None:
        return NOTHING
    iso = at.astimezone(dt.UTC).isoformat()
    words = moments.ago_words(at, now)
    # A list draws dozens of them: put together by hand, each word escaped.
    told = f'<time class="{escape(css)}" datetime="{iso}" title="{escape(exactly(at))}">{escape(words)}</time>'
    return mark_safe(told)


@register.filter
def ago(at: dt.datetime | None, now: dt.datetime) -> str:
    """`{{ at|ago:request.at }}`: "3 h ago"."""
    return NOTHING if at is None else moments.ago_words(at, now)


@register.filter
def duration_words(seconds: float | None, argument: str = "") -> str:
    """`{{ seconds|duration_words }}`: "2 h 15 min"; with `"hours"` never days (for working time)."""
    return NOTHING if seconds is None else moments.duration_words(seconds, hours_only=argument == "hours")


@register.simple_tag
def zone_name() -> str:
    """The reader's zone by the name of its city, for a caption over bare times."""
    return moments.zone_label(timezone.get_current_timezone())
