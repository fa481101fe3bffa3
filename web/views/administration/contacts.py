"""Contacts of a contract: who may file, since when, trained on which day (HSA-19)."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.access import for_staff
from accounts.requests import ActingRequest
from contracts import contacts as service
from contracts.contacts import Roster
from web.forms.administration import ContactForm, TrainingForm
from web.methods import only
from web.views.administration.attempts import REFUSED, carried_out, done


@for_staff
@only("GET", "POST")
def contacts(request: ActingRequest, contract_id: UUID) -> HttpResponse:
    """GET and POST /administration/contracts/<id>/contacts/: the list, and naming one more."""
    found = service.roster(request.actor, contract_id, request.at)
    form = _form(request, found)
    if form.is_bound:
        told: dict[str, Any] = {"actor": request.actor, "at": request.at, "contract_id": contract_id}
        if carried_out(form, lambda given: _appoint(told, given), {"membership_id": "membership"}):
            return done(request, _("Named. It counts from today on."), _address(contract_id))
    return _page(request, found, form)


def _form(request: ActingRequest, found: Roster) -> ContactForm:
    people = [(str(row.id), f"{row.display_name} · {row.get_role_display()}") for row in found.candidates]
    data = request.POST if request.method == "POST" else None
    return ContactForm(data, people=people, both_sides=found.needs_both_sides)


def _appoint(told: Mapping[str, Any], given: Mapping[str, Any]) -> object:
    named: dict[str, Any] = {"membership_id": UUID(str(given["membership"])), "trained_on": given["trained_on"]}
    return service.appoint_contact(**told, **named, agreement=given.get("agreement", ""))


def _page(
    request: ActingRequest,
    found: Roster,
    form: ContactForm,
    training: TrainingForm | None = None,
    contact_id: UUID | None = None,
) -> HttpResponse:
    failed = form.is_bound or training is not None
    context = {"roster": found, "form": form, "training": training, "wrong_contact": contact_id}
    return render(request, "administration/contacts.html", context, status=REFUSED if failed else 200)


@for_staff
@only("POST")
def record_training(request: ActingRequest, contract_id: UUID, contact_id: UUID) -> HttpResponse:
    """POST /administration/contracts/<id>/contacts/<id>/training/ with `trained_on`."""
    found = service.roster(request.actor, contract_id, request.at)
    form = TrainingForm(request.POST)
    told: dict[str, Any] = {
        "actor": request.actor,
        "at": request.at,
        "contract_id": contract_id,
        "contact_id": contact_id,
    }
    if carried_out(form, lambda given: _train(told, given["trained_on"])):
        return done(request, _("The training is recorded."), _address(contract_id))
    people = ContactForm(people=[], both_sides=found.needs_both_sides)
    people.fields["membership"].choices = _form(request, found).fields["membership"].choices  # type: ignore[attr-defined]
    return _page(request, found, people, form, contact_id)


def _train(told: Mapping[str, Any], trained_on: date) -> object:
    return service.record_training(**told, trained_on=trained_on)


@for_staff
@only("POST")
def withdraw_contact(request: ActingRequest, contract_id: UUID, contact_id: UUID) -> HttpResponse:
    """POST /administration/contracts/<id>/contacts/<id>/withdraw/: from today on he no longer contacts support."""
    service.withdraw_contact(actor=request.actor, at=request.at, contract_id=contract_id, contact_id=contact_id)
    return done(request, _("Withdrawn. The place is free for somebody else."), _address(contract_id))


def _address(contract_id: UUID) -> str:
    return f"/administration/contracts/{contract_id}/contacts/"
