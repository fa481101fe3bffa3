"""Calls of a contract's pages and of its environments."""

from contracts.publishing import DATA
from contracts.terms import load_terms
from tests.security.canaries import Person
from tests.security.cases import NOBODY, NOTHING, Case, Cases, contracts, serves
from tests.security.stage import Stage
from web.forms.redrafts import groups_of


def _environments(stage: Stage, person: Person) -> list[Case]:
    """A technical record is written for an environment of each customer."""
    data = {"number": "1", "software": "HOPEX 6.1", "remarks": "As of today."}
    cases = [Case(NOTHING, False, {"environment_id": NOBODY}, data=data, asked=(str(NOBODY),))]
    for key, owned in stage.customers.items():
        named = {"environment_id": owned.environment.id}
        cases.append(Case(key, serves(person, owned), named, data=data, asked=(str(owned.environment.id),)))
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
        for case in contracts(stage, person)
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
        Case(case.thing, case.entitled, case.kwargs, data=data, asked=case.asked) for case in contracts(stage, person)
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
        Case(case.thing, case.entitled, case.kwargs, data=data, asked=case.asked) for case in contracts(stage, person)
    ]


def _what_ifs(stage: Stage, person: Person) -> list[Case]:
    """Past tickets are counted again with fewer critical ones."""
    given = {"first_day": "2026-05-01", "last_day": "2026-05-31", "what": "severities", "severity_critical": "major"}
    return [
        Case(case.thing, case.entitled, case.kwargs, data=given, asked=case.asked) for case in contracts(stage, person)
    ]


ROWS: dict[str, Cases] = {
    "environment": _environments,
    "contract": contracts,
    "contract_clauses": contracts,
    "contract_decide": _decisions,
    "contract_what_if": _what_ifs,
    "contract_propose": _proposals,
    "contract_announce": _announcements,
}
PERMISSION = {
    "contract_decide": "contract.approve",
    "environment": "environment.record",
}
