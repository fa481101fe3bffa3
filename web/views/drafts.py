"""Drafts and previews of what is being written."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.access import signed_in
from accounts.errors import Invalid
from lifecycle.services import MAX_BODY
from tickets import drafts, selectors
from web import markdown
from web.methods import only
from web.views.ticket_page import DRAFTED

_FIELD: Final = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)
_KEY: Final = re.compile(rf"({'|'.join(sorted(DRAFTED))}):([A-Z][A-Z0-9]{{1,9}}-[0-9]{{1,9}})", re.ASCII)
_NOT_TYPED: Final = frozenset(
    {"csrfmiddlewaretoken", "key", "act", "expected_version", "attachments", "preview_field", "files", "next", "seen"}
)


@signed_in
@only("POST")
def save_draft(request: HttpRequest) -> HttpResponseBase:
    """POST /drafts/: keep what is being typed. ``key`` names the form: ``new-case`` or ``reply:MEGA-1042``."""
    key = request.POST.get("key", "")
    found = _KEY.fullmatch(key)
    if found:
        selectors.ticket(request.actor, found.group(2))  # type: ignore[attr-defined]
    elif key != "new-case":
        raise Invalid({"key": [_("There is no such form.")]})
    keep_draft(request, key, request.POST.getlist("attachments"))
    return HttpResponse(status=204)


def keep_draft(
    request: HttpRequest, key: str, attachments: Sequence[str], changed: Mapping[str, str] | None = None
) -> None:
    """Store the typed fields of this request, with ``changed`` in place of some. Raises ``Invalid``."""
    typed = {name: value for name, value in request.POST.items() if _FIELD.fullmatch(name) and name not in _NOT_TYPED}
    typed |= changed or {}
    typed["attachments"] = " ".join(attachments[:20])[:800]
    drafts.save_draft(actor=request.actor, at=request.at, form=key, data=typed)  # type: ignore[attr-defined]


@signed_in
@only("POST")
def markdown_preview(request: HttpRequest) -> HttpResponse:
    """POST /preview/: how the field named by ``preview_field`` will look; a whole page without htmx."""
    text = str(request.POST.get(request.POST.get("preview_field") or "body", ""))
    context = {"html": markdown.render(text), "too_long": len(text) > MAX_BODY, "maximum": MAX_BODY}
    name = "tickets/_preview.html" if getattr(request, "htmx", False) else "tickets/preview.html"
    return render(request, name, context)
