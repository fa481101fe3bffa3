"""Calls of the desk: the queue, acts on many tickets, views and canned replies."""

from urllib.parse import urlencode
from uuid import UUID

from tests.security.canaries import Person
from tests.security.cases import NOBODY, NOTHING, Case, Cases, own_of, plain, serves, tickets
from tests.security.stage import Stage
from tests.security.ticket_routes import searches


def _queues(stage: Stage, person: Person) -> list[Case]:
    """The queue, and the queue of a customer, a team or somebody to whom tickets are given."""
    cases = [*searches(stage, person)]
    for key, owned in stage.customers.items():
        cases.append(_filtered("customer", key, owned.customer.id, serves(person, owned)))
    for slug, team in stage.teams.items():
        cases.append(_filtered("team", slug, team, slug == person.provider))
    for key in ("engineer", "octipas_engineer", "contact_a"):
        someone = stage.people[key]
        is_desk = person.is_staff and someone.is_staff and person.provider == someone.provider
        cases.append(_filtered("assignee", key, someone.acting.person, is_desk))
    return [_filtered(name, NOTHING, NOBODY, False) for name in ("customer", "team", "assignee")] + cases


def _filtered(name: str, thing: str, key: UUID, entitled: bool) -> Case:
    return Case(thing, entitled, query={name: key, "state": "all"}, asked=(str(key),), family=name)


def _queue_searches(stage: Stage, person: Person) -> list[Case]:
    """The queue as a file or as news: every row of it would name its ticket."""
    return [Case("-", True), *_queues(stage, person)]


def _bulk(stage: Stage, person: Person) -> list[Case]:
    """Each act on a ticket of each customer, and each act that names something with a thing of somebody else's."""
    cases = _bulk_of(stage, person, "take", "waiting", family="")
    for act, (which, given) in _bulk_acts(stage, person).items():
        cases += _bulk_of(stage, person, act, which, family=act, sure="1", **given)
    cases += _bulk_of(stage, person, "close", "resolved", family="asked before closing")
    own = own_of(stage, person)
    if own is None:
        return cases
    ticket = own.ticket
    assert ticket is not None
    for act, name, thing, key in _foreign_choices(stage, person):
        row = f"{ticket.reference}:{ticket.version}"
        data = {"act": act, "chosen": row, "sure": "1", name: str(key)}
        cases.append(Case(thing, False, data=data, asked=(row, ticket.reference, str(key)), family=f"{act}: {name}"))
    return cases


def _bulk_acts(stage: Stage, person: Person) -> dict[str, tuple[str, dict[str, str]]]:
    """Act → on which ticket of each customer, and what it needs to succeed."""
    provider = person.provider or "mega"
    return {
        "assign": ("ticket", {"assignee": str(stage.staff[provider]["silent"].person)}),
        "team": ("ticket", {"team": str(stage.teams[provider])}),
        "reply": ("ticket", {"canned": str(stage.canned[f"shared_{provider}"])}),
        "severity": (
            "ticket",
            {"severity": "minor", "reason_code": "impact_reassessed", "reason": "Few are concerned."},
        ),
        "resolve": ("ticket", {"resolution_type": "workaround", "body": "Import again."}),
        "close": ("resolved", {}),
    }


def _bulk_of(stage: Stage, person: Person, act: str, which: str, *, family: str, **given: str) -> list[Case]:
    cases = []
    for case in tickets(stage, person, which):
        owned = stage.customers.get(case.thing)
        row = f"{case.asked[0]}:{getattr(owned, which).version if owned else 1}"
        data = {"act": act, "chosen": row, **given}
        cases.append(Case(case.thing, case.entitled, data=data, asked=(row, *case.asked), family=family))
    return cases


def _foreign_choices(stage: Stage, person: Person) -> list[tuple[str, str, str, UUID]]:
    """Act, field, whose thing it is, and its key: nothing of it may be chosen here, whether it exists or not."""
    other = "octipas" if person.provider in {"mega", ""} else "mega"
    found = [("assign", "assignee", NOTHING, NOBODY), ("team", "team", NOTHING, NOBODY)]
    found += [("reply", "canned", NOTHING, NOBODY)]
    found += [("reply", "canned", key, row) for key, row in stage.canned.items() if not _is_own(person, key)]
    found += [("team", "team", "stranger", stage.teams[other])]
    people = {"stranger": stage.staff[other]["engineer"], "auditor": stage.people["auditor"].acting}
    people["contact"] = stage.people["contact_a"].acting
    return found + [("assign", "assignee", thing, actor.person) for thing, actor in people.items()]


def _new_views(stage: Stage, person: Person) -> list[Case]:
    """A view is kept; one is begun, and kept, with filters that name a customer, a team or a person."""
    given = {"name": "Anew", "column_1": "ticket"}
    cases = [Case("-", True, data=given)]
    for case in _queues(stage, person):
        if case.family:
            told = {"query": case.query, "data": given | {"filters": urlencode(case.query)}}
            cases.append(Case(case.thing, case.entitled, **told, asked=case.asked, family=case.family))
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
    cases = tickets(stage, person, data=lambda ticket: data)
    own = own_of(stage, person)
    if own is None:
        return cases
    named, headers = {"reference": own.ticket.reference}, {"X-Requested-With": "fetch"}
    for case in _canned(stage, person):
        key = str(case.kwargs["reply_id"])
        told = {"data": data | {"canned": f"{key}:en"}, "family": "canned", "headers": headers}
        cases.append(Case(case.thing, case.entitled, named, asked=(key, own.ticket.reference), **told))
    return cases


ROWS: dict[str, Cases] = {
    "queue": _queues,
    "queue_counts": _queues,
    "queue_live": _queue_searches,
    "queue_file": _queue_searches,
    "queue_bulk": _bulk,
    "queue_views": plain(opens_with="mine", column_1="ticket"),
    "queue_view_new": _new_views,
    "queue_view": _views,
    "queue_view_delete": _views,
    "canned_replies": plain(),
    "canned_reply_new": _canned_copies,
    "canned_reply": _canned,
    "canned_reply_archive": _canned,
    "ticket_canned": _insertions,
}
PERMISSION = {
    "queue_bulk": "ticket.take",
    "queue_views": "queue.keep",
    "queue_view_new": "queue.keep",
    "queue_view": "queue.keep",
    "queue_view_delete": "queue.keep",
    "canned_reply_new": "canned.keep",
    "canned_reply": "canned.keep",
    "canned_reply_archive": "canned.keep",
    "ticket_canned": "canned.keep",
}
