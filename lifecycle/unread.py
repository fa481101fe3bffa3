"""A message written while somebody else sent one: it is held back once, so that nobody answers past another."""

from django.utils.translation import gettext as _

from accounts.errors import Change, Stale
from accounts.tenancy import Actor
from tickets.models import Event, Ticket, Visibility


def require_read(actor: Actor, ticket: Ticket, seen: int | None) -> None:
    """Raise ``Stale`` with the public messages of others since version ``seen``, which the writer's page shows.

    None asks nothing: a program's reply never conflicts. Versions are those of ``lifecycle.services.version_for``.
    """
    if seen is None:
        return
    public = Event.objects.visible_to(actor).filter(ticket_id=ticket.pk, visibility=Visibility.PUBLIC).order_by("seq")
    later = public.filter(seq__gt=seen) if actor.sees_private else public[seen:]
    said = [event for event in later if event.comment_id and event.actor_id != actor.membership_id]
    if said:
        changes = [Change(event.at, event.actor_name, event.actor_side, event.kind, event.data) for event in said]
        raise Stale(_("Somebody wrote while you were writing. Read it first: it stands below."), changes=changes)
