"""Acts of a reader on his own notifications."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from accounts.tenancy import Actor
from notifications.models import Delivery


def mark_read(*, actor: Actor, at: datetime, ids: Sequence[UUID] | None = None) -> int:
    """Mark the actor's notifications as read, all where ``ids`` is None; ids of other people are passed over."""
    rows = Delivery.objects.visible_to(actor).filter(channel=Delivery.Channel.IN_APP, read_at__isnull=True)
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    return rows.update(read_at=at)
