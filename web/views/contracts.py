"""What a contract promises, its clauses, what was agreed on it, and what other rules would have come to."""

import csv
import re
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from accounts.access import for_staff, signed_in
from accounts.errors import Invalid, NotFound, Refused
from accounts.tenancy import Actor
from contracts import endings, selectors
from contracts.amendments import may_propose
from contracts.models import Contract, ContractContact
from lifecycle.agreements import approve_amendment, decline_amendment
from slas.countable import require_countable
from slas.replay import Replay, replay
from tickets.models import Ticket
from web.forms.acts import show_errors
from web.forms.contracts import APPROVE, DecisionForm, WhatIfForm
from web.methods import only
from web.moments import reader_language
from web.presenters.agreements import present_amendments, present_days, present_versions, version_rows
from web.presenters.clauses import clause_groups
from web.presenters.contracts import as_agreed, is_in_force, own_facts, present_contract
from web.presenters.endings import present_reckoned
from web.presenters.examples import present_examples
from web.presenters.replays import CSV_COLUMNS, csv_rows, present_replay
from web.presenters.terms_pages import present_sections
from web.presenters.vocabulary import Vocabulary
from web.redirects import SeeOther

MOST_TICKETS: Final = 100_000
PAGE: Final = 100


@signed_in
@only("GET")
def contract(request: HttpRequest, contract_id: UUID) -> HttpResponse:
    """GET /contracts/<id>/: everything that holds under it now, with its clauses and its worked examples."""
    return _page(request, selectors.contract(request.actor, contract_id))  # type: ignore[attr-defined]


def _page(request: HttpRequest, signed: Contract, form: DecisionForm | None = None, status: int = 200) -> HttpResponse:
    actor, at = request.actor, request.at  # type: ignore[attr-defined]
    timeline = selectors.timelines([signed])[signed.id]
    found = selectors.as_in_force(signed, at, timeline)
    contacts = list(
        found.contacts.filter(replaced_on__isnull=True).select_related("membership").order_by("named_on", "id")
    )
    today = at.astimezone(selectors.zone_of(found)).date()
    terms, language, agreed = selectors.terms_of(found), reader_language(), own_facts(found)
    context = {
        "contract": found,
        "terms": terms,
        "view": present_contract(found, today),
        "agreed": agreed,
        "sections": present_sections(as_agreed(found), language, {"figures"} if agreed else ()),
        "examples": present_examples(terms, language),
        "versions": present_versions(found, version_rows(actor, found)),
        "amendments": present_amendments(
            actor, timeline, selectors.amendments(actor, signed), at, may_approve=_speaks(actor, contacts)
        ),
        "announced": present_days(selectors.calendar_changes(actor, signed), terms),
        "ending": endings.ending_of(actor, signed),
        "is_over": endings.is_over(signed, at),
        "reckoned": present_reckoned(timeline.at(at), signed.ends_on, at) if signed.ends_on else [],
        "may_end": actor.may("contract.end"),
        "may_propose": may_propose(actor, at, signed),
        "may_announce": actor.may("calendar.change"),
        "environments": found.environments.order_by("kind", "name"),
        "contacts": contacts,
        "in_force": is_in_force(found, today),
        "form": form,
        "may_replay": actor.may("contract.replay"),
        "clauses_url": reverse("contract_clauses", args=[found.pk]),
    }
    return render(request, "contracts/contract.html", context, status=status)


def _speaks(actor: Actor, contacts: Iterable[ContractContact]) -> bool:
    """Whether the reader approves for his side: by his role, and a customer only where the contract names him."""
    if not actor.may("contract.approve"):
        return False
    return actor.is_staff or any(row.membership_id == actor.membership_id for row in contacts)


@signed_in
@only("POST")
def decide(request: HttpRequest, contract_id: UUID) -> HttpResponse:
    """POST /contracts/<id>/amendments/: an amendment is approved or declined for one's own side (JAL-30)."""
    actor, at = request.actor, request.at  # type: ignore[attr-defined]
    signed = selectors.contract(actor, contract_id)
    actor.require("contract.approve")
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, signed, form, 422)
    amendment = form.cleaned_data["amendment"]
    if amendment not in {row.id for row in selectors.amendments(actor, signed)}:
        raise NotFound
    try:
        if form.cleaned_data["action"] == APPROVE:
            approve_amendment(actor=actor, at=at, amendment_id=amendment, check=require_countable)
            messages.success(request, _("You approved the amendment."))
        else:
            decline_amendment(actor=actor, at=at, amendment_id=amendment, reason=form.cleaned_data["reason"])
            messages.success(request, _("You declined the amendment."))
    except Invalid as refused:
        show_errors(form, refused)
        return _page(request, signed, form, 422)
    return SeeOther(reverse("contract", args=[contract_id]) + "#amendments")


@signed_in
@only("GET")
def clauses(request: HttpRequest, contract_id: UUID) -> HttpResponse:
    """GET /contracts/<id>/clauses/: every clause of the contract, how the portal stands to it, and where it shows."""
    actor, at = request.actor, request.at  # type: ignore[attr-defined]
    found = selectors.as_in_force(selectors.contract(actor, contract_id), at)
    terms = selectors.terms_of(found)
    groups = clause_groups(terms, reader_language())
    return render(
        request,
        "contracts/clauses.html",
        {
            "contract": found,
            "terms": terms,
            "terms_name": terms.name.text(reader_language()),
            "groups": groups,
            "number": sum(len(group.clauses) for group in groups),
        },
    )


@for_staff
@only("GET", "POST")
def what_if(request: HttpRequest, contract_id: UUID) -> HttpResponse:
    """GET, POST /contracts/<id>/what-if/: past tickets counted again under other rules. Writes nothing."""
    actor, at = request.actor, request.at  # type: ignore[attr-defined]
    found = selectors.as_in_force(selectors.contract(actor, contract_id), at)
    actor.require("contract.replay")
    words = Vocabulary.of(found)
    choices: dict[str, Any] = {
        "calendars": [(row.code, row.label.text(words.language)) for row in words.terms.calendars],
        "severities": [(row.code, words.severity(row.code).label) for row in words.terms.severities],
    }
    if request.method != "POST":
        today = at.astimezone(selectors.zone_of(found)).date()
        given = {"first_day": found.starts_on, "last_day": today, "what": WhatIfForm.TERMS}
        return _what_if(request, found, WhatIfForm(initial=given, **choices))
    form = WhatIfForm(request.POST, request.FILES, **choices)
    if not form.is_valid():
        return _what_if(request, found, form, status=422)
    try:
        replayed = _replayed(request, found, form)
    except Invalid as refused:
        show_errors(form, refused)
        return _what_if(request, found, form, status=422)
    except Refused as refused:
        form.add_error(None, refused.message)
        return _what_if(request, found, form, status=409)
    if request.POST.get("action") == "csv":
        return _csv(found, replayed, form)
    return _what_if(request, found, form, replayed)


def _replayed(request: HttpRequest, found: Contract, form: WhatIfForm) -> Replay:
    """Raises ``Refused`` where the contract has more tickets than a page can wait for."""
    actor, at = request.actor, request.at  # type: ignore[attr-defined]
    assert form.alternative is not None
    if Ticket.objects.visible_to(actor).filter(contract=found)[: MOST_TICKETS + 1].count() > MOST_TICKETS:
        message = _("This contract has more than %(number)d tickets. Use the command sla_replay instead.")
        raise Refused(message % {"number": MOST_TICKETS}, code="too_many_tickets")
    given = form.cleaned_data
    return replay(
        actor,
        first_day=given["first_day"],
        last_day=given["last_day"],
        at=at,
        alternative=form.alternative,
        contract=found.reference,
    )


def _what_if(
    request: HttpRequest, found: Contract, form: WhatIfForm, replayed: Replay | None = None, status: int = 200
) -> HttpResponse:
    words = Vocabulary.of(found)
    context = {
        "contract": found,
        "form": form,
        "result": present_replay(replayed, words, form.cleaned_data, PAGE) if replayed else None,
        "terms_name": words.terms.name.text(words.language),
    }
    return render(request, "contracts/what_if.html", context, status=status)


def _csv(found: Contract, replayed: Replay, form: WhatIfForm) -> HttpResponse:
    """A table for a spreadsheet. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = re.sub(r"[^\w.-]+", "-", found.reference)
    response["Content-Disposition"] = content_disposition_header(True, f"{name}-what-if.csv")
    response.write("\ufeff")
    table = csv.writer(response)
    table.writerow(CSV_COLUMNS)
    table.writerows(csv_rows(replayed, outcomes_only=form.cleaned_data["outcomes_only"]))
    return response
