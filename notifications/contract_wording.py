"""The words of a message about a contract, in the recipient's language. Both sides read the same, nothing private."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Membership
from contracts.comparisons import compare_each, differences_or_none
from contracts.endings import ENDINGS
from contracts.models import CalendarChange, Contract, ContractAmendment, ContractChange
from contracts.selectors import latest_terms, terms_by_id, terms_of
from contracts.terms import Terms, TermsError
from contracts.terms.amended import days_words
from contracts.terms.diff_words import day_words
from contracts.terms.model import Label
from contracts.terms.overrides import parse_overrides
from notifications.rendering import Rendered
from tickets.text import clean_line

PROPOSED, APPROVED, AGREED, DECLINED = (
    "amendment_proposed",
    "amendment_approved",
    "amendment_agreed",
    "amendment_declined",
)
DAYS = "days_announced"
ENDED, END_WITHDRAWN = "contract_ended", "contract_end_withdrawn"
MOST_LINES = 20
"""Changes that a mail lists; the contract page has them all."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told, before it is put into anybody's language: the lines say what changes, by clause."""

    kind: str
    actor_id: UUID | None
    actor_name: str
    reference: str
    reason: str
    lines: tuple[Label, ...]
    first_day: date | None = None
    last_day: date | None = None
    calendar: Label = field(default_factory=lambda: Label("", ""))
    anchor: str = ""
    contract_change_id: UUID | None = None
    calendar_change_id: UUID | None = None


def notice_of_change(change: ContractChange) -> Notice:
    """An act on a contract: on an amendment, its end, or days announced to this contract alone."""
    if change.kind in ENDINGS:
        return _of_ending(change)
    if change.amendment is None:
        return _of_days(
            change.data["days"],
            terms_of(change.contract),
            actor_id=change.actor_id,
            actor_name=change.actor_name,
            reference=change.data["name"],
            reason=str(change.data.get("late_reason", "")),
            contract_change_id=change.id,
        )
    amendment = change.amendment
    return Notice(
        kind=_kind(change, amendment),
        actor_id=change.actor_id,
        actor_name=change.actor_name,
        reference=amendment.reference,
        reason=str(change.data.get("reason", "")),
        lines=_lines(change, amendment),
        first_day=amendment.in_force_from,
        last_day=amendment.in_force_until,
        anchor=f"amendment-{amendment.id}",
        contract_change_id=change.id,
    )


def _of_ending(change: ContractChange) -> Notice:
    """An end that was set or withdrawn; the last day is the one that holds now."""
    is_set = change.kind == ContractChange.Kind.ENDED
    day = change.data["last_day" if is_set else "signed_end"]
    return Notice(
        kind=ENDED if is_set else END_WITHDRAWN,
        actor_id=change.actor_id,
        actor_name=change.actor_name,
        reference=change.contract.reference,
        reason=str(change.data["reason"]),
        lines=(),
        last_day=date.fromisoformat(day) if day else None,
        anchor="contract",
        contract_change_id=change.id,
    )


def notice_of_days(change: CalendarChange) -> Notice:
    """Days announced to every contract under some terms."""
    latest = latest_terms(change.provider_id, change.terms_code)
    assert latest is not None  # an announcement names published terms, and they never go
    return _of_days(
        change.days,
        terms_by_id(latest.id),
        actor_id=change.decided_by_id,
        actor_name=change.decided_by_name,
        reference=change.name,
        reason=change.late_reason,
        calendar_change_id=change.id,
    )


def _of_days(days: Mapping[str, Any], terms: Terms, **told: Any) -> Notice:
    try:
        (item,) = parse_overrides({"calendars": [dict(days)]}, terms).calendars
    except TermsError:
        return Notice(kind=DAYS, lines=(), anchor="hours", **told)
    calendar = terms.calendar(item.calendar).label
    return Notice(kind=DAYS, lines=tuple(days_words(item)), calendar=calendar, anchor="hours", **told)


def _kind(change: ContractChange, amendment: ContractAmendment) -> str:
    """An approval that was the second one says that it is agreed, however late the message is made."""
    if change.kind != ContractChange.Kind.APPROVED:
        return PROPOSED if change.kind == ContractChange.Kind.PROPOSED else DECLINED
    given = amendment.changes.filter(kind=ContractChange.Kind.APPROVED, at__lte=change.at)
    other = [row for row in given if (row.at, row.id) < (change.at, change.id)]
    return AGREED if other else APPROVED


def _lines(change: ContractChange, amendment: ContractAmendment) -> tuple[Label, ...]:
    comparison = compare_each(change.contract, [amendment], change.at)[amendment.id]
    return tuple(item.text for item in differences_or_none(comparison) or ())


# In the recipient's language ------------------------------------------------------------------------------------------
def render(notice: Notice, person: Membership, contract: Contract | None) -> Rendered:
    """What ``person`` reads; ``contract`` is the one to which his message leads."""
    with translation.override(person.user.language):
        told = {"name": notice.actor_name, "reference": notice.reference}
        headline = _HEADLINES[notice.kind]() % told
        parts = [
            _("Hello %(name)s,") % {"name": person.display_name},
            headline,
            "\n".join(_facts(notice, contract)),
            "\n".join(_listed(notice)),
            _effect(notice),
            _link(notice, contract),
            _("Do not answer this mail: what comes back is not read."),
        ]
        subject = f"[{contract.reference}] {headline}" if contract else headline
        return Rendered(clean_line(subject)[:300], "\n\n".join(part for part in parts if part))


_HEADLINES = {
    PROPOSED: lambda: _("%(name)s proposes the amendment %(reference)s"),
    APPROVED: lambda: _("%(name)s approved the amendment %(reference)s"),
    AGREED: lambda: _("The amendment %(reference)s is agreed"),
    DECLINED: lambda: _("%(name)s declined the amendment %(reference)s"),
    DAYS: lambda: _("Support hours change: %(reference)s"),
    ENDED: lambda: _("The contract %(reference)s ends"),
    END_WITHDRAWN: lambda: _("The contract %(reference)s does not end early"),
}


def _facts(notice: Notice, contract: Contract | None) -> list[str]:
    facts = [_("Contract: %(reference)s") % {"reference": contract.reference}] if contract else []
    if notice.kind == DAYS:
        facts += [_("Calendar: %(name)s") % {"name": notice.calendar.text(_language())}, _announced_by(notice)]
        told = _("Announced late because: %(reason)s")
    elif notice.kind in (ENDED, END_WITHDRAWN):
        facts.append(_last_day(notice))
        told = _("Reason: %(reason)s")
    else:
        facts.append(_period(notice))
        told = _("Reason: %(reason)s")
    return facts + ([told % {"reason": notice.reason}] if notice.reason else [])


def _announced_by(notice: Notice) -> str:
    return _("Announced by %(name)s") % {"name": notice.actor_name}


def _last_day(notice: Notice) -> str:
    if notice.last_day is None:
        return _("It has no last day.")
    return _("Last day: %(day)s, until 24:00") % {"day": day_words(notice.last_day.isoformat()).text(_language())}


def _period(notice: Notice) -> str:
    assert notice.first_day is not None
    first = day_words(notice.first_day.isoformat()).text(_language())
    if notice.last_day is None:
        return _("In force from %(first)s") % {"first": first}
    last = day_words(notice.last_day.isoformat()).text(_language())
    return _("In force from %(first)s to %(last)s") % {"first": first, "last": last}


def _listed(notice: Notice) -> list[str]:
    lines = [f"- {line.text(_language())}" for line in notice.lines[:MOST_LINES]]
    more = len(notice.lines) - MOST_LINES
    return lines + ([_("- and %(number)d more, on the page of the contract") % {"number": more}] if more > 0 else [])


def _effect(notice: Notice) -> str:
    """What it does to deadlines, in a sentence."""
    if notice.kind == DAYS:
        return _("Deadlines that run are counted again with these days (R19).")
    if notice.kind == ENDED:
        return _("Nothing can be filed after that day. What was filed before keeps its deadlines (R16).")
    if notice.kind == END_WITHDRAWN:
        return _("Support goes on as it was signed.")
    if notice.kind == DECLINED:
        return _("Nothing changes.")
    if notice.kind == AGREED:
        return _("Deadlines that run keep the rules of their start; what is filed later has the new ones (R16).")
    return _("It holds once both sides have approved it, and never for what was filed before (R16).")


def _link(notice: Notice, contract: Contract | None) -> str:
    return f"{settings.PUBLIC_URL}/contracts/{contract.id}/#{notice.anchor}" if contract else ""


def _language() -> str:
    return translation.get_language() or "en"
