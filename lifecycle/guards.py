"""Rules that refuse an act. Each looks at the ticket under lock and raises; none of them writes."""

from typing import NoReturn

from django.utils.translation import gettext as _

from accounts.errors import Invalid, Refused, Stale
from accounts.tenancy import Actor
from contracts.terms import Terms, Transition
from tickets.models import Ticket, Workaround, WorkaroundKind
from tickets.states import FINAL_STATES, OPEN_STATES


def require_untaken(ticket: Ticket, actor: Actor) -> None:
    """A ticket is taken once; the next one is told who has it."""
    if ticket.assignee_id is None:
        return
    if ticket.assignee_id == actor.membership_id:
        raise Refused(_("You already have it."), code="already_yours")
    message = _("%(name)s already has it.") % {"name": ticket.assignee_name}
    raise Refused(message, code="already_taken", params={"assignee": ticket.assignee_name})


def require_open(ticket: Ticket) -> None:
    """Work that only makes sense while the ticket is open."""
    if ticket.state not in OPEN_STATES:
        raise Refused(_("It is no longer open. Reopen it first."), code="not_open")


def require_not_final(ticket: Ticket) -> None:
    """Nothing is added to a closed ticket."""
    if ticket.state in FINAL_STATES:
        raise Refused(_("It is closed for good. File a new one and mention its number."), code="closed")


def refuse_transition(source: str, transition: str) -> NoReturn:
    """The ticket's life has no such step from here, whatever the contract."""
    raise Refused(
        _("This is not possible in its present state. Reload the page to see where it stands."),
        code="transition_refused",
        params={"source": source, "transition": transition},
    )


def require_transition(terms: Terms, name: str, state: str, side: str) -> Transition:
    """The contract's workflow decides which side may do an act on a ticket in a state, and where it leads.

    ``name`` is a step of the contract or an act of the product; where several steps do that act, one has to be named.
    """
    way = terms.workflow.way(name, state, side)
    if way is not None:
        return way
    if terms.workflow.ways(name, state, side):
        raise Invalid({"step": [_("Choose how it goes on.")]})
    raise Refused(
        _("Under this contract this is not possible in its present state."),
        code="transition_refused",
        clause=terms.workflow.clause(name),
        params={"act": name, "state": state},
    )


def require_step(terms: Terms, step: str) -> None:
    """A step that the contract names itself; the acts of the product have doors of their own."""
    if step not in {item.code for item in terms.workflow.transitions if item.act == "move"}:
        raise Invalid({"step": [_("Choose one of the steps of the contract.")]})


def require_resolving_step(terms: Terms, step: str) -> None:
    """One of the contract's ways of resolving."""
    if step not in {item.code for item in terms.workflow.transitions if item.act == "resolve"}:
        raise Invalid({"step": [_("Choose how it goes on.")]})


def require_fresh(ticket: Ticket, actor: Actor, expected: int | None, edits_since: int) -> None:
    """A form that edits fields or state was opened on what is still true.

    ``edits_since`` is the number of events after ``expected`` that changed fields; replies alone never count.
    """
    current = ticket.version if actor.sees_private else ticket.public_version
    if expected is None:
        raise Invalid({"expected_version": [_("Reload the page: the form does not say what it was opened on.")]})
    if expected > current or expected < 0:
        raise Invalid({"expected_version": [_("Reload the page: the form is out of date.")]})
    if edits_since:
        raise Stale(_("Somebody changed this since you opened the form."))


def require_workarounds(terms: Terms) -> None:
    """Only some contracts know a workaround beside the resolution: those of which it meets a target (OCT-10)."""
    if not knows_workarounds(terms):
        raise Refused(_("This contract knows no workaround apart from the resolution."), code="no_workarounds")


def knows_workarounds(terms: Terms) -> bool:
    """Whether an accepted workaround counts for a target of the contract."""
    return any(target.met_by == "resolution_or_accepted_workaround" for target in terms.targets)


def require_no_open_offer(ticket: Ticket) -> None:
    """One workaround at a time waits for the customer's word."""
    if ticket.workaround == Workaround.OFFERED:
        raise Refused(_("A workaround is already offered and waits for the customer."), code="workaround_offered")


def require_open_offer(ticket: Ticket) -> None:
    """There is a workaround to accept or to decline."""
    if ticket.workaround != Workaround.OFFERED:
        raise Refused(_("No workaround waits for an answer."), code="no_workaround_offered")


def require_workaround_kind(kind: str) -> None:
    """A workaround is final or provisional (OCT-10)."""
    if kind not in set(WorkaroundKind):
        raise Invalid({"kind": [_("Say whether it is final or provisional.")]})


def require_severity(terms: Terms, severity: str, kind: str) -> None:
    """The severity is one of the contract's, and its kind one of that severity's (HSA-1)."""
    known = {item.code: item for item in terms.severities}
    if severity not in known:
        raise Invalid({"severity": [_("Choose one of the severities of the contract.")]})
    kinds = {item.code for item in known[severity].kinds}
    if kinds and kind not in kinds:
        raise Invalid({"severity_kind": [_("Say which of these it is.")]})
    if not kinds and kind:
        raise Invalid({"severity_kind": [_("This severity has no such distinction.")]})


def require_other_severity(ticket: Ticket, severity: str, kind: str) -> None:
    """A change changes something."""
    if (ticket.severity, ticket.severity_kind) == (severity, kind):
        raise Refused(_("It already has this severity."), code="same_severity")


def require_resolution_type(terms: Terms, code: str) -> None:
    """A resolution is of one of the contract's types."""
    if code not in {item.code for item in terms.resolution_types}:
        raise Invalid({"resolution_type": [_("Choose one of the resolution types of the contract.")]})


def require_severity_reason(terms: Terms, code: str) -> None:
    """A severity changes for one of the reasons that the contract knows (R18, HSA-9)."""
    if code not in {item.code for item in terms.severity_change_reasons}:
        raise Invalid({"reason_code": [_("Choose a reason.")]})


def require_bound(rows: int) -> None:
    """An upload belongs to one message: the row was still free when it was bound."""
    if rows != 1:
        raise Invalid({"files": [_("A file is no longer there. Attach it again.")]})
