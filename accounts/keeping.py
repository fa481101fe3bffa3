"""Rows that a provider's administrator keeps: found, locked, named once."""

from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet

from accounts.errors import Invalid, NotFound
from accounts.tenancy import Actor

Row = TypeVar("Row", bound=models.Model)


def kept(actor: Actor, rows: "QuerySet[Row]", key: UUID) -> Row:
    """The row of ``key`` among ``rows``, for an administrator. Raises ``Forbidden`` and ``NotFound``."""
    actor.require("people.manage")
    found = rows.filter(pk=key).first()
    if found is None:
        raise NotFound
    return found


def locked(actor: Actor, rows: "QuerySet[Row]", key: UUID) -> Row:
    """``kept``, and nobody else changes it before the transaction ends; what is joined to it is not locked."""
    return kept(actor, rows.select_for_update(of=("self",)), key)


def named(text: str, most: int, wrong: str) -> str:
    """A name on one line. Raises ``Invalid`` with ``wrong`` where it has not 1 to ``most`` characters."""
    name = " ".join(text.split())
    if not 1 <= len(name) <= most:
        raise Invalid({"name": [wrong % {"most": most}]})
    return name


def save_named(row: models.Model, taken: str, *, is_new: bool) -> None:
    """Write a row whose name is unique in the provider's world. Raises ``Invalid`` with ``taken`` where it is not."""
    try:
        with transaction.atomic():
            row.save(force_insert=is_new)
    except IntegrityError as error:
        raise Invalid({"name": [taken]}) from error
