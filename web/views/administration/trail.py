"""The audit trail: every act of administration, newest first (HSA-26)."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from accounts import audit, selectors
from accounts.access import for_staff
from accounts.audit import Act, Trail
from accounts.models import AuditEntry
from accounts.requests import ActingRequest
from accounts.roles import Role
from tickets.models import CannedUse
from web.forms.administration import TrailForm
from web.methods import only
from web.moments import format_date
from web.views.administration.attempts import REFUSED

SHOWN_CHARACTERS: Final = 160
"""Of a value that may be a whole text; the entry itself keeps all of it."""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""A calendar day as entries keep it."""
CODES: Final = {"role": Role, "use": CannedUse}
"""What of an entry is a code → the words of its values."""


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
        changed = [key for key in new if old.get(key) != new[key]]
        return [f"{_value(key, old.get(key))} → {_value(key, new[key])}" for key in changed]
    told = [f"{_value('old', old)} → {_value('new', new)}"] if "new" in data else []
    rest = {key: value for key, value in data.items() if key not in {"old", "new"}}
    return told + [_value(key, value) for key, value in rest.items() if value and not isinstance(value, dict)]


def _value(key: str, value: object) -> str:
    if value in (None, ""):
        return "—"
    codes = CODES.get(key)
    if codes is not None and value in codes.values:
        return str(codes(str(value)).label)
    return _day(str(value)) or Truncator(str(value)).chars(SHOWN_CHARACTERS)


def _day(text: str) -> str:
    """A day in words; empty for any other text."""
    try:
        return format_date(date.fromisoformat(text)) if _DAY.fullmatch(text) else ""
    except ValueError:
        return ""
