"""Calls of the REST API, most of them those of the pages as programs send them."""

from typing import Any
from uuid import UUID

from tests.security.canaries import Person
from tests.security.cases import (
    NO_CONTRACT,
    NOBODY,
    NOTHING,
    Case,
    Cases,
    files,
    own_of,
    plain,
    receipts,
    serves,
    tickets,
)
from tests.security.stage import Stage
from tests.security.ticket_routes import contests, filings, strangers_to


def _contracts_by_reference(stage: Stage, person: Person) -> list[Case]:
    cases = [Case(NOTHING, False, {"reference": NO_CONTRACT}, asked=(NO_CONTRACT,))]
    for key, owned in stage.customers.items():
        reference = owned.contract.reference
        cases.append(Case(key, serves(person, owned), {"reference": reference}, asked=(reference,)))
    return cases


def _contract_pages(stage: Stage, person: Person) -> list[Case]:
    return [Case("-", True), Case("-", True, query={"after": "A", "size": "1"})]


def _computations(stage: Stage, person: Person) -> list[Case]:
    """A deadline under each contract, alone and in a batch; and under terms, by their code."""
    due = {"op": "due", "severity": "critical", "target": "response", "at": "2026-05-04T10:00:00+02:00"}
    cases = []
    for case in _contracts_by_reference(stage, person):
        one = due | {"contract": case.kwargs["reference"]}
        for family, data in (("", one), ("batch", {"cases": [one | {"id": 1}]})):
            cases.append(Case(case.thing, case.entitled, data=data, asked=case.asked, family=family, is_json=True))
    for thing, code in ((NOTHING, "no-such-terms"), ("unpublished", "octipas")):
        cases.append(Case(thing, False, data=due | {"terms": code}, asked=(code,), family="terms", is_json=True))
    own = {"op": "add", "seconds": 60, "start": "2026-05-04T10:00:00+02:00"}
    for thing, entitled, code in ((NOTHING, False, "no-such-calendar"), ("own", bool(person.provider), "fr")):
        cases.append(Case(thing, entitled, data=own | {"calendar": code}, family="calendar", is_json=True))
    return cases


def _api_lists(stage: Stage, person: Person) -> list[Case]:
    """Lists of tickets: of everything, by a word, by a customer, by a contract, by who has them."""
    cases = [Case("-", True), Case("-", True, query={"order": "due", "size": "1"})]
    for case in tickets(stage, person):
        cases.append(Case(case.thing, case.entitled, query={"q": case.asked[0]}, asked=case.asked))
    for name, family in (("customer", "customer"), ("contract", "contract")):
        nothing = str(NOBODY) if name == "customer" else NO_CONTRACT
        cases.append(Case(NOTHING, False, query={name: nothing}, asked=(nothing,), family=family))
        for key, owned in stage.customers.items():
            value = str(owned.customer.id) if name == "customer" else owned.contract.reference
            query, asked = {name: value}, (value,)
            cases.append(Case(key, serves(person, owned), query=query, asked=asked, family=family))
    return [*cases, *_api_filings(stage, person)]


def _api_filings(stage: Stage, person: Person) -> list[Case]:
    """The filings of the page as programs send them."""
    references = {str(owned.contract.id): owned.contract.reference for owned in stage.customers.values()}
    cases = []
    for case in filings(stage, person):
        given = dict(case.data)
        body: dict[str, Any] = {name: given[name] for name in ("environment", "severity", "title", "description")}
        body["contract"] = references.get(given["contract"], NO_CONTRACT)
        details = {name: value for name, value in given.items() if name.startswith("detail_")}
        body["details"] = {name.removeprefix("detail_"): value for name, value in details.items()}
        if "attachments" in given:
            body["attachments"] = [given["attachments"]]
        owner = stage.customers.get(case.thing)
        # Whoever sees the contract but may not file is told so; that is no secret from him.
        known = case.entitled or (not case.family and owner is not None and serves(person, owner))
        told = {"data": body, "asked": case.asked, "family": f"filing {case.family}", "is_json": True}
        cases.append(Case(case.thing, known, **told))
    return cases


def _api_act(which: str = "ticket", **body: Any) -> "Cases":
    """An act on a ticket with the version that its reader would send."""

    def cases(stage: Stage, person: Person) -> list[Case]:
        made = []
        for case in tickets(stage, person, which):
            owned = stage.customers.get(case.thing)
            ticket = getattr(owned, which) if owned else None
            version = (ticket.public_version if person.is_external else ticket.version) if ticket else 1
            headers = {"If-Match": f'"{version}"'}
            told = {"data": dict(body), "asked": case.asked, "is_json": True, "headers": headers}
            made.append(Case(case.thing, case.entitled, case.kwargs, **told))
        return made

    return cases


def _api_assign(stage: Stage, person: Person) -> list[Case]:
    colleagues = stage.staff.get(person.provider, stage.staff["mega"])
    return _api_act(assignee=str(colleagues["silent"].person))(stage, person)


def _api_give_team(stage: Stage, person: Person) -> list[Case]:
    return _api_act(team=str(stage.teams[person.provider or "mega"]))(stage, person)


def _api_contest(stage: Stage, person: Person) -> list[Case]:
    """The disputed severity of the page, as programs send it."""
    return [
        Case(case.thing, case.entitled, case.kwargs, data=case.data, asked=case.asked, is_json=True)
        for case in contests(stage, person)
    ]


def _api_watchers(stage: Stage, person: Person) -> list[Case]:
    """Oneself watches a ticket of each customer; on one's own also people who are nobody's colleague here."""
    cases = _api_act()(stage, person)
    for thing, reference, key in _strange_watchers(stage, person):
        told = {"data": {"watcher": str(key)}, "asked": (reference, str(key)), "family": "person", "is_json": True}
        cases.append(Case(thing, False, {"reference": reference}, **told))
    return cases


def _api_watcher(stage: Stage, person: Person) -> list[Case]:
    """The same people watch no longer."""
    me = person.acting.person if person.provider else NOBODY
    cases = []
    for case in tickets(stage, person):
        asked = (*case.asked, str(me))
        cases.append(Case(case.thing, case.entitled, {**case.kwargs, "watcher_id": me}, asked=asked))
    for thing, reference, key in _strange_watchers(stage, person):
        kwargs = {"reference": reference, "watcher_id": key}
        cases.append(Case(thing, False, kwargs, asked=(reference, str(key)), family="person"))
    return cases


def _strange_watchers(stage: Stage, person: Person) -> list[tuple[str, str, UUID]]:
    own = own_of(stage, person)
    if own is None:
        return []
    return [(thing, own.ticket.reference, key) for thing, key in strangers_to(stage, person, own).items()]


ROWS: dict[str, Cases] = {
    "api_reference": plain(),
    "api_openapi": plain(),
    "api_contracts": _contract_pages,
    "api_contract": _contracts_by_reference,
    "api_clocks": tickets,
    "api_clock_receipt": receipts,
    "api_compute": _computations,
    "api_tickets": _api_lists,
    "api_ticket": tickets,
    "api_comments": _api_act(body="An answer."),
    "api_events": tickets,
    "api_ticket_files": tickets,
    "api_watchers": _api_watchers,
    "api_watcher": _api_watcher,
    "api_upload": plain(),
    "api_attachment": files,
    "api_transitions": tickets,
    "api_take": _api_act("waiting"),
    "api_assign": _api_assign,
    "api_team": _api_give_team,
    "api_ask": _api_act(body="Which release?"),
    "api_call": _api_act(body="We spoke."),
    "api_plan": _api_act(body="First the indexes.", expected_plan=0),
    "api_workaround": _api_act(kind="provisional", body="Use the old report meanwhile."),
    "api_accept_workaround": _api_act(),
    "api_decline_workaround": _api_act(body="It loses data."),
    "api_severity": _api_act(severity="minor", reason_code="impact_reassessed", reason="Few are concerned."),
    "api_move": _api_act("resolved", step="confirm_test"),
    "api_resolve": _api_act(body="Import again.", resolution_type="workaround"),
    "api_reopen": _api_act("resolved", body="Still wrong."),
    "api_close": _api_act("resolved"),
    "api_hold": _api_act(reason_code="unpaid_invoices", reason="Two invoices are open."),
    "api_release": _api_act(reason="They are paid."),
    "api_exclude": _api_act(reason_code="guide_not_followed", evidence="Their network was down."),
    "api_reinstate": _api_act(reason="It was ours."),
    "api_contest": _api_contest,
    "api_accept_contest": _api_act(contest=str(NOBODY)),
    "api_decline_contest": _api_act(contest=str(NOBODY), reason="No."),
    "api_withdraw_contest": _api_act(contest=str(NOBODY)),
}
PERMISSION = {
    "api_hold": "ticket.hold",
    "api_release": "ticket.hold",
    "api_exclude": "ticket.exclude",
    "api_reinstate": "ticket.exclude",
    "api_contest": "ticket.contest",
    "api_accept_contest": "ticket.agree",
    "api_decline_contest": "ticket.agree",
    "api_withdraw_contest": "ticket.contest",
    "api_tickets": "ticket.file",
    "api_comments": "ticket.reply",
    "api_watchers": "ticket.watch",
    "api_watcher": "ticket.watch",
} | {
    f"api_{name}": f"ticket.{name}"
    for name in (
        *("take", "assign", "team", "ask", "call", "plan", "workaround", "accept_workaround", "decline_workaround"),
        *("severity", "move", "resolve", "reopen", "close"),
    )
}
