"""The technical record of an environment: one text for each thing that support asks about."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contracts.environments import FACT_LENGTH, FACTS
from web.forms.fields import LARGEST_VERSION, BlockField

FACT_LABELS: Mapping[str, str | Promise] = {
    "software": _("Software and its version"),
    "modules": _("Modules and additions"),
    "operating_system": _("Operating system"),
    "hardware": _("Hardware or hosting"),
    "database": _("Database"),
    "web_server": _("Web and application server"),
    "browsers": _("Browsers of the users"),
    "sign_on": _("Sign-on and directory"),
    "integrations": _("Connected systems"),
    "backups": _("Backups"),
    "remarks": _("Remarks"),
}
FACT_HINTS: Mapping[str, str | Promise] = {
    "software": _("With its fixes, as the product shows them."),
    "hardware": _("Processor, memory and disk, or who hosts it and where."),
    "backups": _("What is backed up, how often, and how long it is kept."),
    "remarks": _("Whatever else support should know. Never a password or a key."),
}


class RecordForm(forms.Form):
    """What runs in an environment. ``number`` is that of the record from which the writer started."""

    number = forms.IntegerField(min_value=0, max_value=LARGEST_VERSION, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        for code in FACTS:
            self.fields[code] = BlockField(
                max_length=FACT_LENGTH,
                rows=2,
                required=False,
                label=FACT_LABELS[code],
                help_text=FACT_HINTS.get(code, ""),
            )

    def facts(self) -> dict[str, str]:
        """What was typed, by the code of the fact."""
        return {code: self.cleaned_data[code] for code in FACTS}

    def asked(self) -> list[forms.BoundField]:
        """The fields of the facts, in their order."""
        return [self[code] for code in FACTS]
