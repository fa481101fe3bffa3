"""The tickets of a customer in short, for his home: how many are open, and where the provider waits for his word."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Subquery, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from accounts.tenancy import Actor
from tickets.events import CONTEST_ENDS, Kind
from tickets.models import Event
from tickets.selectors import tickets
from tickets.states import OPEN_STATES

LOOKED_THROUGH = 300


@dataclass(frozen=True, slots=True)
class OpenCount:
    """How many tickets are open with one severity of one version of the terms."""

    terms_id: UUID
    severity: str
    number: int


def open_by_severity(actor: Actor) -> list[OpenCount]:
    """The open tickets that the actor may see, counted by terms and severity. One query."""
    rows = tickets(actor).filter(state__one_of=OPEN_STATES).order_by()
    counted = rows.values("terms_id", "severity").annotate(number=Count("id")).order_by("terms_id", "severity")
    return [OpenCount(row["terms_id"], row["severity"], row["number"]) for row in counted]


def contested_by_provider(actor: Actor, *, size: int = 20) -> list[Event]:
    """The contests of the provider's side that nobody has ended, the oldest first, with their tickets. One query.

    A contest is a public change, so it is looked for among the ``LOOKED_THROUGH`` tickets that changed last.
    """
    recent = tickets(actor).order_by("-public_updated_at", "-id").values("id")[:LOOKED_THROUGH]
    events = Event.objects.visible_to(actor).filter(ticket_id__in=Subquery(recent))
    ends = Event.objects.visible_to(actor).filter(ticket_id=OuterRef("ticket_id"), kind__in=sorted(CONTEST_ENDS))
    ended = ends.annotate(about=KT("data__contest__id")).filter(about=Cast(OuterRef("id"), TextField()))
    opened = events.filter(~Exists(ended), kind=Kind.CONTESTED, actor_side="provider")
    return list(opened.select_related("ticket__customer").order_by("at", "id")[:size])
