"""Public holidays by their names, in the reader's language where the calendar library knows them in it."""

from datetime import date
from functools import lru_cache

import holidays

from contracts.terms.model import PublicHolidays


def named_holidays(whose: PublicHolidays, year: int, language: str) -> list[tuple[date, str]]:
    """The holidays of a year in order; empty for a year of which the library knows nothing."""
    return list(_named(whose.country, whose.subdivision, year, language))


@lru_cache(maxsize=256)
def _named(country: str, subdivision: str | None, year: int, language: str) -> tuple[tuple[date, str], ...]:
    try:
        plain = holidays.country_holidays(country, subdiv=subdivision, years=year)
    except NotImplementedError:
        return ()
    spoken = _spoken(tuple(plain.supported_languages or ()), language)
    known = holidays.country_holidays(country, subdiv=subdivision, years=year, language=spoken) if spoken else plain
    return tuple(sorted((day, known.get(day) or name) for day, name in plain.items()))


def _spoken(supported: tuple[str, ...], language: str) -> str | None:
    """The library's name for the language: ``fr``, or ``en_US`` for English."""
    return next((name for name in supported if name.partition("_")[0] == language), None)
