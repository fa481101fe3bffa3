"""Calls of a ticket's pages: lists, filing, every act, files and drafts."""

from typing import Any
from uuid import UUID

from accounts.tenancy import Actor, acting_as
from tests.security.canaries import Person
from tests.security.cases import NOBODY, NOTHING, Case, Cases, act, files, loose, own_of, receipts, serves, tickets
from tests.security.stage import Owned, Stage, staff_key
from tickets.models import Event, Ticket


def _reply(stage: Stage, person: Person) -> list[Case]:
    """An answer; also one on a ticket of one's own that carries somebody else's file."""
    cases = act(body="An answer.")(stage, person)
    own = own_of(stage, person)
    if own is None:
        return cases
    for case in loose(stage, person):
        key = str(case.kwargs["attachment_id"])
        asked = (key, own.ticket.reference)
        data = {"body": "With a file.", "attachments": key}
        reference = {"reference": own.ticket.reference}
        mine = case.thing == f"loose_{person.key}"
        cases.append(Case(case.thing, mine, reference, data=data, asked=asked, family="file"))
    return cases


def _assign(stage: Stage, person: Person) -> list[Case]:
    """To a colleague; also to people who are nobody's colleague here."""
    colleagues = stage.staff.get(person.provider, stage.staff["mega"])
    cases = act(assignee=str(colleagues["silent"].person))(stage, person)
    own = own_of(stage, person)
    if own is None:
        return cases
    others = {
        NOTHING: NOBODY,
        "contact": stage.people[own.contact].acting.person,
        "stranger": stage.staff["octipas" if person.provider == "mega" else "mega"]["engineer"].person,
        "auditor": colleagues["auditor"].person,
    }
    for thing, key in others.items():
        data = {"assignee": str(key), "expected_version": str(own.ticket.version)}
        reference = {"reference": own.ticket.reference}
        asked = (str(key), own.ticket.reference)
        cases.append(Case(thing, False, reference, data=data, asked=asked, family="assignee"))
    return cases


def _give_team(stage: Stage, person: Person) -> list[Case]:
    """To a team of one's own desk; also to the other provider's, and to one that there is not."""
    own_team = stage.teams[person.provider or "mega"]
    cases = act(team=str(own_team))(stage, person)
    own = own_of(stage, person)
    if own is None:
        return cases
    others = {NOTHING: NOBODY, "stranger": stage.teams["octipas" if person.provider == "mega" else "mega"]}
    for thing, key in others.items():
        data = {"team": str(key), "expected_version": str(own.ticket.version)}
        reference = {"reference": own.ticket.reference}
        cases.append(Case(thing, False, reference, data=data, asked=(str(key), own.ticket.reference), family="team"))
    return cases


def _watchers(stage: Stage, person: Person) -> list[Case]:
    """Oneself is asked to watch a ticket of each customer; on one's own also people who are nobody's colleague here."""
    me = str(person.acting.person) if person.provider else str(NOBODY)
    cases = act(act="add", membership=me)(stage, person)
    own = own_of(stage, person)
    if own is None or not person.may("ticket.watch"):
        return cases
    for thing, key in strangers_to(stage, person, own).items():
        for what in ("add", "remove"):
            data = {"act": what, "membership": str(key)}
            asked = (str(key), own.ticket.reference)
            reference = {"reference": own.ticket.reference}
            cases.append(Case(thing, False, reference, data=data, asked=asked, family=f"person to {what}"))
    return cases


def strangers_to(stage: Stage, person: Person, own: Owned) -> dict[str, UUID]:
    """People who are not of this person's side of that customer: they look as if they did not exist."""
    other = "octipas" if person.provider == "mega" else "mega"
    other_side = stage.people[own.contact] if person.is_staff else stage.people[staff_key(person.provider, "engineer")]
    found = {"other side": other_side, "stranger's staff": stage.people[staff_key(other, "auditor")]}
    found |= {f"contact_{key}": stage.people[f"contact_{key}"] for key in stage.customers if key != own.key}
    return {NOTHING: NOBODY} | {thing: someone.acting.person for thing, someone in found.items()}


def _filed_entry(ticket: Ticket) -> UUID:
    with acting_as(Actor.system(ticket.provider_id)):
        return Event.objects.get(ticket=ticket, kind="filed").id


def contests(stage: Stage, person: Person) -> list[Case]:
    """The severity with which a ticket was filed is disputed."""

    def data(ticket: Ticket | None) -> dict[str, Any]:
        entry = _filed_entry(ticket) if ticket else NOBODY
        return {"about": "severity", "entry": str(entry), "severity": "minor", "reason": "One user only."}

    return tickets(stage, person, "ticket", data)


def _looks(stage: Stage, person: Person) -> list[Case]:
    """Whether something happened since a version of long ago."""
    return [
        Case(case.thing, case.entitled, case.kwargs, query={"version": "0"}, asked=case.asked)
        for case in tickets(stage, person)
    ]


def _severity_asked(stage: Stage, person: Person) -> list[Case]:
    """What another severity would do to the deadlines."""
    return [
        Case(case.thing, case.entitled, case.kwargs, query={"severity": "minor"}, asked=case.asked)
        for case in tickets(stage, person)
    ]


def may_file(stage: Stage, person: Person, owned: Owned) -> bool:
    """Named contacts under a contract that is in force."""
    return serves(person, owned) and person.may("ticket.file") and owned.key != "e"


def filings(stage: Stage, person: Person) -> list[Case]:
    """A filing under each contract, one with a strange environment, one with a strange file."""
    nothing = _filing(NOBODY, NOBODY)
    cases = [Case(NOTHING, False, query={"contract": NOBODY}, data=nothing, asked=(str(NOBODY),))]
    for key, owned in stage.customers.items():
        data = _filing(owned.contract.id, owned.environment.id)
        asked = (data["contract"], data["environment"])
        # Under a contract of his own that has ended nothing is filed, but what he typed is kept as his draft.
        entitled = serves(person, owned) and person.may("ticket.file")
        cases.append(Case(key, entitled, query={"contract": owned.contract.id}, data=data, asked=asked))
    own = next((owned for owned in stage.customers.values() if may_file(stage, person, owned)), None)
    if own is None:
        return cases
    environments = {NOTHING: NOBODY} | {key: owned.environment.id for key, owned in stage.customers.items()}
    for thing, environment in environments.items():
        data = _filing(own.contract.id, environment)
        asked = (str(environment),)
        cases.append(Case(thing, thing == own.key, data=data, asked=asked, family="environment"))
    for case in loose(stage, person):
        data = _filing(own.contract.id, own.environment.id) | {"attachments": str(case.kwargs["attachment_id"])}
        mine = case.thing == f"loose_{person.key}"
        cases.append(Case(case.thing, mine, data=data, asked=case.asked, family="file"))
    return cases


def _filing(contract: UUID, environment: UUID) -> dict[str, str]:
    return {
        "contract": str(contract),
        "environment": str(environment),
        "severity": "critical",
        "title": "Nothing opens",
        "description": "Since this morning.",
        "detail_symptoms": "A blank page",
        "detail_steps": "Open it",
        "detail_consequences": "Nobody works",
        "detail_customisation": "none",
    }


def _due(stage: Stage, person: Person) -> list[Case]:
    def query(contract: UUID, environment: UUID) -> dict[str, str]:
        return {"contract": str(contract), "environment": str(environment), "severity": "critical"}

    cases = [Case(NOTHING, False, query=query(NOBODY, NOBODY), asked=(str(NOBODY),))]
    for key, owned in stage.customers.items():
        asked = (str(owned.contract.id), str(owned.environment.id))
        given = query(owned.contract.id, owned.environment.id)
        cases.append(Case(key, may_file(stage, person, owned), query=given, asked=asked))
    return cases


def searches(stage: Stage, person: Person) -> list[Case]:
    """Lists with the reference of somebody's ticket as the word to look for."""
    return [
        Case(case.thing, case.entitled, query={"search": case.asked[0], "state": "all"}, asked=case.asked)
        for case in tickets(stage, person)
    ]


def _drafts(stage: Stage, person: Person) -> list[Case]:
    return [
        Case(case.thing, case.entitled, data={"key": f"reply:{case.asked[0]}", "body": "kept"}, asked=case.asked)
        for case in tickets(stage, person)
    ]


def _uploads(stage: Stage, person: Person) -> list[Case]:
    """Naming a file that is already there; the answer lists those that are one's own."""
    return [
        Case(
            case.thing,
            case.thing == f"loose_{person.key}" and case.entitled,
            data={"attachments": str(case.kwargs["attachment_id"])},
            asked=case.asked,
        )
        for case in loose(stage, person)
    ]


ROWS: dict[str, Cases] = {
    "cases": searches,
    "new_case": filings,
    "new_case_due": _due,
    "ticket_watch": act(watch="on"),
    "ticket_watchers": _watchers,
    "ticket_colleagues": tickets,
    "ticket_presence": act(does="reads"),
    "ticket": tickets,
    "ticket_live": _looks,
    "ticket_print": tickets,
    "clock_receipt": receipts,
    "ticket_take": act("waiting"),
    "ticket_assign": _assign,
    "ticket_team": _give_team,
    "ticket_reply": _reply,
    "ticket_note": act(body="A note."),
    "ticket_ask": act(body="Which release?"),
    "ticket_call": act(body="We spoke."),
    "ticket_plan": act(body="First the indexes.", expected_plan="0"),
    "ticket_resolve": act(body="Import again.", resolution_type="workaround"),
    "ticket_workaround": act(kind="provisional", body="Use the old report meanwhile."),
    "ticket_accept_workaround": act(),
    "ticket_decline_workaround": act(body="It loses data."),
    "ticket_move": act("resolved", step="confirm_test"),
    "ticket_reopen": act("resolved", body="Still wrong."),
    "ticket_close": act("resolved"),
    "ticket_severity": act(severity="minor", reason_code="impact_reassessed", reason="Few are concerned."),
    "ticket_severity_due": _severity_asked,
    "ticket_exclude": act(reason_code="guide_not_followed", evidence="Their network was down."),
    "ticket_reinstate": act(reason="It was ours."),
    "ticket_hold": act(reason_code="unpaid_invoices", reason="Two invoices are open."),
    "ticket_release": act(reason="They are paid."),
    "ticket_contest": contests,
    "ticket_accept_contest": act(contest=str(NOBODY)),
    "ticket_decline_contest": act(contest=str(NOBODY), reason="No."),
    "ticket_withdraw_contest": act(contest=str(NOBODY)),
    "upload": _uploads,
    "attachment": files,
    "attachment_picture": files,
    "save_draft": _drafts,
}
PERMISSION = {
    "ticket_take": "ticket.take",
    "ticket_assign": "ticket.assign",
    "ticket_team": "ticket.team",
    "ticket_reply": "ticket.reply",
    "ticket_note": "ticket.note",
    "ticket_watch": "ticket.watch",
    "ticket_watchers": "ticket.watch",
    "ticket_ask": "ticket.ask",
    "ticket_call": "ticket.call",
    "ticket_plan": "ticket.plan",
    "ticket_resolve": "ticket.resolve",
    "ticket_workaround": "ticket.workaround",
    "ticket_accept_workaround": "ticket.accept_workaround",
    "ticket_decline_workaround": "ticket.decline_workaround",
    "ticket_move": "ticket.move",
    "ticket_reopen": "ticket.reopen",
    "ticket_close": "ticket.close",
    "ticket_severity": "ticket.severity",
    "ticket_exclude": "ticket.exclude",
    "ticket_reinstate": "ticket.exclude",
    "ticket_hold": "ticket.hold",
    "ticket_release": "ticket.hold",
    "ticket_contest": "ticket.contest",
    "ticket_accept_contest": "ticket.agree",
    "ticket_decline_contest": "ticket.agree",
    "ticket_withdraw_contest": "ticket.contest",
    "new_case": "ticket.file",
}
