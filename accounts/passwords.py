"""Passwords: what one has to be, and a new one by a link that goes to the account's address."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit, letters
from accounts.audit import Act
from accounts.errors import Invalid, Refused
from accounts.models import PasswordReset, User
from accounts.tokens import revoke_tokens

LASTS = timedelta(hours=1)
KEPT = timedelta(days=2)
LONGEST = 1024


def checked(password: str, user: User, *, names: Iterable[str] = ()) -> str:
    """``password``, if it is good enough for ``user``. Raises ``Invalid`` for the field ``password``.

    ``names``: further words about the person that a password may not be made of.
    """
    if len(password) > LONGEST or "\x00" in password:
        raise Invalid({"password": [_("A password has at most %(most)d characters.") % {"most": LONGEST}]})
    told = [word.casefold() for name in names for word in name.split() if len(word) > 3]
    if told and password.casefold().strip("0123456789 !.-_") in told:
        raise Invalid({"password": [_("A name is too easy to guess.")]})
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid({"password": error.messages}) from error
    return password


def ask_for_reset(*, email: str, at: datetime) -> None:
    """Somebody forgot the password of ``email``: a mail follows if there is such an account, and nothing tells.

    Known and unknown addresses cost the same statements and leave one row each; old rows are removed meanwhile.
    """
    with transaction.atomic():
        PasswordReset.objects.filter(created_at__lt=at - KEPT).delete()
        user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
        row = PasswordReset(user=user, created_at=at, expires_at=at + LASTS)
        if user:
            letters.queue(row, at, LASTS)
        row.save(force_insert=True)


def is_good(secret: str, at: datetime) -> bool:
    """Whether a link still opens the page for a new password. Reads only."""
    return _open_one(secret, at) is not None


def replace_password(*, secret: str, at: datetime, password: str) -> User:
    """Set a new password by a link, once, and end every session and every API token of the account.

    Raises ``Refused`` for a link that is used, late or unknown, and ``Invalid`` for the field ``password``.
    """
    with transaction.atomic():
        row = _open_one(secret, at, lock=True)
        if row is None or row.user is None:
            raise Refused(_("This link is not valid any more. Ask for a new one."), code="reset_spent")
        user = row.user
        user.set_password(checked(password, user))
        user.save(update_fields=["password"])
        PasswordReset.objects.filter(user=user, used_at__isnull=True).update(used_at=at, next_attempt_at=None)
        end_sessions(user)
        revoke_tokens(user, at)
        audit.record_of_account(user, at, Act.PASSWORD_RESET)
    return user


def end_sessions(user: User) -> None:
    """Sign the account out everywhere."""
    for row in UserSession.objects.filter(user=user):
        row.end()


def _open_one(secret: str, at: datetime, *, lock: bool = False) -> PasswordReset | None:
    digest = letters.digest_of(secret)
    if not digest:
        return None
    rows = PasswordReset.objects.select_related("user").filter(digest=digest)
    row = (rows.select_for_update(of=("self",)) if lock else rows).first()
    is_open = row is not None and row.user is not None and row.user.is_active
    return row if row and is_open and row.used_at is None and at < row.expires_at else None
