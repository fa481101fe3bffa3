"""Work that goes from provider to provider, each in units of its own, so that one that fails stops no other."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import DatabaseError, connection
from psycopg.sql import SQL, Identifier, Placeholder

Done = TypeVar("Done")
log = logging.getLogger(__name__)


def providers(question: str = "all_providers", *given: datetime) -> list[UUID]:
    """The keys that a question across tenants returns (``policies.cross_tenant_function``): all, or those in need.

    The functions belong to one login each; the others raise ``DatabaseError``.
    """
    call = SQL("SELECT * FROM {}({})").format(Identifier(question), SQL(", ").join([Placeholder()] * len(given)))
    with connection.cursor() as cursor:
        cursor.execute(call, given)
        return [row[0] for row in cursor.fetchall()]


def each_provider(
    keys: Iterable[UUID],
    work: Callable[[UUID], Done],
    *,
    what: str,
    errors: tuple[type[Exception], ...] = (DatabaseError,),
) -> list[Done]:
    """Do ``work`` for each of ``keys`` and return what it returned. ``what`` is put off, says the log of a failure.

    One of ``errors`` is kept while the others have their turn; the last one is then raised.
    """
    done: list[Done] = []
    failure: Exception | None = None
    for key in keys:
        try:
            done.append(work(key))
        except errors as error:
            log.warning("%s of provider %s: put off, %r", what, key, error)
            failure = error
    if failure:
        raise failure
    return done
