"""Publishing a terms document: an immutable row that contracts pin."""

from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from accounts.errors import Refused
from accounts.services import ensure_provider, provider_id_for
from accounts.tenancy import Actor, acting_as
from contracts.models import TermsVersion
from contracts.terms import Terms, load_terms

DATA = Path(__file__).resolve().parent / "data"


def document_paths() -> list[Path]:
    """Every terms document that ships with the product: a file with a ``code`` is one, the clause index is not."""
    return sorted(path for path in DATA.glob("*.yaml") if not path.name.startswith("clauses"))


def publish_terms(
    path: Path, *, at: datetime, provider: tuple[str, str, str] | None = None
) -> tuple[TermsVersion, bool]:
    """Publish the document at ``path`` for its provider (or for ``provider``: slug, name, ticket prefix).

    Returns the row and whether it is new. The same document again changes nothing; another text under a version that
    is already published is refused, because contracts pin what they were signed with (R16).
    """
    terms = load_terms(path)
    slug, name, prefix = provider or (terms.provider.slug, terms.provider.name, _prefix(terms.provider.slug))
    with acting_as(Actor.system(provider_id_for(slug))):
        owner = ensure_provider(slug=slug, name=name, ticket_prefix=prefix, at=at)
        known = TermsVersion.objects.filter(provider=owner, code=terms.code, version=terms.version).first()
        if known is None:
            return _insert(owner.id, terms, at), True
        if known.digest != terms.digest:
            message = _("%(code)s %(version)s is already published with another text. Give the new text a new version.")
            raise Refused(message % {"code": terms.code, "version": terms.version}, code="terms_are_immutable")
        return known, False


def _prefix(slug: str) -> str:
    """What ticket numbers of a provider begin with, such as MEGA-1001."""
    return "".join(character for character in slug.upper() if character.isalnum())[:10]


def _insert(provider_id: UUID, terms: Terms, at: datetime) -> TermsVersion:
    begins = date.fromisoformat(terms.effective_from)
    _close_former(provider_id, terms.code, begins)
    return TermsVersion.objects.create(
        provider_id=provider_id,
        code=terms.code,
        version=terms.version,
        digest=terms.digest,
        document=terms.to_document(),
        in_force=DateRange(begins, None),
        published_at=at,
    )


def _close_former(provider_id: UUID, code: str, until: date) -> None:
    """End the version in force the day before the new one begins. Only the owning role may touch a published row."""
    former = TermsVersion.objects.filter(provider_id=provider_id, code=code, in_force__endswith__isnull=True).first()
    if former:
        TermsVersion.objects.filter(pk=former.pk).update(in_force=DateRange(former.in_force.lower, until))


def terms_in_force(provider_id: UUID, code: str, on: date) -> TermsVersion:
    """The version of ``code`` in force on a day; raises ``TermsVersion.DoesNotExist``."""
    return TermsVersion.objects.get(provider_id=provider_id, code=code, in_force__contains=on)
