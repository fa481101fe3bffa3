"""A mail server that takes nothing."""

from smtplib import SMTPServerDisconnected
from typing import Any

from django.core.mail.backends.base import BaseEmailBackend


class RefusingBackend(BaseEmailBackend):
    """Breaks the connection at every message."""

    def send_messages(self, email_messages: Any) -> int:
        """Never returns."""
        raise SMTPServerDisconnected("as a test")
