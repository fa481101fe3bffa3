"""What a person was told."""

from uuid import UUID

from django.db.models import QuerySet

from accounts.errors import NotFound
from accounts.tenancy import Actor
from notifications.models import Delivery

UNREAD_CAP = 99


def mailbox(actor: Actor, *, size: int = 100) -> list[Delivery]:
    """The latest mails sent to the actor, newest first."""
    rows = Delivery.objects.visible_to(actor).filter(channel=Delivery.Channel.MAIL, sent_at__isnull=False)
    return list(rows.order_by("-sent_at", "-id")[:size])


def mail(actor: Actor, delivery_id: UUID) -> Delivery:
    """One mail sent to the actor; raises ``NotFound``."""
    rows = Delivery.objects.visible_to(actor).filter(channel=Delivery.Channel.MAIL, sent_at__isnull=False)
    found: Delivery | None = rows.filter(pk=delivery_id).first()
    if found is None:
        raise NotFound
    return found


def in_app(actor: Actor, *, size: int = 100) -> list[Delivery]:
    """The latest notifications in the portal, newest first."""
    rows = Delivery.objects.visible_to(actor).filter(channel=Delivery.Channel.IN_APP)
    return list(rows.order_by("-created_at", "-id")[:size])


def unread(actor: Actor) -> QuerySet[Delivery, UUID]:
    """The keys of unread notifications, one more than ``UNREAD_CAP`` at most, so that counting them stays cheap."""
    rows = Delivery.objects.visible_to(actor).filter(channel=Delivery.Channel.IN_APP, read_at__isnull=True)
    return rows.values_list("pk", flat=True)[: UNREAD_CAP + 1]


def unread_count(actor: Actor) -> int:
    """Unread notifications, counted up to one more than ``UNREAD_CAP``."""
    return len(unread(actor))
