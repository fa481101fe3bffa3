"""Every address of the product with whom it concerns: the table from which the matrix is made.

A route with a parameter that has no entry here fails the matrix, and so does a view without an access mark.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.access import Access, access_of
from accounts.tenancy import Actor, acting_as
from contracts.publishing import DATA
from contracts.terms import load_terms
from tests.security import administration
from tests.security.canaries import Person
from tests.security.stage import Owned, Stage
from tickets.models import Event, Ticket
from web.forms.redrafts import groups_of

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NOBODY = UUID("00000000-0000-7000-8000-000000000000")
NO_REFERENCE = "MEGA-4999"
NO_CONTRACT = "NO-SUCH-CONTRACT"
NOTHING = "nonexistent"


@dataclass(frozen=True)
class Route:
    """One address pattern and its view's mark."""

    name: str
    parameters: frozenset[str]
    access: Access | None


@dataclass(frozen=True)
class Case:
    """One call of a route. ``entitled``: whether the thing that it names is this person's business.

    ``asked`` are the identifiers that the request itself carries; an answer may repeat them.
    """

    thing: str
    entitled: bool
    kwargs: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    family: str = ""
    is_json: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    def address(self, name: str) -> str:
        """The path of the call."""
        return reverse(name, kwargs=self.kwargs)


def walk(resolver: URLResolver | None = None) -> Iterator[Route]:
    """Every address that the resolver knows, with names of its parameters."""
    for pattern in _patterns(resolver):
        parameters = frozenset(pattern.pattern.regex.groupindex)
        yield Route(pattern.name or str(pattern.pattern), parameters, access_of(pattern.callback))


def _patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern)
        elif isinstance(pattern, URLPattern):
            yield pattern


@cache
def _answered() -> dict[str, frozenset[str]]:
    return {pattern.name or str(pattern.pattern): _verbs_of(pattern.callback) for pattern in _patterns()}


def _verbs_of(view: Any) -> frozenset[str]:
    if hasattr(view, "methods"):
        return frozenset(view.methods)
    if hasattr(view, "cls"):
        return frozenset(verb.upper() for verb in view.cls.http_method_names if hasattr(view.cls, verb))
    return frozenset(VERBS)


def answered(route: str) -> frozenset[str]:
    """The verbs that an address has a view for; all of them where the view does not say."""
    return _answered()[route]


def _serves(person: Person, owned: Owned) -> bool:
    return person.serves("octipas" if owned.key == "c" else "mega", owned.key)


def _tickets(
    stage: Stage, person: Person, which: str = "ticket", data: Callable[[Ticket | None], dict[str, Any]] | None = None
) -> list[Case]:
    """A ticket of each customer, and none."""
    made = data or (lambda ticket: {})
    cases = [Case(NOTHING, False, {"reference": NO_REFERENCE}, data=made(None), asked=(NO_REFERENCE,))]
    for key, owned in stage.customers.items():
        ticket: Ticket = getattr(owned, which)
        reference = {"reference": ticket.reference}
        cases.append(Case(key, _serves(person, owned), reference, data=made(ticket), asked=(ticket.reference,)))
    return cases


def _act(which: str = "ticket", **given: str) -> Callable[[Stage, Person], list[Case]]:
    """An act on a ticket with a body that would be accepted."""

    def cases(stage: Stage, person: Person) -> list[Case]:
        def data(ticket: Ticket | None) -> dict[str, Any]:
            if ticket is None:
                return {**given, "expected_version": "1"}
            version = ticket.public_version if person.is_external else ticket.version
            return {**given, "expected_version": str(version)}

        return _tickets(stage, person, which, data)

    return cases


def _reply(stage: Stage, person: Person) -> list[Case]:
    """An answer; also one on a ticket of one's own that carries somebody else's file."""
    cases = _act(body="An answer.")(stage, person)
    own = next((owned for owned in stage.customers.values() if _serves(person, owned)), None)
    if own is None or own.ticket is None:
        return cases
    for case in _loose(stage, person):
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
    cases = _act(assignee=str(colleagues["silent"].person))(stage, person)
    own = next((owned for owned in stage.customers.values() if _serves(person, owned)), None)
    if own is None or own.ticket is None:
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
    cases = _act(team=str(own_team))(stage, person)
    own = next((owned for owned in stage.customers.values() if _serves(person, owned)), None)
    if own is None or own.ticket is None:
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
    cases = _act(act="add", membership=me)(stage, person)
    own = next((owned for owned in stage.customers.values() if _serves(person, owned)), None)
    if own is None or own.ticket is None or not person.may("ticket.watch"):
        return cases
    others = {
        NOTHING: NOBODY,
        "other side": stage.people[own.contact].acting.person
        if person.is_staff
        else stage.staff["mega"]["engineer"].person,
        "stranger": stage.staff["octipas" if person.provider == "mega" else "mega"]["auditor"].person,
    }
    for thing, key in others.items():
        data = {"act": "add", "membership": str(key)}
        asked = (str(key), own.ticket.reference)
        cases.append(Case(thing, False, {"reference": own.ticket.reference}, data=data, asked=asked, family="person"))
    return cases


def _filed_entry(ticket: Ticket) -> UUID:
    with acting_as(Actor.system(ticket.provider_id)):
        return Event.objects.get(ticket=ticket, kind="filed").id


def _contest(stage: Stage, person: Person) -> list[Case]:
    """The severity with which a ticket was filed is disputed."""

    def data(ticket: Ticket | None) -> dict[str, Any]:
        entry = _filed_entry(ticket) if ticket else NOBODY
        return {"about": "severity", "entry": str(entry), "severity": "minor", "reason": "One user only."}

    return _tickets(stage, person, "ticket", data)


def _looks(stage: Stage, person: Person) -> list[Case]:
    """Whether something happened since a version of long ago."""
    return [
        Case(case.thing, case.entitled, case.kwargs, query={"version": "0"}, asked=case.asked)
        for case in _tickets(stage, person)
    ]


def _severity_asked(stage: Stage, person: Person) -> list[Case]:
    """What another severity would do to the deadlines."""
    return [
        Case(case.thing, case.entitled, case.kwargs, query={"severity": "minor"}, asked=case.asked)
        for case in _tickets(stage, person)
    ]


def _receipts(stage: Stage, person: Person) -> list[Case]:
    return [
        Case(case.thing, case.entitled, {**case.kwargs, "target": "response"}, asked=case.asked)
        for case in _tickets(stage, person)
    ]


def _files(stage: Stage, person: Person) -> list[Case]:
    """Files of public and private messages, and uploads that nobody has sent yet."""
    cases = [Case(NOTHING, False, {"attachment_id": NOBODY}, asked=(str(NOBODY),))]
    for owned in stage.customers.values():
        for name, row in owned.files.items():
            if owned.key == "e" and name != "public":
                continue
            entitled = _serves(person, owned) and (name != "private" or person.is_staff)
            if name.startswith("loose_"):
                entitled = name == f"loose_{person.key}" and bool(person.provider)
            is_loose = name.startswith("loose_")
            thing = name if is_loose else f"{owned.key}:{name}"
            cases.append(Case(thing, entitled, {"attachment_id": row.id}, asked=(str(row.id),)))
    return cases


def _loose(stage: Stage, person: Person) -> list[Case]:
    """Files by whose id somebody might take them along: one's own upload, and those of others, sent or not."""
    shown = {NOTHING, "a:public", "a:private", "loose_contact_a", "loose_engineer", "loose_contact_c"}
    return [case for case in _files(stage, person) if case.thing in shown | {f"loose_{person.key}"}]


def _contracts(stage: Stage, person: Person) -> list[Case]:
    cases = [Case(NOTHING, False, {"contract_id": NOBODY}, asked=(str(NOBODY),))]
    for key, owned in stage.customers.items():
        asked = (str(owned.contract.id),)
        cases.append(Case(key, _serves(person, owned), {"contract_id": owned.contract.id}, asked=asked))
    return cases


def _environments(stage: Stage, person: Person) -> list[Case]:
    """A technical record is written for an environment of each customer."""
    data = {"number": "1", "software": "HOPEX 6.1", "remarks": "As of today."}
    cases = [Case(NOTHING, False, {"environment_id": NOBODY}, data=data, asked=(str(NOBODY),))]
    for key, owned in stage.customers.items():
        named = {"environment_id": owned.environment.id}
        cases.append(Case(key, _serves(person, owned), named, data=data, asked=(str(owned.environment.id),)))
    return cases


def _decisions(stage: Stage, person: Person) -> list[Case]:
    """An amendment that there is not is approved."""
    return [
        Case(
            case.thing,
            case.entitled,
            case.kwargs,
            data={"amendment": str(NOBODY), "action": "approve"},
            asked=case.asked,
        )
        for case in _contracts(stage, person)
    ]


def _proposals(stage: Stage, person: Person) -> list[Case]:
    """An amendment is drawn up and looked at; whoever only looks writes nothing."""
    held = groups_of(load_terms(DATA / "hopex-saas.yaml"), {}, "en")
    fields = {name: value or "" for group in held for part in group.parts for name, value in part.initial().items()}
    given = {
        "reference": "AV-1",
        "in_force_from": "2028-01-01",
        "reason": "As agreed.",
        "figure_response_critical_amount": "2",
        "figure_response_critical_unit": "business_hours",
        "action": "preview",
    }
    data = {name: str(value) for name, value in (fields | given).items()}
    return [
        Case(case.thing, case.entitled, case.kwargs, data=data, asked=case.asked) for case in _contracts(stage, person)
    ]


def _announcements(stage: Stage, person: Person) -> list[Case]:
    """A closure for everybody is drawn up and looked at."""
    data = {
        "scope": "all",
        "calendar": "fr",
        "what": "closed",
        "first_day": "2028-01-03",
        "name": "Works",
        "reference": "N-1",
        "action": "preview",
    }
    return [
        Case(case.thing, case.entitled, case.kwargs, data=data, asked=case.asked) for case in _contracts(stage, person)
    ]


def _what_ifs(stage: Stage, person: Person) -> list[Case]:
    """Past tickets are counted again with fewer critical ones."""
    given = {"first_day": "2026-05-01", "last_day": "2026-05-31", "what": "severities", "severity_critical": "major"}
    return [
        Case(case.thing, case.entitled, case.kwargs, data=given, asked=case.asked) for case in _contracts(stage, person)
    ]


def _mails(stage: Stage, person: Person) -> list[Case]:
    cases = [Case(NOTHING, False, {"mail_id": NOBODY}, asked=(str(NOBODY),))]
    shown = {"contact_a", "contact_b", "contact_c", "engineer", "octipas_engineer", person.key}
    for key in sorted(shown & stage.mails.keys()):
        row = stage.mails[key]
        entitled = key == person.key and bool(person.provider)
        cases.append(Case(key, entitled, {"mail_id": row}, asked=(str(row),)))
    return cases


def _notices(stage: Stage, person: Person) -> list[Case]:
    cases = [Case(NOTHING, False, data={"ids": str(NOBODY)}, asked=(str(NOBODY),))]
    for key in ("contact_a", "contact_b", "contact_c", "engineer", "octipas_engineer"):
        row = stage.notices[key]
        entitled = key == person.key and bool(person.provider)
        cases.append(Case(key, entitled, data={"ids": str(row)}, asked=(str(row),)))
    return cases


def _sessions(stage: Stage, person: Person) -> list[Case]:
    """Other people's sessions; one's present session cannot be ended there either."""
    cases = [Case(NOTHING, False, data={"session": "999999"})]
    for key in ("contact_a", "engineer", "octipas_engineer"):
        cases.append(Case(key, False, data={"session": str(stage.sessions[key])}))
    return cases


def may_file(stage: Stage, person: Person, owned: Owned) -> bool:
    """Named contacts under a contract that is in force."""
    return _serves(person, owned) and person.may("ticket.file") and owned.key != "e"


def _filings(stage: Stage, person: Person) -> list[Case]:
    """A filing under each contract, one with a strange environment, one with a strange file."""
    nothing = _filing(NOBODY, NOBODY)
    cases = [Case(NOTHING, False, query={"contract": NOBODY}, data=nothing, asked=(str(NOBODY),))]
    for key, owned in stage.customers.items():
        data = _filing(owned.contract.id, owned.environment.id)
        asked = (data["contract"], data["environment"])
        # Under a contract of his own that has ended nothing is filed, but what he typed is kept as his draft.
        entitled = _serves(person, owned) and person.may("ticket.file")
        cases.append(Case(key, entitled, query={"contract": owned.contract.id}, data=data, asked=asked))
    own = next((owned for owned in stage.customers.values() if may_file(stage, person, owned)), None)
    if own is None:
        return cases
    environments = {NOTHING: NOBODY} | {key: owned.environment.id for key, owned in stage.customers.items()}
    for thing, environment in environments.items():
        data = _filing(own.contract.id, environment)
        asked = (str(environment),)
        cases.append(Case(thing, thing == own.key, data=data, asked=asked, family="environment"))
    for case in _loose(stage, person):
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


def _searches(stage: Stage, person: Person) -> list[Case]:
    """Lists with the reference of somebody's ticket as the word to look for."""
    return [
        Case(case.thing, case.entitled, query={"search": case.asked[0], "state": "all"}, asked=case.asked)
        for case in _tickets(stage, person)
    ]


def _queues(stage: Stage, person: Person) -> list[Case]:
    cases = [*_searches(stage, person)]
    cases.append(
        Case(NOTHING, False, query={"customer": NOBODY, "state": "all"}, asked=(str(NOBODY),), family="customer")
    )
    for key, owned in stage.customers.items():
        query, asked = {"customer": owned.customer.id, "state": "all"}, (str(owned.customer.id),)
        cases.append(Case(key, _serves(person, owned), query=query, asked=asked, family="customer"))
    return cases


def _queue_searches(stage: Stage, person: Person) -> list[Case]:
    """The queue as a file or as news: every row of it would name its ticket."""
    return [Case("-", True), *_queues(stage, person)]


def _bulk_takes(stage: Stage, person: Person) -> list[Case]:
    """A ticket of each customer is taken along with many others."""
    cases = []
    for case in _tickets(stage, person, "waiting"):
        data = {"act": "take", "chosen": f"{case.asked[0]}:1"}
        cases.append(Case(case.thing, case.entitled, data=data, asked=case.asked))
    return cases


def _views(stage: Stage, person: Person) -> list[Case]:
    """Views of the queue: one's own, those of others, those that are shared at either provider."""
    data = {"name": "Renamed", "column_1": "due"}
    cases = [Case(NOTHING, False, {"view_id": NOBODY}, data=data, asked=(str(NOBODY),))]
    for key, row in stage.views.items():
        entitled = person.provider == key.removeprefix("shared_") if key.startswith("shared_") else key == person.key
        cases.append(Case(key, entitled, {"view_id": row}, data=data, asked=(str(row),)))
    return cases


def _is_own(person: Person, key: str) -> bool:
    """Whether what staff keep under ``key`` is this person's, or shared with him."""
    is_shared = key.startswith("shared_")
    return person.is_staff and (person.provider == key.removeprefix("shared_") if is_shared else key == person.key)


def _canned(stage: Stage, person: Person) -> list[Case]:
    """Canned replies: one's own, those of others, those that are shared at either provider."""
    data = {"title": "Other words", "use": "both", "body_en": "Thank you.", "version": "1"}
    cases = [Case(NOTHING, False, {"reply_id": NOBODY}, data=data, asked=(str(NOBODY),))]
    for key, row in stage.canned.items():
        cases.append(Case(key, _is_own(person, key), {"reply_id": row}, data=data, asked=(str(row),)))
    return cases


def _canned_copies(stage: Stage, person: Person) -> list[Case]:
    """A reply is written anew, and begun as a copy of each other one."""
    cases = [Case("-", True, data={"title": "Anew", "use": "both", "body_en": "Thank you."})]
    for case in _canned(stage, person):
        query, asked = {"from": str(case.kwargs["reply_id"])}, case.asked
        cases.append(Case(case.thing, case.entitled, query=query, asked=asked, family="copy"))
    return cases


def _insertions(stage: Stage, person: Person) -> list[Case]:
    """A shared reply goes into a note on each ticket; each other reply into one on a ticket of one's own."""
    shared = stage.canned[f"shared_{person.provider or 'mega'}"]
    data = {"act": "note", "body": "typed", "canned": f"{shared}:en"}
    cases = _tickets(stage, person, data=lambda ticket: data)
    own = next((owned for owned in stage.customers.values() if _serves(person, owned)), None)
    if own is None or own.ticket is None:
        return cases
    named, headers = {"reference": own.ticket.reference}, {"X-Requested-With": "fetch"}
    for case in _canned(stage, person):
        key = str(case.kwargs["reply_id"])
        told = {"data": data | {"canned": f"{key}:en"}, "family": "canned", "headers": headers}
        cases.append(Case(case.thing, case.entitled, named, asked=(key, own.ticket.reference), **told))
    return cases


def _drafts(stage: Stage, person: Person) -> list[Case]:
    return [
        Case(case.thing, case.entitled, data={"key": f"reply:{case.asked[0]}", "body": "kept"}, asked=case.asked)
        for case in _tickets(stage, person)
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
        for case in _loose(stage, person)
    ]


def _demo(stage: Stage, person: Person) -> list[Case]:
    """Only the accounts that the demo offers; a real person's user id opens nothing."""
    cases = [Case(NOTHING, False, data={"account": str(NOBODY)})]
    cases += [
        Case(key, False, data={"account": str(stage.people[key].acting.user_id)}) for key in ("engineer", "contact_a")
    ]
    return [*cases, Case("decoy", True, data={"account": str(stage.demo_user)})]


def _plain(**data: str) -> Callable[[Stage, Person], list[Case]]:
    return lambda stage, person: [Case("-", True, data=data)]


def _contracts_by_reference(stage: Stage, person: Person) -> list[Case]:
    cases = [Case(NOTHING, False, {"reference": NO_CONTRACT}, asked=(NO_CONTRACT,))]
    for key, owned in stage.customers.items():
        reference = owned.contract.reference
        cases.append(Case(key, _serves(person, owned), {"reference": reference}, asked=(reference,)))
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


# The API -------------------------------------------------------------------------------------------------------------
def _api_lists(stage: Stage, person: Person) -> list[Case]:
    """Lists of tickets: of everything, by a word, by a customer, by a contract, by who has them."""
    cases = [Case("-", True), Case("-", True, query={"order": "due", "size": "1"})]
    for case in _tickets(stage, person):
        cases.append(Case(case.thing, case.entitled, query={"q": case.asked[0]}, asked=case.asked))
    for name, family in (("customer", "customer"), ("contract", "contract")):
        nothing = str(NOBODY) if name == "customer" else NO_CONTRACT
        cases.append(Case(NOTHING, False, query={name: nothing}, asked=(nothing,), family=family))
        for key, owned in stage.customers.items():
            value = str(owned.customer.id) if name == "customer" else owned.contract.reference
            query, asked = {name: value}, (value,)
            cases.append(Case(key, _serves(person, owned), query=query, asked=asked, family=family))
    return [*cases, *_api_filings(stage, person)]


def _api_filings(stage: Stage, person: Person) -> list[Case]:
    """The filings of the page as programs send them."""
    references = {str(owned.contract.id): owned.contract.reference for owned in stage.customers.values()}
    cases = []
    for case in _filings(stage, person):
        given = dict(case.data)
        body: dict[str, Any] = {name: given[name] for name in ("environment", "severity", "title", "description")}
        body["contract"] = references.get(given["contract"], NO_CONTRACT)
        details = {name: value for name, value in given.items() if name.startswith("detail_")}
        body["details"] = {name.removeprefix("detail_"): value for name, value in details.items()}
        if "attachments" in given:
            body["attachments"] = [given["attachments"]]
        owner = stage.customers.get(case.thing)
        # Whoever sees the contract but may not file is told so; that is no secret from him.
        known = case.entitled or (not case.family and owner is not None and _serves(person, owner))
        told = {"data": body, "asked": case.asked, "family": f"filing {case.family}", "is_json": True}
        cases.append(Case(case.thing, known, **told))
    return cases


def _api_act(which: str = "ticket", **body: Any) -> "Cases":
    """An act on a ticket with the version that its reader would send."""

    def cases(stage: Stage, person: Person) -> list[Case]:
        made = []
        for case in _tickets(stage, person, which):
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
        for case in _contest(stage, person)
    ]


def _asked_as(calls: administration.Calls) -> "Cases":
    return lambda stage, person: [
        Case(call.thing, call.entitled, call.kwargs, data=call.data, asked=call.asked) for call in calls(stage, person)
    ]


Cases = Callable[[Stage, Person], list[Case]]
TABLE: dict[str, Cases] = {
    "home": _plain(),
    "customer_home": _plain(),
    "sign_in": _plain(email="nobody@mega.example", password="wrong"),
    "sign_out": _plain(),
    "demo_sign_in": _demo,
    "sessions": _plain(),
    "end_session": _sessions,
    "preferences": _plain(),
    "set_time_zone": _plain(time_zone="Asia/Tokyo"),
    "set_language": _plain(language="fr"),
    "set_appearance": _plain(theme="dark"),
    "mailbox": _plain(),
    "mail": _mails,
    "notifications": _plain(),
    "notifications_read": _notices,
    "styleguide": _plain(),
    "healthz": _plain(),
    "readyz": _plain(),
    "metrics": _plain(),
    "cases": _searches,
    "new_case": _filings,
    "new_case_due": _due,
    "queue": _queues,
    "queue_counts": _queues,
    "queue_live": _queue_searches,
    "queue_file": _queue_searches,
    "queue_bulk": _bulk_takes,
    "queue_views": _plain(opens_with="mine", column_1="ticket"),
    "queue_view_new": _plain(name="Anew", column_1="ticket"),
    "queue_view": _views,
    "queue_view_delete": _views,
    "canned_replies": _plain(),
    "canned_reply_new": _canned_copies,
    "canned_reply": _canned,
    "canned_reply_archive": _canned,
    "ticket_canned": _insertions,
    "set_keys": _plain(keys="off"),
    "set_watching": _plain(mails="off"),
    "ticket_watch": _act(watch="on"),
    "ticket_watchers": _watchers,
    "ticket_colleagues": _tickets,
    "ticket_presence": _act(does="reads"),
    "ticket": _tickets,
    "ticket_live": _looks,
    "ticket_print": _tickets,
    "clock_receipt": _receipts,
    "ticket_take": _act("waiting"),
    "ticket_assign": _assign,
    "ticket_team": _give_team,
    "ticket_reply": _reply,
    "ticket_note": _act(body="A note."),
    "ticket_ask": _act(body="Which release?"),
    "ticket_call": _act(body="We spoke."),
    "ticket_plan": _act(body="First the indexes.", expected_plan="0"),
    "ticket_resolve": _act(body="Import again.", resolution_type="workaround"),
    "ticket_workaround": _act(kind="provisional", body="Use the old report meanwhile."),
    "ticket_accept_workaround": _act(),
    "ticket_decline_workaround": _act(body="It loses data."),
    "ticket_move": _act("resolved", step="confirm_test"),
    "ticket_reopen": _act("resolved", body="Still wrong."),
    "ticket_close": _act("resolved"),
    "ticket_severity": _act(severity="minor", reason_code="impact_reassessed", reason="Few are concerned."),
    "ticket_severity_due": _severity_asked,
    "ticket_exclude": _act(reason_code="guide_not_followed", evidence="Their network was down."),
    "ticket_reinstate": _act(reason="It was ours."),
    "ticket_hold": _act(reason_code="unpaid_invoices", reason="Two invoices are open."),
    "ticket_release": _act(reason="They are paid."),
    "ticket_contest": _contest,
    "ticket_accept_contest": _act(contest=str(NOBODY)),
    "ticket_decline_contest": _act(contest=str(NOBODY), reason="No."),
    "ticket_withdraw_contest": _act(contest=str(NOBODY)),
    "upload": _uploads,
    "attachment": _files,
    "attachment_picture": _files,
    "markdown_preview": _plain(body="*Hello*"),
    "save_draft": _drafts,
    "environment": _environments,
    "contract": _contracts,
    "contract_clauses": _contracts,
    "contract_decide": _decisions,
    "contract_what_if": _what_ifs,
    "contract_propose": _proposals,
    "contract_announce": _announcements,
    **{name: _asked_as(calls) for name, calls in administration.CALLS.items()},
    "api_reference": _plain(),
    "api_openapi": _plain(),
    "api_contracts": _contract_pages,
    "api_contract": _contracts_by_reference,
    "api_clocks": _tickets,
    "api_clock_receipt": _receipts,
    "api_compute": _computations,
    "api_tickets": _api_lists,
    "api_ticket": _tickets,
    "api_comments": _api_act(body="An answer."),
    "api_events": _tickets,
    "api_ticket_files": _tickets,
    "api_upload": _plain(),
    "api_attachment": _files,
    "api_transitions": _tickets,
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
"""Name of an address → its calls for one person, with bodies that would do something."""

PERMISSION = {
    **administration.PERMISSION,
    "queue_bulk": "ticket.take",
    "queue_views": "queue.keep",
    "queue_view_new": "queue.keep",
    "queue_view": "queue.keep",
    "queue_view_delete": "queue.keep",
    "canned_reply_new": "canned.keep",
    "canned_reply": "canned.keep",
    "canned_reply_archive": "canned.keep",
    "ticket_canned": "canned.keep",
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
    "contract_decide": "contract.approve",
    "environment": "environment.record",
    "new_case": "ticket.file",
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
} | {
    f"api_{name}": f"ticket.{name}"
    for name in (
        *("take", "assign", "team", "ask", "call", "plan", "workaround", "accept_workaround", "decline_workaround"),
        *("severity", "move", "resolve", "reopen", "close"),
    )
}
FREE = frozenset(
    {"save_draft", "notifications_read", "demo_sign_in", "sign_out", "set_language", "set_time_zone", "set_watching"}
)
"""Addresses by which everybody writes, but only what is his own."""


def may_write(route: str, person: Person, case: Case) -> bool:
    """Whether a POST of ``case`` may change anything at all."""
    if route in {"sign_out", "set_language"}:
        return bool(person.session_key)
    if route == "forgotten_password":
        return True
    if not case.entitled:
        return False
    if route == "demo_sign_in":
        return True
    if not person.provider:
        return False
    return route in FREE or (route in PERMISSION and person.may(PERMISSION[route]))
