"""Every act × state × person: who may, what it writes, and that a refused act has written nothing."""

import pytest
from django.db import transaction

from accounts.errors import Forbidden, Invalid, Refused
from accounts.tenancy import acting_as
from lifecycle.selectors import acts_offered
from notifications.models import OutboxEntry
from tests.accounts.populated import partner
from tests.lifecycle.scenes import SERVICES, Snapshot, arguments, bring_to, do, journal
from tests.worlds import as_system
from tickets.models import Comment, Ticket
from tickets.states import State

Why = type[Exception] | tuple[type[Exception], ...]
ANSWERS = frozenset({"accept_workaround", "decline_workaround"})
DESK = frozenset(SERVICES) - ANSWERS
FILER = frozenset({"reply", "move", "reopen", "close"}) | ANSWERS
MAY = {
    "engineer": DESK,
    "second": DESK,
    "manager": DESK,
    "account_manager": frozenset({"reply", "note"}),
    "auditor": frozenset(),
    "administrator": frozenset({"note"}),
    "contact": FILER,
    "colleague": FILER,
    "viewer": frozenset(),
    "partner": frozenset(),
}
OPEN = {State.NEW, State.IN_PROGRESS, State.WAITING_CUSTOMER}
WORK = {State.RESOLVED: "not_open", State.CLOSED: "not_open"}
END = dict.fromkeys(OPEN, "transition_refused") | {State.CLOSED: "closed"}
REFUSED = {
    "take": WORK,
    "assign": WORK,
    "ask": WORK,
    "call": WORK,
    "plan": WORK,
    "severity": WORK,
    "resolve": WORK | {State.NEW: "transition_refused"},
    "reply": {State.CLOSED: "closed"},
    "note": {State.CLOSED: "closed"},
    # This contract knows no workaround beside the resolution, and no step but the product's own.
    "workaround": WORK | dict.fromkeys(OPEN, "no_workarounds"),
    "accept_workaround": WORK | dict.fromkeys(OPEN, "no_workaround_offered"),
    "decline_workaround": WORK | dict.fromkeys(OPEN, "no_workaround_offered"),
    "move": dict.fromkeys(State, "invalid") | {State.CLOSED: "closed"},
    "reopen": END,
    "close": END,
}


def _outcome(act: str, state: State, is_staff: bool) -> tuple[str, State]:
    """The kind of event that an act leaves, and the state after it."""
    begun = State.IN_PROGRESS if state == State.NEW else state
    if act == "reply" and not is_staff:
        waited = state == State.WAITING_CUSTOMER
        return ("answered", State.IN_PROGRESS) if waited else ("commented", state)
    return {
        "take": ("taken", begun),
        "assign": ("assigned", begun),
        "reply": ("replied", begun),
        "note": ("noted", state),
        "ask": ("information_requested", State.WAITING_CUSTOMER),
        "call": ("call_logged", State.IN_PROGRESS),
        "plan": ("action_plan", begun),
        "resolve": ("resolved", State.RESOLVED),
        "reopen": ("reopened", State.IN_PROGRESS),
        "close": ("closed", State.CLOSED),
        "severity": ("severity_changed", state),
    }[act]


@pytest.fixture
def people(world):
    """Everybody who can see the first customer's tickets."""
    return world.staff | world.customers[0].people | {"partner": partner(world, "partner", (0,))}


def _accepted(world, actor, act: str, ticket: Ticket) -> None:
    before, said = journal(world, ticket), _comments(world, ticket)
    after = do(world, actor, act, ticket)
    kind, state = _outcome(act, State(ticket.state), actor.is_staff)
    events = journal(world, ticket)
    event = events[-1]
    private = act == "note"
    assert (event.kind, after.state, len(events)) == (kind, state, len(before) + 1)
    assert (event.at, event.recorded_at, event.seq) == (after.updated_at, after.updated_at, after.version)
    assert (event.actor_id, event.actor_name, event.actor_side) == (actor.membership_id, actor.name, actor.side)
    assert event.visibility == ("private" if private else "public")
    assert (after.version, after.public_version) == (ticket.version + 1, ticket.public_version + (not private))
    assert (after.public_updated_at == after.updated_at) is not private
    assert event.data.get("state") == (
        {"old": ticket.state, "new": state} if _moves(act, ticket, actor.is_staff) else None
    )
    with as_system(world):
        assert OutboxEntry.objects.filter(event=event).count() == 1
        assert OutboxEntry.objects.count() == len(events)
        stored = Ticket.objects.get(pk=ticket.pk)
    assert (stored.state, stored.version, stored.public_version) == (state, after.version, after.public_version)
    new = _comments(world, ticket)[len(said) :]
    words = arguments(world, act).get("body")
    assert [(row.body, row.visibility, row.id, row.author_id, row.author_side) for row in new] == (
        [(words, event.visibility, event.comment_id, actor.membership_id, actor.side)] if words else []
    )


def _moves(act: str, ticket: Ticket, is_staff: bool) -> bool:
    return _outcome(act, State(ticket.state), is_staff)[1] != ticket.state


def _comments(world, ticket: Ticket) -> list[Comment]:
    with as_system(world):
        return list(Comment.objects.filter(ticket=ticket).order_by("at", "id"))


def _refused(world, actor, act: str, ticket: Ticket, why: Why, code: str) -> None:
    before = Snapshot.of(world)
    with pytest.raises(why) as refusal, transaction.atomic():
        do(world, actor, act, ticket)
    assert refusal.value.code == code
    assert Snapshot.of(world) == before


@pytest.mark.parametrize("state", list(State))
def test_every_act_of_everybody(world, people, state):
    ticket = bring_to(world, state)
    for who, actor in people.items():
        with acting_as(actor):
            offered = acts_offered(actor, ticket)
        for act in SERVICES:
            with transaction.atomic():
                if act not in MAY[who]:
                    _refused(world, actor, act, ticket, Forbidden, "forbidden")
                elif state in REFUSED[act]:
                    _refused(world, actor, act, ticket, (Refused, Invalid), REFUSED[act][state])
                else:
                    _accepted(world, actor, act, ticket)
                transaction.set_rollback(True)
        given = {"team"} if MAY[who] == DESK and state not in WORK else set()
        assert offered == {act for act in MAY[who] if state not in REFUSED[act]} | given, who


def test_a_ticket_that_somebody_has_is_not_offered_to_be_taken(world, people):
    ticket = do(world, people["engineer"], "take", bring_to(world, State.NEW))
    for who, code in (("engineer", "already_yours"), ("second", "already_taken")):
        with acting_as(people[who]):
            left_out = {"take", "workaround", "move", "reopen", "close"}
            assert acts_offered(people[who], ticket) == (DESK | {"team"}) - left_out
        _refused(world, people[who], "take", ticket, Refused, code)


def test_asking_again_keeps_waiting(world, people):
    ticket = bring_to(world, State.WAITING_CUSTOMER)
    ticket = do(world, people["second"], "ask", ticket)
    event = journal(world, ticket)[-1]
    assert (ticket.state, event.kind, "state" in event.data) == ("waiting_customer", "information_requested", False)
