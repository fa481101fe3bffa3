"""The time zones that a reader may choose: one name for each place, in the reader's language, by part of the world."""

import zoneinfo
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.dates import get_timezone_location
from django.utils.translation import gettext_lazy as _

from web.moments import reader_language, zone_label

REGIONS: Final = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": _("Arctic"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic Ocean"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific Ocean"),
}
UTC: Final = "UTC"


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """The IANA names that are offered: places of the world, old names of the same place left out, and UTC."""
    places: dict[tuple[str, str], list[str]] = {}
    for name in zoneinfo.available_timezones():
        region = name.partition("/")[0]
        if region in REGIONS and region != name:
            places.setdefault((region, _place(name, "en")), []).append(name)
    return frozenset(_present_name(place, names) for (_region, place), names in places.items()) | {UTC}


def zone_choices(chosen: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups of a select: part of the world, then names with their labels in order. ``chosen`` is always among them."""
    groups = [(group, list(rows)) for group, rows in _choices(reader_language())]
    if chosen not in zone_names():
        groups.insert(0, ("", [(chosen, zone_label(zoneinfo.ZoneInfo(chosen)))]))
    return groups


@lru_cache(maxsize=4)
def _choices(language: str) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Asked with the language active."""
    rows = [(str(label), _rows(region, language)) for region, label in REGIONS.items()]
    return (("UTC", ((UTC, "UTC"),)), *sorted(rows))


def _rows(region: str, language: str) -> tuple[tuple[str, str], ...]:
    names = (name for name in zone_names() if name.startswith(f"{region}/"))
    return tuple(sorted(((name, _place(name, language)) for name in names), key=lambda row: row[1].casefold()))


def _place(name: str, language: str) -> str:
    return str(get_timezone_location(name, locale=Locale.parse(language), return_city=True))


def _present_name(place: str, names: Iterable[str]) -> str:
    """Of the names that a place had, the one that spells it as it is called now; the most precise of those."""
    spelled = place.rpartition("/")[2].replace(" ", "_")
    return max(names, key=lambda name: (name.rpartition("/")[2] == spelled, len(name), name))
