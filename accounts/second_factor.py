"""The second factor: an authenticator app with recovery codes, and whether a provider demands it of its staff."""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, validate_totp_code
from django.contrib.auth.hashers import check_password
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actors import memberships_of
from accounts.audit import Act
from accounts.encryption import Unreadable
from accounts.errors import Invalid, Refused
from accounts.models import Membership, Provider, User
from accounts.roles import STAFF
from accounts.tenancy import Actor, personal_context

Type = Authenticator.Type


@dataclass(frozen=True, slots=True)
class Factors:
    """What a person has set up. ``codes_left`` counts the recovery codes that were not used yet."""

    is_set_up: bool
    since: datetime | None
    codes_left: int


def factors_of(user: User) -> Factors:
    """One question, however many codes there are."""
    rows = {row.type: row for row in Authenticator.objects.filter(user=user)}
    app, codes = rows.get(Type.TOTP), rows.get(Type.RECOVERY_CODES)
    return Factors(app is not None, app.created_at if app else None, _left(codes) if codes else 0)


def _left(codes: Authenticator) -> int:
    """Codes that cannot be read any more open nothing, so none are left."""
    try:
        return len(RecoveryCodes(codes).get_unused_codes())
    except Unreadable:
        return 0


def new_secret() -> str:
    """A secret for an authenticator app: 160 random bits in base 32."""
    return generate_totp_secret()


def add_app(*, user: User, at: datetime, secret: str, code: str, password: str) -> list[str]:
    """Set up the app that shows ``code`` for ``secret``; the recovery codes, which are shown once.

    Raises ``Invalid`` for a field, ``Refused`` where there is one already.
    """
    errors = _password_errors(user, password)
    if not secret or not validate_totp_code(secret, code.replace(" ", "")):
        errors["code"] = [_("This code is wrong. Check the clock of the device, and type the code that it shows now.")]
    if errors:
        raise Invalid(errors)
    try:
        with transaction.atomic():
            TOTP.activate(user, secret).validate_code(code.replace(" ", ""))
    except IntegrityError as error:
        raise Refused(_("There is a second factor already. Remove it first."), code="second_factor_there") from error
    _tell(user, at, Act.SECOND_FACTOR_ADDED)
    return _fresh_codes(user)


def renew_codes(*, user: User, at: datetime, password: str) -> list[str]:
    """New recovery codes; the former ones open nothing any more. Raises ``Invalid`` and ``Refused``."""
    _require_password(user, password)
    if not Authenticator.objects.filter(user=user, type=Type.TOTP).exists():
        raise Refused(_("Set up a second factor first."), code="second_factor_missing")
    _tell(user, at, Act.RECOVERY_CODES_RENEWED)
    return _fresh_codes(user)


def remove_app(*, user: User, at: datetime, password: str) -> Factors:
    """Give the second factor up, with its recovery codes; what is left.

    Raises ``Invalid`` for a wrong password, ``Refused`` where a provider demands the factor.
    """
    _require_password(user, password)
    with personal_context(user.pk):
        if any(row.needs_second_factor for row in memberships_of(user)):
            raise Refused(_("Your provider demands a second factor of its staff."), code="second_factor_demanded")
    removed, _by_kind = Authenticator.objects.filter(user=user).delete()
    if removed:
        _tell(user, at, Act.SECOND_FACTOR_REMOVED)
    return factors_of(user)


def _fresh_codes(user: User) -> list[str]:
    Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).delete()
    return list(RecoveryCodes.activate(user).generate_codes())


def _require_password(user: User, password: str) -> None:
    errors = _password_errors(user, password)
    if errors:
        raise Invalid(errors)


def _password_errors(user: User, password: str) -> dict[str, list[str]]:
    """Asked at every change: an open session alone must not be enough to weaken an account."""
    if check_password(password, user.password):
        return {}
    return {"password": [_("This is not your present password.")]}


def _tell(user: User, at: datetime, act: Act) -> None:
    with transaction.atomic():
        audit.record_of_account(user, at, act)


def demand_of_staff(*, actor: Actor, at: datetime, is_demanded: bool) -> Provider:
    """Whether staff need a second factor from their next page on. Raises ``Forbidden``; the same again does nothing."""
    actor.require("people.manage")
    provider: Provider = Provider.objects.visible_to(actor).select_for_update().get()
    if provider.staff_need_second_factor == is_demanded:
        return provider
    provider.staff_need_second_factor = is_demanded
    provider.save(update_fields=["staff_need_second_factor"])
    rows = Membership.objects.filter(provider_id=provider.id, role__in=sorted(STAFF), is_active=True)
    rows.update(needs_second_factor=is_demanded)
    act = Act.SECOND_FACTOR_DEMANDED if is_demanded else Act.SECOND_FACTOR_WAIVED
    audit.record(actor, at, act, subject=provider.name, subject_id=provider.id)
    return provider
