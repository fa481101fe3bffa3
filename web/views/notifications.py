"""What the portal tells the signed-in person."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.access import signed_in
from accounts.requests import ActingRequest
from notifications import selectors, services
from web.methods import only


@signed_in
@only("GET")
def notifications(request: ActingRequest) -> HttpResponse:
    """GET /notifications/: newest first. Reading the page marks nothing; the button does."""
    rows = list(selectors.in_app(request.actor))
    return render(
        request, "notifications/list.html", {"rows": rows, "unread_here": any(not row.read_at for row in rows)}
    )


@signed_in
@only("POST")
def notifications_read(request: ActingRequest) -> HttpResponse:
    """POST /notifications/read/ with `ids` (several): what is not the actor's own is passed over."""
    services.mark_read(actor=request.actor, at=request.at, ids=_ids(request.POST.getlist("ids")))
    return redirect("notifications")


def _ids(texts: list[str]) -> list[UUID]:
    """The well-formed ones."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
