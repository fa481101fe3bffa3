"""Invitations: sent, sent again, revoked."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts import invitations as service
from accounts import organisations
from accounts.access import for_staff
from accounts.models import Invitation
from accounts.requests import ActingRequest
from accounts.roles import CUSTOMER, STAFF, Role
from notifications.letters import post_soon
from web.forms.administration import InvitationForm
from web.methods import only
from web.views.administration.attempts import REFUSED, carried_out, done

HOME = "/administration/invitations/"
_RENAMED = {"customer_id": "customer"}
_LOOKS = {
    service.Standing.OPEN: ("blue", "mail"),
    service.Standing.ACCEPTED: ("green", "check"),
    service.Standing.REVOKED: ("grey", "ban"),
    service.Standing.EXPIRED: ("amber", "hourglass"),
}


@for_staff
@only("GET", "POST")
def invitations(request: ActingRequest) -> HttpResponse:
    """GET and POST /administration/invitations/: the latest ones, and a new one."""
    customers = [row for row in organisations.customers_of(request.actor) if row.ended_at is None]
    choices = [("", _("Our own staff")), *((str(row.id), row.name) for row in customers)]
    wanted = {"customer": request.GET.get("customer", ""), "language": request.actor.language}
    data = request.POST if request.method == "POST" else None
    form = InvitationForm(data, initial=wanted, customers=choices, roles=_roles())
    made = carried_out(form, lambda given: _invite(request, dict(given)), _RENAMED) if form.is_bound else None
    if made:
        return done(request, _("The invitation is on its way."), HOME)
    rows = [_shown(row, request) for row in service.invitations_of(request.actor)]
    status = REFUSED if form.is_bound else 200
    return render(request, "administration/invitations.html", {"form": form, "rows": rows}, status=status)


def _roles() -> list[tuple[str, str]]:
    """All but partners, whose rights are agreed with each customer."""
    return [(str(role), str(role.label)) for role in Role if role in STAFF | CUSTOMER]


def _invite(request: ActingRequest, given: dict[str, str]) -> Invitation:
    customer = given.pop("customer")
    made = service.invite(actor=request.actor, at=request.at, customer_id=UUID(customer) if customer else None, **given)
    post_soon()
    return made


def _shown(row: Invitation, request: ActingRequest) -> dict[str, object]:
    standing = service.standing_of(row, request.at)
    words = {
        service.Standing.OPEN: _("Open"),
        service.Standing.ACCEPTED: _("Accepted"),
        service.Standing.REVOKED: _("Revoked"),
        service.Standing.EXPIRED: _("Expired"),
    }
    tone, icon = _LOOKS[standing]
    has_failed = row.sent_at is None and row.attempts > 0
    return {
        "row": row,
        "word": words[standing],
        "tone": tone,
        "icon": icon,
        "is_open": standing == service.Standing.OPEN,
        "may_resend": standing in {service.Standing.OPEN, service.Standing.EXPIRED},
        "has_failed": has_failed,
    }


@for_staff
@only("POST")
def resend_invitation(request: ActingRequest, invitation_id: UUID) -> HttpResponse:
    """POST /administration/invitations/<id>/resend/: a new link; the old one opens nothing."""
    service.resend(actor=request.actor, at=request.at, invitation_id=invitation_id)
    post_soon()
    return done(request, _("A new link is on its way; the old one no longer works."), HOME)


@for_staff
@only("POST")
def revoke_invitation(request: ActingRequest, invitation_id: UUID) -> HttpResponse:
    """POST /administration/invitations/<id>/revoke/."""
    service.revoke(actor=request.actor, at=request.at, invitation_id=invitation_id)
    return done(request, _("Revoked. Its link opens nothing any more."), HOME)
