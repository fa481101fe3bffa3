"""Customers: listed, created, changed and ended."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts import organisations, people
from accounts.access import for_staff
from accounts.models import Customer
from accounts.requests import ActingRequest
from contracts.contacts import close_customer
from contracts.selectors import contracts
from web.forms.administration import CustomerForm
from web.methods import only
from web.views.administration.attempts import REFUSED, carried_out, done


@for_staff
@only("GET")
def customers(request: ActingRequest) -> HttpResponse:
    """GET /administration/customers/: all of them, those that have ended last."""
    rows = organisations.customers_of(request.actor)
    return render(request, "administration/customers.html", {"rows": rows})


@for_staff
@only("GET", "POST")
def new_customer(request: ActingRequest) -> HttpResponse:
    """GET and POST /administration/customers/new/."""
    request.actor.require("people.manage")
    form = CustomerForm(request.POST if request.method == "POST" else None)
    told: dict[str, Any] = {"actor": request.actor, "at": request.at}
    made = carried_out(form, lambda given: organisations.open_customer(**told, **given)) if form.is_bound else None
    if made:
        return done(request, _("%(name)s was created.") % {"name": made.name}, _address(made))
    return render(request, "administration/customer_new.html", {"form": form}, status=REFUSED if form.is_bound else 200)


@for_staff
@only("GET", "POST")
def customer(request: ActingRequest, customer_id: UUID) -> HttpResponse:
    """GET and POST /administration/customers/<id>/: its name, its people, its contracts with their contacts."""
    found = organisations.customer_of(request.actor, customer_id)
    given = {"name": found.name, "country": found.country}
    form = CustomerForm(request.POST if request.method == "POST" else None, initial=given)
    if form.is_bound:
        told: dict[str, Any] = {"actor": request.actor, "at": request.at, "customer_id": customer_id}
        made = carried_out(form, lambda given: organisations.change_customer(**told, **given))
        if made:
            return done(request, _("Saved."), _address(made))
    context = {
        "customer": found,
        "form": form,
        "people": people.people_at(request.actor, found.id),
        "contracts": contracts(request.actor).filter(customer_id=found.id),
    }
    return render(request, "administration/customer.html", context, status=REFUSED if form.is_bound else 200)


@for_staff
@only("POST")
def end_customer(request: ActingRequest, customer_id: UUID) -> HttpResponse:
    """POST /administration/customers/<id>/end/: all its people are out at once."""
    ended = close_customer(actor=request.actor, at=request.at, customer_id=customer_id)
    return done(
        request, _("%(name)s has ended; its people have no access any more.") % {"name": ended.name}, _address(ended)
    )


def _address(row: Customer) -> str:
    return f"/administration/customers/{row.id}/"
