"""Mails that carry a secret link: invitations and new passwords. The secret is made here, while the mail is sent.

A crash between the mail server's "accepted" and our commit may send a second mail; then only its link opens anything.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from smtplib import SMTPException
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import letters
from accounts.models import Invitation, Letter, PasswordReset, Provider
from accounts.rounds import each_provider, providers
from accounts.tenancy import Actor, acting_as
from notifications import wakeup
from slas.wording import instant_text
from tickets.text import clean_line

log = logging.getLogger(__name__)
_ZONE = ZoneInfo("Europe/Paris")
"""Of whoever has no account yet, and so has chosen none."""


def post_soon() -> None:
    """Wake the worker once the present transaction is committed."""
    transaction.on_commit(wakeup.ring)


def post_letters(*, at: datetime) -> int:
    """Send whatever waits, one mail per transaction. Safe to run twice, and twice at once. Returns how many went."""
    sent = 0
    # Of no provider, and so of none that could fail before them.
    while _post_reset(at):
        sent += 1
    keys = providers("providers_with_waiting_invitations", at)
    return sent + sum(each_provider(keys, lambda provider_id: _post_invitations(provider_id, at), what="invitations"))


def _post_invitations(provider_id: UUID, at: datetime) -> int:
    sent = 0
    while _post_invitation(provider_id, at):
        sent += 1
    return sent


def _post_invitation(provider_id: UUID, at: datetime) -> bool:
    with acting_as(Actor.system(provider_id)):
        waiting = Invitation.objects.filter(provider_id=provider_id, next_attempt_at__lte=at)
        row = waiting.select_for_update(skip_locked=True).order_by("next_attempt_at", "id").first()
        if row is None:
            return False
        provider = Provider.objects.get(pk=provider_id)
        _post(row, row.email, row.language, at, lambda secret: _invitation_words(row, provider, secret))
    return True


def _post_reset(at: datetime) -> bool:
    with transaction.atomic():
        waiting = PasswordReset.objects.select_related("user").filter(next_attempt_at__lte=at, user__isnull=False)
        row = waiting.select_for_update(skip_locked=True, of=("self",)).order_by("next_attempt_at", "id").first()
        if row is None or row.user is None:
            return False
        user = row.user
        _post(row, user.email, user.language, at, lambda secret: _reset_words(row, user.time_zone, secret))
    return True


def _post(row: Letter, address: str, language: str, at: datetime, words: Callable[[str], tuple[str, str]]) -> None:
    if at >= row.expires_at:
        row.next_attempt_at = None
        row.save()
        return
    secret = letters.new_secret()
    row.digest = letters.digest_of(secret)
    with translation.override(language):
        subject, body = words(secret)
    headers = {"Auto-Submitted": "auto-generated"}
    message = EmailMessage(clean_line(subject)[:300], body, settings.DEFAULT_FROM_EMAIL, [address], headers=headers)
    try:
        message.send()
    except (SMTPException, OSError, ValueError) as error:
        log.warning("a letter of kind %s waits: %r", type(row).__name__, error)
        letters.note_failure(row, at, repr(error))
    else:
        letters.note_sent(row, at)
    row.save()


def _link(path: str, **query: str) -> str:
    return f"{settings.PUBLIC_URL}{path}?{urlencode(query)}"


def _invitation_words(row: Invitation, provider: Provider, secret: str) -> tuple[str, str]:
    subject = _("%(inviter)s invites you to the support portal of %(provider)s")
    told = {"inviter": row.invited_by_name, "provider": provider.name, "name": row.display_name}
    told |= {"until": instant_text(row.expires_at, _ZONE, named=True), "link": _link("/join/", invitation=secret)}
    body = [
        _("Hello %(name)s,"),
        _("%(inviter)s has prepared an access to the support portal of %(provider)s for you."),
        _("Open this link to take it up. It works once, until %(until)s:"),
        "%(link)s",
        _("If you did not expect this, do nothing: without you nothing is opened."),
    ]
    return subject % told, "\n\n".join(part % told for part in body)


def _reset_words(row: PasswordReset, zone: str, secret: str) -> tuple[str, str]:
    told = {
        "until": instant_text(row.expires_at, ZoneInfo(zone), named=True),
        "link": _link("/password/new/", reset=secret),
    }
    body = [
        _("Hello,"),
        _("A new password was asked for the account with this address."),
        _("Open this link to choose one. It works once, until %(until)s, and ends every open session and API token:"),
        "%(link)s",
        _("If it was not you, do nothing: your password stays as it is."),
    ]
    return _("A new password for the support portal"), "\n\n".join(part % told for part in body)
