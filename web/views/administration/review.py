"""The access review as a page and as a file (HSA-26)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts import review
from accounts.access import for_staff
from accounts.requests import ActingRequest
from accounts.review import Access
from web.methods import only
from web.spreadsheet import csv_file

SHOWN = 200


@for_staff
@only("GET")
def access_review(request: ActingRequest) -> HttpResponse:
    """GET /administration/access-review/: who may get in, and how. The file has those who do not fit on the page."""
    rows = review.open_accesses(request.actor, request.at)
    context = {
        "rows": rows[:SHOWN],
        "total": len(rows),
        "without_factor": sum(not row.has_second_factor for row in rows),
        "with_tokens": sum(row.tokens > 0 for row in rows),
        "is_cut": len(rows) > SHOWN,
    }
    return render(request, "administration/review.html", context)


@for_staff
@only("POST")
def access_review_file(request: ActingRequest) -> HttpResponse:
    """POST /administration/access-review/file/: all of it; that it was taken is told in the trail."""
    rows = review.open_accesses(request.actor, request.at)
    review.note_export(actor=request.actor, at=request.at, rows=len(rows))
    head = [
        _("Name"),
        _("E-mail address"),
        _("Role"),
        _("Organisation"),
        _("Since"),
        _("Last sign-in"),
        _("Second factor"),
        _("API tokens"),
        _("May read"),
        _("Account disabled"),
    ]
    return csv_file(f"access-review-{request.at:%Y-%m-%d}.csv", [head, *map(_line, rows)])


def _line(row: Access) -> list[str]:
    yes, no = _("yes"), _("no")
    return [
        row.name,
        row.email,
        row.role,
        row.organisation,
        f"{row.since:%Y-%m-%d}",
        f"{row.last_sign_in:%Y-%m-%d}" if row.last_sign_in else "",
        yes if row.has_second_factor else no,
        str(row.tokens),
        ", ".join(row.reads),
        yes if row.is_disabled else no,
    ]
