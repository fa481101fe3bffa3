"""The trail of administration: who did what to whom, when, kept where nobody who serves can change it (HSA-26)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.actors import memberships_of
from accounts.models import AuditEntry, User
from accounts.tenancy import Actor, personal_context, tenant_context

PAGE = 50


class Act(models.TextChoices):
    """What the trail knows of. The value is what is stored, so it never changes its meaning."""

    CUSTOMER_CREATED = "customer_created", _("Customer created")
    CUSTOMER_CHANGED = "customer_changed", _("Customer changed")
    CUSTOMER_ENDED = "customer_ended", _("Customer ended")
    MEMBERSHIP_CHANGED = "membership_changed", _("Name or role changed")
    MEMBERSHIP_ENDED = "membership_ended", _("Access ended")
    MEMBERSHIP_RESTORED = "membership_restored", _("Access given back")
    CONTRACT_SIGNED = "contract_signed", _("Contract signed")
    CONTRACT_ENDED = "contract_ended", _("End of a contract set")
    CONTRACT_END_WITHDRAWN = "contract_end_withdrawn", _("End of a contract withdrawn")
    CONTACT_NAMED = "contact_named", _("Contact named")
    CONTACT_TRAINED = "contact_trained", _("Training recorded")
    CONTACT_REPLACED = "contact_replaced", _("Contact withdrawn")
    TEAM_CREATED = "team_created", _("Team created")
    TEAM_CHANGED = "team_changed", _("Team changed")
    TEAM_MEMBERS_CHANGED = "team_members_changed", _("People of a team changed")
    TEAM_ARCHIVED = "team_archived", _("Team archived")
    TEAM_RESTORED = "team_restored", _("Team taken up again")
    CANNED_CREATED = "canned_created", _("Shared canned reply written")
    CANNED_CHANGED = "canned_changed", _("Shared canned reply changed")
    CANNED_ARCHIVED = "canned_archived", _("Shared canned reply archived")
    CANNED_RESTORED = "canned_restored", _("Shared canned reply taken up again")
    INVITATION_SENT = "invitation_sent", _("Invitation sent")
    INVITATION_RESENT = "invitation_resent", _("Invitation sent again")
    INVITATION_REVOKED = "invitation_revoked", _("Invitation revoked")
    INVITATION_ACCEPTED = "invitation_accepted", _("Invitation accepted")
    PASSWORD_RESET = "password_reset", _("Password replaced by a link sent by mail")
    SECOND_FACTOR_ADDED = "second_factor_added", _("Second factor added")
    SECOND_FACTOR_REMOVED = "second_factor_removed", _("Second factor removed")
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed", _("Recovery codes renewed")
    SECOND_FACTOR_DEMANDED = "second_factor_demanded", _("Second factor demanded of staff")
    SECOND_FACTOR_WAIVED = "second_factor_waived", _("Second factor no longer demanded of staff")
    SIGN_ON_CHANGED = "sign_on_changed", _("Single sign-on set up or changed")
    SIGN_ON_LINKED = "sign_on_linked", _("Account connected to the single sign-on")
    SIGN_ON_UNLINKED = "sign_on_unlinked", _("Account disconnected from the single sign-on")
    REVIEW_EXPORTED = "review_exported", _("Access review exported")


def record(
    actor: Actor,
    at: datetime,
    act: Act,
    *,
    subject: str,
    subject_id: UUID | None = None,
    customer_id: UUID | None = None,
    **data: Any,
) -> None:
    """One entry, in the transaction of the act. A plain insert: an outsider may write it without reading it back."""
    row = AuditEntry(
        provider_id=actor.provider_id,
        customer_id=customer_id,
        at=at,
        act=act,
        actor_id=actor.membership_id,
        actor_name=actor.name,
        subject_id=subject_id,
        subject=subject[:200],
        data=data,
    )
    AuditEntry.objects.bulk_create([row])


def record_of_account(user: User, at: datetime, act: Act) -> None:
    """An act on an account, which belongs to no tenant: told to each provider in whose world the person has a place.

    Needs an open transaction.
    """
    with personal_context(user.pk):
        rows = memberships_of(user)
    for row in rows:
        with tenant_context(Actor.system(row.provider_id)):
            actor = Actor(row.provider_id, None, row.id, user.pk, name=row.display_name)
            record(actor, at, act, subject=row.display_name, subject_id=row.id, customer_id=row.customer_id)


@dataclass(frozen=True, slots=True)
class Trail:
    """What of the trail is asked for; days are whole days in the reader's time zone, both included."""

    act: str = ""
    actor_id: UUID | None = None
    customer_id: UUID | None = None
    first_day: date | None = None
    last_day: date | None = None


def trail(actor: Actor, wanted: Trail, *, before: UUID | None = None, size: int = PAGE) -> Sequence[AuditEntry]:
    """The newest entries first, one more than ``size`` where there are further ones. Raises ``Forbidden``.

    ``before``: the last entry of the page before; keys grow with time, so nothing is skipped or shown twice.
    """
    actor.require("audit.read")
    rows: QuerySet[AuditEntry] = AuditEntry.objects.visible_to(actor).select_related("customer").order_by("-id")
    given = {
        "act": wanted.act,
        "actor_id": wanted.actor_id,
        "customer_id": wanted.customer_id,
        "at__date__gte": wanted.first_day,
        "at__date__lte": wanted.last_day,
        "id__lt": before,
    }
    return list(rows.filter(**{name: value for name, value in given.items() if value})[: size + 1])
