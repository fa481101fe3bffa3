"""The acts on a ticket. Each is a plain form: 303 to the ticket when it was done, the page as typed when it was not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import for_customers, for_staff, signed_in
from accounts.errors import Invalid, Refused, Stale
from lifecycle import holds, services
from lifecycle.selectors import acts_offered
from lifecycle.teams import assign_team
from tickets import selectors
from tickets.drafts import discard_draft
from tickets.models import Ticket
from web.forms.acts import show_errors, split_severity
from web.forms.uploads import FilesForm, Uploads, receive_uploads
from web.methods import only
from web.presenters.teams import desk_of, split_team
from web.presenters.vocabulary import Vocabulary
from web.redirects import SeeOther
from web.views.queue import queue_row
from web.views.ticket_page import (
    DRAFTED,
    Failure,
    build_form,
    draft_key,
    step_choices,
    ticket_page,
)
from web.views.watching import warn_of_unknown

Values = Mapping[str, Any]
Do = Callable[[Values], Ticket]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One act that somebody asked for by a form."""

    request: HttpRequest
    ticket: Ticket
    act: str
    done: str
    renamed: Mapping[str, str]

    def carry_out(self, form: forms.Form, do: Do) -> HttpResponse:
        """Run the service with what the form holds. A refused act has written nothing but kept uploads."""
        if not form.is_valid():
            return self._failed(form, 422)
        try:
            with transaction.atomic():
                do(form.cleaned_data)
            warn_of_unknown(self.request, str(form.cleaned_data.get("body", "")))
        except Invalid as refused:
            show_errors(form, refused, self.renamed)
            return self._failed(form, 422)
        except Stale as stale:
            return self._failed(form, 409, message=stale.message, changes=stale.changes)
        except Refused as refused:
            return self._failed(form, 409, message=refused.message, clause=refused.clause)
        return self._succeeded()

    def _failed(self, form: forms.Form | None, status: int, **why: Any) -> HttpResponse:
        fresh = selectors.ticket(self.request.actor, self.ticket.reference)  # type: ignore[attr-defined]
        return ticket_page(self.request, fresh, Failure(self.act, form, status, **why))

    def _succeeded(self) -> HttpResponse:
        actor = self.request.actor  # type: ignore[attr-defined]
        if self.act in DRAFTED:
            discard_draft(actor=actor, form=draft_key(self.act, self.ticket.reference))
        messages.success(self.request, self.done)
        if getattr(self.request, "htmx", False):
            return ticket_page(self.request, selectors.ticket(actor, self.ticket.reference))
        return SeeOther(reverse("ticket", args=[self.ticket.reference]))


def _attempt(request: HttpRequest, reference: str, act: str, done: str, **renamed: str) -> Attempt:
    ticket = selectors.ticket(request.actor, reference)  # type: ignore[attr-defined]
    return Attempt(request, ticket, act, done, renamed)


def _sent(attempt: Attempt, uploads: Uploads | None = None) -> forms.Form:
    """The form of the act with what was sent."""
    words = Vocabulary.of(attempt.ticket)
    options: dict[str, Any] = {"data": attempt.request.POST}
    if uploads is not None:
        options.update(files=attempt.request.FILES, uploads=uploads)
    actor = attempt.request.actor  # type: ignore[attr-defined]
    desk = desk_of(actor, attempt.ticket) if attempt.act in {"assign", "team"} else None
    steps = step_choices(actor, attempt.ticket, words) if attempt.act == "resolve" else []
    return build_form(attempt.act, words, desk, steps, **options)


def _told(request: HttpRequest, reference: str) -> dict[str, Any]:
    """What every service is told."""
    return {"actor": request.actor, "at": request.at, "reference": reference}  # type: ignore[attr-defined]


@for_staff
@only("POST")
def take(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/take/: of two who try, the second is told who has it (409)."""
    in_list = request.POST.get("from") == "queue"
    attempt = _attempt(request, reference, "take", _("You have taken %(reference)s.") % {"reference": reference})
    if in_list and getattr(request, "htmx", False):
        return _take_in_list(request, reference)
    return attempt.carry_out(
        forms.Form(data=request.POST), lambda given: services.take_ticket(**_told(request, reference))
    )


def _take_in_list(request: HttpRequest, reference: str) -> HttpResponse:
    status, notice = 200, ""
    try:
        with transaction.atomic():
            services.take_ticket(**_told(request, reference))
    except Refused as refused:
        status, notice = 409, refused.message
    return queue_row(request, reference, notice=notice, status=status)


@signed_in
@only("POST")
def reply(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/reply/: a public message, by either side."""
    attempt = _attempt(request, reference, "reply", _("Your message was sent."))
    return _say(attempt, services.reply, "seen")


@for_staff
@only("POST")
def note(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/note/: a private note."""
    attempt = _attempt(request, reference, "note", _("The private note was kept. The customer does not see it."))
    return _say(attempt, services.add_note)


@for_staff
@only("POST")
def ask(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/ask/: a question; the ticket waits for the customer."""
    attempt = _attempt(request, reference, "ask", _("Your question was sent. The ticket waits for the customer."))
    return _say(attempt, services.request_information, "seen")


def _say(attempt: Attempt, service: Callable[..., Ticket], *also: str) -> HttpResponse:
    request, reference = attempt.request, attempt.ticket.reference
    _require_offered(attempt)
    form = _sent(attempt, receive_uploads(request) if request.FILES or request.POST.get("attachments") else Uploads())
    assert isinstance(form, FilesForm)
    ids = form.uploads.ids
    told = _told(request, reference)
    return attempt.carry_out(
        form, lambda given: service(**told, **{name: given[name] for name in ("body", *also)}, attachment_ids=ids)
    )


def _require_offered(attempt: Attempt) -> None:
    """No file is stored for somebody who may not act at all."""
    actor = attempt.request.actor  # type: ignore[attr-defined]
    if attempt.act not in acts_offered(actor, attempt.ticket):
        actor.require(f"ticket.{attempt.act}")


@for_staff
@only("POST")
def call(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/call/: the summary of a telephone call."""
    attempt = _attempt(request, reference, "call", _("The call was recorded."))
    return attempt.carry_out(
        _sent(attempt), lambda given: services.log_call(**_told(request, reference), body=given["body"])
    )


@for_staff
@only("POST")
def resolve(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/resolve/: a resolution of one of the contract's types."""
    attempt = _attempt(request, reference, "resolve", _("The resolution was sent to the customer."))
    return attempt.carry_out(
        _sent(attempt), lambda given: services.resolve_ticket(**_told(request, reference), **given)
    )


@for_staff
@only("POST")
def workaround(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/workaround/: a workaround for the customer to accept or to decline."""
    attempt = _attempt(request, reference, "workaround", _("The workaround was offered to the customer."))
    _require_offered(attempt)
    form = _sent(attempt, receive_uploads(request) if request.FILES or request.POST.get("attachments") else Uploads())
    assert isinstance(form, FilesForm)
    ids = form.uploads.ids
    return attempt.carry_out(form, lambda given: _offer(request, reference, given, ids))


def _offer(request: HttpRequest, reference: str, given: Values, ids: Sequence[UUID]) -> Ticket:
    told = {name: given[name] for name in ("kind", "resolution_type", "body")}
    return services.offer_workaround(**_told(request, reference), **told, attachment_ids=ids)


@for_customers
@only("POST")
def accept_workaround(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/accept-workaround/: the workaround on offer is accepted."""
    attempt = _attempt(request, reference, "accept_workaround", _("You accepted the workaround."))
    return attempt.carry_out(
        _sent(attempt), lambda given: services.accept_workaround(**_told(request, reference), **given)
    )


@for_customers
@only("POST")
def decline_workaround(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/decline-workaround/: the workaround on offer is not enough."""
    attempt = _attempt(request, reference, "decline_workaround", _("You declined the workaround."))
    return attempt.carry_out(
        _sent(attempt), lambda given: services.decline_workaround(**_told(request, reference), **given)
    )


@signed_in
@only("POST")
def move(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/move/: a step of the contract's own workflow."""
    attempt = _attempt(request, reference, "move", _("%(reference)s has moved on.") % {"reference": reference})
    return attempt.carry_out(_sent(attempt), lambda given: services.move_ticket(**_told(request, reference), **given))


@signed_in
@only("POST")
def reopen(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/reopen/: the resolution does not hold."""
    attempt = _attempt(request, reference, "reopen", _("%(reference)s is open again.") % {"reference": reference})
    return attempt.carry_out(_sent(attempt), lambda given: services.reopen_ticket(**_told(request, reference), **given))


@signed_in
@only("POST")
def close(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/close/: the resolution is accepted."""
    attempt = _attempt(request, reference, "close", _("%(reference)s is closed.") % {"reference": reference})
    return attempt.carry_out(_sent(attempt), lambda given: services.close_ticket(**_told(request, reference), **given))


@for_staff
@only("POST")
def assign(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/assign/: somebody of the desk gets it."""
    attempt = _attempt(request, reference, "assign", _("%(reference)s was assigned.") % {"reference": reference})
    return attempt.carry_out(_sent(attempt), lambda given: _assign(request, reference, given))


def _assign(request: HttpRequest, reference: str, given: Values) -> Ticket:
    return services.assign_ticket(
        **_told(request, reference),
        assignee_id=UUID(given["assignee"]),
        expected_version=given["expected_version"],
    )


@for_staff
@only("POST")
def team(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/team/: a team gets it, or somebody of one."""
    done = _("%(reference)s was given to the team.") % {"reference": reference}
    attempt = _attempt(request, reference, "team", done, assignee="team")
    return attempt.carry_out(_sent(attempt), lambda given: _give_team(request, reference, given))


def _give_team(request: HttpRequest, reference: str, given: Values) -> Ticket:
    team_id, assignee_id = split_team(given["team"])
    told = {"team_id": team_id, "assignee_id": assignee_id, "expected_version": given["expected_version"]}
    return assign_team(**_told(request, reference), **told)


@for_staff
@only("POST")
def severity(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/severity/: another severity, with a reason (R18). ``act=preview`` changes nothing: it
    draws the page again as typed, with what the deadlines would become."""
    attempt = _attempt(request, reference, "severity", _("The severity was changed."), severity_kind="severity")
    if request.POST.get("act") == "preview":
        return _severity_asked(attempt)
    return attempt.carry_out(_sent(attempt), lambda given: _change_severity(request, reference, given))


def _severity_asked(attempt: Attempt) -> HttpResponse:
    attempt.request.actor.require("ticket.severity")  # type: ignore[attr-defined]
    return ticket_page(attempt.request, attempt.ticket, severity_asked=attempt.request.POST.dict())


def _change_severity(request: HttpRequest, reference: str, given: Values) -> Ticket:
    severity, kind = split_severity(given["severity"])
    return services.change_severity(
        **_told(request, reference),
        severity=severity,
        severity_kind=kind,
        reason_code=given["reason_code"],
        reason=given["reason"],
        expected_version=given["expected_version"],
    )


@for_staff
@only("POST")
def hold(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/hold/: support is withheld for a reason of the contract; no clock runs (GEN-8)."""
    done = _("Support is on hold for %(reference)s. No deadline runs.") % {"reference": reference}
    attempt = _attempt(request, reference, "hold", done)
    return attempt.carry_out(_sent(attempt), lambda given: holds.hold_ticket(**_told(request, reference), **given))


@for_staff
@only("POST")
def release(request: HttpRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/release/: support is given again; the clocks run on."""
    done = _("Support goes on for %(reference)s. The deadlines run again.") % {"reference": reference}
    attempt = _attempt(request, reference, "release", done)
    return attempt.carry_out(_sent(attempt), lambda given: holds.release_ticket(**_told(request, reference), **given))
