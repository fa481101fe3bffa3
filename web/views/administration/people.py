"""People: listed, renamed, given another role, shut out and let in again. Partners are shown only."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts import people as service
from accounts.access import for_staff
from accounts.models import Membership
from accounts.requests import ActingRequest
from web.forms.administration import PersonForm
from web.methods import only
from web.views.administration.attempts import REFUSED, carried_out, done

SEARCH_LENGTH = 120


@for_staff
@only("GET")
def people(request: ActingRequest) -> HttpResponse:
    """GET /administration/people/ with `side`, `search`, and `name` and `key` of the last person of the page before."""
    side, search = request.GET.get("side", ""), _word(request.GET.get("search", ""))
    rows = service.people_of(request.actor, side=side, search=search, after=_after(request))
    shown, more = rows[: service.PAGE], len(rows) > service.PAGE
    query = {"side": side, "search": search}
    context = {
        "rows": shown,
        "search": search,
        "side": side,
        "tabs": _tabs(side),
        "next_url": f"?{urlencode({**query, 'name': shown[-1].display_name, 'key': shown[-1].id})}" if more else "",
    }
    return render(request, "administration/people.html", context)


def _word(text: str) -> str:
    return " ".join(text.replace("\x00", " ").split())[:SEARCH_LENGTH]


def _after(request: ActingRequest) -> tuple[str, UUID] | None:
    """Where the page before ended; a text that is no such place begins anew."""
    try:
        return _word(request.GET["name"]), UUID(request.GET["key"])
    except (KeyError, ValueError):
        return None


def _tabs(side: str) -> list[dict[str, object]]:
    sides = {
        "": _("Everybody"),
        service.STAFF_SIDE: _("Staff"),
        service.CUSTOMER_SIDE: _("Customers' people"),
        service.PARTNER_SIDE: _("Partners"),
    }
    return [
        {"label": label, "url": f"?side={key}", "current": key == side, "count": None} for key, label in sides.items()
    ]


@for_staff
@only("GET")
def partners(request: ActingRequest) -> HttpResponse:
    """GET /administration/partners/: who of other organisations may read which customers."""
    return render(request, "administration/partners.html", {"rows": service.partners_of(request.actor)})


@for_staff
@only("GET", "POST")
def person(request: ActingRequest, membership_id: UUID) -> HttpResponse:
    """GET and POST /administration/people/<id>/: name, role, access."""
    found = service.person_of(request.actor, membership_id)
    roles = [(str(role), str(role.label)) for role in service.roles_beside(found.role)]
    given = {"display_name": found.display_name, "role": found.role}
    form = PersonForm(request.POST if request.method == "POST" else None, initial=given, roles=roles)
    if form.is_bound:
        told: dict[str, Any] = {"actor": request.actor, "at": request.at, "membership_id": membership_id}
        made = carried_out(form, lambda given: service.change_person(**told, **given))
        if made:
            return done(request, _("Saved. It holds from the person's next page on."), _address(made))
    context = {"person": found, "form": form, "is_self": found.id == request.actor.membership_id}
    return render(request, "administration/person.html", context, status=REFUSED if form.is_bound else 200)


@for_staff
@only("POST")
def end_person(request: ActingRequest, membership_id: UUID) -> HttpResponse:
    """POST /administration/people/<id>/end/: out at once, everywhere."""
    row = service.end_person(actor=request.actor, at=request.at, membership_id=membership_id)
    return done(request, _("%(name)s has no access any more.") % {"name": row.display_name}, _address(row))


@for_staff
@only("POST")
def restore_person(request: ActingRequest, membership_id: UUID) -> HttpResponse:
    """POST /administration/people/<id>/restore/: in again, under the same role."""
    row = service.restore_person(actor=request.actor, at=request.at, membership_id=membership_id)
    return done(request, _("%(name)s has access again.") % {"name": row.display_name}, _address(row))


def _address(row: Membership) -> str:
    return f"/administration/people/{row.id}/"
