"""Instants and spans of time in words, in the reader's language and zone.

Nothing here reads a clock. An instant is an aware datetime; a span is a number of seconds.
"""

import datetime as dt
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date as babel_date
from babel.dates import get_timezone_location
from django.utils.translation import get_language, gettext, npgettext, pgettext

from slas.wording import DAY_PATTERN, first_in_french

NOTHING: Final = "—"
MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_DATE_PATTERNS: Final = {
    "full": {"fr": DAY_PATTERN, "en": DAY_PATTERN},
    "short": {"fr": "d MMM", "en": "d MMM"},
    "long": {"fr": "EEEE d MMMM y", "en": "EEEE d MMMM y"},
}
_JOIN: Final = {"fr": " à ", "en": ", "}


def reader_language() -> str:
    """The two-letter code of the active language; English when none is active."""
    return (get_language() or "en").split("-")[0]


@lru_cache(maxsize=32)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


def zone_label(zone: dt.tzinfo) -> str:
    """The zone by the name of its city ("Paris"), or "UTC"."""
    name = str(zone)
    return "UTC" if name in ("UTC", "Etc/UTC", "Zulu") else _city(name, reader_language())


@lru_cache(maxsize=1024)
def _city(name: str, language: str) -> str:
    return str(get_timezone_location(name, locale=_locale(language), return_city=True))


def _offset(local: dt.datetime) -> str:
    minutes = int((local.utcoffset() or dt.timedelta()).total_seconds()) // MINUTE
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes >= 0 else "−"
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")


def _is_ambiguous(local: dt.datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def date_and_clock(at: dt.datetime, zone: dt.tzinfo, *, deadline: bool) -> tuple[dt.datetime, str]:
    """The local day and the clock reading of `at`.

    A deadline that falls on midnight belongs to the day that it ends: it reads 24:00 of the day before.
    """
    local = at.astimezone(zone)
    if deadline and (local.hour, local.minute, local.second) == (0, 0, 0):
        return local - dt.timedelta(days=1), "24:00"
    return local, local.strftime("%H:%M")


def format_date(day: dt.date, *, style: str = "full") -> str:
    """A calendar day; `style` is full, short or long."""
    return _date_words(day, style, reader_language())


@lru_cache(maxsize=4096)
def _date_words(day: dt.date, style: str, language: str) -> str:
    pattern = _DATE_PATTERNS[style].get(language, _DATE_PATTERNS[style]["en"])
    return first_in_french(str(babel_date(day, pattern, locale=_locale(language))), day, language)


def format_moment(
    at: dt.datetime, zone: dt.tzinfo, *, style: str = "full", deadline: bool = False, named: bool = True
) -> str:
    """An instant as a day, a clock reading and (unless `named` is False) the name of the zone.

    In the hour that happens twice in autumn the offset from UTC is added, so that the reading stays exact.
    """
    day, clock = date_and_clock(at, zone, deadline=deadline)
    local = at.astimezone(zone)
    join = _JOIN.get(reader_language(), _JOIN["en"])
    text = f"{format_date(day.date(), style=style)}{join}{clock}"
    if _is_ambiguous(local):
        text += f" {_offset(local)}"
    return f"{text} ({zone_label(zone)})" if named else text


def format_deadline(at: dt.datetime, contract_zone: dt.tzinfo, reader_zone: dt.tzinfo, *, style: str = "full") -> str:
    """A deadline on the contract's clock (midnight reads 24:00, R1), and on the reader's where that shows another time.

    The reader's reading has a day of its own only where that is another one.
    """
    told = format_moment(at, contract_zone, style=style, deadline=True)
    local = at.astimezone(reader_zone)
    if local.utcoffset() == at.astimezone(contract_zone).utcoffset():
        return told
    own = local.strftime("%H:%M")
    if local.date() != date_and_clock(at, contract_zone, deadline=True)[0].date():
        own = format_moment(at, reader_zone, style=style, named=False)
    elif _is_ambiguous(local):
        own += f" {_offset(local)}"
    names = {"contract": told, "own": own, "zone": zone_label(reader_zone)}
    return gettext("%(contract)s · %(own)s your time (%(zone)s)") % names


def format_exactly(at: dt.datetime, zone: dt.tzinfo, *, deadline: bool = False) -> str:
    """The long form for a tooltip: weekday and month in full, seconds if there are any, zone and offset from UTC."""
    return _exact_words(at.astimezone(dt.UTC), zone, deadline, reader_language())


@lru_cache(maxsize=8192)
def _exact_words(at: dt.datetime, zone: dt.tzinfo, deadline: bool, language: str) -> str:
    """``language`` is that of the reader: what is kept is kept for it."""
    day, clock = date_and_clock(at, zone, deadline=deadline)
    join = _JOIN.get(language, _JOIN["en"])
    local = at.astimezone(zone)
    if local.second:
        clock = local.strftime("%H:%M:%S")
    label = zone_label(zone)
    where = label if label == "UTC" else f"{label}, {_offset(local)}"
    return f"{format_date(day.date(), style='long')}{join}{clock} ({where})"


def zone_named(name: str, fallback: dt.tzinfo) -> dt.tzinfo:
    """The zone of that IANA name, or `fallback` when the name is empty."""
    return ZoneInfo(name) if name else fallback


def span_units() -> dict[str, str]:
    """The units as templates, shared with the script that refreshes countdowns."""
    return dict(_units(reader_language()))


@lru_cache(maxsize=32)
def _units(language: str) -> dict[str, str]:
    """Looked up once for each ``language``: a list asks for them with every row."""
    return {
        "d": pgettext("days, abbreviated", "%(n)s d"),
        "h": pgettext("hours, abbreviated", "%(n)s h"),
        "min": pgettext("minutes, abbreviated", "%(n)s min"),
        "moment": gettext("less than a minute"),
    }


def duration_words(seconds: float, *, hours_only: bool = False) -> str:
    """A span in its two largest units ("2 h 15 min"); whole minutes, cut, never rounded up.

    `hours_only` never speaks of days: working time has no days of 24 hours.
    """
    return _span(int(abs(seconds)) // MINUTE, hours_only, reader_language())


@lru_cache(maxsize=8192)
def _span(total: int, hours_only: bool, language: str) -> str:
    """So many minutes in ``language``, that of the reader: what is kept is kept for it."""
    units = _units(language)
    if not total:
        return units["moment"]
    days, rest = (0, total) if hours_only else divmod(total, DAY // MINUTE)
    hours, minutes = divmod(rest, HOUR // MINUTE)
    parts = [("d", days), ("h", hours)] if days else [("h", hours), ("min", minutes)]
    return " ".join(units[unit] % {"n": amount} for unit, amount in parts if amount)


def ago_words(at: dt.datetime, now: dt.datetime) -> str:
    """How long before `now` the instant was ("3 h ago"); days alone beyond a week."""
    return _ago(int((now - at).total_seconds()) // MINUTE, reader_language())


@lru_cache(maxsize=8192)
def _ago(minutes: int, language: str) -> str:
    """So many minutes ago in ``language``, that of the reader: what is kept is kept for it."""
    if minutes < 1:
        return gettext("just now")
    if minutes >= 7 * DAY // MINUTE:
        days = minutes * MINUTE // DAY
        return npgettext("time passed", "%(n)s day ago", "%(n)s days ago", days) % {"n": days}
    return gettext("%(span)s ago") % {"span": _span(minutes, False, language)}
