"""Tickets through the API: the same services as the pages, and the versions that HTTP knows."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.services import add_team
from accounts.tenancy import acting_as
from contracts.models import Environment
from contracts.publishing import DATA
from lifecycle.services import add_note, reply, take_ticket
from tests.api.programs import PROBLEM, Program, program_of
from tests.terms.test_contracts_in_life import agreed
from tests.worlds import START, World, as_system, build_world
from tickets.models import Comment, Event, Ticket

HOUR = timedelta(hours=1)
DETAILS = {
    "symptoms": "Empty reports",
    "steps": "Open any report",
    "consequences": "The audit cannot go on",
    "customisation": "none",
}


def filing(world: World, **changed: Any) -> dict[str, Any]:
    """A body that files a ticket of the first customer."""
    owned = world.customers[0]
    return {
        "contract": owned.contract.reference,
        "environment": str(owned.production.id),
        "severity": "critical",
        "title": "Reports stay empty",
        "description": "Since this morning.",
        "details": DETAILS,
    } | changed


def told(answer: Any, status: int = 200) -> Any:
    """What an answer says; its status is as expected."""
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def version_of(program: Program, ticket: Ticket) -> str:
    """The ETag that the program reads."""
    return program.get(f"tickets/{ticket.reference}")["ETag"]


def act(program: Program, ticket: Ticket, name: str, body: Any = None, **headers: str) -> Any:
    """One act; ``match="…"`` is its If-Match."""
    if match := headers.pop("match", ""):
        headers["If-Match"] = match
    return program.ask("POST", f"tickets/{ticket.reference}/transitions/{name}", body, **headers)


# One ticket ----------------------------------------------------------------------------------------------------------
def test_a_ticket_is_told_with_its_clocks_and_version(world: World, contact: Program, engineer: Program):
    ticket = world.file()
    shown = told(contact.get(f"tickets/{ticket.reference}"))
    assert (shown["reference"], shown["title"]) == (ticket.reference, ticket.title)
    assert shown["severity"]["code"] == "critical"
    assert [clock["target"] for clock in shown["clocks"]][:1] == ["response"]
    assert {one["code"]: one["value"] for one in shown["details"]} == DETAILS
    assert contact.get(f"tickets/{ticket.reference}")["ETag"] == shown["etag"] == f'"{ticket.public_version}"'
    assert version_of(engineer, ticket) == f'"{ticket.version}"'
    assert "take" in told(engineer.get(f"tickets/{ticket.reference}"))["transitions"]
    assert "take" not in shown["transitions"]


def test_private_work_leaves_no_trace_for_a_customer(world: World, contact: Program, engineer: Program):
    ticket = world.file()
    staff = world.staff["engineer"]
    before = {name: contact.get(f"tickets/{ticket.reference}{name}").content for name in ("/comments", "/events")}
    listed = told(contact.get("tickets"))
    with acting_as(staff):
        add_note(actor=staff, at=START + HOUR, reference=ticket.reference, body="PRIVATE")
    after = {name: contact.get(f"tickets/{ticket.reference}{name}").content for name in ("/comments", "/events")}
    assert after == before
    assert told(contact.get("tickets")) == listed
    assert [one["visibility"] for one in told(engineer.get(f"tickets/{ticket.reference}/comments"))["comments"]] == [
        "private"
    ]


# Filing --------------------------------------------------------------------------------------------------------------
def test_a_filing_answers_with_the_ticket(world: World, contact: Program):
    answer = contact.ask("POST", "tickets", filing(world))
    shown = told(answer, 201)
    assert answer["Location"] == shown["url"] == f"/api/v1/tickets/{shown['reference']}"
    with as_system(world):
        ticket = Ticket.objects.get(reference=shown["reference"])
    assert (ticket.title, ticket.severity) == ("Reports stay empty", "critical")
    assert ticket.details["symptoms"] == "Empty reports"
    assert told(contact.get(f"tickets/{ticket.reference}")) == {**shown, "as_of": shown["as_of"]} | {
        "as_of": told(contact.get(f"tickets/{ticket.reference}"))["as_of"]
    }


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"title": "x" * 161}, "/title", "max_length"),
        ({"title": ""}, "/title", "blank"),
        ({"title": 7}, "/title", "invalid"),
        ({"title": None}, "/title", "null"),
        ({"severity": "no_such"}, "/severity", "invalid"),
        ({"severity_kind": "platform_down"}, "/severity_kind", "invalid"),
        ({"contract": "NO-SUCH"}, "/contract", "not_found"),
        ({"contract": "MEGA-B-2026"}, "/contract", "not_found"),
        ({"environment": "7"}, "/environment", "invalid"),
        ({"environment": "00000000-0000-7000-8000-000000000000"}, "/environment", "invalid"),
        ({"environment": None}, "/environment", "invalid"),
        ({"details": {**DETAILS, "colour": "red"}}, "/details/colour", "unknown"),
        ({"details": {**DETAILS, "symptoms": 7}}, "/details/symptoms", "invalid"),
        ({"details": {}}, "/details/symptoms", "invalid"),
        ({"details": []}, "/details", "not_a_dict"),
        ({"attachments": "x"}, "/attachments", "not_a_list"),
        ({"attachments": ["x"]}, "/attachments/0", "invalid"),
        ({"attachments": ["00000000-0000-7000-8000-000000000000"]}, "/attachments", "invalid"),
        ({"state": "closed"}, "/state", "unknown"),
    ],
)
def test_each_fault_of_a_filing_has_its_place_and_code(
    world: World, contact: Program, changed: dict[str, Any], pointer: str, code: str
):
    answer = contact.ask("POST", "tickets", filing(world, **changed))
    wrong = told(answer, 400)["violations"]
    assert answer["Content-Type"] == PROBLEM
    assert (pointer, code) in {(one["pointer"], one["code"]) for one in wrong}
    assert all(one["detail"] for one in wrong)
    with as_system(world):
        assert not Ticket.objects.exists()


def test_faults_are_told_in_the_readers_language(world: World, contact: Program):
    english, french = (
        told(contact.ask("POST", "tickets", filing(world, title="", details=7), **{"Accept-Language": code}), 400)
        for code in ("en", "fr")
    )
    for one, other in zip(english["violations"], french["violations"], strict=True):
        assert (one["pointer"], one["code"]) == (other["pointer"], other["code"])
        assert one["detail"] != other["detail"]


def test_whoever_is_not_named_files_nothing_and_is_told_the_clause(world: World, engineer: Program):
    viewer = program_of(world.customers[0].people["viewer"])
    assert told(viewer.ask("POST", "tickets", filing(world)), 403)["code"] == "forbidden"
    assert told(engineer.ask("POST", "tickets", filing(world)), 403)["code"] == "forbidden"
    with as_system(world):
        world.customers[0].contract.contacts.update(trained_on=None)
    refused = told(program_of(world.customers[0].contact).ask("POST", "tickets", filing(world)), 409)
    assert (refused["code"], refused["clause"].partition("-")[0]) == ("may_not_file", "HOP")


def test_a_token_that_reads_writes_nothing(world: World):
    reader = program_of(world.customers[0].contact, "tickets:read", "contracts:read")
    ticket = world.file()
    for address, body in (
        ("tickets", filing(world)),
        (f"tickets/{ticket.reference}/comments", {"body": "x"}),
        (f"tickets/{ticket.reference}/transitions/close", {}),
        ("attachments", {}),
    ):
        assert told(reader.ask("POST", address, body), 403)["code"] == "insufficient_scope"
    assert told(reader.get(f"tickets/{ticket.reference}"))


# Messages ------------------------------------------------------------------------------------------------------------
def test_an_answer_and_a_note_are_said_through_the_services(world: World, contact: Program, engineer: Program):
    ticket = world.file()
    answer = engineer.ask("POST", f"tickets/{ticket.reference}/comments", {"body": "We look into it."})
    said = told(answer, 201)
    assert (said["visibility"], said["kind"], said["body"]) == ("public", "replied", "We look into it.")
    assert answer["ETag"] == version_of(engineer, ticket)
    note = {"body": "Their proxy.", "visibility": "private"}
    assert told(engineer.ask("POST", f"tickets/{ticket.reference}/comments", note), 201)["visibility"] == "private"
    assert told(contact.ask("POST", f"tickets/{ticket.reference}/comments", note), 403)["code"] == "forbidden"
    with as_system(world):
        kinds = list(Event.objects.filter(ticket=ticket, comment__isnull=False).values_list("kind", flat=True))
    assert kinds == ["replied", "noted"]
    shown = told(contact.get(f"tickets/{ticket.reference}/comments"))["comments"]
    assert [one["body"] for one in shown] == ["We look into it."]


def test_messages_and_events_go_on_where_the_page_before_ended(world: World, contact: Program):
    ticket = world.file(severity="moderate")
    for number in range(5):
        contact.ask("POST", f"tickets/{ticket.reference}/comments", {"body": f"number {number}"})
    for name, per_row in (("comments", 5), ("events", 5)):
        address, seen = f"tickets/{ticket.reference}/{name}", []
        page = told(contact.get(f"{address}?size=2"))
        while True:
            seen += [one["id"] for one in page[name]]
            if page["next"] is None:
                break
            page = told(contact.get(f"{address}?size=2&after={page['next']}"))
        assert seen == [one["id"] for one in told(contact.get(address))[name]]
        assert len(seen) >= per_row
    assert told(contact.get(f"tickets/{ticket.reference}/events?after=bm9uZQ=="), 400)["violations"][0] == {
        "parameter": "after",
        "code": "invalid",
        "detail": "Use what the page before called next, or begin anew.",
    }


# Acts ----------------------------------------------------------------------------------------------------------------
def test_a_life_by_api_alone(world: World, contact: Program, engineer: Program):
    reference = told(contact.ask("POST", "tickets", filing(world)), 201)["reference"]
    ticket = Ticket(reference=reference)
    assert told(act(engineer, ticket, "take"))["assignee"]["name"] == "Engineer MEGA"
    assert told(act(engineer, ticket, "ask", {"body": "Which release?"}))["state"] == "waiting_customer"
    contact.ask("POST", f"tickets/{reference}/comments", {"body": "HOPEX 6"})
    assert told(contact.get(f"tickets/{reference}"))["state"] == "in_progress"
    minor = {"severity": "minor", "reason_code": "impact_reassessed", "reason": "One user."}
    changed = act(engineer, ticket, "severity", minor, match=version_of(engineer, ticket))
    assert told(changed)["severity"]["code"] == "minor"
    solved = {"resolution_type": "workaround", "body": "Import again."}
    assert told(act(engineer, ticket, "resolve", solved, match=changed["ETag"]))["state"] == "resolved"
    again = act(contact, ticket, "reopen", {"body": "Still empty."}, match=version_of(contact, ticket))
    assert told(again)["state"] == "in_progress"
    told(act(engineer, ticket, "resolve", solved, match=version_of(engineer, ticket)))
    closed = act(contact, ticket, "close", {}, match=version_of(contact, ticket))
    assert (told(closed)["state"], told(closed)["transitions"]) == ("closed", ["contest"])
    kinds = [one["kind"] for one in told(contact.get(f"tickets/{reference}/events"))["events"]]
    assert kinds == ["filed", "taken", "information_requested", "answered", "severity_changed", "resolved", "reopened",
                     "resolved", "closed"]  # fmt: skip


def test_what_is_offered_says_what_it_needs(world: World, engineer: Program, contact: Program):
    ticket = world.file()
    offers = {one["name"]: one for one in told(engineer.get(f"tickets/{ticket.reference}/transitions"))["transitions"]}
    assert offers.keys() >= {"take", "assign", "ask", "call", "severity"}
    assert not offers["take"]["if_match"] and offers["severity"]["if_match"]
    fields = {one["name"]: one for one in offers["severity"]["fields"]}
    assert [name for name, one in fields.items() if one["required"]] == ["severity", "reason_code", "reason"]
    assert "minor" in {one["code"] for one in fields["severity"]["choices"]}
    people = offers["assign"]["fields"][0]["choices"]
    assert "Second MEGA" in {one["label"] for one in people}
    shown = told(contact.get(f"tickets/{ticket.reference}/transitions"))["transitions"]
    assert [one["name"] for one in shown] == ["contest"]
    assert [one["code"] for one in shown[0]["fields"][0]["choices"]] == ["pause", "severity", "exclusion"]


def test_everything_offered_can_be_done(world: World, engineer: Program):
    """Each act on a fresh ticket, with what the offer says it needs."""
    staff, fresh, taken = world.staff["engineer"], world.file(), world.file()
    with as_system(world):
        add_team(provider_id=world.provider.id, name="Experts", level=2, at=START)
    with acting_as(staff):
        take_ticket(actor=staff, at=START + HOUR, reference=taken.reference)
    for kind in (fresh, taken):
        _do_everything(world, engineer, kind)


def _do_everything(world: World, engineer: Program, like: Ticket) -> None:
    staff = world.staff["engineer"]
    for offer in told(engineer.get(f"tickets/{like.reference}/transitions"))["transitions"]:
        ticket = world.file()
        if told(engineer.get(f"tickets/{like.reference}"))["assignee"]:
            with acting_as(staff):
                take_ticket(actor=staff, at=START + HOUR, reference=ticket.reference)
        body = {field["name"]: _any(field) for field in offer["fields"] if field["required"]}
        if offer["name"] == "contest":
            entry = told(engineer.get(f"tickets/{ticket.reference}/events"))["events"][0]["id"]
            body |= {"about": "severity", "entry": entry, "severity": "minor"}
        answer = act(engineer, ticket, offer["name"], body, match=version_of(engineer, ticket))
        assert answer.status_code == 200, (offer["name"], answer.content)


def _any(field: dict[str, Any]) -> str | int:
    if field["name"] == "expected_plan":
        return 0
    return field["choices"][-1]["code"] if field["choices"] else "Some words."


def test_an_act_that_is_not_ones_own_is_refused(world: World, contact: Program):
    ticket = world.file()
    assert told(act(contact, ticket, "take"), 403)["code"] == "forbidden"
    assert told(act(program_of(world.staff["auditor"]), ticket, "take"), 403)["code"] == "forbidden"


# Versions ------------------------------------------------------------------------------------------------------------
EDITS = {
    "team": {"team": "00000000-0000-7000-8000-000000000000"},
    "hold": {"reason_code": "x", "reason": "x"},
    "release": {"reason": "x"},
    "assign": {"assignee": "00000000-0000-7000-8000-000000000000"},
    "severity": {"severity": "minor", "reason_code": "impact_reassessed", "reason": "One user."},
    "resolve": {"resolution_type": "workaround", "body": "x"},
    "move": {"step": "x"},
    "reopen": {"body": "x"},
    "close": {},
    "accept_workaround": {},
    "decline_workaround": {"body": "x"},
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_without_a_version_is_not_done(world: World, engineer: Program, name: str):
    ticket = world.file()
    for header in ({}, {"match": "*"}):
        assert told(act(engineer, ticket, name, EDITS[name], **header), 428)["code"] == "precondition_required"


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_of_another_version_is_stale(world: World, engineer: Program, name: str):
    ticket = world.file()
    for match in ('"99"', 'W/"1"', '"x"', '"", "y"'):
        assert told(act(engineer, ticket, name, EDITS[name], match=match), 412)["code"] == "stale"
    for match in ("1", "no quotes", '"1', "x" * 500):
        wrong = told(act(engineer, ticket, name, EDITS[name], match=match), 400)["violations"]
        assert wrong[0]["header"] == "If-Match"


def test_of_two_editors_the_second_is_always_stale(world: World, engineer: Program):
    second = program_of(world.staff["second"])
    ticket = world.file()
    for number in range(20):
        seen = version_of(engineer, ticket)
        assert version_of(second, ticket) == seen
        severity = ("minor", "critical")[number % 2]
        body = {"severity": severity, "reason_code": "impact_reassessed", "reason": f"round {number}"}
        told(act(engineer, ticket, "severity", body, match=seen))
        late = act(second, ticket, "severity", {**body, "severity": "moderate"}, match=seen)
        assert told(late, 412)["code"] == "stale"
        assert told(second.get(f"tickets/{ticket.reference}"))["severity"]["code"] == severity


def test_a_message_makes_nobodys_version_stale(world: World, contact: Program, engineer: Program):
    ticket = world.file()
    seen = version_of(engineer, ticket)
    contact.ask("POST", f"tickets/{ticket.reference}/comments", {"body": "One more thing."})
    assert version_of(engineer, ticket) != seen
    told(act(engineer, ticket, "severity", EDITS["severity"], match=f'"x", {seen}'))


def test_of_two_who_take_the_second_is_told_who_has_it(world: World, engineer: Program):
    ticket = world.file()
    told(act(engineer, ticket, "take"))
    refused = told(act(program_of(world.staff["second"]), ticket, "take"), 409)
    assert refused["code"] == "already_taken"
    assert "Engineer MEGA" in refused["detail"]


# Lists ---------------------------------------------------------------------------------------------------------------
def _references(program: Program, query: str) -> list[str]:
    return [one["reference"] for one in told(program.get(f"tickets?{query}"))["tickets"]]


def test_filters_narrow_a_list(world: World, engineer: Program):
    staff = world.staff["engineer"]
    first = world.file(START, title="Reports")
    second = world.file(START + HOUR, of=1, severity="minor", title="Imports")
    with acting_as(staff):
        take_ticket(actor=staff, at=START + 2 * HOUR, reference=second.reference)
    other = world.customers[1]
    cases = {
        "state=new": [first],
        "state=in_progress": [second],
        "severity=minor": [second],
        "assignee=me": [second],
        "assignee=none": [first],
        f"assignee={staff.membership_id}": [second],
        f"customer={other.customer.id}": [second],
        f"contract={other.contract.reference}": [second],
        "due_before=2026-01-07T00:00:00Z": [first],
        "due_after=2026-01-07T01:00:00%2B01:00&order=due": [second],
        "updated_since=2026-01-05T09:30:00Z": [second],
        "q=reports": [first],
        f"q={second.reference.lower()}": [second],
        "order=opened": [first, second],
        "order=-opened": [second, first],
        "state=closed": [],
    }
    for query, expected in cases.items():
        assert _references(engineer, query) == [row.reference for row in expected], query


def test_a_list_tells_that_its_search_was_cut(world: World, engineer: Program, monkeypatch):
    monkeypatch.setattr("tickets.queue.MOST_FOUND", 2)
    first = world.file(START, of=1, title="Same words")
    for hours in (1, 2):
        world.file(START + hours * HOUR, title="Same words")
    customer = f"customer={world.customers[1].customer.id}"

    def found(query: str) -> tuple[int, bool]:
        page = told(engineer.get(f"tickets?{query}"))
        return len(page["tickets"]), page["search_is_cut"]

    assert found("q=same") == (2, True)
    assert found("q=same&size=1") == (1, True)
    assert found("q=same&assignee=me") == (0, True)
    assert _references(engineer, f"q=same&{customer}") == [first.reference]
    assert found(f"q=same&{customer}") == (1, False)
    assert found("q=same&state=closed") == (0, False)
    assert found("") == (3, False)


@pytest.mark.parametrize(
    "query",
    ["state=x", "assignee=you", "customer=x", "due_before=yesterday", "due_before=2026-05-04T10:00:00", "q=", "size=0",
     "due_after=9999-12-31T23:59:59-14:00", "order=title", "after=x", "size=101", "q=%00", "after=W10=",
     f"q={'x' * 101}"],
)  # fmt: skip
def test_a_filter_that_is_none_is_refused(world: World, engineer: Program, query: str):
    wrong = told(engineer.get(f"tickets?{query}"), 400)["violations"]
    assert [one["parameter"] for one in wrong] == [query.partition("=")[0]]


def test_a_parameter_that_is_unknown_or_given_twice_is_refused(world: World, engineer: Program):
    assert told(engineer.get("tickets?colour=red"), 400)["violations"][0]["code"] == "unknown"
    assert told(engineer.get("tickets?state=new&state=closed"), 400)["violations"][0]["code"] == "repeated"
    assert told(engineer.ask("POST", "tickets?state=new", {}), 400)["violations"][0]["parameter"] == "state"


@pytest.mark.parametrize("order", ["-opened", "opened", "-updated", "updated", "due"])
def test_pages_lose_and_repeat_nothing_while_tickets_come_in(world: World, engineer: Program, order: str):
    there = {world.file(START + number * HOUR).reference for number in range(5)}
    there |= {world.file(START).reference for _ in range(3)}
    seen, after = [], ""
    while True:
        page = told(engineer.get(f"tickets?order={order}&size=2{after}"))
        seen += [one["reference"] for one in page["tickets"]]
        world.file(START + timedelta(minutes=len(seen)), severity="minor")
        if page["next"] is None or len(seen) > 40:
            break
        after = f"&after={page['next']}"
    assert len(seen) == len(set(seen)) and there <= set(seen)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_what_has_no_deadline_comes_last_page_by_page(world: World, engineer: Program, size: int):
    references = [world.file().reference for _ in range(5)]
    with as_system(world):
        Ticket.objects.filter(reference__in=references[:2]).update(due_at=None)
    seen, after = [], ""
    while after is not None:
        page = told(engineer.get(f"tickets?order=due&size={size}" + (f"&after={after}" if after else "")))
        seen += [one["reference"] for one in page["tickets"]]
        after = page["next"]
    assert seen == [*references[2:], *references[:2]]


def test_a_cursor_is_good_for_its_own_order(world: World, engineer: Program):
    for number in range(3):
        world.file(START + number * HOUR)
    page = told(engineer.get("tickets?size=1&order=opened"))
    assert told(engineer.get(f"tickets?size=1&order=due&after={page['next']}"), 400)["code"] == "invalid"


def test_a_list_asks_as_often_for_twenty_tickets_as_for_one(world: World, engineer: Program):
    for number in range(20):
        world.file(START + number * HOUR, of=number % 2)

    def questions(address: str) -> int:
        engineer.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert engineer.get(address).status_code == 200
        return len(captured)

    assert questions("tickets?size=1") == questions("tickets?size=20") <= 10


def test_a_conversation_asks_as_often_for_many_messages_as_for_one(world: World, contact: Program):
    ticket = world.file()
    contact.ask("POST", f"tickets/{ticket.reference}/comments", {"body": "one"})

    def questions() -> int:
        with CaptureQueriesContext(connection) as captured:
            contact.get(f"tickets/{ticket.reference}/comments")
        return len(captured)

    few = questions()
    for number in range(10):
        contact.ask("POST", f"tickets/{ticket.reference}/comments", {"body": f"number {number}"})
    assert questions() == few
    with as_system(world):
        assert Comment.objects.filter(ticket=ticket).count() == 11


def test_tickets_of_others_are_like_none(world: World, contact: Program):
    foreign = world.file(of=1)
    with acting_as(world.staff["engineer"]):
        reply(actor=world.staff["engineer"], at=START + HOUR, reference=foreign.reference, body="x")
    assert told(contact.get("tickets"))["tickets"] == []
    for part in ("", "/comments", "/events", "/attachments", "/transitions", "/clocks"):
        answers = [contact.get(f"tickets/{name}{part}") for name in (foreign.reference, "MEGA-999999")]
        assert [{**told(one, 404), "request_id": ""} for one in answers][0] == {
            **told(answers[1], 404),
            "request_id": "",
        }
    for name, body in EDITS.items():
        answers = [
            act(contact, Ticket(reference=reference), name, body, match='"1"')
            for reference in (foreign.reference, "MEGA-999999")
        ]
        assert {**told(answers[0], 404), "request_id": ""} == {**told(answers[1], 404), "request_id": ""}


# A contract that lists no platform -----------------------------------------------------------------------------------
@pytest.fixture
def generix(db: None) -> Program:
    """A contact's program under terms whose targets depend on the environment (GEN-7), where none is listed."""
    world = build_world("generix", "Generix", "GEN", document=DATA / "generix.yaml", overrides=agreed("generix"))
    with as_system(world):
        Environment.objects.filter(contract=world.customers[0].contract).delete()
    return program_of(world.customers[0].contact)


def _for_generix(program: Program, **changed: Any) -> dict[str, Any]:
    [card] = told(program.get("contracts"))["contracts"]
    asked = told(program.get(f"contracts/{card['reference']}"))["filing"]
    details = {
        one["code"]: one["choices"][0]["code"] if one["choices"] else "words"
        for one in asked["questions"]
        if one["required"] and not one["severities"]
    }
    severity = asked["severities"][0]["code"]
    words = {"title": "No orders", "description": "Since this morning.", "details": details}
    return {"contract": card["reference"], "severity": severity, **words} | changed


def test_the_environments_of_the_terms_are_offered_and_asked_for(generix: Program):
    [card] = told(generix.get("contracts"))["contracts"]
    offered = told(generix.get(f"contracts/{card['reference']}"))["filing"]["environment_kinds"]
    assert "production" in [one["code"] for one in offered]
    refused = told(generix.ask("POST", "tickets", _for_generix(generix)), 400)
    assert [one["pointer"] for one in refused["violations"]] == ["/environment"]
    shown = told(generix.ask("POST", "tickets", _for_generix(generix, environment_kind="production")), 201)
    assert shown["clocks"]
    wrong = told(generix.ask("POST", "tickets", _for_generix(generix, environment_kind="moon")), 400)
    assert [one["pointer"] for one in wrong["violations"]] == ["/environment"]
