"""Teams of the desk: listed, created, changed, archived."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import teams as service
from accounts.access import for_staff
from accounts.models import Team
from accounts.requests import ActingRequest
from accounts.selectors import assignable
from web.forms.administration import TeamForm
from web.methods import only
from web.views.administration.attempts import REFUSED, carried_out, done


@for_staff
@only("GET")
def teams(request: ActingRequest) -> HttpResponse:
    """GET /administration/teams/: all of them, archived ones last."""
    return render(request, "administration/teams.html", {"rows": service.teams_of(request.actor)})


@for_staff
@only("GET", "POST")
def new_team(request: ActingRequest) -> HttpResponse:
    """GET and POST /administration/teams/new/."""
    request.actor.require("people.manage")
    form = TeamForm(request.POST if request.method == "POST" else None, people=_people(request))
    told: dict[str, Any] = {"actor": request.actor, "at": request.at}
    made = carried_out(form, lambda given: service.open_team(**told, draft=form.draft())) if form.is_bound else None
    if made:
        return done(request, _("The team %(name)s was created.") % {"name": made.name}, _address(made))
    return render(request, "administration/team.html", {"form": form}, status=REFUSED if form.is_bound else 200)


@for_staff
@only("GET", "POST")
def team(request: ActingRequest, team_id: UUID) -> HttpResponse:
    """GET and POST /administration/teams/<id>/: name, level and people."""
    found = service.team_of(request.actor, team_id)
    inside = [str(row.membership_id) for row in found.members.all()]
    given = {"name": found.name, "level": found.level or "", "members": inside}
    form = TeamForm(request.POST if request.method == "POST" else None, initial=given, people=_people(request))
    if form.is_bound:
        told: dict[str, Any] = {"actor": request.actor, "at": request.at, "team_id": team_id}
        made = carried_out(form, lambda given: service.change_team(**told, draft=form.draft()))
        if made:
            return done(request, _("Saved."), _address(made))
    context = {"form": form, "team": found}
    return render(request, "administration/team.html", context, status=REFUSED if form.is_bound else 200)


@for_staff
@only("POST")
def archive_team(request: ActingRequest, team_id: UUID) -> HttpResponse:
    """POST /administration/teams/<id>/archive/: it gets no more tickets."""
    row = service.archive_team(actor=request.actor, at=request.at, team_id=team_id)
    return done(request, _("%(name)s is archived; it gets no more tickets.") % {"name": row.name}, _address(row))


@for_staff
@only("POST")
def restore_team(request: ActingRequest, team_id: UUID) -> HttpResponse:
    """POST /administration/teams/<id>/restore/: it gets tickets again."""
    row = service.restore_team(actor=request.actor, at=request.at, team_id=team_id)
    return done(request, _("%(name)s works again.") % {"name": row.name}, _address(row))


def _people(request: ActingRequest) -> list[tuple[str, str]]:
    return [(str(row.id), f"{row.display_name} · {row.get_role_display()}") for row in assignable(request.actor)]


def _address(row: Team) -> str:
    return reverse("admin_team", args=[row.id])
