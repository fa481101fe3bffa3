"""Single sign-on of a provider by OpenID Connect: how it is set up, and which account belongs to which identity.

An identity is a subject of an issuer, never an e-mail address: somebody connects his account himself, signed in by his
password. A session that a provider's identity provider opened is good for the places with that provider only
(``accounts.actors.SIGN_ON_KEY``), because nobody else has reason to believe it.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import memberships_of
from accounts.audit import Act
from accounts.encryption import Unreadable, decrypt, encrypt
from accounts.errors import Invalid, Refused
from accounts.models import IdentityProvider, Provider, User
from accounts.outgoing import is_callable
from accounts.services import provider_id_for
from accounts.tenancy import Actor, acting_as, personal_context

LONGEST_SECRET = 500


@dataclass(frozen=True, slots=True)
class SignOn:
    """A set-up single sign-on with its secret in clear, for the time of one request."""

    provider_id: UUID
    id: UUID
    name: str
    provider_name: str
    issuer: str
    client_id: str
    secret: str

    @property
    def key(self) -> str:
        """What links of accounts are kept under: the tenant and its identity provider."""
        return key_of(self.provider_id, self.id)


def key_of(provider_id: UUID, sign_on_id: UUID) -> str:
    """The key of an identity provider as text."""
    return f"{provider_id}:{sign_on_id}"


def tenant_of(key: str) -> str:
    """The provider, as text, to which a key belongs."""
    return key.partition(":")[0]


def sign_on_of(provider_id: UUID, sign_on_id: UUID | None = None) -> SignOn | None:
    """The single sign-on that is switched on at a provider; None without any, or where it is another one.

    One whose secret cannot be read any more counts as none.
    In a transaction of its own: whoever signs in has no tenant yet.
    """
    with acting_as(Actor.system(provider_id)):
        rows = IdentityProvider.objects.select_related("provider").filter(provider_id=provider_id, is_active=True)
        row = (rows.filter(pk=sign_on_id) if sign_on_id else rows).first()
        if row is None:
            return None
        told = (row.provider_id, row.id, row.name, row.provider.name, row.issuer, row.client_id)
        try:
            return SignOn(*told, decrypt(row.secret))
        except Unreadable:
            return None


def sign_on_by_key(key: str) -> SignOn | None:
    """The single sign-on that is switched on under ``key``."""
    provider, _mark, sign_on = key.partition(":")
    try:
        return sign_on_of(UUID(provider), UUID(sign_on))
    except ValueError:
        return None


def sign_on_called(slug: str) -> SignOn | None:
    """The single sign-on of the provider with this short name."""
    return sign_on_of(provider_id_for(slug.strip().lower()))


# Setting it up --------------------------------------------------------------------------------------------------------
def configured(actor: Actor) -> IdentityProvider | None:
    """What is switched on at the actor's provider. Raises ``Forbidden``."""
    actor.require("people.manage")
    found: IdentityProvider | None = IdentityProvider.objects.visible_to(actor).filter(is_active=True).first()
    return found


def configure(*, actor: Actor, at: datetime, name: str, issuer: str, client_id: str, secret: str) -> IdentityProvider:
    """Set the single sign-on up or change it; an empty ``secret`` leaves the present one of the same issuer.

    Raises ``Forbidden`` and ``Invalid``.
    """
    actor.require("people.manage")
    address = issuer.strip().rstrip("/")
    Provider.objects.visible_to(actor).select_for_update().get()
    row = IdentityProvider.objects.visible_to(actor).filter(issuer=address).first()
    _require_form(name, address, client_id, secret, is_known=row is not None)
    IdentityProvider.objects.visible_to(actor).exclude(issuer=address).update(is_active=False)
    row = row or IdentityProvider(provider_id=actor.provider_id, issuer=address, created_at=at)
    row.name, row.client_id, row.is_active = name.strip(), client_id.strip(), True
    row.secret = encrypt(secret) if secret else row.secret
    row.save()
    audit.record(actor, at, Act.SIGN_ON_CHANGED, subject=row.name, subject_id=row.id, issuer=row.issuer)
    return row


def switch_off(*, actor: Actor, at: datetime) -> None:
    """Nobody signs in by it any more; passwords still do. Raises ``Forbidden``, ``Refused`` where there is none."""
    row = configured(actor)
    if row is None:
        raise Refused(_("There is no single sign-on to switch off."), code="sign_on_missing")
    row.is_active = False
    row.save(update_fields=["is_active"])
    audit.record(actor, at, Act.SIGN_ON_CHANGED, subject=row.name, subject_id=row.id, state="off")


def _require_form(name: str, issuer: str, client_id: str, secret: str, *, is_known: bool) -> None:
    errors: dict[str, list[str]] = {}
    if not 1 <= len(name.strip()) <= 40:
        errors["name"] = [_("Give it a name of 1 to 40 characters.")]
    if len(issuer) > 200 or not is_callable(issuer, anywhere=settings.SIGN_ON_LOCAL):
        errors["issuer"] = [_("Give an address that begins with https:// and is open to everybody.")]
    if not 1 <= len(client_id.strip()) <= 191:
        errors["client_id"] = [_("Give the client id that the identity provider shows.")]
    if len(secret) > LONGEST_SECRET or not (secret or is_known):
        errors["secret"] = [_("Give the client secret that the identity provider shows.")]
    if errors:
        raise Invalid(errors)


# Whose identity it is -------------------------------------------------------------------------------------------------
def identity_of(user: User, key: str) -> SocialAccount | None:
    """The identity by which ``user`` signs in under ``key``."""
    found: SocialAccount | None = SocialAccount.objects.filter(user=user, provider=key).first()
    return found


def sign_ons_for(user: User) -> list[tuple[SignOn, bool]]:
    """The single sign-ons of the providers where ``user`` has a place, and whether his account is connected to each."""
    with transaction.atomic(), personal_context(user.pk):
        tenants = sorted({row.provider_id for row in memberships_of(user)})
    found = [sign_on for tenant in tenants if (sign_on := sign_on_of(tenant))]
    linked = set(SocialAccount.objects.filter(user=user).values_list("provider", flat=True))
    return [(sign_on, sign_on.key in linked) for sign_on in found]


def require_password(user: User, password: str) -> None:
    """Connecting and disconnecting need the password. Raises ``Invalid``."""
    if not check_password(password, user.password):
        raise Invalid({"password": [_("This is not your present password.")]})


def link(*, user: User, at: datetime, key: str, subject: str) -> None:
    """Connect ``user`` to the identity ``subject``. Raises ``Refused`` where it, or he, is connected already."""
    try:
        with transaction.atomic():
            if identity_of(user, key):
                raise Refused(_("Your account is connected already."), code="already_connected")
            SocialAccount.objects.create(user=user, provider=key, uid=subject)
            audit.record_of_account(user, at, Act.SIGN_ON_LINKED)
    except IntegrityError as error:
        raise Refused(_("Another account is connected to this identity."), code="identity_taken") from error


def unlink(*, user: User, at: datetime, key: str, password: str) -> None:
    """Disconnect: from now on the password alone. Raises ``Invalid`` for a wrong one, ``Refused`` if there is none."""
    require_password(user, password)
    row = identity_of(user, key)
    if row is None:
        raise Refused(_("Your account is not connected."), code="not_connected")
    row.delete()
    with transaction.atomic():
        audit.record_of_account(user, at, Act.SIGN_ON_UNLINKED)
