"""The customer's home: what waits for him, his tickets in short, when support is open, and his contracts."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import for_customers
from accounts.requests import ActingRequest
from contracts.environments import environments_of
from contracts.models import ContractContact
from contracts.selectors import FilingRight, amendments_to_decide, contacts_of, filing_contracts
from slas.selectors import clocks_of
from tickets import selectors
from tickets.overview import contested_by_provider, open_by_severity
from web.methods import only
from web.presenters import customer_home as presenter
from web.presenters.cases import present_rows
from web.presenters.customer_home import HomeContract, Waiting

Contacts = Mapping[UUID, Sequence[ContractContact]]

MOST_WAITING: Final = 8
MOST_CASES: Final = 6
MOST_CONTRACTS: Final = 6


@for_customers
@only("GET")
def customer_home(request: ActingRequest) -> HttpResponse:
    """GET /home/: the first page of customers and partners."""
    rights = filing_contracts(request.actor, request.at)
    contacts = contacts_of(request.actor, [right.contract for right in rights], request.at)
    waiting, more_wait = _waiting(request, contacts)
    context = {
        "waiting": waiting,
        "more_wait": more_wait,
        "acts": request.actor.may("ticket.reply"),
        "contracts": _contracts(request, rights[:MOST_CONTRACTS], contacts),
        "other_contracts": [right.contract for right in rights[MOST_CONTRACTS:]],
        "may_file": any(right.allowed for right in rights),
        "names_customers": len(request.actor.customer_ids) > 1,
        "may_record": request.actor.may("environment.record"),
        **_cases(request),
    }
    return render(request, "home/home.html", context)


def _waiting(request: ActingRequest, contacts: Contacts) -> tuple[list[Waiting], bool]:
    """What waits, and whether more tickets do than are shown."""
    actor = request.actor
    turns, more = selectors.waiting_for_customer(actor, size=MOST_WAITING)
    found = presenter.present_turns(turns, acts=actor.may("ticket.reply"))
    if actor.may("ticket.agree"):
        found += presenter.present_contests(contested_by_provider(actor))
    if actor.may("contract.approve"):
        own = [key for key, rows in contacts.items() if any(row.membership_id == actor.membership_id for row in rows)]
        found += presenter.present_amendments(amendments_to_decide(actor, own))
    return found, more


def _cases(request: ActingRequest) -> dict[str, Any]:
    """The open tickets by severity, and those that changed last."""
    page = selectors.customer_cases(request.actor, size=MOST_CASES)
    counts = presenter.present_counts(open_by_severity(request.actor))
    rows = present_rows(page.rows, clocks_of(request.actor, page.rows), request.at, side="customer")
    return {"counts": counts, "number_open": sum(row.number for row in counts), "rows": rows}


def _contracts(request: ActingRequest, rights: Sequence[FilingRight], contacts: Contacts) -> list[HomeContract]:
    actor, at = request.actor, request.at
    environments = environments_of(actor, [right.contract.id for right in rights])
    return [
        presenter.present_home_contract(actor, right, at, contacts[right.contract.id], environments[right.contract.id])
        for right in rights
    ]
