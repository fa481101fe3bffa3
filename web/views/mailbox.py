"""The demo's mailbox: the mails that the signed-in person was sent."""

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import signed_in
from accounts.errors import NotFound
from accounts.requests import ActingRequest
from notifications import selectors
from web.methods import only


@signed_in
@only("GET")
def mailbox(request: ActingRequest) -> HttpResponse:
    """GET /mailbox/: newest first; does not exist outside demo mode."""
    _require_demo()
    return render(request, "mailbox/list.html", {"mails": selectors.mailbox(request.actor)})


@signed_in
@only("GET")
def mail(request: ActingRequest, mail_id: UUID) -> HttpResponse:
    """GET /mailbox/<id>/: one mail as text. Somebody else's mail does not exist."""
    _require_demo()
    return render(request, "mailbox/mail.html", {"mail": selectors.mail(request.actor, mail_id)})


def _require_demo() -> None:
    if not settings.DEMO_MODE:
        raise NotFound
