"""The mails that carry secret links, as the worker sends them and as a person opens them."""

import re
from datetime import datetime

from django.core import mail
from django.db import connection

from notifications.letters import post_letters


def posted(at: datetime) -> list[str]:
    """Send what waits, with the rights of the worker's login; the secrets of the links, in the order of the mails."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_function_privilege('providers_with_waiting_invitations(timestamptz)', 'EXECUTE')")
        assert cursor.fetchone()[0], "these tests run under the worker's login"
    before = len(mail.outbox)
    post_letters(at=at)
    return [secret_of(sent.body) for sent in mail.outbox[before:]]


def secret_of(body: str) -> str:
    """The secret in the link of a mail."""
    found = re.search(r"\?(?:invitation|reset)=([A-Za-z0-9_-]{43})\s", body)
    assert found, body
    return found[1]
