"""What a contract promises, for both sides to read."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import signed_in
from contracts import selectors
from web.methods import only
from web.presenters.contracts import is_in_force, other_facts, present_contract


@signed_in
@only("GET")
def contract(request: HttpRequest, contract_id: UUID) -> HttpResponse:
    """GET /contracts/<id>/: targets, hours, environments, contacts, with their clauses."""
    found = selectors.contract(request.actor, contract_id)  # type: ignore[attr-defined]
    contacts = found.contacts.filter(replaced_on__isnull=True).select_related("membership").order_by("named_on", "id")
    today = request.at.astimezone(selectors.zone_of(found)).date()  # type: ignore[attr-defined]
    context = {
        "contract": found,
        "view": present_contract(found),
        "facts": other_facts(found),
        "environments": found.environments.order_by("kind", "name"),
        "contacts": contacts,
        "in_force": is_in_force(found, today),
    }
    return render(request, "contracts/contract.html", context)
