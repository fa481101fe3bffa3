"""Forms of canned replies."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from tickets.canned import MAX_CANNED, MAX_TITLE, Wording
from tickets.canned_text import check_variables
from tickets.models import CannedUse
from web.forms.fields import BlockField, LineField, PickField, VersionField

MAX_SEARCH: Final = 120
MAX_REFERENCE: Final = 24


class CannedForm(forms.Form):
    """A canned reply: its title, its texts, in which messages it is offered, and a ticket to try it on."""

    title = LineField(label=_("Title"), max_length=MAX_TITLE)
    use = PickField(label=_("Offered for"), choices=CannedUse.choices, initial=CannedUse.PUBLIC)
    body_fr = BlockField(label=_("Text in French"), max_length=MAX_CANNED, rows=8, required=False)
    body_en = BlockField(label=_("Text in English"), max_length=MAX_CANNED, rows=8, required=False)
    is_shared = forms.BooleanField(label=_("Share it with everybody of the desk"), required=False)
    ticket = LineField(label=_("Ticket for the preview"), max_length=MAX_REFERENCE, required=False)
    version = VersionField()

    def __init__(self, *args: Any, may_share: bool = False, **options: Any):
        super().__init__(*args, **options)
        if not may_share:
            del self.fields["is_shared"]

    def clean(self) -> dict[str, Any]:
        """What is no variable is told together with the other errors."""
        for name in ("body_fr", "body_en"):
            try:
                check_variables(self.cleaned_data.get(name, ""), field=name)
            except Invalid as refused:
                self.add_error(name, refused.errors[name])
        return self.cleaned_data

    def wording(self) -> Wording:
        """What was typed, as the services take it."""
        given = self.cleaned_data
        return Wording(given["title"], given["body_fr"], given["body_en"], given["use"])


class CannedSearch(forms.Form):
    """A word of a title or a text."""

    search = LineField(label=_("Title or text"), max_length=MAX_SEARCH, required=False)


class AnswerEachForm(forms.Form):
    """Which canned reply answers them all."""

    canned = PickField(label=_("Canned reply"))

    def __init__(self, *args: Any, replies: Iterable[tuple[str, str]] = (), **options: Any):
        super().__init__(*args, **options)
        self.fields["canned"].choices = [("", _("Choose…")), *replies]  # type: ignore[attr-defined]
