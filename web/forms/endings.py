"""Forms that set the end of a contract, looked at before they are sent off, and that withdraw it."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contracts.endings import MAX_REASON, Channel, Draft, EndedBy
from web.forms.amendments import LookedAt, mark_of
from web.forms.contracts import DayField
from web.forms.fields import BlockField, PickField


class EndingForm(LookedAt):
    """The last day, who ends the contract, how that was notified, and why. ``now`` is the last day that holds: what was
    looked at while another one held is looked at again.
    """

    last_day = DayField(label=_("Last day"))
    ended_by = PickField(label=_("Who ends it"), choices=EndedBy.choices)
    channel = PickField(label=_("How it was notified"), choices=Channel.choices)
    noticed_on = DayField(label=_("Day from which the notice counts"))
    reason = BlockField(label=_("Why, as both sides read it"), max_length=MAX_REASON, rows=3)

    def __init__(self, data: Any, *, now: date | None, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        self._now = now

    def mark(self) -> str:
        """The mark of what the form says, on the contract as it stands. Only once it is valid."""
        return mark_of([super().mark(), self._now])

    def draft(self) -> Draft:
        """What was sent, for the service. Only once the form is valid."""
        given = self.cleaned_data
        return Draft(**{name: given[name] for name in ("last_day", "ended_by", "channel", "noticed_on", "reason")})


class WithdrawalForm(forms.Form):
    """Why the contract runs to its term after all."""

    reason = BlockField(label=_("Why it goes on, as both sides read it"), max_length=MAX_REASON, rows=3)
