"""The account of a deadline as a page: the ledger folded by day or week, with the doors to contest what it rests on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from web.presenters.contests import figure_lines
from web.presenters.vocabulary import Vocabulary

_CONTESTED_BY: Final = {
    "paused": "contest_pause",
    "resumed": "contest_pause",
    "severity_changed": "contest_severity",
    "excluded": "contest_exclusion",
}
"""What a line is about → the form on the page of the ticket by which it is contested."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A day or a week of the ledger, and its intervals; ``total`` is what has counted up to its end, in seconds."""

    text: str
    counted: int
    through: int
    forecast: bool
    intervals: list[dict[str, Any]]

    @property
    def is_simple(self) -> bool:
        return len(self.intervals) < 2


def stretches(document: Mapping[str, Any]) -> list[Stretch]:
    """The lines of the summary with the intervals that begin in them."""
    zone = ZoneInfo(document["zone"])
    waiting = [
        (_begins(item, zone), item | {"contest": _CONTESTED_BY.get(item["kind"], "")}) for item in document["intervals"]
    ]
    found = []
    for line in document["summary"]["lines"]:
        last, forecast = date.fromisoformat(line["last_day"]), line["forecast"]
        taken = [item for day, item in waiting if day <= last and item["forecast"] == forecast]
        waiting = [(day, item) for day, item in waiting if not (day <= last and item["forecast"] == forecast)]
        found.append(Stretch(line["text"], line["counted"], line["through"], forecast, taken))
    return found


def _begins(item: Mapping[str, Any], zone: ZoneInfo) -> date:
    return datetime.fromisoformat(item["starts_at"]).astimezone(zone).date()


def changes(rows: Iterable[Mapping[str, Any]], target: str, words: Vocabulary) -> list[dict[str, Any]]:
    """Who changed what, with the figures from before and after, and where it can be contested."""
    return [
        {
            **row,
            "lines": list(figure_lines({"figures": {target: row["figures"]}}, words)) if row["figures"] else [],
            "contest": _CONTESTED_BY.get(row["code"], ""),
        }
        for row in rows
    ]
