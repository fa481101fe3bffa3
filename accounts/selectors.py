"""Questions about people, each answered for one actor."""

from django.db.models import QuerySet

from accounts.models import Customer, Membership, Provider
from accounts.roles import PERMISSIONS
from accounts.tenancy import Actor


def provider_of(actor: Actor) -> Provider:
    """The actor's provider."""
    found: Provider = Provider.objects.visible_to(actor).get()
    return found


def customers(actor: Actor) -> QuerySet[Customer]:
    """The customers whose tickets the actor may see."""
    return Customer.objects.visible_to(actor).order_by("name")


def assignable(actor: Actor) -> QuerySet[Membership]:
    """Staff to whom the actor could assign a ticket."""
    rows = Membership.objects.visible_to(actor)
    return rows.filter(
        role__in=sorted(PERMISSIONS["ticket.be_assigned"]), is_active=True, user__is_active=True
    ).order_by("display_name")
