"""An environment: its technical record, who wrote what in it, and keeping it up to date."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import signed_in
from accounts.errors import Invalid, Refused
from accounts.requests import ActingRequest
from contracts.environments import RecordFile, record_environment, record_file, why_closed
from web.forms.acts import show_errors
from web.forms.environments import RecordForm
from web.methods import only
from web.presenters.environments import present_facts, present_records
from web.redirects import SeeOther


@signed_in
@only("GET", "POST")
def environment(request: ActingRequest, environment_id: UUID) -> HttpResponse:
    """GET and POST /environments/<id>/: what runs there; a POST writes a new record and keeps the old ones."""
    found = record_file(request.actor, environment_id)
    if request.method != "POST":
        return _page(request, found, RecordForm(initial=dict(found.facts)))
    request.actor.require("environment.record")
    form = RecordForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    try:
        _recorded(request, environment_id, form)
    except Invalid as refused:
        show_errors(form, refused)
        return _page(request, found, form, status=422)
    except Refused as refused:
        form.add_error(None, f"{refused.message} ({refused.clause})" if refused.clause else refused.message)
        return _page(request, found, form, status=409)
    return SeeOther(reverse("environment", args=[environment_id]))


def _recorded(request: ActingRequest, environment_id: UUID, form: RecordForm) -> None:
    made = record_environment(
        actor=request.actor,
        at=request.at,
        environment_id=environment_id,
        facts=form.facts(),
        number=form.cleaned_data["number"],
    )
    if made is None:
        messages.info(request, _("Nothing was changed."))
    else:
        messages.success(request, _("The technical record was saved. The one before stays in the history."))


def _page(request: ActingRequest, found: RecordFile, form: RecordForm, status: int = 200) -> HttpResponse:
    closed = why_closed(found.contract, request.at)
    context: dict[str, Any] = {
        "environment": found.environment,
        "contract": found.contract,
        "facts": present_facts(found.facts),
        "records": present_records(found.records),
        "has_older": found.has_older,
        "number": found.number,
        "closed": closed,
        "may_record": request.actor.may("environment.record") and closed is None,
        "form": form,
        "clauses_url": reverse("contract_clauses", args=[found.contract.pk]),
    }
    return render(request, "home/environment.html", context, status=status)
