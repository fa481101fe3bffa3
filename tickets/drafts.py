"""What somebody typed and has not sent yet: kept on the server, so that no failure loses it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from accounts.errors import Forbidden, Invalid
from accounts.identifiers import uuid7
from accounts.tenancy import Actor
from tickets.models import Draft
from tickets.text import clean_text

MAX_CHARACTERS = 200_000
MAX_FIELDS = 40
FILES = "attachments"
"""Field of a draft that names the uploads that go with it: their ids, separated by spaces."""
KEPT_FOR = timedelta(days=30)
"""How long after it was last touched a draft still keeps its files from being removed."""


def load_draft(actor: Actor, form: str) -> dict[str, str]:
    """The actor's draft of ``form``; empty where there is none."""
    found = Draft.objects.visible_to(actor).filter(form=form).values_list("data", flat=True).first()
    return dict(found) if found else {}


def load_drafts(actor: Actor, forms: Sequence[str]) -> dict[str, dict[str, str]]:
    """The actor's drafts of several forms at once, by form; those without a draft are left out."""
    rows = Draft.objects.visible_to(actor).filter(form__in=list(forms)).values_list("form", "data")
    return {form: dict(data) for form, data in rows}


def save_draft(*, actor: Actor, at: datetime, form: str, data: dict[str, Any]) -> None:
    """Keep what was typed. Raises ``Invalid`` for text that cannot be stored, or too much of it."""
    if actor.membership_id is None:
        raise Forbidden
    fields = {str(name)[:60]: clean_text(str(value)) for name, value in list(data.items())[:MAX_FIELDS]}
    if sum(map(len, fields.values())) > MAX_CHARACTERS:
        raise Invalid({"": [_("This draft is too long to be kept. Shorten it.")]})
    Draft.objects.bulk_create(
        [
            Draft(
                id=uuid7(),
                provider_id=actor.provider_id,
                owner_id=actor.membership_id,
                form=clean_text(form)[:60],
                data=fields,
                updated_at=at,
            )
        ],
        update_conflicts=True,
        unique_fields=["owner", "form"],
        update_fields=["data", "updated_at"],
    )


def discard_draft(*, actor: Actor, form: str) -> None:
    """Forget the draft once its form was sent."""
    Draft.objects.visible_to(actor).filter(form=form).delete()
