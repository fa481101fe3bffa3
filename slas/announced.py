"""Days that calendars gain, by the instant at which they were announced (R19): what was known when a day closed.

Whether word was owed on a day is judged by what was said until it closed, however late a worker carries it into the
journal. A ticket that owes nothing is not written for them; the act with which it begins or ceases to owe keeps them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from accounts.questions import question
from contracts.models import CalendarChange, ContractCalendarChange
from contracts.selectors import terms_of, with_days
from contracts.terms import Terms
from slas.engine import Calendar
from slas.engine.closings import BusinessDay, business_day
from slas.policies import calendar_for
from tickets.events import Kind
from tickets.models import Event, Ticket

KNOWN_DAYS = "days_known"
"""Key of ``Event.data``: the days announced until then, kept by an act with which a duty begins or ends."""
LOOKED_AHEAD = 400
"""Days within which the next business day is looked for; no calendar of a contract is closed for longer."""
DAY = timedelta(days=1)


class Announced(NamedTuple):
    """Days that a calendar gained, in the form of a calendar override, and the instant at which it was said."""

    at: datetime
    days: Mapping[str, Any]

    def told(self) -> dict[str, Any]:
        """As the journal keeps it."""
        return {"announced_at": self.at.isoformat(), "days": dict(self.days)}


def announced_in(journal: Iterable[Event]) -> Iterator[Announced]:
    """The days of which a journal tells. What was announced was known from then on, however late it was carried."""
    for event in journal:
        if event.kind == Kind.CALENDAR_CHANGED:
            said = event.data.get("announced_at")
            yield Announced(datetime.fromisoformat(said) if said else event.at, event.data["days"])
        for told in event.data.get(KNOWN_DAYS, ()):
            yield Announced(datetime.fromisoformat(told["announced_at"]), told["days"])


def announced_for(tickets: Sequence[Ticket], at: datetime) -> dict[UUID, list[Announced]]:
    """The days announced until ``at`` for the terms and the contract of each of some tickets of one provider, in the
    order of their announcement. Two questions, whatever the number of tickets."""
    if not tickets:
        return {}
    codes = {ticket.pk: terms_of(ticket).code for ticket in tickets}
    made: dict[object, list[Announced]] = {}
    for shared in _shared(tickets[0].provider_id, at):
        made.setdefault(shared.terms_code, []).append(Announced(shared.at, shared.days))
    for own in _own(list({ticket.contract_id for ticket in tickets}), at):
        made.setdefault(own.contract_id, []).append(Announced(own.at, own.days))
    return {
        ticket.pk: sorted([*made.get(codes[ticket.pk], ()), *made.get(ticket.contract_id, ())], key=lambda one: one.at)
        for ticket in tickets
    }


@question
def _shared(provider_id: UUID, at: datetime) -> QuerySet[CalendarChange]:
    return CalendarChange.objects.filter(provider_id=provider_id, at__lte=at)


@question
def _own(contract_ids: list[UUID], at: datetime) -> QuerySet[ContractCalendarChange]:
    return ContractCalendarChange.objects.filter(contract__among=contract_ids, at__lte=at)


class CalendarInTime:
    """The calendar of a duty with the days that it gained while the ticket lived: a day is one of business or not by
    what was known until it closed (R19)."""

    def __init__(self, terms: Terms, code: str, own: dict[str, Any] | None, announced: Iterable[Announced]) -> None:
        gained: list[dict[str, Any]] = []
        self._known: list[tuple[datetime | None, Calendar]] = [
            (None, calendar_for(terms, code, overrides=with_days(own, [])))
        ]
        for one in sorted(announced, key=lambda one: one.at):
            if one.days["calendar"] == code and one.days not in gained:
                gained.append(dict(one.days))
                self._known.append((one.at, calendar_for(terms, code, overrides=with_days(own, gained))))
        self.zone = self._known[0][1].zone

    def _at(self, at: datetime) -> Calendar:
        return next(calendar for since, calendar in reversed(self._known) if since is None or since <= at)

    def day(self, day: date) -> BusinessDay | None:
        """A local date as a business day; None for one on which support is closed."""
        if len(self._known) == 1:
            return business_day(self._known[0][1], day)
        begins = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        before = business_day(self._at(begins), day)
        return business_day(self._at(before.closes_at if before else begins + DAY), day)

    def days_after(self, at: datetime) -> Iterator[BusinessDay]:
        """The business days that begin at ``at`` or later, up to the next one that is far away."""
        day, empty = at.astimezone(self.zone).date(), 0
        while empty < LOOKED_AHEAD:
            found = self.day(day)
            empty = 0 if found else empty + 1
            if found and found.starts_at >= at:
                yield found
            day += DAY
