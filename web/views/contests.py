"""Exclusions of a ticket from the service-level figures, and contests of what its clocks were counted from."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.access import for_staff, signed_in
from accounts.errors import Invalid
from lifecycle import contests
from lifecycle.contests import Proposal
from tickets import selectors
from tickets.models import Ticket
from web.forms.acts import split_severity
from web.methods import only
from web.presenters.tickets import present_ticket
from web.views.acts import Attempt, Values
from web.views.ticket_page import CONTESTABLE, contest_form

Service = Callable[..., Ticket]


def _attempt(request: HttpRequest, reference: str, act: str, done: str, **renamed: str) -> Attempt:
    ticket = selectors.ticket(request.actor, reference)  # type: ignore[attr-defined]
    return Attempt(request, ticket, act, done, renamed)


def _sent(attempt: Attempt) -> forms.Form:
    """The form of the act with what was sent."""
    actor = attempt.request.actor  # type: ignore[attr-defined]
    return contest_form(attempt.act, present_ticket(actor, attempt.ticket), data=attempt.request.POST)


def _carry_out(
    attempt: Attempt, right: str, service: Service, given: Callable[[Values], dict[str, object]]
) -> HttpResponse:
    request = attempt.request
    request.actor.require(f"ticket.{right}")  # type: ignore[attr-defined]
    told = {"actor": request.actor, "at": request.at, "reference": attempt.ticket.reference}  # type: ignore[attr-defined]
    return attempt.carry_out(_sent(attempt), lambda values: service(**told, **given(values)))


@signed_in
@only("POST")
def contest(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/contest/: a wait, a severity or the exclusion is disputed; the other side decides."""
    about = request.POST.get("about", "")
    attempt = _attempt(
        request,
        reference,
        f"contest_{about}",
        _("Your contest was recorded. The other side decides on it."),
        event_id="entry",
        severity_kind="severity",
    )
    request.actor.require("ticket.contest")  # type: ignore[attr-defined]
    if about not in CONTESTABLE:
        raise Invalid({"about": [_("A pause, a severity or an exclusion can be contested.")]})
    return _carry_out(
        attempt, "contest", contests.contest, lambda given: {"proposal": _proposal(given), "reason": given["reason"]}
    )


def _proposal(given: Values) -> Proposal:
    severity, kind = split_severity(given.get("severity", ""))
    return Proposal(
        given["about"],
        UUID(str(given["entry"])) if given["entry"] else None,
        given.get("starts_at"),
        given.get("ends_at"),
        severity,
        kind,
    )


@signed_in
@only("POST")
def accept(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/accept-contest/: agreed; the clocks are counted as proposed from now on."""
    attempt = _attempt(request, reference, "accept_contest", _("Agreed. The deadlines were counted again."))
    return _carry_out(attempt, "agree", contests.accept_contest, lambda given: {"contest_id": given["contest"]})


@signed_in
@only("POST")
def decline(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/decline-contest/: not agreed; nothing changes."""
    attempt = _attempt(request, reference, "decline_contest", _("You did not agree. Nothing was changed."))
    return _carry_out(
        attempt,
        "agree",
        contests.decline_contest,
        lambda given: {"contest_id": given["contest"], "reason": given["reason"]},
    )


@signed_in
@only("POST")
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/withdraw-contest/: a contest of one's own side is taken back."""
    attempt = _attempt(request, reference, "withdraw_contest", _("The contest was withdrawn."))
    return _carry_out(attempt, "contest", contests.withdraw_contest, lambda given: {"contest_id": given["contest"]})


@for_staff
@only("POST")
def exclude(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/exclude/: out of the service-level figures, for a reason of the contract."""
    done = _("%(reference)s is out of the service-level figures.") % {"reference": reference}
    attempt = _attempt(request, reference, "exclude", done)
    return _carry_out(attempt, "exclude", contests.exclude_ticket, dict)


@for_staff
@only("POST")
def reinstate(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/reinstate/: into the service-level figures again."""
    done = _("%(reference)s counts in the service-level figures again.") % {"reference": reference}
    attempt = _attempt(request, reference, "reinstate", done)
    return _carry_out(attempt, "exclude", contests.reinstate_ticket, dict)
