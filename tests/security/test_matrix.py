"""Every address, by every verb, by every kind of person, for things of his own, of others and of nobody."""

import logging
from collections.abc import Iterator

import pytest

from accounts.access import Audience
from tests.security import account_routes, administration, api_routes, contract_routes, desk_routes, ticket_routes
from tests.security.conftest import policies_apply
from tests.security.matrix import Matrix
from tests.security.routes import TABLE, walk

PEOPLE = (
    "anonymous",
    "without_membership",
    "colleague_b",  # disabled
    "gone_a",  # his membership has ended
    "contact_a",
    "colleague_a",
    "viewer_a",
    "partner",
    "contact_b",
    "contact_e",  # his contract has ended
    "contact_c",
    "engineer",
    "silent",
    "manager",
    "account_manager",
    "auditor",
    "administrator",
    "octipas_engineer",
)
MIN_CELLS = 400
TALK = {"ticket_reply", "save_draft", "notifications_read", "environment"}
DESK = {
    "ticket_watch",
    "ticket_watchers",
    "queue_bulk",
    "queue_views",
    "queue_view_new",
    "canned_reply_new",
    "canned_reply",
    "ticket_canned",
    "ticket_take",
    "ticket_assign",
    "ticket_note",
    "ticket_ask",
    "ticket_call",
    "ticket_plan",
    "ticket_resolve",
    "ticket_severity",
}
WRITES = {
    "contact_a": TALK
    | {"ticket_watch", "ticket_watchers", "new_case", "ticket_reopen", "ticket_close", "ticket_contest", "sign_out"},
    "contact_b": TALK | {"new_case", "ticket_reopen", "ticket_close"},
    "contact_e": {"ticket_reply", "ticket_close", "save_draft"},
    "engineer": TALK | DESK | {"ticket_contest"},
    "manager": {"ticket_reply", "save_draft", "environment", "ticket_contest", "ticket_exclude"} | DESK,
    "account_manager": {"ticket_reply", "ticket_note", "ticket_contest", "ticket_exclude"},
    "viewer_a": {"save_draft"},
    "administrator": {
        "admin_new_customer",
        "admin_customer",
        "admin_end_customer",
        "admin_person",
        "admin_end_person",
        "admin_contact_training",
        "admin_withdraw_contact",
        "admin_invitations",
        "admin_resend_invitation",
        "admin_revoke_invitation",
        "admin_second_factor",
        "admin_sign_on",
        "access_review_file",
    },
    "auditor": {"access_review_file"},
    "anonymous": {"demo_sign_in"},
}
"""What must succeed, so that a walk in which everything fails for a wrong reason does not pass."""
BULK = {"", "assign", "team", "reply", "severity", "resolve", "close"}
"""Families of cases of acts on many tickets, of which each has to succeed for people of the desk."""
CASE = {"titleA", "descriptionA", "symptomsA", "replyA", "commentA", "replynameA", "contractA", "filecontentA"}
CASE |= {"platformA"}
READS = {
    "contact_a": CASE | {"draftA", "loosenameA", "loosecontentA"},
    "viewer_a": CASE,
    "partner": CASE,
    "engineer": CASE | {"PRIVnoteA", "PRIVnotenameA", "titleB", "PRIVnoteE", "silent"},
    "auditor": CASE | {"PRIVnoteA", "PRIVnotecontentB"},
    "administrator": {"contactA", "guestA", "mailA", "guestB", "customerE"},
    "octipas_engineer": {"titleC", "PRIVnoteC"},
}
PUBLIC = {"api_reference", "api_openapi", "home", "sign_in", "sign_out", "set_language", "set_appearance", "healthz"}
PUBLIC |= administration.OPEN
PUBLIC |= {"readyz", "metrics"}  # the second wants a token of the operator's


@pytest.fixture(autouse=True)
def _quiet(settings) -> Iterator[None]:
    settings.DEMO_MODE = True
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_every_address_is_classified_and_in_the_table():
    routes = list(walk())
    assert [route.name for route in routes if route.access is None] == []
    assert {route.name for route in routes} == TABLE.keys()


def test_an_address_stands_in_one_room_of_the_table_only():
    rooms = (account_routes, ticket_routes, desk_routes, contract_routes, api_routes)
    assert sum(len(room.ROWS) for room in rooms) + len(administration.CALLS) == len(TABLE)


def test_only_these_addresses_are_open_to_everybody():
    by_audience = {route.name: route.access.audience for route in walk() if route.access}
    assert {name for name, audience in by_audience.items() if audience == Audience.PUBLIC} == PUBLIC
    assert {name for name, audience in by_audience.items() if audience == Audience.DEMO} == {
        "demo_sign_in",
        "styleguide",
    }


def test_an_address_with_a_parameter_is_tried_with_things_of_every_owner(stage):
    person = stage.people["contact_a"]
    for route in walk():
        if route.parameters:
            cases = TABLE[route.name](stage, person)
            assert all(case.kwargs.keys() == route.parameters for case in cases), route.name
            things = {case.thing for case in cases}
            strangers = {case.thing for case in cases if not case.entitled and case.kwargs}
            assert "nonexistent" in things, route.name
            assert len(strangers) >= 3, route.name
            desk = TABLE[route.name](stage, stage.people["engineer"])
            assert any(case.entitled for case in [*cases, *desk]), route.name


API = ("api_contracts", "api_contract", "api_clocks", "api_clock_receipt", "api_compute", "api_tickets", "api_ticket")
API += ("api_comments", "api_events", "api_ticket_files", "api_attachment", "api_transitions", "api_watchers")
API_ACTS = ("api_take", "api_assign", "api_ask", "api_call", "api_severity", "api_resolve", "api_reopen", "api_close")
API_ACTS += ("api_plan", "api_workaround", "api_accept_workaround", "api_decline_workaround", "api_move", "api_upload")
API_ACTS += ("api_team", "api_hold", "api_release", "api_exclude", "api_reinstate", "api_contest", "api_accept_contest")
API_ACTS += ("api_decline_contest", "api_withdraw_contest")
API_WRITES = {
    "contact_a": {"api_tickets", "api_comments", "api_reopen", "api_close"},
    "contact_b": {"api_tickets", "api_comments", "api_reopen", "api_close"},
    "engineer": {"api_comments", "api_take", "api_assign", "api_ask", "api_call", "api_severity", "api_resolve"},
    "account_manager": {"api_comments"},
    "auditor": set(),
    "viewer_a": set(),
    "partner": set(),
}


@pytest.mark.parametrize("key", PEOPLE)
def test_a_program_learns_no_more_than_its_holder(stage, ledger, key):
    person = stage.people[key]
    verdict = Matrix(stage, person, ledger, by_token=True).walk(API)
    assert not verdict.faults, "\n".join(verdict.faults)
    assert verdict.written <= {"api_tickets", "api_comments", "api_watchers"}
    answered = {route for route, _verb, status in verdict.statuses if status == 200}
    assert answered == (set(API) if person.provider else set())
    refused = {status for _route, _verb, status in verdict.statuses if status not in {200, 201}}
    assert refused == {401} if not person.provider else refused <= {400, 403, 404, 405, 409, 415, 422}


@pytest.mark.parametrize("key", PEOPLE)
def test_a_program_does_no_more_than_its_holder(stage, ledger, key):
    person = stage.people[key]
    acts = (*API_ACTS, "api_tickets", "api_comments")
    verdict = Matrix(stage, person, ledger, by_token=True, verbs=("POST",)).walk(acts)
    assert not verdict.faults, "\n".join(verdict.faults)
    assert verdict.written >= API_WRITES.get(key, set())
    if key in {"auditor", "viewer_a", "partner"} or not person.provider:
        assert not verdict.written


@pytest.mark.parametrize("key", PEOPLE)
def test_nobody_learns_or_changes_what_is_not_his(stage, ledger, key):
    assert policies_apply()
    person = stage.people[key]
    verdict = Matrix(stage, person, ledger).walk()
    assert not verdict.faults, "\n".join(verdict.faults)
    assert verdict.cells >= MIN_CELLS
    missing = WRITES.get(key, set()) - verdict.written
    assert not missing, f"{key} may do this, and nothing was written: {missing}"
    if key in {"engineer", "manager"}:
        assert {family for route, family in verdict.deeds if route == "queue_bulk"} == BULK
    assert {stage.aviary.labels[number][0] for number in verdict.seen} >= READS.get(key, set())
