"""Amendments: proposed by one side, in force once both have approved, never for the past (R16, R17, JAL-30).

And the days that calendars gain (R19), which the provider announces alone. The caller holds a context of the actor.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _

from accounts.errors import Forbidden, Invalid, NotFound, Refused
from accounts.tenancy import Actor
from contracts import log
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
    agreements,
    contract,
    effective,
    latest_terms,
    terms_by_id,
    terms_of,
    zone_of,
)
from contracts.services import Check, require_complete
from contracts.terms import Terms, TermsError
from contracts.terms.overrides import parse_overrides

Kind = ContractChange.Kind
MAX_REFERENCE = 80


def propose_override(
    *,
    actor: Actor,
    at: datetime,
    contract_id: UUID,
    overrides: Mapping[str, Any],
    reference: str,
    in_force_from: date,
    in_force_until: date | None = None,
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
    check: Check | None = None,
) -> ContractAmendment:
    """Propose other terms, other overrides, or both at once. Nothing holds before both sides have approved.

    ``overrides`` replaces the whole set; None leaves the present one. Raises Invalid with the fields that are wrong:
    a day in the past (R16), a reference that is missing or taken, overrides that do not fit the terms; Refused where
    the contract would lack something that the terms leave to it, and for what ``check`` finds wrong.
    """
    actor.require("contract.propose")
    row = _locked(actor, contract_id)
    _require_form(row, at, reference, in_force_from, in_force_until, terms, overrides)
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
    log.write(row, actor, at, Kind.PROPOSED, {"reference": proposed.reference}, proposed)
    return proposed


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
    _require_named(actor, row, at)
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
    Contract.objects.select_for_update(no_key=True).filter(pk=found.pk).first()
    return found


def _require_named(actor: Actor, row: Contract, at: datetime) -> None:
    """A customer is spoken for by somebody whom the contract names (HOP-9); the provider by whoever holds the right."""
    if actor.is_staff:
        return
    on = at.astimezone(zone_of(row)).date()
    named = ContractContact.objects.filter(contract=row, membership_id=actor.person, named_on__lte=on)
    if not any(item.replaced_on is None or on < item.replaced_on for item in named):
        raise Forbidden(code="forbidden", params={"permission": "contract.approve"})


def _require_form(
    row: Contract,
    at: datetime,
    reference: str,
    begins: date,
    ends: date | None,
    terms: TermsVersion | None,
    overrides: Mapping[str, Any] | None,
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
    agreed = [item for item in agreements(row) if item.holds(max(at, item.agreed_at), begins)]
    now = effective(row, at)
    former = next((item.amendment.terms_id for item in reversed(agreed) if item.amendment.terms_id), None)
    terms_id = terms.id if terms else former or now.terms_id
    own = next((item.amendment.overrides for item in reversed(agreed) if item.amendment.overrides is not None), None)
    document = dict(overrides) if overrides is not None else own if own is not None else row.overrides
    return Effective(terms_id, terms_by_id(terms_id), document)


def _require_fit(amended: Effective, begins: date, check: Check | None) -> None:
    try:
        require_complete(amended.terms, amended.overrides)
        if check:
            check(amended.terms, amended.overrides, begins)
    except TermsError as error:
        raise Invalid({"overrides": [str(problem) for problem in error.problems]}) from error


# Calendars (R19) ------------------------------------------------------------------------------------------------------
def announce_days(
    *,
    actor: Actor,
    at: datetime,
    name: str,
    days: Mapping[str, Any],
    terms_code: str = "",
    contract_id: UUID | None = None,
) -> DatedCalendarChange:
    """Announce a holiday, a closure or other hours: for every contract under the terms of a code, or for one contract.

    ``days`` has the form of a calendar override: calendar, reference, and days_off, closures or special_days. Days that
    have passed are refused: what was counted stays counted. The clocks that run are computed again by whoever calls
    this (``lifecycle.recompute``).
    """
    actor.require("calendar.change")
    row = _locked(actor, contract_id) if contract_id else None
    code = terms_of(row).code if row else terms_code
    latest = latest_terms(actor.provider_id, code)
    if latest is None:
        raise NotFound
    document = dict(days)
    affected = _days_of(document, terms_by_id(row.terms_id if row else latest.id), at)
    title = " ".join(name.split())
    if not title or len(title) > 120:
        raise Invalid({"name": [_("Say what these days are called, in at most 120 characters.")]})
    common = {
        "provider_id": actor.provider_id,
        "name": title,
        "days": document,
        "last_day": max(affected),
        "decided_by_id": actor.person,
        "decided_by_name": actor.name,
        "at": at,
    }
    if row is None:
        _one_at_a_time(actor, code)
    known: Any = (
        ContractCalendarChange.objects.filter(contract=row)
        if row
        else CalendarChange.objects.filter(provider_id=actor.provider_id, terms_code=code)
    )
    if known.filter(days=document).exists():
        raise Refused(_("These days are announced already."), code="days_already_announced")
    if row is None:
        return CalendarChange.objects.create(terms_code=code, **common)
    made = ContractCalendarChange.objects.create(contract=row, customer_id=row.customer_id, **common)
    log.write(row, actor, at, Kind.CALENDAR_CHANGED, {"name": title, "days": document})
    return made


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
