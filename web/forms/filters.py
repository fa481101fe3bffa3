"""Filters of the lists: only what is offered, anything else is refused with 400."""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from web.forms.fields import LineField, PickField

MAX_SEARCH: Final = 160
MAX_CURSOR: Final = 400
STATES: Final = ("open", "new", "in_progress", "waiting_customer", "resolved", "closed", "all")
HOLDERS: Final = (("", _("Anybody")), ("mine", _("Me")), ("unassigned", _("Nobody yet")))
ORDERS: Final = (("due", _("Deadline")), ("updated", _("Last change")), ("opened", _("Filing date")))


class FilterForm(forms.Form):
    """Filters in the address. A parameter that no filter has is ignored; a value that none offers is an error."""

    search = LineField(label=_("Search"), max_length=MAX_SEARCH, required=False)
    after = forms.CharField(required=False, max_length=MAX_CURSOR, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, **options: Any):
        super().__init__(data, auto_id="filter_%s", **options)

    def chosen(self) -> dict[str, Any]:
        """The values; raises ``Invalid`` with the errors of each filter."""
        if not self.is_valid():
            raise Invalid({name: list(map(str, errors)) for name, errors in self.errors.items()})
        return dict(self.cleaned_data)


class QueueFilter(FilterForm):
    """What the desk looks at."""

    state = PickField(label=_("State"), required=False)
    holder = PickField(label=_("Who has it"), choices=HOLDERS, required=False)
    severity = PickField(label=_("Severity"), required=False)
    customer = PickField(label=_("Customer"), required=False)
    customer_name = LineField(label=_("Part of the customer’s name"), max_length=MAX_SEARCH, required=False)
    order = PickField(label=_("Sort by"), choices=ORDERS, required=False)

    field_order = ("search", "state", "holder", "severity", "customer", "customer_name", "order", "after")

    def __init__(
        self,
        data: QueryDict,
        *,
        states: list[tuple[str, str]],
        severities: list[tuple[str, str]],
        customers: list[tuple[str, str]],
    ):
        super().__init__(data)
        self.fields["state"].choices = states  # type: ignore[attr-defined]
        self.fields["severity"].choices = [("", _("Any")), *severities]  # type: ignore[attr-defined]
        self.fields["customer"].choices = [("", _("All")), *customers]  # type: ignore[attr-defined]

    def chosen(self) -> dict[str, Any]:
        found = super().chosen()
        customer = found.pop("customer")
        found.pop("customer_name")
        found["customer_id"] = UUID(customer) if customer else None
        found["state"] = found["state"] or "open"
        found["order"] = found["order"] or "due"
        return found


class CasesFilter(FilterForm):
    """What a customer looks at."""

    state = PickField(label=_("State"), required=False)

    def __init__(self, data: QueryDict, *, states: list[tuple[str, str]]):
        super().__init__(data)
        self.fields["state"].choices = states  # type: ignore[attr-defined]

    def chosen(self) -> dict[str, Any]:
        found = super().chosen()
        found["state"] = found["state"] or "open"
        return found
