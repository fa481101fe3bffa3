"""The acts on a ticket that programs may ask for: each with its body, its service, and whether it is an edit.

An edit changes fields or state on the strength of what was read, so it needs the version that was read (``If-Match``).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from accounts.selectors import assignable
from accounts.tenancy import Actor
from api import bodies
from contracts.selectors import terms_of
from lifecycle import services
from lifecycle.selectors import acts_offered, resolving_steps, steps_offered
from tickets.models import Ticket, WorkaroundKind

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


_FILES: Final = {"attachments": "attachment_ids"}
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
)
NAMES: Final = frozenset(act.name for act in ACTS)


# What is offered now --------------------------------------------------------------------------------------------------
def offers(actor: Actor, ticket: Ticket, language: str) -> list[Card]:
    """The acts that would not be refused outright, each with what it needs: fields, and what they may hold."""
    offered = acts_offered(actor, ticket)
    return [_offer(act, actor, ticket, language) for act in ACTS if act.name in offered]


def _offer(act: Act, actor: Actor, ticket: Ticket, language: str) -> Card:
    choices = _Choices(actor, ticket, language)
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

    def of(self, act: str, name: str) -> list[Card] | None:
        terms = terms_of(self.ticket)
        if name == "assignee":
            return [{"code": str(row.id), "label": row.display_name} for row in assignable(self.actor)]
        if name == "severity":
            return [{**self._coded(one), "kinds": self._all(one.kinds)} for one in terms.severities]
        if name == "reason_code":
            return self._all(terms.severity_change_reasons)
        if name == "resolution_type":
            return self._all(terms.resolution_types)
        if name == "kind":
            return [{"code": code, "label": str(label)} for code, label in WorkaroundKind.choices]
        if name == "step":
            steps = steps_offered if act == "move" else resolving_steps
            return self._all(steps(self.actor, self.ticket))
        return None

    def _all(self, choices: Iterable[Any]) -> list[Card]:
        return [self._coded(one) for one in choices]

    def _coded(self, one: Any) -> Card:
        return {"code": one.code, "label": one.label.text(self.language)}
