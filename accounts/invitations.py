"""Offering somebody a place: sent by mail, taken up once, before it expires, unless it was revoked (HSA-23)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from accounts import audit, letters
from accounts.audit import Act
from accounts.errors import Invalid, NotFound, Refused
from accounts.models import LANGUAGES, Customer, Invitation, Membership, Provider, User
from accounts.passwords import checked
from accounts.people import NAME_LENGTH, has_ended
from accounts.roles import CUSTOMER, STAFF, Role
from accounts.services import add_membership
from accounts.tenancy import Actor, acting_as

LASTS = timedelta(days=7)
SHOWN = 200
ADDRESS_LENGTH = 254


class Standing(StrEnum):
    """What has become of an invitation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


def standing_of(row: Invitation, at: datetime) -> Standing:
    """An invitation ends by whichever comes first."""
    if row.accepted_at is not None:
        return Standing.ACCEPTED
    if row.revoked_at is not None:
        return Standing.REVOKED
    return Standing.OPEN if at < row.expires_at else Standing.EXPIRED


def invitations_of(actor: Actor, *, size: int = SHOWN) -> list[Invitation]:
    """The latest invitations of the provider, newest first. Raises ``Forbidden``."""
    actor.require("people.manage")
    rows = Invitation.objects.visible_to(actor).select_related("customer")
    return list(rows.order_by("-created_at", "-id")[:size])


def invite(
    *,
    actor: Actor,
    at: datetime,
    email: str,
    role: str,
    display_name: str,
    language: str,
    customer_id: UUID | None = None,
) -> Invitation:
    """Offer a place among the provider's staff, or with one customer. The mail goes out with the next relay.

    Raises ``Forbidden``, and ``Invalid`` with the fields that are wrong. Whether the address has an account elsewhere
    is never told.
    """
    actor.require("people.manage")
    address, name = email.strip().lower(), " ".join(display_name.split())
    customer = _customer(actor, customer_id)
    _require_form(address, role, name, language, customer, customer_id)
    _require_news(actor, at, address, customer_id)
    row = Invitation(
        provider_id=actor.provider_id,
        customer_id=customer_id,
        email=address,
        role=role,
        display_name=name,
        language=language,
        invited_by_id=actor.person,
        invited_by_name=actor.name,
        created_at=at,
    )
    letters.queue(row, at, LASTS)
    row.save(force_insert=True)
    _tell(actor, at, Act.INVITATION_SENT, row)
    return row


def _customer(actor: Actor, customer_id: UUID | None) -> Customer | None:
    if customer_id is None:
        return None
    found: Customer | None = Customer.objects.visible_to(actor).filter(pk=customer_id, ended_at__isnull=True).first()
    return found


def _require_form(
    address: str, role: str, name: str, language: str, customer: Customer | None, customer_id: UUID | None
) -> None:
    errors: dict[str, list[str]] = {}
    try:
        validate_email(address)
    except ValidationError:
        errors["email"] = [_("Give an e-mail address such as name@example.org.")]
    if len(address) > ADDRESS_LENGTH:
        errors["email"] = [_("This address is too long.")]
    if not 1 <= len(name) <= NAME_LENGTH:
        errors["display_name"] = [_("Give a name of 1 to 120 characters.")]
    if language not in dict(LANGUAGES):
        errors["language"] = [_("This language is not offered.")]
    if customer_id is not None and customer is None:
        errors["customer"] = [_("Choose one of the customers offered.")]
    if role not in (STAFF if customer_id is None else CUSTOMER):
        errors["role"] = [_("Choose a role that fits: staff belong to no customer, everybody else to one.")]
    if errors:
        raise Invalid(errors)


def _require_news(actor: Actor, at: datetime, address: str, customer_id: UUID | None) -> None:
    """Nobody is invited to a place that he has, or has been offered."""
    here = {"customer_id": customer_id}
    present = Membership.objects.visible_to(actor).filter(user__email=address, **here).first()
    if present:
        told = _("This person has access already.") if present.is_active else _("Give this person access back instead.")
        raise Invalid({"email": [told]})
    offers = Invitation.objects.visible_to(actor).filter(email=address, accepted_at__isnull=True, **here)
    if any(standing_of(row, at) == Standing.OPEN for row in offers):
        raise Invalid({"email": [_("This person is invited already. Send that invitation again instead.")]})


def resend(*, actor: Actor, at: datetime, invitation_id: UUID) -> Invitation:
    """Send a new link for as long again; the former one opens nothing any more. Also after it has expired.

    Raises ``Forbidden``, ``NotFound``, and ``Refused`` for one that was accepted or revoked, or whose customer has
    ended.
    """
    row = _locked(actor, invitation_id)
    if has_ended(row.customer_id):
        raise Refused(_("The customer has ended: nobody is invited there any more."), code="customer_ended")
    letters.queue(row, at, LASTS)
    row.save()
    _tell(actor, at, Act.INVITATION_RESENT, row)
    return row


def revoke(*, actor: Actor, at: datetime, invitation_id: UUID) -> Invitation:
    """Take the offer back. Raises ``Forbidden``, ``NotFound``, ``Refused`` for one that was accepted or revoked."""
    row = _locked(actor, invitation_id)
    row.revoked_at, row.next_attempt_at = at, None
    row.save(update_fields=["revoked_at", "next_attempt_at"])
    _tell(actor, at, Act.INVITATION_REVOKED, row)
    return row


def _locked(actor: Actor, invitation_id: UUID) -> Invitation:
    actor.require("people.manage")
    rows = Invitation.objects.visible_to(actor).select_for_update()
    row: Invitation | None = rows.filter(pk=invitation_id).first()
    if row is None:
        raise NotFound
    if row.accepted_at is not None:
        raise Refused(_("This invitation was accepted already."), code="invitation_accepted")
    if row.revoked_at is not None:
        raise Refused(_("This invitation was revoked. Send a new one."), code="invitation_revoked")
    return row


# The invited person ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Offer:
    """What a link offers; ``has_account``: the address signs in already, so that no password is asked for."""

    invitation: Invitation
    standing: Standing
    organisation: str
    provider: str
    has_account: bool


def offer_of(secret: str, at: datetime) -> Offer | None:
    """What the link with ``secret`` offers, used up or not; None for one that never was or was sent anew. Reads only.

    Also None for an open one whose customer has ended: there is nothing left to offer.
    In a transaction of its own: whoever holds the link has no tenant yet.
    """
    provider_id = _provider_of(secret)
    if provider_id is None:
        return None
    with acting_as(Actor.system(provider_id)):
        row = Invitation.objects.select_related("customer").filter(digest=letters.digest_of(secret)).first()
        if row is None or _offers_nothing(row, at):
            return None
        provider = Provider.objects.get(pk=provider_id).name
        organisation = row.customer.name if row.customer else provider
        has_account = User.objects.filter(email=row.email).exists()
        return Offer(row, standing_of(row, at), organisation, provider, has_account)


def _offers_nothing(row: Invitation, at: datetime) -> bool:
    return standing_of(row, at) == Standing.OPEN and row.customer is not None and row.customer.ended_at is not None


def accept(*, secret: str, at: datetime, display_name: str, password: str, language: str) -> User:
    """Take a place up with a new account. Raises ``Invalid`` for a field, ``Refused`` where it is not to be had.

    Of two at once one gets it. Somebody whose address signs in already uses :func:`accept_as`.
    """
    provider_id = _provider_of(secret)
    with acting_as(Actor.system(_known(provider_id))):
        row = _taken(secret, at)
        password = checked(password, User(email=row.email), names=(display_name,))
        try:
            with transaction.atomic():
                user = User.objects.create_user(row.email, password, language=language, created_at=at)
        except IntegrityError as error:
            raise Refused(_("This address has an account. Sign in, then open the link again."), code="known") from error
        _join(row, user, display_name, at)
    return user


def accept_as(*, secret: str, at: datetime, user: User) -> Membership:
    """Take a place up with the account that is signed in; its address has to be the invited one. Raises ``Refused``."""
    provider_id = _provider_of(secret)
    with acting_as(Actor.system(_known(provider_id))):
        row = _taken(secret, at)
        if user.email != row.email:
            message = _("The invitation is for another address than the one you are signed in with.")
            raise Refused(message, code="other_account")
        return _join(row, user, row.display_name, at)


def _provider_of(secret: str) -> UUID | None:
    digest = letters.digest_of(secret)
    if not digest:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM invitation_provider(%s)", [digest])
        found = cursor.fetchone()
    return found[0] if found else None


def _known(provider_id: UUID | None) -> UUID:
    if provider_id is None:
        raise Refused(_("This link is not valid any more. Ask for a new one."), code="invitation_unknown")
    return provider_id


def _taken(secret: str, at: datetime) -> Invitation:
    row = Invitation.objects.select_for_update().filter(digest=letters.digest_of(secret)).first()
    if row is None or standing_of(row, at) != Standing.OPEN:
        raise Refused(_("This link is not valid any more. Ask for a new one."), code="invitation_spent")
    if has_ended(row.customer_id):
        raise Refused(_("This link is not valid any more. Ask for a new one."), code="customer_ended")
    return row


def _join(row: Invitation, user: User, display_name: str, at: datetime) -> Membership:
    try:
        with transaction.atomic():
            member = add_membership(
                provider_id=row.provider_id,
                user=user,
                role=Role(row.role),
                display_name=display_name,
                customer_id=row.customer_id,
                at=at,
            )
    except IntegrityError as error:
        raise Refused(_("You have a place there already."), code="already_member") from error
    row.accepted_at, row.accepted_by = at, member
    row.save(update_fields=["accepted_at", "accepted_by"])
    actor = Actor(row.provider_id, None, member.id, user.pk, name=member.display_name)
    _tell(actor, at, Act.INVITATION_ACCEPTED, row)
    return member


def _tell(actor: Actor, at: datetime, act: Act, row: Invitation) -> None:
    told: dict[str, Any] = {
        "subject": f"{row.display_name} <{row.email}>",
        "subject_id": row.id,
        "customer_id": row.customer_id,
    }
    audit.record(actor, at, act, **told, role=row.role)
