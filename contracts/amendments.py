"""Amendments: proposed by one side, in force once both have approved, never for the past (R16, R17, JAL-30).

And the days that calendars gain (R19), which the provider announces alone. The caller holds a context of the actor.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _

from accounts.errors import Forbidden, Invalid, NotFound, Refused
from accounts.tenancy import Actor
from contracts import log
from contracts.comparisons import compare_proposed
from contracts.models import (
    CalendarChange,
    Contract,
    ContractAmendment,
    ContractCalendarChange,
    ContractChange,
    ContractContact,
    DatedCalendarChange,
    TermsVersion,
)
from contracts.selectors import (
    Effective,
    contract,
    effective,
    is_named,
    latest_terms,
    terms_by_id,
    terms_in_force,
    terms_of,
    zone_of,
)
from contracts.services import Check, require_complete
from contracts.terms import Terms, TermsError
from contracts.terms.overrides import parse_overrides

Kind = ContractChange.Kind
MAX_REFERENCE = 80
MAX_REASON = 2_000
MAX_NAME = 120


def propose_override(
    *,
    actor: Actor,
    at: datetime,
    contract_id: UUID,
    overrides: Mapping[str, Any],
    reference: str,
    in_force_from: date,
    in_force_until: date | None = None,
    reason: str = "",
    check: Check | None = None,
) -> ContractAmendment:
    """Propose what the contract changes in its terms from a day on: the whole set, each part with its reference."""
    return propose_amendment(
        actor=actor,
        at=at,
        contract_id=contract_id,
        overrides=overrides,
        reference=reference,
        in_force_from=in_force_from,
        in_force_until=in_force_until,
        reason=reason,
        check=check,
    )


def propose_amendment(
    *,
    actor: Actor,
    at: datetime,
    contract_id: UUID,
    reference: str,
    in_force_from: date,
    in_force_until: date | None = None,
    terms: TermsVersion | None = None,
    overrides: Mapping[str, Any] | None = None,
    reason: str = "",
    check: Check | None = None,
) -> ContractAmendment:
    """Propose other terms, other overrides, or both at once. Nothing holds before both sides have approved (JAL-30).

    ``overrides`` replaces the whole set; None leaves the present one; both sides read the ``reason``. Raises Forbidden
    for a person of the customer whom the contract does not name (HOP-9), Invalid with the fields that are wrong: a day
    in the past (R16), a reference that is missing or taken, overrides that do not fit the terms; Refused where the
    contract would lack something that the terms leave to it, and for what ``check`` finds wrong.
    """
    row = _for_proposal(actor, at, contract_id)
    _require_form(row, at, reference, in_force_from, in_force_until, terms, overrides, reason)
    _require_fit(_as_amended(row, at, in_force_from, terms, overrides), in_force_from, check)
    proposed = ContractAmendment.objects.create(
        provider_id=row.provider_id,
        customer_id=row.customer_id,
        contract=row,
        reference=reference.strip(),
        in_force_from=in_force_from,
        in_force_until=in_force_until,
        terms=terms,
        overrides=None if overrides is None else dict(overrides),
        proposed_at=at,
    )
    told = {"reference": proposed.reference, "reason": reason.strip()}
    log.write(row, actor, at, Kind.PROPOSED, told, proposed)
    return proposed


def check_proposal(
    *,
    actor: Actor,
    at: datetime,
    contract_id: UUID,
    reference: str,
    in_force_from: date,
    in_force_until: date | None = None,
    terms: TermsVersion | None = None,
    overrides: Mapping[str, Any] | None = None,
    reason: str = "",
    check: Check | None = None,
) -> None:
    """All that ``propose_amendment`` would refuse, and nothing written: for whoever looks before he proposes."""
    require_proposer(actor, at, row := contract(actor, contract_id))
    _require_form(row, at, reference, in_force_from, in_force_until, terms, overrides, reason)
    _require_fit(_as_amended(row, at, in_force_from, terms, overrides), in_force_from, check)


def require_proposer(actor: Actor, at: datetime, row: Contract) -> None:
    """Whoever may propose for his side, and of a customer somebody whom the contract names. Raises ``Forbidden``."""
    actor.require("contract.propose")
    _require_named(actor, row, at, "contract.propose")


def may_propose(actor: Actor, at: datetime, row: Contract) -> bool:
    """Whether ``require_proposer`` lets the actor pass."""
    try:
        require_proposer(actor, at, row)
    except Forbidden:
        return False
    return True


def _for_proposal(actor: Actor, at: datetime, contract_id: UUID) -> Contract:
    actor.require("contract.propose")
    row = _locked(actor, contract_id)
    _require_named(actor, row, at, "contract.propose")
    return row


def approve_amendment(
    *, actor: Actor, at: datetime, amendment_id: UUID, check: Check | None = None
) -> ContractAmendment:
    """Approve an amendment for one's own side. With the other side's approval it is agreed.

    Checked again then: the terms may have been amended since it was proposed.
    """
    return _decide(actor, at, amendment_id, Kind.APPROVED, "", check)


def decline_amendment(*, actor: Actor, at: datetime, amendment_id: UUID, reason: str) -> ContractAmendment:
    """Decline an amendment for one's own side, for good: another has to be proposed."""
    if not reason.strip():
        raise Invalid({"reason": [_("Say why.")]})
    return _decide(actor, at, amendment_id, Kind.DECLINED, reason.strip()[:2000])


def _decide(
    actor: Actor, at: datetime, amendment_id: UUID, kind: str, reason: str, check: Check | None = None
) -> ContractAmendment:
    actor.require("contract.approve")
    found = ContractAmendment.objects.visible_to(actor).filter(pk=amendment_id).first()
    if found is None:
        raise NotFound
    row = _locked(actor, found.contract_id)
    _require_named(actor, row, at, "contract.approve")
    decisions = list(ContractChange.objects.filter(amendment=found, kind__in=[Kind.APPROVED, Kind.DECLINED]))
    if any(item.kind == Kind.DECLINED for item in decisions):
        raise Refused(_("This amendment was declined. Propose another."), code="amendment_declined")
    if any(item.actor_side == actor.side for item in decisions):
        raise Refused(_("Your side has already approved it."), code="already_approved")
    if kind == Kind.APPROVED:
        amended = _as_amended(row, at, found.in_force_from, found.terms, found.overrides)
        _require_fit(amended, found.in_force_from, check)
    log.write(row, actor, at, kind, {"reference": found.reference, "reason": reason}, found)
    return found


def _locked(actor: Actor, contract_id: UUID) -> Contract:
    """The contract, locked: two decisions on it come one after the other. Raises ``NotFound``."""
    found = contract(actor, contract_id)
    # As it is now: an end or another amendment may have been written while this one waited.
    found.refresh_from_db(from_queryset=Contract.objects.select_for_update(no_key=True))
    return found


def _require_named(actor: Actor, row: Contract, at: datetime, permission: str) -> None:
    """A customer is spoken for by somebody whom the contract names (HOP-9); the provider by whoever holds the right."""
    if actor.is_staff:
        return
    on = at.astimezone(zone_of(row)).date()
    named = ContractContact.objects.filter(contract=row, membership_id=actor.person)
    if not any(is_named(item, on) for item in named):
        raise Forbidden(code="forbidden", params={"permission": permission})


def _require_form(
    row: Contract,
    at: datetime,
    reference: str,
    begins: date,
    ends: date | None,
    terms: TermsVersion | None,
    overrides: Mapping[str, Any] | None,
    reason: str,
) -> None:
    errors: dict[str, list[str]] = {}
    today = at.astimezone(zone_of(row)).date()
    if not reference.strip() or len(reference.strip()) > MAX_REFERENCE:
        errors["reference"] = [
            _("Give the reference of the document, at most %(n)d characters.") % {"n": MAX_REFERENCE}
        ]
    elif ContractAmendment.objects.filter(contract=row, reference=reference.strip()).exists():
        errors["reference"] = [_("This contract has an amendment of that reference already.")]
    if begins < today:
        errors["in_force_from"] = [_("An amendment never applies to the past: choose today or a later day.")]
    elif begins < row.starts_on or (row.ends_on and begins > row.ends_on):
        errors["in_force_from"] = [_("The contract does not run on that day.")]
    if ends is not None and ends < begins:
        errors["in_force_until"] = [_("It would end before it begins.")]
    if len(reason.strip()) > MAX_REASON:
        errors["reason"] = [_("At most %(n)d characters.") % {"n": MAX_REASON}]
    if terms is None and overrides is None:
        errors[""] = [_("Say what changes.")]
    if terms is not None and terms.code != terms_of(row).code:
        errors["terms"] = [_("These are the terms of another contract.")]
    elif terms is not None and (terms.in_force.isempty or begins < terms.in_force.lower):
        errors["terms"] = [_("This version of the terms is not in force on that day.")]
    if errors:
        raise Invalid(errors)


def _as_amended(
    row: Contract, at: datetime, begins: date, terms: TermsVersion | None, overrides: Mapping[str, Any] | None
) -> Effective:
    """What would hold on the first day: the amendment over what both sides have agreed for that day."""
    return compare_proposed(row, at, begins, terms, overrides).after


def _require_fit(amended: Effective, begins: date, check: Check | None) -> None:
    try:
        require_complete(amended.terms, amended.overrides)
        if check:
            check(amended.terms, amended.overrides, begins)
    except TermsError as error:
        raise Invalid({"overrides": [str(problem) for problem in error.problems]}) from error


# Calendars (R19) ------------------------------------------------------------------------------------------------------
DaysCheck = Callable[[Terms, Mapping[str, Any]], bool]
"""What else must be right before days are announced, such as that the notice was given: raises Invalid or Refused.
Its answer is whether they come late, so that a reason for it is to be kept."""


def announce_days(
    *,
    actor: Actor,
    at: datetime,
    name: str,
    days: Mapping[str, Any],
    terms_code: str = "",
    contract_id: UUID | None = None,
    late_reason: str = "",
    check: DaysCheck | None = None,
) -> DatedCalendarChange:
    """Announce a holiday, a closure or other hours: for every contract under the terms of a code, or for one contract.

    ``days`` has the form of a calendar override: calendar, reference, and days_off, closures or special_days. Days that
    have passed are refused: what was counted stays counted. The clocks that run are computed again by whoever calls
    this (``lifecycle.recompute``). ``late_reason`` is why it was not announced earlier; both sides read it.
    """
    actor.require("calendar.change")
    row = _locked(actor, contract_id) if contract_id else None
    code = terms_of(row).code if row else terms_code
    if row is None:
        _one_at_a_time(actor, code)
    affected, is_late = _require_days(actor, at, name, days, code, row, late_reason, check)
    common = {
        "provider_id": actor.provider_id,
        "name": _title(name),
        "days": dict(days),
        "last_day": max(affected),
        "decided_by_id": actor.person,
        "decided_by_name": actor.name,
        "at": at,
        "late_reason": late_reason.strip() if is_late else "",
    }
    if row is None:
        return CalendarChange.objects.create(terms_code=code, **common)
    made = ContractCalendarChange.objects.create(contract=row, customer_id=row.customer_id, **common)
    told = {"name": made.name, "days": made.days, "change": str(made.id), "late_reason": made.late_reason}
    log.write(row, actor, at, Kind.CALENDAR_CHANGED, told)
    return made


def check_announcement(
    *,
    actor: Actor,
    at: datetime,
    name: str,
    days: Mapping[str, Any],
    terms_code: str = "",
    contract_id: UUID | None = None,
    late_reason: str = "",
    check: DaysCheck | None = None,
) -> None:
    """All that ``announce_days`` would refuse, and nothing written: for whoever looks before he announces."""
    actor.require("calendar.change")
    row = contract(actor, contract_id) if contract_id else None
    code = terms_of(row).code if row else terms_code
    _require_days(actor, at, name, days, code, row, late_reason, check)


def _require_days(
    actor: Actor,
    at: datetime,
    name: str,
    days: Mapping[str, Any],
    code: str,
    row: Contract | None,
    late_reason: str,
    check: DaysCheck | None,
) -> tuple[list[date], bool]:
    """The dates that an announcement concerns, once all about it is right, and whether it comes late."""
    terms = effective(row, at).terms if row else _terms_now(actor, code, at)
    affected = _days_of(days, terms, at)
    if not 1 <= len(_title(name)) <= MAX_NAME:
        raise Invalid({"name": [_("Say what these days are called, in at most %(n)d characters.") % {"n": MAX_NAME}]})
    if len(late_reason.strip()) > MAX_REASON:
        raise Invalid({"late_reason": [_("At most %(n)d characters.") % {"n": MAX_REASON}]})
    if _announced(actor, code, row).filter(days=dict(days)).exists():
        raise Refused(_("These days are announced already."), code="days_already_announced")
    return affected, check(terms, days) if check else bool(late_reason.strip())


def _terms_now(actor: Actor, code: str, at: datetime) -> Terms:
    """The version of a code that is in force, or where none is yet, the one that will be. Raises NotFound."""
    found = terms_in_force(actor.provider_id, code, at, at.date()) or latest_terms(actor.provider_id, code)
    if found is None:
        raise NotFound
    return terms_by_id(found.id)


def _title(name: str) -> str:
    return " ".join(name.split())


def _announced(actor: Actor, code: str, row: Contract | None) -> Any:
    if row is not None:
        return ContractCalendarChange.objects.filter(contract=row)
    return CalendarChange.objects.filter(provider_id=actor.provider_id, terms_code=code)


def mark_carried(change: DatedCalendarChange, at: datetime) -> None:
    """Every ticket filed before the change has its days: nobody has to look again. Needs the worker's login."""
    type(change).objects.filter(pk=change.pk, carried_at__isnull=True).update(carried_at=at)  # type: ignore[attr-defined]


def _one_at_a_time(actor: Actor, code: str) -> None:
    """Two announcements for the terms of a code come one after the other, and the second one sees the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"calendars of {actor.provider_id} {code}"]
        )


def check_days(days: Mapping[str, Any], terms: Terms) -> list[date]:
    """The dates that a calendar change concerns. Raises Invalid where they do not fit the terms."""
    try:
        parsed = parse_overrides({"calendars": [dict(days)]}, terms)
    except TermsError as error:
        raise Invalid({"days": [str(problem) for problem in error.problems]}) from error
    change = parsed.calendars[0]
    if change.weekly is not None:
        raise Invalid({"days": [_("The hours of a week are changed by an amendment that both sides approve.")]})
    spans = [(closure.start, closure.end) for closure in change.closures]
    spans += [(day, day) for day in change.days_off] + [(special.date, special.date) for special in change.special_days]
    if not spans:
        raise Invalid({"days": [_("Say which days change.")]})
    return [date.fromisoformat(day) for span in spans for day in span]


def _days_of(days: Mapping[str, Any], terms: Terms, at: datetime) -> list[date]:
    affected = check_days(days, terms)
    today = at.astimezone(ZoneInfo(terms.calendar(str(days["calendar"])).zone)).date()
    if min(affected) < today:
        raise Invalid({"days": [_("What has passed stays as it was counted: choose today or later days.")]})
    return affected
