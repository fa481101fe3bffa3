"""Each guard alone: what it lets pass and how it refuses. None of them touches a database."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from accounts.errors import Invalid, Refused, Stale
from accounts.roles import Role
from accounts.tenancy import Actor
from contracts.publishing import DATA
from contracts.terms import Terms, load_terms
from lifecycle import guards
from tickets.models import Ticket, Workaround, WorkaroundKind
from tickets.states import State, is_open

ME, ANOTHER = uuid4(), uuid4()
ENGINEER = Actor(provider_id=uuid4(), role=Role.ENGINEER_N1, membership_id=ME)
CONTACT = Actor(provider_id=uuid4(), role=Role.CONTACT, membership_id=uuid4())


@pytest.fixture(scope="module")
def terms() -> Terms:
    """The published example, as a contract pins it."""
    return load_terms(DATA / "hopex-saas.yaml")


def _ticket(state: State = State.NEW, assignee: UUID | None = None, **given) -> Ticket:
    name = "Ada" if assignee else ""
    return Ticket(state=state, assignee_id=assignee, assignee_name=name, **given)


def _refusal(guard, *arguments) -> Refused:
    with pytest.raises(Refused) as refusal:
        guard(*arguments)
    assert refusal.value.message
    return refusal.value


def _wrong_field(guard, *arguments) -> str:
    with pytest.raises(Invalid) as refusal:
        guard(*arguments)
    (field,) = refusal.value.errors
    assert all(refusal.value.errors[field])
    return field


def test_untaken_says_who_has_it():
    guards.require_untaken(_ticket(), ENGINEER)
    taken = _refusal(guards.require_untaken, _ticket(assignee=ANOTHER), ENGINEER)
    assert (taken.code, taken.params) == ("already_taken", {"assignee": "Ada"})
    assert "Ada" in taken.message
    assert _refusal(guards.require_untaken, _ticket(assignee=ME), ENGINEER).code == "already_yours"


@pytest.mark.parametrize("state", list(State))
def test_open_and_final_by_state(state):
    still_open = state in {State.NEW, State.IN_PROGRESS, State.WAITING_CUSTOMER}
    assert is_open(state) == still_open
    if still_open:
        guards.require_open(_ticket(state))
    else:
        assert _refusal(guards.require_open, _ticket(state)).code == "not_open"
    if state != State.CLOSED:
        guards.require_not_final(_ticket(state))
    else:
        assert _refusal(guards.require_not_final, _ticket(state)).code == "closed"


def test_a_step_that_does_not_exist_is_refused_with_its_name():
    refusal = _refusal(guards.refuse_transition, "closed", "reopen")
    assert (refusal.code, refusal.params) == ("transition_refused", {"source": "closed", "transition": "reopen"})


def test_the_contracts_workflow_has_the_last_word(terms):
    assert guards.require_transition(terms, "take", "new", "provider").end == "in_progress"
    for act, state, side in (("take", "new", "customer"), ("take", "resolved", "provider"), ("fly", "new", "provider")):
        refusal = _refusal(guards.require_transition, terms, act, state, side)
        assert (refusal.code, refusal.params) == ("transition_refused", {"act": act, "state": state})


def test_a_narrower_workflow_narrows(terms):
    without = [item for item in terms.workflow.transitions if item.code != "close"]
    narrowed = replace(terms, workflow=replace(terms.workflow, transitions=tuple(without)))
    guards.require_transition(terms, "close", "resolved", "customer")
    assert _refusal(guards.require_transition, narrowed, "close", "resolved", "customer").code == "transition_refused"


def test_where_several_steps_do_an_act_one_has_to_be_named():
    octipas = load_terms(DATA / "octipas.yaml")
    (deliver,) = octipas.workflow.ways("resolve", "in_progress", "provider")
    others = tuple(item for item in octipas.workflow.transitions if item != deliver)
    two = tuple(replace(deliver, code=code, does="resolve") for code in ("deliver_fix", "deliver_patch"))
    forked = replace(octipas, workflow=replace(octipas.workflow, transitions=(*others, *two)))
    assert _wrong_field(guards.require_transition, forked, "resolve", "in_progress", "provider") == "step"
    assert guards.require_transition(forked, "deliver_patch", "in_progress", "provider") == two[1]
    refused = _refusal(guards.require_transition, forked, "resolve", "in_progress", "customer")
    assert (refused.code, refused.clause) == ("transition_refused", "OCT-9")


def test_a_step_is_one_that_the_contract_names_itself():
    octipas = load_terms(DATA / "octipas.yaml")
    guards.require_step(octipas, "confirm_test")
    for step in ("resolve", "take", "dance", ""):
        assert _wrong_field(guards.require_step, octipas, step) == "step"
    guards.require_resolving_step(octipas, "resolve")
    for step in ("confirm_test", "close", ""):
        assert _wrong_field(guards.require_resolving_step, octipas, step) == "step"


def test_workarounds_are_known_where_they_meet_a_target(terms):
    octipas = load_terms(DATA / "octipas.yaml")
    assert guards.knows_workarounds(octipas) is True
    assert guards.knows_workarounds(terms) is False
    guards.require_workarounds(octipas)
    assert _refusal(guards.require_workarounds, terms).code == "no_workarounds"


def test_one_workaround_waits_at_a_time():
    for workaround in ("", Workaround.ACCEPTED, Workaround.DECLINED):
        guards.require_no_open_offer(_ticket(workaround=workaround))
        assert _refusal(guards.require_open_offer, _ticket(workaround=workaround)).code == "no_workaround_offered"
    offered = _ticket(workaround=Workaround.OFFERED)
    guards.require_open_offer(offered)
    assert _refusal(guards.require_no_open_offer, offered).code == "workaround_offered"


def test_a_workaround_is_final_or_provisional():
    for kind in WorkaroundKind:
        guards.require_workaround_kind(kind)
    for kind in ("", "perhaps"):
        assert _wrong_field(guards.require_workaround_kind, kind) == "kind"


def test_a_form_must_say_what_it_was_opened_on():
    ticket = _ticket(version=5, public_version=3)
    for actor, current in ((ENGINEER, 5), (CONTACT, 3)):
        for version in (0, current):
            guards.require_fresh(ticket, actor, version, 0)
        for version in (None, -1, current + 1):
            assert _wrong_field(guards.require_fresh, ticket, actor, version, 0) == "expected_version"
        with pytest.raises(Stale):
            guards.require_fresh(ticket, actor, current, 1)


def test_a_severity_and_its_kind_are_those_of_the_contract(terms):
    guards.require_severity(terms, "critical", "")
    guards.require_severity(terms, "no_access", "platform_down")
    assert _wrong_field(guards.require_severity, terms, "catastrophic", "") == "severity"
    assert _wrong_field(guards.require_severity, terms, "no_access", "") == "severity_kind"
    assert _wrong_field(guards.require_severity, terms, "no_access", "sabotage") == "severity_kind"
    assert _wrong_field(guards.require_severity, terms, "critical", "platform_down") == "severity_kind"


def test_a_change_of_severity_changes_something():
    ticket = _ticket(severity="no_access", severity_kind="platform_down")
    guards.require_other_severity(ticket, "no_access", "security_problem")
    guards.require_other_severity(ticket, "critical", "")
    assert _refusal(guards.require_other_severity, ticket, "no_access", "platform_down").code == "same_severity"


def test_resolution_types_and_reasons_are_those_of_the_contract(terms):
    for item in terms.resolution_types:
        guards.require_resolution_type(terms, item.code)
    for item in terms.severity_change_reasons:
        guards.require_severity_reason(terms, item.code)
    assert _wrong_field(guards.require_resolution_type, terms, "magic") == "resolution_type"
    assert _wrong_field(guards.require_severity_reason, terms, "whim") == "reason_code"


@pytest.mark.parametrize("rows", [0, 2])
def test_an_upload_is_bound_exactly_once(rows):
    guards.require_bound(1)
    with pytest.raises(Invalid) as refusal:
        guards.require_bound(rows)
    assert refusal.value.errors.keys() == {"files"}
