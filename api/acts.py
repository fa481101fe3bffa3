"""The acts on a ticket that programs may ask for: each with its body, its service, and whether it is an edit.

An edit changes fields or state on the strength of what was read, so it needs the version that was read (``If-Match``).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from accounts.selectors import assignable, open_teams
from accounts.tenancy import Actor
from api import bodies
from contracts.selectors import terms_of
from lifecycle import contests, holds, services
from lifecycle.disputes import acts_about_figures, contests_open_to, told_in_journal
from lifecycle.duties import write_action_plan
from lifecycle.selectors import acts_offered, resolving_steps, steps_offered
from lifecycle.teams import assign_team
from slas.corrections import EXCLUSION, PAUSE, SEVERITY
from tickets.models import Event, Ticket, WorkaroundKind

Card = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """``renamed``: fields of the body → arguments of the service. ``example``: a body that could be sent."""

    name: str
    label: Any
    about: Any
    body: type[serializers.Serializer]
    service: Callable[..., Ticket]
    is_edit: bool = True
    renamed: Mapping[str, str] = field(default_factory=dict)
    example: Mapping[str, Any] = field(default_factory=dict)

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What was sent, by the names of the service."""
        return {self.renamed.get(name, name): value for name, value in given.items()}


def _contest(
    *,
    about: str,
    entry: UUID | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    severity: str = "",
    severity_kind: str = "",
    **told: Any,
) -> Ticket:
    """A contest from the fields of its body."""
    proposal = contests.Proposal(about, entry, starts_at, ends_at, severity, severity_kind)
    return contests.contest(proposal=proposal, **told)


_FILES: Final = {"attachments": "attachment_ids"}
_CONTEST: Final = {"contest": "contest_id"}
ACTS: Final = (
    Act(
        "take",
        gettext_lazy("Take a ticket"),
        gettext_lazy("Become its assignee; of two who try, the second is told who has it."),
        bodies.NothingBody,
        services.take_ticket,
        is_edit=False,
    ),
    Act(
        "assign",
        gettext_lazy("Assign a ticket"),
        gettext_lazy("Give it to somebody of the desk."),
        bodies.AssignBody,
        services.assign_ticket,
        renamed={"assignee": "assignee_id"},
        example={"assignee": "0199f0a2-7c1e-7a44-9f5d-2b1c8e6a4d11"},
    ),
    Act(
        "team",
        gettext_lazy("Give a ticket to a team"),
        gettext_lazy(
            "And to one of its people, where one is named. To a team of a higher level it is a functional escalation."
        ),
        bodies.TeamBody,
        assign_team,
        renamed={"team": "team_id", "assignee": "assignee_id"},
        example={"team": "0199f0a2-7c1e-7a44-9f5d-2b1c8e6a4d12"},
    ),
    Act(
        "ask",
        gettext_lazy("Ask the customer"),
        gettext_lazy("A public question; the ticket waits for the customer."),
        bodies.MessageBody,
        services.request_information,
        is_edit=False,
        renamed=_FILES,
        example={"body": "Which release do you use?"},
    ),
    Act(
        "call",
        gettext_lazy("Record a telephone call"),
        gettext_lazy("Its summary, which both sides read."),
        bodies.WordsBody,
        services.log_call,
        is_edit=False,
        example={"body": "We spoke about the import; they try again tonight."},
    ),
    Act(
        "plan",
        gettext_lazy("Write the action plan"),
        gettext_lazy("Or put another in its place, where the contract knows action plans; both sides read it."),
        bodies.PlanBody,
        write_action_plan,
        is_edit=False,
        example={"body": "First the indexes, then the report.", "expected_plan": 0},
    ),
    Act(
        "workaround",
        gettext_lazy("Offer a workaround"),
        gettext_lazy("For the customer to accept or to decline, where the contract knows workarounds."),
        bodies.WorkaroundBody,
        services.offer_workaround,
        is_edit=False,
        renamed=_FILES,
        example={"kind": "provisional", "body": "Use the old report meanwhile."},
    ),
    Act(
        "accept_workaround",
        gettext_lazy("Accept the workaround"),
        gettext_lazy("The workaround on offer is enough."),
        bodies.OptionalWordsBody,
        services.accept_workaround,
    ),
    Act(
        "decline_workaround",
        gettext_lazy("Decline the workaround"),
        gettext_lazy("The workaround on offer is not enough, and why."),
        bodies.WordsBody,
        services.decline_workaround,
        example={"body": "It loses the figures of May."},
    ),
    Act(
        "severity",
        gettext_lazy("Change the severity"),
        gettext_lazy("For a reason; what is not met yet is counted again from the filing."),
        bodies.SeverityBody,
        services.change_severity,
        example={"severity": "minor", "reason_code": "impact_reassessed", "reason": "One user is concerned."},
    ),
    Act(
        "move",
        gettext_lazy("Take a step of the contract"),
        gettext_lazy("A step that the contract's own workflow names, such as a test confirmed."),
        bodies.StepBody,
        services.move_ticket,
        example={"step": "confirm_test"},
    ),
    Act(
        "resolve",
        gettext_lazy("Resolve a ticket"),
        gettext_lazy("Give a resolution of one of the contract's types."),
        bodies.ResolveBody,
        services.resolve_ticket,
        example={"resolution_type": "workaround", "body": "Import the file again."},
    ),
    Act(
        "reopen",
        gettext_lazy("Reopen a ticket"),
        gettext_lazy("The resolution does not hold, and why."),
        bodies.WordsBody,
        services.reopen_ticket,
        example={"body": "The report is still empty."},
    ),
    Act(
        "close",
        gettext_lazy("Close a ticket"),
        gettext_lazy("The resolution is accepted: for good."),
        bodies.NothingBody,
        services.close_ticket,
    ),
    Act(
        "hold",
        gettext_lazy("Put support on hold"),
        gettext_lazy("For one of the contract's reasons: no deadline runs meanwhile."),
        bodies.HoldBody,
        holds.hold_ticket,
        example={"reason_code": "unpaid_invoices", "reason": "Two invoices are open."},
    ),
    Act(
        "release",
        gettext_lazy("End the hold"),
        gettext_lazy("Support is given again: the deadlines run on with what remained."),
        bodies.ReasonBody,
        holds.release_ticket,
        example={"reason": "They are paid."},
    ),
    Act(
        "exclude",
        gettext_lazy("Exclude from the service-level figures"),
        gettext_lazy("For one of the contract's reasons, with the evidence; either side may contest it."),
        bodies.ExcludeBody,
        contests.exclude_ticket,
        is_edit=False,
        example={"reason_code": "guide_not_followed", "evidence": "Their network was down."},
    ),
    Act(
        "reinstate",
        gettext_lazy("Take into the service-level figures again"),
        gettext_lazy("An exclusion ends, and why."),
        bodies.ReasonBody,
        contests.reinstate_ticket,
        is_edit=False,
        example={"reason": "It was ours."},
    ),
    Act(
        "contest",
        gettext_lazy("Contest what the deadlines were counted from"),
        gettext_lazy("A pause, a severity or an exclusion; the other side decides. Possible on closed tickets too."),
        bodies.ContestBody,
        _contest,
        is_edit=False,
        example={
            "about": "severity",
            "entry": "0199f0a2-7c1e-7a44-9f5d-2b1c8e6a4d13",
            "severity": "minor",
            "reason": "One user only.",
        },
    ),
    Act(
        "accept_contest",
        gettext_lazy("Agree to a contest"),
        gettext_lazy("The deadlines are counted again as the other side proposed."),
        bodies.AcceptContestBody,
        contests.accept_contest,
        is_edit=False,
        renamed=_CONTEST,
        example={"contest": "0199f0a2-7c1e-7a44-9f5d-2b1c8e6a4d14"},
    ),
    Act(
        "decline_contest",
        gettext_lazy("Decline a contest"),
        gettext_lazy("What the other side proposed is not agreed to, and why; nothing changes."),
        bodies.DeclineContestBody,
        contests.decline_contest,
        is_edit=False,
        renamed=_CONTEST,
        example={"contest": "0199f0a2-7c1e-7a44-9f5d-2b1c8e6a4d14", "reason": "All users were concerned."},
    ),
    Act(
        "withdraw_contest",
        gettext_lazy("Withdraw a contest"),
        gettext_lazy("One's own side takes it back."),
        bodies.WithdrawContestBody,
        contests.withdraw_contest,
        is_edit=False,
        renamed=_CONTEST,
        example={"contest": "0199f0a2-7c1e-7a44-9f5d-2b1c8e6a4d14"},
    ),
)
NAMES: Final = frozenset(act.name for act in ACTS)


_ABOUT: Final = {
    PAUSE: gettext_lazy("A pause"),
    SEVERITY: gettext_lazy("A severity"),
    EXCLUSION: gettext_lazy("An exclusion"),
}


# What is offered now --------------------------------------------------------------------------------------------------
def offers(actor: Actor, ticket: Ticket, language: str) -> list[Card]:
    """The acts that would not be refused outright, each with what it needs: fields, and what they may hold."""
    journal = told_in_journal(actor, ticket)
    offered = names_offered(actor, ticket, journal)
    choices = _Choices(actor, ticket, language, journal)
    return [_offer(act, actor, ticket, choices) for act in ACTS if act.name in offered]


def names_offered(actor: Actor, ticket: Ticket, journal: Sequence[Event]) -> frozenset[str]:
    """Names of the acts on offer. ``journal`` holds at least the entries of ``lifecycle.disputes.DECIDING``."""
    offered = acts_offered(actor, ticket) | acts_about_figures(actor, ticket, journal)
    if "team" in offered and not open_teams(actor).exists():
        offered -= {"team"}
    return offered & NAMES


def _offer(act: Act, actor: Actor, ticket: Ticket, choices: "_Choices") -> Card:
    fields = act.body().fields
    return {
        "name": act.name,
        "label": str(act.label),
        "url": reverse(f"api_{act.name}", kwargs={"reference": ticket.reference}),
        "if_match": act.is_edit,
        "fields": [
            {
                "name": name,
                "required": bool(one.required) or _must_choose(act.name, name, actor, ticket),
                "choices": choices.of(act.name, name),
            }
            for name, one in fields.items()
        ],
    }


def _must_choose(act: str, name: str, actor: Actor, ticket: Ticket) -> bool:
    """Where the contract has several ways of resolving, one has to be named."""
    return act == "resolve" and name == "step" and len(resolving_steps(actor, ticket)) > 1


@dataclass(frozen=True, slots=True)
class _Choices:
    """What a field of an act may hold, where that is one of a few."""

    actor: Actor
    ticket: Ticket
    language: str
    journal: Sequence[Event]

    def of(self, act: str, name: str) -> list[Card] | None:
        terms = terms_of(self.ticket)
        if name == "assignee":
            return [{"code": str(row.id), "label": row.display_name} for row in assignable(self.actor)]
        if name == "team":
            return [{"code": str(row.id), "label": row.name} for row in open_teams(self.actor)]
        if name == "severity":
            return [{**self._coded(one), "kinds": self._all(one.kinds)} for one in terms.severities]
        if name == "reason_code":
            reasons = {"hold": terms.holds, "exclude": terms.exclusion_reasons}
            return self._all(reasons.get(act, terms.severity_change_reasons))
        if name == "about":
            return [{"code": code, "label": str(label)} for code, label in _ABOUT.items()]
        if name == "contest":
            return [self._contest(one) for one in contests_open_to(self.actor, self.journal, act)]
        if name == "resolution_type":
            return self._all(terms.resolution_types)
        if name == "kind":
            return [{"code": code, "label": str(label)} for code, label in WorkaroundKind.choices]
        if name == "step":
            steps = steps_offered if act == "move" else resolving_steps
            return self._all(steps(self.actor, self.ticket))
        return None

    def _contest(self, one: contests.Contest) -> Card:
        about = str(_ABOUT[one.proposal["about"]])
        return {"code": str(one.opened.id), "label": f"{about}, {one.opened.actor_name}"}

    def _all(self, choices: Iterable[Any]) -> list[Card]:
        return [self._coded(one) for one in choices]

    def _coded(self, one: Any) -> Card:
        return {"code": one.code, "label": one.label.text(self.language)}
