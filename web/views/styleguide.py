"""Every component on one page, with made-up contents: to look at, in demo mode only."""

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from accounts.access import demo_only
from accounts.requests import TenantRequest
from web.methods import only

AT = dt.datetime(2026, 11, 3, 13, 45, tzinfo=dt.UTC)
MARKDOWN_SAMPLE = mark_safe(
    "<p>The export to <code>BPMN 2.0</code> stops after <strong>32 diagrams</strong>.</p>"
    "<ul><li>Environment: production, EU-2</li><li>First seen this morning, about 08:40</li></ul>"
    "<pre><code>WebFrontEnd: ExportJob 4711 aborted (timeout 120 s)</code></pre>"
)


class SampleForm(forms.Form):
    """One field of each kind."""

    subject = forms.CharField(label="Subject", help_text="One line that a colleague would understand.")
    product = forms.ChoiceField(label="Product", choices=[("", "Choose…"), ("hopex", "HOPEX V6"), ("aris", "Portal")])
    severity = forms.ChoiceField(
        label="Severity",
        widget=forms.RadioSelect,
        choices=[("1", "Critical"), ("2", "Major"), ("3", "Minor"), ("4", "Question")],
    )
    text = forms.CharField(label="What happens?", widget=forms.Textarea)
    note = forms.CharField(label="Private note", widget=forms.Textarea, required=False)
    file = forms.FileField(label="Attachment", required=False)
    copy = forms.BooleanField(label="Send me a copy", required=False, help_text="To the address of your account.")


def _clock(minutes: float | None, status: str = "running", **more: Any) -> dict[str, Any]:
    due = AT + dt.timedelta(minutes=minutes) if minutes is not None else None
    return {"status": status, "due_at": due, **more}


def _clocks() -> list[dict[str, Any]]:
    late = AT - dt.timedelta(minutes=180)
    return [
        _clock(135, started_at=AT - dt.timedelta(minutes=60)),
        _clock(4200, started_at=AT - dt.timedelta(minutes=60)),
        _clock(14, started_at=AT - dt.timedelta(minutes=46)),
        _clock(-180, started_at=AT - dt.timedelta(minutes=240)),
        _clock(60, "paused", remaining_seconds=4200),
        _clock(60, "met", met_at=AT),
        _clock(-180, "breached", breached_at=late),
        _clock(-180, "breached", breached_at=late, met_at=AT - dt.timedelta(minutes=60)),
        _clock(None, "excluded"),
        _clock(None, "pending"),
        _clock(None, "none"),
    ]


def _rows() -> list[dict[str, Any]]:
    clocks = _clocks()
    return [
        {
            "ref": "MEGA-1042",
            "subject": "Export to BPMN stops after 32 diagrams",
            "customer": "Banque Delorme",
            "rank": 1,
            "severity": "Critical",
            "state": "new",
            "state_label": "New",
            "owner": "",
            "clock": clocks[2],
            "row": "is-soon",
        },
        {
            "ref": "MEGA-1038",
            "subject": "Connexion impossible depuis le portail après la mise à jour",
            "customer": "Ville de Rennes-le-Haut",
            "rank": 2,
            "severity": "Major",
            "state": "in_progress",
            "state_label": "In progress",
            "owner": "Inès Caradec",
            "clock": clocks[3],
            "row": "is-late",
        },
        {
            "ref": "MEGA-1031",
            "subject": "Report on applications shows last month's figures",
            "customer": "Atlas Assurances",
            "rank": 3,
            "severity": "Minor",
            "state": "waiting",
            "state_label": "Waiting for customer",
            "owner": "Tomasz Wirth",
            "clock": clocks[4],
            "row": "",
        },
        {
            "ref": "MEGA-1027",
            "subject": "Droits d’un contact à ajouter",
            "customer": "Banque Delorme",
            "rank": 4,
            "severity": "Question",
            "state": "resolved",
            "state_label": "Resolved",
            "owner": "Inès Caradec",
            "clock": clocks[5],
            "row": "",
        },
    ]


def _comments() -> list[dict[str, Any]]:
    ago = dt.timedelta
    return [
        {
            "id": "1",
            "author": "Claire Aubrac",
            "side": "customer",
            "role": "Contact, Banque Delorme",
            "at": AT - ago(minutes=55),
            "visibility": "public",
            "html": MARKDOWN_SAMPLE,
            "attachments": [{"url": "#", "name": "WebFrontEnd-2026-11-03.log", "size": 48_211}],
        },
        {
            "id": "2",
            "author": "Inès Caradec",
            "side": "provider",
            "role": "Support engineer N2",
            "at": AT - ago(minutes=20),
            "visibility": "private",
            "html": mark_safe("<p>Same stack as last week. Ask R&amp;D before promising a date.</p>"),
        },
        {
            "id": "3",
            "author": "Inès Caradec",
            "side": "provider",
            "role": "Support engineer N2",
            "at": AT - ago(minutes=9),
            "visibility": "public",
            "html": mark_safe("<p>Thank you. We can reproduce it and are looking for the cause.</p>"),
        },
    ]


def _events() -> list[dict[str, Any]]:
    return [
        {
            "icon": "plus",
            "tone": "blue",
            "actor": "Claire Aubrac",
            "text": "filed the case, severity Critical",
            "at": AT - dt.timedelta(minutes=55),
            "clause": "R2",
        },
        {
            "icon": "user-circle",
            "tone": "grey",
            "actor": "Inès Caradec",
            "text": "took the case",
            "at": AT - dt.timedelta(minutes=40),
        },
        {
            "icon": "note",
            "tone": "amber",
            "actor": "Inès Caradec",
            "text": "wrote a private note",
            "at": AT - dt.timedelta(minutes=20),
            "visibility": "private",
            "private_label": "staff only",
        },
        {
            "icon": "circle-check",
            "tone": "green",
            "actor": "",
            "text": "Response target met",
            "at": AT - dt.timedelta(minutes=9),
            "clause": "R3",
        },
    ]


def _steps() -> list[dict[str, Any]]:
    return [
        {"at": AT - dt.timedelta(minutes=55), "text": "The case was received.", "clause": "R2"},
        {
            "at": AT - dt.timedelta(minutes=55),
            "text": "Support was open (08:00 to 18:00), so the count began.",
            "clause": "R14",
        },
        {"at": None, "text": "Critical: the first answer is due within 2 working hours.", "clause": "R3"},
    ]


@demo_only(transaction=False)
@only("GET")
def styleguide(request: TenantRequest) -> HttpResponse:
    """GET /styleguide/: no data of anybody."""
    request.at = AT
    bad = SampleForm({"subject": "", "severity": "2", "text": "It stops."})
    bad.is_valid()
    tones = ["grey", "blue", "violet", "green", "amber", "orange", "red"]
    context = {
        "form": SampleForm(initial={"severity": "1"}),
        "bad": bad,
        "severity_details": {
            "1": "Production is down, or everybody is stopped.",
            "2": "An important function fails and there is no way round.",
            "3": "A function fails; there is a way round.",
            "4": "A question about use.",
        },
        "severity_ranks": {"1": 1, "2": 2, "3": 3, "4": 4},
        "clocks": _clocks(), "rows": _rows(), "comments": _comments(), "events": _events(), "steps": _steps(),
        "tones": tones, "at": AT, "midnight": dt.datetime(2026, 11, 3, 23, 0, tzinfo=dt.UTC),
        "tabs": [{"label": "Conversation", "url": "#", "current": True, "count": 3},
                 {"label": "History", "url": "#", "count": 12}, {"label": "Contract", "url": "#"}],
    }  # fmt: skip
    return render(request, "styleguide/index.html", context)
