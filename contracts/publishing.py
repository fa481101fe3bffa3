"""Publishing a terms document: an immutable row that contracts pin."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from accounts.errors import Refused
from accounts.services import ensure_provider, provider_id_for
from accounts.tenancy import Actor, acting_as
from contracts.holiday_dates import record_holidays
from contracts.models import TermsVersion
from contracts.selectors import latest_terms
from contracts.terms import Terms, load_terms

DATA = Path(__file__).resolve().parent / "data"

Check = Callable[[Terms], None]
"""What else has to be right before terms are published, such as their worked examples: raises TermsError."""


def document_paths() -> list[Path]:
    """Every terms document that ships with the product: a file with a ``code`` is one, the clause index is not."""
    return sorted(path for path in DATA.glob("*.yaml") if not path.name.startswith("clauses"))


def publish_terms(
    path: Path, *, at: datetime, provider: tuple[str, str, str] | None = None, check: Check | None = None
) -> tuple[TermsVersion, bool]:
    """Publish the document at ``path`` for its provider (or for ``provider``: slug, name, ticket prefix).

    Returns the row and whether it is new. The same document again changes nothing. Refused: another text under a
    version that is already published, since contracts pin what they were signed with (R16); a version that begins
    before the latest one. Raises TermsError for a document that is not valid and for what ``check`` finds wrong.
    Nothing is written then.
    """
    terms = load_terms(path)
    slug, name, prefix = provider or (terms.provider.slug, terms.provider.name, _prefix(terms.provider.slug))
    with acting_as(Actor.system(provider_id_for(slug))):
        owner = ensure_provider(slug=slug, name=name, ticket_prefix=prefix, at=at)
        known = TermsVersion.objects.filter(provider=owner, code=terms.code, version=terms.version).first()
        if known is None:
            if check:
                check(terms)
            return _insert(owner.id, terms, at), True
        _require_same(known, terms)
        return known, False


def provider_id_of(terms: Terms) -> UUID:
    """The key of the provider that a document names."""
    return provider_id_for(terms.provider.slug)


def _require_same(known: TermsVersion, terms: Terms) -> None:
    if known.digest != terms.digest:
        message = _("%(code)s %(version)s is already published with another text. Give the new text a new version.")
        raise Refused(message % {"code": terms.code, "version": terms.version}, code="terms_are_immutable")


def _prefix(slug: str) -> str:
    """What ticket numbers of a provider begin with, such as MEGA-1001."""
    return "".join(character for character in slug.upper() if character.isalnum())[:10]


def _insert(provider_id: UUID, terms: Terms, at: datetime) -> TermsVersion:
    begins = date.fromisoformat(terms.effective_from)
    _close_former(provider_id, terms, begins)
    return TermsVersion.objects.create(
        provider_id=provider_id,
        code=terms.code,
        version=terms.version,
        digest=terms.digest,
        document=terms.to_document(),
        in_force=DateRange(begins, None),
        published_at=at,
        holiday_record=record_holidays(terms),
    )


def _close_former(provider_id: UUID, terms: Terms, begins: date) -> None:
    """End the latest version the day before the new one begins. Only the owning role may touch a published row.

    An edition that begins on the same day takes its place for contracts to come: the former is then in force on no day,
    and stays what the contracts that pin it fall under.
    """
    former = latest_terms(provider_id, terms.code)
    if former is None:
        return
    since = date.fromisoformat(former.document["effective_from"])
    if begins < since:
        message = _(
            "%(code)s %(version)s would be in force from %(day)s, but %(former)s, already published, is in force from "
            "%(since)s: a new version does not begin before the latest one."
        )
        told = {"code": terms.code, "version": terms.version, "day": begins, "former": former.version}
        raise Refused(message % (told | {"since": since}), code="terms_begin_too_early")
    TermsVersion.objects.filter(pk=former.pk).update(in_force=DateRange(since, begins))
