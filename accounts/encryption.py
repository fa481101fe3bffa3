"""Secrets that have to be read again (of second factors, of single sign-on), kept encrypted in the database.

The key is derived from HELPDESK_SECRET_KEY, so a copy of the database alone opens nothing; HELPDESK_OLD_SECRET_KEYS
still decrypts what was written before a change of key.
"""

import base64
import hashlib
import logging

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

logger = logging.getLogger(__name__)
_PURPOSE = b"helpdesk stored secrets v1:"


class Unreadable(Exception):
    """What is stored was encrypted under a key that nobody named: it proves nothing and opens nothing."""


def _key(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(_PURPOSE + secret.encode()).digest()))


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def encrypt(text: str) -> str:
    """``text`` as it may be stored."""
    return _keys().encrypt(text.encode()).decode()


def decrypt(stored: str) -> str:
    """What was encrypted; raises ``Unreadable`` where no known key fits, which is told to the operator's log."""
    try:
        return _keys().decrypt(stored.encode()).decode()
    except InvalidToken as error:
        logger.error(
            "A stored secret cannot be read: HELPDESK_SECRET_KEY has changed since it was written. "
            "Name the former key in HELPDESK_OLD_SECRET_KEYS."
        )
        raise Unreadable from error
