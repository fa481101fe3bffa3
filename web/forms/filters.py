"""Filters of the lists: only what is offered, anything else is refused with 400."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Final
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.errors import Invalid
from contracts.models import Environment
from tickets.queue import Filters
from web.forms.fields import LineField, PickField

MAX_SEARCH: Final = 160
MAX_CURSOR: Final = 400
STATES: Final = ("open", "new", "in_progress", "waiting_customer", "resolved", "closed", "all")
HOLDERS: Final = (("", _("Anybody")), ("mine", _("Me")), ("unassigned", _("Nobody yet")))
TEAMS: Final = (("", _("Any")), ("mine", pgettext_lazy("teams", "Mine")), ("none", _("None")))
WATCHED: Final = (("", _("Any")), ("mine", _("By me")))
ORDERS: Final = (
    ("due", _("Deadline")),
    ("severity", _("Severity")),
    ("updated", _("Last change")),
    ("opened", _("Filing date")),
    ("team", _("Team")),
)
DUE: Final = (
    ("", _("Any")),
    ("overdue", _("Passed")),
    ("today", _("Today")),
    ("week", _("Within seven days")),
    ("none", _("None")),
)
PASSING: Final = frozenset({"after", "customer_name"})
"""Fields that lead through a list without being part of what it is."""
USUAL: Final = frozenset({("state", "open"), ("order", "due")})
"""What holds where nothing is said."""
_MOMENT: Final = timedelta(seconds=1)
Choices = Iterable[tuple[str, str]]


class FilterForm(forms.Form):
    """Filters in the address. A parameter that no filter has is ignored; a value that none offers is an error."""

    search = LineField(label=_("Search"), max_length=MAX_SEARCH, required=False)
    after = forms.CharField(required=False, max_length=MAX_CURSOR, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, **options: Any):
        super().__init__(data, auto_id="filter_%s", **options)

    def chosen(self) -> dict[str, Any]:
        """The values; raises ``Invalid`` with the errors of each filter."""
        if not self.is_valid():
            raise Invalid({name: list(map(str, errors)) for name, errors in self.errors.items()})
        return dict(self.cleaned_data)


class QueueFilter(FilterForm):
    """What the desk looks at. The lists that need a question to the database may be left empty: then they offer nothing
    but what is there without it."""

    state = PickField(label=_("State"), required=False)
    holder = PickField(label=_("Who has it"), choices=HOLDERS, required=False)
    due = PickField(label=_("Deadline"), choices=DUE, required=False)
    severity = PickField(label=_("Severity"), required=False)
    customer = PickField(label=_("Customer"), required=False)
    customer_name = LineField(label=_("Part of the customer’s name"), max_length=MAX_SEARCH, required=False)
    assignee = PickField(label=_("Given to"), required=False)
    team = PickField(label=_("Team"), required=False)
    contract = LineField(label=_("Contract, by its reference"), max_length=MAX_SEARCH, required=False)
    environment = PickField(label=_("Environment"), required=False)
    watched = PickField(label=_("Watched"), choices=WATCHED, required=False)
    order = PickField(label=_("Sort by"), choices=ORDERS, required=False)

    field_order = (
        "search", "state", "holder", "due", "severity", "customer", "customer_name", "assignee", "team", "contract",
        "environment", "watched", "order", "after",
    )  # fmt: skip

    def __init__(
        self,
        data: QueryDict,
        *,
        states: list[tuple[str, str]],
        severities: Choices = (),
        customers: Choices = (),
        people: Choices = (),
        teams: Choices = (),
    ):
        super().__init__(data)
        kinds = [(kind.value, kind.label) for kind in Environment.Kind]
        self._offer("state", states)
        self._offer("severity", [("", _("Any")), *severities])
        self._offer("customer", [("", _("All")), *customers])
        self._offer("assignee", [("", _("Anybody")), *people])
        self._offer("team", [*TEAMS, *teams])
        self._offer("environment", [("", _("Any")), *kinds])

    def _offer(self, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
        self.fields[name].choices = list(choices)  # type: ignore[attr-defined]

    def asked(self) -> dict[str, str]:
        """The filters that leave something out, as the form sends them: what a saved view keeps."""
        given = {name: str(value) for name, value in self.chosen().items() if value and name not in PASSING}
        return {name: value for name, value in given.items() if (name, value) not in USUAL}

    def filters(self, at: datetime, zone: tzinfo, watched: QuerySet[Any, Any] | None = None) -> Filters:
        """What is asked of the list; days begin and end in ``zone``, ``watched`` are the tickets that the reader
        watches. Raises ``Invalid`` as ``chosen`` does."""
        found = self.chosen()
        return Filters(
            state=found["state"] or "open",
            holder=found["holder"],
            assignee_id=UUID(found["assignee"]) if found["assignee"] else None,
            severity=found["severity"],
            **_of_team(found["team"]),
            customer_id=UUID(found["customer"]) if found["customer"] else None,
            contract=found["contract"],
            environment=found["environment"],
            search=found["search"],
            among=watched if found["watched"] else None,
            **due_bounds(found["due"], at, zone),
        )

    def sorting(self) -> str:
        """The order asked for; by deadline where none is. Raises ``Invalid`` as ``chosen`` does."""
        return str(self.chosen()["order"] or "due")


def _of_team(chosen: str) -> dict[str, Any]:
    """The team that was chosen: one of those that are meant by a word, or one by its key."""
    words = {code for code, _label in TEAMS}
    return {"team": chosen} if chosen in words else {"team_id": UUID(chosen)}


def due_bounds(due: str, at: datetime, zone: tzinfo) -> dict[str, Any]:
    """The bounds of a deadline filter at the instant ``at``; "today" and "week" are days of ``zone``."""
    midnight = datetime.combine(at.astimezone(zone).date(), time(), zone)
    tomorrow = datetime.combine(midnight.date() + timedelta(days=1), time(), zone)
    week = datetime.combine(midnight.date() + timedelta(days=7), time(), zone)
    bounds: dict[str, dict[str, Any]] = {
        "overdue": {"due_before": at},
        # A deadline at midnight is 24:00 of the day that it ends.
        "today": {"due_from": midnight + _MOMENT, "due_before": tomorrow + _MOMENT},
        "week": {"due_from": midnight + _MOMENT, "due_before": week + _MOMENT},
        "none": {"is_undated": True},
    }
    return bounds.get(due, {})


class CasesFilter(FilterForm):
    """What a customer looks at."""

    state = PickField(label=_("State"), required=False)

    def __init__(self, data: QueryDict, *, states: list[tuple[str, str]]):
        super().__init__(data)
        self.fields["state"].choices = states  # type: ignore[attr-defined]

    def chosen(self) -> dict[str, Any]:
        found = super().chosen()
        found["state"] = found["state"] or "open"
        return found
