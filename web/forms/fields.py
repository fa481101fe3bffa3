"""Fields that refuse what cannot be stored and say so beside themselves."""

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from tickets.text import clean_line, clean_text

LARGEST_VERSION: Final = 2_147_483_647
TOO_LONG: Final = _("At most %(limit_value)d characters; these are %(show_value)d. Shorten the text or attach a file.")


def presentable(value: Any) -> Any:
    """``value`` as it can be shown again: a field that was refused comes back without what cannot be encoded."""
    if not isinstance(value, str):
        return value
    return value.replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")


class _CleanField(forms.CharField):
    cleaner: Callable[..., str]

    def to_python(self, value: Any) -> str:
        try:
            text = type(self).cleaner(super().to_python(value))
        except Invalid as refused:
            raise ValidationError(refused.errors[""], code="not_storable") from refused
        return text

    def prepare_value(self, value: Any) -> Any:
        return presentable(value)


class LineField(_CleanField):
    """One line: line ends, tabs and other control characters become single spaces."""

    cleaner = staticmethod(clean_line)

    def __init__(self, *, max_length: int, **options: Any):
        super().__init__(max_length=max_length, **options)
        self.error_messages["max_length"] = TOO_LONG


class BlockField(_CleanField):
    """Several lines, kept as typed. The limit is told, never enforced by cutting while somebody types."""

    cleaner = staticmethod(clean_text)
    widget = forms.Textarea

    def __init__(self, *, max_length: int, rows: int = 6, **options: Any):
        widget = forms.Textarea(attrs={"rows": rows})
        super().__init__(max_length=max_length, strip=False, widget=widget, **options)
        self.error_messages["max_length"] = TOO_LONG

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return text if text.strip() else ""


class PickField(forms.ChoiceField):
    """One of what is offered. A value that is not is never repeated, whatever it holds."""

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.error_messages["invalid_choice"] = _("Choose one of those offered.")


class VersionField(forms.IntegerField):
    """The version of the ticket that the form was opened on."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, min_value=0, max_value=LARGEST_VERSION)

    def prepare_value(self, value: Any) -> Any:
        return presentable(value)


class SeenForm(forms.Form):
    """The version of a ticket that an open page shows."""

    version = forms.IntegerField(min_value=0, max_value=LARGEST_VERSION)


class FilesInput(forms.FileInput):
    """A file input that takes several."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__(attrs={"multiple": True})


class FilesField(forms.FileField):
    """Several files. Only there to draw the control and carry errors: :mod:`web.forms.uploads` receives the files."""

    widget = FilesInput

    def __init__(self, **options: Any):
        super().__init__(required=False, **options)

    def clean(self, data: Any, initial: Any = None) -> None:
        return None
