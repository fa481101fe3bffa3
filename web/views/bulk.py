"""One act on the chosen rows of the queue: what it still needs, then what came of each.

The view is in no transaction of its own: one unit reads the form, each ticket has a transaction, one unit tells.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import for_staff
from accounts.errors import Invalid
from accounts.middleware import unit_of
from accounts.requests import ActingRequest
from lifecycle import bulk as each
from lifecycle.bulk import Chosen, Outcome
from tickets.models import Ticket
from web.forms.acts import split_severity
from web.forms.canned import AnswerEachForm
from web.forms.queue import AssignEachForm, ResolveEachForm, SeverityEachForm, TeamEachForm, read_chosen
from web.methods import only
from web.presenters.bulk import Told, present_outcomes, resolution_choices, severity_choices
from web.presenters.canned import answer_choices, answer_to
from web.presenters.teams import desk_of, split_team
from web.redirects import next_of

TITLES: Final = {
    "take": gettext_lazy("Assign to me"),
    "assign": gettext_lazy("Assign"),
    "team": gettext_lazy("Give to a team"),
    "severity": gettext_lazy("Change the severity"),
    "reply": gettext_lazy("Answer with a canned reply"),
    "resolve": gettext_lazy("Resolve"),
    "close": gettext_lazy("Close"),
}


@dataclass
class Errand:
    """What somebody asked for, read from the form in the first unit."""

    request: ActingRequest
    act: str = ""
    chosen: list[Chosen] = field(default_factory=list)
    do: Callable[[], list[Outcome]] | None = None

    def read(self) -> HttpResponse:
        """An answer that asks for what is missing; an empty one where all is there, and ``do`` is set."""
        self._require_rows()
        self.request.actor.require(f"ticket.{self.act}")
        tickets = _tickets(self.request, self.chosen)
        form = self._form(tickets)
        if not self.request.POST.get("sure") and self.act != "take":
            return self._ask(form, tickets, 200)
        if form.is_bound and not form.is_valid():
            return self._ask(form, tickets, 422)
        self.do = self._deed(form.cleaned_data if form.is_bound else {})
        return HttpResponse(status=204)

    def _require_rows(self) -> None:
        self.act = self.request.POST.get("act", "")
        if self.act not in TITLES:
            raise Invalid({"act": [_("This is not offered for several tickets at once.")]})
        found = read_chosen(self.request.POST.getlist("chosen"))
        if found is None:
            raise Invalid({"chosen": [_("Reload the queue: a row is not what the page showed.")]})
        if not found:
            raise Invalid({"chosen": [_("Choose at least one ticket: tick the box at the beginning of its row.")]})
        if len(found) > each.MOST:
            raise Invalid({"chosen": [_("At most %(n)d at once.") % {"n": each.MOST}]})
        self.chosen = found

    def _form(self, tickets: Sequence[Ticket]) -> forms.Form:
        sent = self.request.POST if self.request.POST.get("sure") else None
        if self.act == "assign":
            return AssignEachForm(sent, people=desk_of(self.request.actor).people)
        if self.act == "team":
            return TeamEachForm(sent, teams=desk_of(self.request.actor).teams)
        if self.act == "severity":
            severities, reasons = severity_choices(tickets)
            return SeverityEachForm(sent, severities=severities, reasons=reasons)
        if self.act == "reply":
            return AnswerEachForm(sent, replies=answer_choices(self.request.actor))
        if self.act == "resolve":
            return ResolveEachForm(sent, resolution_types=resolution_choices(tickets))
        return forms.Form(sent)

    def _ask(self, form: forms.Form, tickets: Sequence[Ticket], status: int) -> HttpResponse:
        versions = {one.reference: one.version for one in self.chosen}
        context = {
            "act": self.act,
            "title": TITLES[self.act],
            "form": form,
            "rows": [(ticket, f"{ticket.reference}:{versions[ticket.reference]}") for ticket in tickets],
            "back": next_of(self.request, reverse("queue")),
        }
        return render(self.request, "queue/bulk_ask.html", context, status=status)

    def _deed(self, given: dict[str, Any]) -> Callable[[], list[Outcome]]:
        told: dict[str, Any] = {"actor": self.request.actor, "at": self.request.at, "chosen": self.chosen}
        if self.act == "take":
            return lambda: each.take_each(**told)
        if self.act == "close":
            return lambda: each.close_each(**told)
        if self.act == "assign":
            return lambda: each.assign_each(**told, assignee_id=UUID(given["assignee"]))
        if self.act == "reply":
            return lambda: each.reply_each(**told, body_of=self._answer(UUID(given["canned"])))
        if self.act == "resolve":
            return lambda: each.resolve_each(**told, **given)
        if self.act == "team":
            team_id, assignee_id = split_team(given["team"])
            return lambda: each.assign_team_of_each(**told, team_id=team_id, assignee_id=assignee_id)
        severity, kind = split_severity(given["severity"])
        why = {"reason_code": given["reason_code"], "reason": given["reason"]}
        return lambda: each.change_severity_of_each(**told, severity=severity, severity_kind=kind, **why)

    def _answer(self, reply_id: UUID) -> Callable[[Ticket], str]:
        actor, at = self.request.actor, self.request.at
        return lambda ticket: answer_to(actor, ticket, reply_id, at)

    def tell(self, outcomes: Sequence[Outcome]) -> HttpResponse:
        """What came of each. Those that were not done can be tried again on what is true by now."""
        told: list[Told] = present_outcomes(outcomes, _tickets(self.request, self.chosen))
        done = sum(one.is_done for one in outcomes)
        context = {
            "act": self.act,
            "title": TITLES[self.act],
            "done": done,
            "left": len(outcomes) - done,
            "rows": told,
            "back": next_of(self.request, reverse("queue")),
        }
        return render(self.request, "queue/bulk_told.html", context)


@for_staff(transaction=False)
@only("POST")
def queue_bulk(request: ActingRequest) -> HttpResponseBase:
    """POST /queue/bulk/ with `act`, `chosen` (reference:version, several), `sure` and the fields of the act."""
    errand = Errand(request)
    answer = unit_of(queue_bulk, request, errand.read)
    if errand.do is None:
        return answer
    outcomes = errand.do()
    return unit_of(queue_bulk, request, lambda: errand.tell(outcomes))


def _tickets(request: ActingRequest, chosen: Sequence[Chosen]) -> list[Ticket]:
    """Those of the chosen that the actor may see, in the order of the page."""
    order = {one.reference: place for place, one in enumerate(chosen)}
    rows = Ticket.objects.visible_to(request.actor).filter(reference__in=list(order))
    return sorted(rows, key=lambda ticket: order[ticket.reference])
