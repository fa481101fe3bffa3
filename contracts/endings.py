"""The end of a contract before its term: set for a day to come, withdrawn until that day is over (HSA-20, HOP-18).

Both are acts of the provider with a reason that both sides read. The caller holds a context of the actor.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.audit import Act
from accounts.errors import Invalid, NotFound, Refused
from accounts.models import Customer
from accounts.tenancy import Actor
from contracts import log
from contracts.models import Contract, ContractChange
from contracts.selectors import contract as contract_of
from contracts.selectors import contracts, terms_of, zone_of

Kind = ContractChange.Kind
MAX_REASON: Final = 2_000
LATEST: Final = date(2199, 12, 31)
"""Beyond it no calendar counts."""
ENDINGS: Final = (Kind.ENDED, Kind.END_WITHDRAWN)


class EndedBy(models.TextChoices):
    """Who ends the contract."""

    CUSTOMER = "customer", gettext_lazy("The customer")
    PROVIDER = "provider", gettext_lazy("The provider")
    BOTH = "both", gettext_lazy("Both, by agreement")


class Channel(models.TextChoices):
    """How it was notified. A registered letter counts from the day of its first presentation (HOP-18)."""

    REGISTERED_LETTER = "registered_letter", gettext_lazy("Registered letter")
    LETTER = "letter", gettext_lazy("Letter or mail")
    SIGNED = "signed", gettext_lazy("Paper signed by both")


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be set: the last day, who ends it and why, how it was notified and from which day that counts."""

    last_day: date
    ended_by: str
    channel: str
    noticed_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Ending:
    """An end that was set and stands: the entry of the log, and the last day as it was signed."""

    change: ContractChange
    signed_end: date | None

    @property
    def last_day(self) -> date:
        return date.fromisoformat(self.change.data["last_day"])

    @property
    def noticed_on(self) -> date:
        return date.fromisoformat(self.change.data["noticed_on"])

    @property
    def reason(self) -> str:
        return str(self.change.data["reason"])

    @property
    def ended_by(self) -> str:
        return str(EndedBy(self.change.data["ended_by"]).label)

    @property
    def channel(self) -> str:
        return str(Channel(self.change.data["channel"]).label)


# Questions ------------------------------------------------------------------------------------------------------------
def ending_of(actor: Actor, row: Contract) -> Ending | None:
    """The end that stands, as either side may read it; None where the contract runs to its term."""
    rows = ContractChange.objects.visible_to(actor).filter(contract_id=row.pk, kind__in=ENDINGS)
    # By their keys, which are made once the contract is locked: a request that waited began before those it follows.
    last = rows.order_by("id").last()
    if last is None or last.kind == Kind.END_WITHDRAWN:
        return None
    signed = last.data["signed_end"]
    return Ending(last, date.fromisoformat(signed) if signed else None)


def contract_to_end(actor: Actor, contract_id: UUID) -> Contract:
    """A contract whose end the actor may set. Raises ``Forbidden`` and ``NotFound``."""
    actor.require("contract.end")
    return contract_of(actor, contract_id)


def is_over(row: Contract, at: datetime) -> bool:
    """Whether its last day has passed in the contract's zone (R6)."""
    return row.ends_on is not None and _today(row, at) > row.ends_on


def check_ending(*, actor: Actor, at: datetime, contract_id: UUID, draft: Draft) -> None:
    """All that ``end_contract`` would refuse, and nothing written."""
    row = contract_to_end(actor, contract_id)
    _require_end(actor, row, ending_of(actor, row), at, draft)


# Acts -----------------------------------------------------------------------------------------------------------------
def end_contract(*, actor: Actor, at: datetime, contract_id: UUID, draft: Draft) -> ContractChange:
    """Let a contract end on a day, at 24:00 in its zone; set again, the day that was set before gives way.

    Nothing that was filed changes: a deadline that runs keeps the rules of its start (R16). Raises ``Forbidden``,
    ``NotFound``, ``Invalid`` with the fields that are wrong, ``Refused`` where the contract is over, or where it is
    prolonged into another one under the same terms.
    """
    row = _locked(actor, contract_id)
    standing = ending_of(actor, row)
    _require_end(actor, row, standing, at, draft)
    signed_end = standing.signed_end if standing else row.ends_on
    told = {
        "last_day": draft.last_day.isoformat(),
        "signed_end": _iso(signed_end),
        "ended_by": draft.ended_by,
        "channel": draft.channel,
        "noticed_on": draft.noticed_on.isoformat(),
        "reason": draft.reason.strip(),
    }
    before = row.ends_on
    Contract.objects.filter(pk=row.pk).update(ends_on=draft.last_day)
    _tell(actor, at, Act.CONTRACT_ENDED, row, before, draft.last_day, told["reason"])
    return log.write(row, actor, at, Kind.ENDED, told)


def withdraw_ending(*, actor: Actor, at: datetime, contract_id: UUID, reason: str) -> ContractChange:
    """Let the contract run to its term again, as long as it has not ended.

    Raises ``Forbidden``, ``NotFound``, ``Invalid`` without a reason, and ``Refused`` where no end is set, where the
    contract is over, or where another one under the same terms was signed for the days after.
    """
    row = _locked(actor, contract_id)
    standing = ending_of(actor, row)
    if standing is None:
        raise Refused(_("No end is set: the contract runs to its term."), code="no_ending")
    _require_running(row, at)
    if errors := _reason_problems(reason):
        raise Invalid(errors)
    _require_room(actor, row, standing.signed_end)
    told = {"last_day": standing.last_day.isoformat(), "signed_end": _iso(standing.signed_end)}
    Contract.objects.filter(pk=row.pk).update(ends_on=standing.signed_end)
    _tell(actor, at, Act.CONTRACT_END_WITHDRAWN, row, standing.last_day, standing.signed_end, reason.strip())
    return log.write(row, actor, at, Kind.END_WITHDRAWN, told | {"reason": reason.strip()})


def _locked(actor: Actor, contract_id: UUID) -> Contract:
    """The contract as it is once nobody else decides on it, or signs another one for its customer."""
    found = contract_to_end(actor, contract_id)
    Customer.objects.select_for_update(no_key=True).filter(pk=found.customer_id).first()
    row: Contract | None = contracts(actor).select_for_update(of=("self",), no_key=True).filter(pk=contract_id).first()
    if row is None:
        raise NotFound
    return row


# What is refused ------------------------------------------------------------------------------------------------------
def _require_end(actor: Actor, row: Contract, standing: Ending | None, at: datetime, draft: Draft) -> None:
    _require_running(row, at)
    errors: dict[str, list[str]] = {}
    today, term = _today(row, at), standing.signed_end if standing else row.ends_on
    if draft.last_day < today:
        errors["last_day"] = [_("The past does not change: choose today or a later day.")]
    elif draft.last_day < row.starts_on:
        errors["last_day"] = [_("The contract does not run on that day.")]
    elif draft.last_day > LATEST:
        errors["last_day"] = [_("Choose a day until %(year)d.") % {"year": LATEST.year}]
    elif draft.last_day == row.ends_on:
        errors["last_day"] = [_("That is its last day already.")]
    elif term and draft.last_day >= term:
        errors["last_day"] = [_("It is signed until then: to prolong it, agree an amendment or sign another contract.")]
    if draft.ended_by not in EndedBy.values:
        errors["ended_by"] = [_("Choose one of those offered.")]
    if draft.channel not in Channel.values:
        errors["channel"] = [_("Choose one of those offered.")]
    if draft.noticed_on > today:
        errors["noticed_on"] = [_("A notice counts once it was given.")]
    errors |= _reason_problems(draft.reason)
    if errors:
        raise Invalid(errors)
    if row.ends_on and draft.last_day > row.ends_on:
        _require_room(actor, row, draft.last_day)


def _reason_problems(reason: str) -> dict[str, list[str]]:
    if not reason.strip():
        return {"reason": [_("Say why.")]}
    if len(reason.strip()) > MAX_REASON:
        return {"reason": [_("At most %(n)d characters.") % {"n": MAX_REASON}]}
    return {}


def _require_running(row: Contract, at: datetime) -> None:
    if is_over(row, at):
        clause = terms_of(row).period.end_clause or ""
        raise Refused(_("This contract has ended. Sign another one."), code="contract_ended", clause=clause)


def _require_room(actor: Actor, row: Contract, signed_end: date | None) -> None:
    """A customer has one contract at a time under the same terms."""
    rows = contracts(actor).filter(customer_id=row.customer_id, terms__code=row.terms.code).exclude(pk=row.pk)
    rows = rows.filter(models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=row.starts_on))
    if signed_end:
        rows = rows.filter(starts_on__lte=signed_end)
    for other in rows[:1]:
        told = _("%(reference)s, under the same terms, runs on some of these days.") % {"reference": other.reference}
        raise Refused(told, code="another_contract")


def _today(row: Contract, at: datetime) -> date:
    return at.astimezone(zone_of(row)).date()


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _tell(actor: Actor, at: datetime, act: Act, row: Contract, old: date | None, new: date | None, reason: str) -> None:
    audit.record(
        actor,
        at,
        act,
        subject=row.reference,
        subject_id=row.id,
        customer_id=row.customer_id,
        old=_iso(old),
        new=_iso(new),
        reason=reason,
    )
