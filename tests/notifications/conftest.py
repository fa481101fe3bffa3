from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.core import mail

from tests.worlds import World, build_world


@pytest.fixture
def world(worker_db) -> World:
    """One provider, two customers, as the worker, in the transaction of the test."""
    return build_world()


@pytest.fixture
def mails() -> Callable[[], list[EmailMessage]]:
    """The mails that went out during this test, oldest first, from their bytes, as a mail program reads them."""
    return lambda: [message_from_bytes(sent.message().as_bytes(), policy=policy.default) for sent in mail.outbox]
