"""The audit trail: every act of administration, newest first (HSA-26)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts import audit, selectors
from accounts.access import for_staff
from accounts.audit import Act, Trail
from accounts.models import AuditEntry
from accounts.requests import ActingRequest
from accounts.roles import Role
from web.forms.administration import TrailForm
from web.methods import only
from web.views.administration.attempts import REFUSED


@for_staff
@only("GET")
def audit_trail(request: ActingRequest) -> HttpResponse:
    """GET /administration/audit/ with `act`, `customer`, `first_day`, `last_day`, and `before` on further pages."""
    request.actor.require("audit.read")
    choices = [("", _("All customers")), *((str(row.id), row.name) for row in selectors.customers(request.actor))]
    form = TrailForm(request.GET, customers=choices)
    is_valid = form.is_valid()
    rows = _entries(request, form.cleaned_data) if is_valid else []
    shown, more = rows[: audit.PAGE], len(rows) > audit.PAGE
    query = {name: text for name, text in request.GET.items() if isinstance(text, str) and text and name in form.fields}
    context = {
        "form": form,
        "rows": [_shown(row) for row in shown],
        "next_url": f"?{urlencode({**query, 'before': shown[-1].id})}" if more else "",
        "is_later_page": "before" in query,
    }
    return render(request, "administration/audit.html", context, status=200 if is_valid else REFUSED)


def _entries(request: ActingRequest, given: Mapping[str, Any]) -> list[AuditEntry]:
    customer = given["customer"]
    wanted = Trail(
        act=str(given["act"]),
        customer_id=UUID(str(customer)) if customer else None,
        first_day=given["first_day"],
        last_day=given["last_day"],
    )
    return list(audit.trail(request.actor, wanted, before=given["before"]))


def _shown(row: AuditEntry) -> dict[str, object]:
    known = row.act in Act.values
    return {"row": row, "act": Act(row.act).label if known else row.act, "details": _details(row.data)}


def _details(data: Mapping[str, Any]) -> list[str]:
    """What changed, in the words of the pages."""
    old, new = data.get("old"), data.get("new")
    if isinstance(old, dict) and isinstance(new, dict):
        return [f"{_value(old[key])} → {_value(new[key])}" for key in new if old.get(key) != new[key]]
    if "new" in data:
        return [f"{old or '—'} → {new}"]
    return [_value(value) for value in data.values() if value and not isinstance(value, dict)]


def _value(value: object) -> str:
    return str(Role(str(value)).label) if value in Role.values else str(value)
