"""What is wrong with a terms document is said with file, line, path and what is allowed."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from contracts.terms import Terms, TermsError, load_terms, parse_terms
from contracts.terms.calendars import MOST_HOURS
from contracts.terms.model import PublicHolidays
from slas.engine.spec import MOST_SPANS

DATA = Path(__file__).parents[2] / "contracts" / "data"
Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def saas() -> Terms:
    return load_terms(DATA / "hopex-saas.yaml")


def problems(terms: Terms, change: Change) -> list[str]:
    """What is wrong once a document has been changed."""
    document = terms.to_document()
    change(document)
    try:
        parse_terms(document)
    except TermsError as error:
        return [str(problem) for problem in error.problems]
    return []


def put(*path: Any) -> Change:
    """A change that puts the last item at the path before it; ``...`` takes the entry out."""
    *places, last, value = path

    def change(document: Any) -> None:
        for place in places:
            document = document[place]
        if value is ...:
            del document[last]
        else:
            document[last] = value

    return change


def add(*path: Any) -> Change:
    """A change that appends the last item to the list at the path before it."""
    *places, value = path

    def change(document: Any) -> None:
        for place in places:
            document = document[place]
        document.append(value)

    return change


TARGET = ("targets", 0)
FIGURE = (*TARGET, "figures", 1)
WRONG: list[tuple[Change, str]] = [
    (put("code", ...), "document: lacks code"),
    (
        put("colour", "red"),
        "colour: is not known here; allowed are schema, code, version, effective_from, name, source",
    ),
    (put("schema", 2), "schema: must be one of 1, not 2"),
    (put("schema", True), "schema: must be one of 1, not True"),
    (put("schema", "1"), "schema: must be one of 1, not '1'"),
    (put("code", "Hopex SaaS"), "code: must be lower-case letters, digits and hyphens, not 'Hopex SaaS'"),
    (put("version", "v1"), "version: must be a version such as 2025.1, not 'v1'"),
    (put("effective_from", "1 May 2025"), "effective_from: must be a date such as 2026-05-01, not '1 May 2025'"),
    (put("effective_from", "2025-02-30"), "effective_from: must be a date such as 2026-05-01"),
    (put("effective_from", "20250501"), "effective_from: must be a date such as 2026-05-01"),
    (put("name", "fr", ...), "name: lacks fr"),
    (put("name", "de", "x"), "name.de: is not known here; allowed are en, fr"),
    (put("name", "fr", ""), "name.fr: must be 1 to 2000 printable characters on one line"),
    (put("name", "fr", " "), "name.fr: must be 1 to 2000 printable characters"),
    (put("name", "fr", "a\nb"), "name.fr: must be 1 to 2000 printable characters"),
    (put("name", "fr", "a\x00b"), "name.fr: must be 1 to 2000 printable characters"),
    (put("name", "fr", "a" * 2001), "name.fr: must be 1 to 2000 printable characters"),
    (put("name", "fr", 5), "name.fr: must be text, not 5"),
    (put("name", "fr", None), "name.fr: must be text, not nothing"),
    (put("name", "HOPEX"), "name: must be a group of fields, not 'HOPEX'"),
    (put("severities", {}), "severities: must be a list, not a group of fields"),
    (put("severities", []), "severities: must be at least one, not a list of 0"),
    (put("severities", 0, "critical"), "severities[0]: must be a group of fields, not 'critical'"),
    (put("severities", 1, "definition", "fr", ...), "severities[1].definition: lacks fr"),
    (put("severities", 1, "code", "no_access"), "severities[1]: 'no_access' stands here twice"),
    (put("severities", 0, "kinds", 1, "code", "platform_down"), "severities[0].kinds[1]: 'platform_down' stands here"),
    (put("severities", 0, "clauses", []), "severities[0].clauses: must be at least one"),
    (put("severities", 0, "clauses", ["HSA-99"]), "severities[0].clauses: clause HSA-99 does not exist: see contracts"),
    (put("severities", 0, "clauses", ["hsa1"]), "severities[0].clauses[0]: must be a clause ID such as HSA-8 or R2"),
    (put("severities", 0, "kinds", 0, "opens_outage", "yes"), "severities[0].kinds[0].opens_outage: must be true or"),
    (put("calendars", 0, "zone", "Europe/Pari"), "calendars[0].zone: unknown time zone 'Europe/Pari': use an IANA"),
    (put("calendars", 0, "zone", "Europe"), "calendars[0].zone: unknown time zone 'Europe'"),
    (put("calendars", 0, "weekly", {}), "calendars[0].weekly: never opens: give the hours of at least one day"),
    (put("calendars", 0, "weekly", "mon", ["18:00-09:00"]), "calendars[0].weekly.mon[0]: 18:00-09:00 ends before it"),
    (put("calendars", 0, "weekly", "mon", ["09:00-09:00"]), "calendars[0].weekly.mon[0]: 09:00-09:00 ends before it"),
    (
        put("calendars", 0, "weekly", "mon", ["09:00-12:00", "11:59-18:00"]),
        "calendars[0].weekly.mon[1]: 11:59-18:00 begins before the hours in front of it end",
    ),
    (put("calendars", 0, "weekly", "mon", ["9-18"]), "calendars[0].weekly.mon[0]: must be hours such as 09:00-18:00"),
    (put("calendars", 0, "weekly", "mon", ["24:00-24:00"]), "calendars[0].weekly.mon[0]: must be hours such as"),
    (put("calendars", 0, "weekly", "lun", []), "calendars[0].weekly.lun: is not known here; allowed are mon, tue,"),
    (put("calendars", 0, "holidays", {"country": "fr"}), "calendars[0].holidays.country: must be a country code"),
    (
        put("calendars", 0, "special_days", [{"date": "2026-12-24", "hours": ["12:00-09:00"]}]),
        "calendars[0].special_days[0].hours[0]: 12:00-09:00 ends before it starts",
    ),
    (
        put("calendars", 0, "closures", [{"start": "2026-12-24", "end": "2026-12-23"}]),
        "calendars[0].closures[0]: ends before it starts",
    ),
    (
        put("calendars", 0, "also_open", ["sg"]),
        "calendars[0].also_open[0]: 'sg' is not among the calendars of this document",
    ),
    (
        put("calendars", 0, "standard_day_hours", 25),
        "calendars[0].standard_day_hours: must be a whole number from 1 to",
    ),
    (put("calendars", 0, "standard_day_hours", 0), "calendars[0].standard_day_hours: must be a whole number from 1 to"),
    (
        put(*TARGET, "calendar", "us"),
        "targets[0].calendar: 'us' is not among the calendars of this document: use fr, avail",
    ),
    (put(*TARGET, "rules", "strict"), "targets[0].rules: must be one of mega, opening, timer, not 'strict'"),
    (
        put(*TARGET, "environments", ["moon"]),
        "targets[0].environments[0]: 'moon' is not among the environments of this",
    ),
    (put(*FIGURE, "severity", "huge"), "targets[0].figures: lacks the severity critical; write no amount where it"),
    (put(*FIGURE, "severity", "minor"), "targets[0].figures: lacks the severity critical"),
    (put(*FIGURE, "amount", -1), "targets[0].figures[1].amount: must be a whole number from 0 to 100000, not -1"),
    (put(*FIGURE, "amount", 1.5), "targets[0].figures[1].amount: must be a whole number, not 1.5"),
    (put(*FIGURE, "amount", True), "targets[0].figures[1].amount: must be a whole number, not True"),
    (put(*FIGURE, "amount", ...), "targets[0].figures[1]: an amount and its unit stand together"),
    (put(*FIGURE, "unit", ...), "targets[0].figures[1]: an amount and its unit stand together"),
    (put(*FIGURE, "unit", "years"), "targets[0].figures[1].unit: must be one of hours, business_hours, business_days"),
    (put(*TARGET, "day_after_clause", ...), "targets[0]: day_after and day_after_clause stand together"),
    (put(*TARGET, "day_after", False), "targets[0]: day_after and day_after_clause stand together"),
    (put(*TARGET, "day_after_clause", "HSA-98"), "targets[0].day_after_clause: clause HSA-98 does not exist"),
    (put(*TARGET, "pauses_clause", "HSA-98"), "targets[0].pauses_clause: clause HSA-98 does not exist"),
    (
        put("filing", 1, "severities", ["huge"]),
        "filing[1].severities[0]: 'huge' is not among the severities of this document",
    ),
    (put("filing", 3, "choices", []), "filing[3]: a choice, and nothing else, has choices"),
    (put("filing", 0, "kind", "choice"), "filing[0]: a choice, and nothing else, has choices"),
    (put("alerts", 0, "percent", 80), "alerts[0].code: must be approaching:80 for 80 per cent"),
    (put("alerts", 1, "code", "approaching:99"), "alerts[1].code: must be breach for 100 per cent"),
    (put("alerts", 0, "percent", 100), "alerts[0].code: must be breach for 100 per cent"),
    (put("alerts", 1, "percent", 75), "alerts[1]: alerts ascend: put the lower percentage first"),
    (put("alerts", 0, "percent", 0), "alerts[0].percent: must be a whole number from 1 to 100, not 0"),
    (put("alerts", 0, "recipients", ["boss"]), "alerts[0].recipients[0]: 'boss' cannot be alerted: use assignee, eng"),
    (put("alerts", 0, "recipients", []), "alerts[0].recipients: must be at least one"),
    (
        put("alerts", 0, "targets", ["resolution"]),
        "alerts[0].targets[0]: 'resolution' is not among the targets of this",
    ),
    (
        put("workflow", "initial", "born"),
        "workflow.initial: 'born' is not among the states of this document: use new, in_prog",
    ),
    (put("workflow", "transitions", 0, "end", "gone"), "workflow.transitions[0].end: 'gone' is not among the states"),
    (
        put("workflow", "transitions", 0, "start", ["x"]),
        "workflow.transitions[0].start[0]: 'x' is not among the states",
    ),
    (put("workflow", "transitions", 0, "by", ["god"]), "workflow.transitions[0].by[0]: must be one of provider, cust"),
    (put("catalogue", "calendar", "us"), "catalogue.calendar: 'us' is not among the calendars of this document"),
    (
        put("catalogue", "rules", "timer"),
        "catalogue.items[14].stages[0].limit: business_hours is not a unit of the rules",
    ),
    (
        put("catalogue", "items", 0, "stages", 0, "environment", "moon"),
        "catalogue.items[0].stages[0].environment: 'moon' is not among the environments of this document",
    ),
    (
        put("entitlements", 0, "values", 0, "package", "x"),
        "entitlements[0].values: gives x, standard, enterprise: give",
    ),
    (put("entitlements", 0, "values", []), "entitlements[0].values: gives nothing: give each package once: essential"),
    (put("availability", "calendar", "us"), "availability.calendar: 'us' is not among the calendars of this document"),
    (
        put("availability", "limits", 0, "environment", "x"),
        "availability.limits[0].environment: 'x' is not among the env",
    ),
    (put("notices", 0, "rules", "timer"), ""),
    (put("notices", 0, "limit", "unit", "hours"), ""),
    (put("notices", 2, "rules", "opening"), "notices[2].limit: months is not a unit of the rules opening: use minutes"),
    (put("contact_rules", "max_contacts", 0), "contact_rules.max_contacts: must be a whole number from 1 to 1000"),
    (put("contact_rules", "max_contacts", None), ""),
    (put("readings", 0, "value", "Two words"), "readings[0].value: must be lower-case letters, digits and underscores"),
    (put("vocabulary", []), ""),
]


CLOSED_ALL_YEAR = [{"start": "2027-01-01", "end": "2027-12-31"}]
EVERY_DAY = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
CRITICAL = ("escalations", 0, "levels")
WRONG_PROMISES: dict[str, list[tuple[Change, str]]] = {
    "hopex-saas": [
        (
            put("calendars", 0, "closures", CLOSED_ALL_YEAR),
            "calendars[0].closures: never opens in 2027: its closures and days off leave no day open",
        ),
        (
            put("calendars", 0, "closures", [{"start": "2027-01-01", "end": "2028-01-02"}]),
            "calendars[0].closures[0]: lasts longer than 366 days",
        ),
        (
            put("calendars", 0, "holidays", {"country": "XX"}),
            "calendars[0].holidays.country: no holidays are known for XX: use an ISO code such as FR",
        ),
        (
            put("calendars", 0, "holidays", {"country": "FR", "subdivision": "ZZ"}),
            "calendars[0].holidays.subdivision: ZZ is no part of FR whose holidays are known: use 57, 6AE",
        ),
        (
            put("calendars", 0, "from_contract", True),
            "calendars[0].weekly: has hours although from_contract leaves them to the contract: keep one",
        ),
        (
            put(*FIGURE, "from_contract", True),
            "targets[0].figures[1]: has an amount although from_contract leaves it to the contract: keep one",
        ),
        (
            put("severities", 0, "kinds", 0, "label", {"en": "The platform is down", "fr": "The platform is down"}),
            "severities[0].kinds[0].label.fr: is 'The platform is down' in both languages: translate it",
        ),
        (put("severities", 0, "kinds", 0, "label", {"en": "Azure Bastion", "fr": "Azure Bastion"}), ""),
        (put("name", {"en": "HOPEX in the cloud", "fr": "HOPEX in the cloud"}), ""),
        (
            put("severities", 0, "clauses", ["OCT-1"]),
            "severities[0].clauses: clause OCT-1 belongs to another contract: this document may cite HSA, HOP, R",
        ),
        (put("clause_families", ["HSA", "XYZ"]), "clause_families[1]: 'XYZ' is not among the clause families"),
        (
            put("own_clauses", [{"id": "HSA-1", "title": {"en": "A", "fr": "B"}}]),
            "own_clauses[0].id: HSA-1 belongs to another contract: take other letters",
        ),
        (
            put("own_clauses", [{"id": "KOM-1", "title": {"en": "A", "fr": "B"}}] * 2),
            "own_clauses[1].id: KOM-1 stands here twice",
        ),
        (
            put("computation", "month_rollover", "ouvre"),
            "readings[4].value: says ouvrable, but the targets and the computation do otherwise",
        ),
        (
            put(*TARGET, "pauses", True),
            "readings[14].value: says never, but the targets and the computation do otherwise",
        ),
        (put("calendars", 0, "also_open", ["fr"]), "calendars[0].also_open[0]: fr cannot join in: it is this calendar"),
        (
            put("calendars", 0, "also_open", ["availability"] * 3),
            "calendars[0].also_open: at most 3 zones, that of the calendar itself included",
        ),
        (put("severities", 0, "code", "a" * 33), "severities[0].code: must be at most 32 lower-case letters"),
        (put("readings", 0, "code", "R99"), "readings[0].code: reading R99 does not exist: see contracts"),
        (
            put(*CRITICAL, 2, "rank", 2),
            "escalations[0].levels[2].rank: must ascend: product_managers has rank 2 after 2; put the lower rank first",
        ),
        (put(*CRITICAL, 0, "rank", 0), "escalations[0].levels[0].rank: must be a whole number from 1 to 20, not 0"),
        (put("escalations", 0, "severities", ["huge"]), "escalations[0].severities[0]: 'huge' is not among the sever"),
        (put("channels", 0, "calendar", "us"), "channels[0].calendar: 'us' is not among the calendars"),
        (put("channels", 0, "severities", ["huge"]), "channels[0].severities[0]: 'huge' is not among the severities"),
        (put("duties", 0, "severities", ["huge"]), "duties[0].severities[0]: 'huge' is not among the severities"),
        (
            put("duties", 0, "recipients", ["boss"]),
            "duties[0].recipients[0]: 'boss' cannot be alerted: use assignee, e",
        ),
        (
            put("duties", 0, "recipients", ["assignee"]),
            "duties[0].recipients: is for a duty of every business day that",
        ),
        (put("duties", 0, "by", "customer"), "duties[0].met_by: is only for what the provider owes and what is flagge"),
        (put("duties", 0, "when_missing", "excluded"), "duties[0].met_by: is only for what the provider owes and what"),
        (put("duties", 0, "option", "gold_support"), "duties[0].met_by: is not for a duty with within or option"),
        (put("duties", 0, "within", {"amount": 1, "unit": "days"}), "duties[0].met_by: is not for a duty with within"),
        (put("duties", 0, "met_by", "public_update"), "duties[0].every: is 1 business_days for a public_update, and"),
        (put("duties", 2, "every", "amount", 2), "duties[2].every: is 1 business_days for a public_update, and left"),
        (put("duties", 2, "met_by", "assignee"), "duties[2].every: is 1 business_days for a public_update, and left"),
        (put("duties", 2, "calendar", ...), "duties[2].calendar: is for a duty of every business day that is followed"),
        (put("duties", 2, "calendar", "us"), "duties[2].calendar: 'us' is not among the calendars"),
        (put("duties", 2, "recipients", ...), "duties[2].recipients: is for a duty of every business day that is foll"),
        (put(*CRITICAL, 0, "recipients", ["boss"]), "escalations[0].levels[0].recipients[0]: 'boss' cannot be alerted"),
        (put("reviews", 0, "option", "gold"), "reviews[0].option: 'gold' is not among the options and entitlements"),
        (put("security", "filed_as", "huge"), "security.filed_as: 'huge' is not among the severities"),
        (put("lifecycle", "phases", 1, "deliveries", ["x"]), "lifecycle.phases[1].deliveries[0]: 'x' is not among the"),
        (
            put("lifecycle", "phases", 1, "nothing_owed", True),
            "lifecycle.phases[1].nothing_owed: is true beside severities or deliveries: keep one",
        ),
        (put("maintenance", 0, "notices", ["x"]), "maintenance[0].notices[0]: 'x' is not among the notices"),
        (put("maintenance", 0, "times", 1), "maintenance[0]: times and per stand together"),
        (put("maintenance", 1, "nth", 1), "maintenance[1].nth: needs weekdays: the first of which day of the month"),
        (put("credits", "notice", "x"), "credits.notice: 'x' is not among the notices of this document: use planned_m"),
        (put("recovery", 0, "limit", ...), "recovery[0]: gives either limit, or the field of the contract that does"),
        (put("recovery", 1, "rules", "opening"), "recovery[1].limit: hours is not a unit of the rules opening"),
        (put("recovery", 1, "option", "x"), "recovery[1].option: 'x' is not among the entitlements and options"),
        (put("recovery", 1, "calendar", "x"), "recovery[1].calendar: 'x' is not among the calendars"),
        (put("notices", 0, "calendar", "x"), "notices[0].calendar: 'x' is not among the calendars of this document"),
        (put("catalogue", "items", 8, "entitlement", "x"), "catalogue.items[8].entitlement: 'x' is not among the ent"),
        (put("catalogue", "items", 8, "option", "x"), "catalogue.items[8].option: 'x' is not among the options"),
        (
            put("catalogue", "items", 8, "after_validation", True),
            "catalogue.items[8].after_validation: needs a second stage to start at the validation of the first",
        ),
        (put("request_types", 2, "refused_in", ["x"]), "request_types[2].refused_in[0]: 'x' is not among the environm"),
        (put("request_types", 3, "notice", "x"), "request_types[3].notice: 'x' is not among the notices"),
        (
            put("entitlements", 0, "values", 0, "environments", ["x"]),
            "entitlements[0].values[0].environments[0]: 'x' is not among the environments",
        ),
        (put("examples", 0, "severity", "huge"), "examples[0].severity: 'huge' is not among the severities"),
        (put("examples", 0, "target", "huge"), "examples[0].target: 'huge' is not among the targets"),
        (put("examples", 0, "environment", "huge"), "examples[0].environment: 'huge' is not among the environments"),
        (put("examples", 0, "at", ...), "examples[0]: lacks at: due asks for severity, target, at"),
        (put("examples", 0, "at", "2026-05-04T10:00:00"), "examples[0].at: must be an instant with its zone such as"),
        (put("examples", 0, "seconds", 5), "examples[0].seconds: is not looked at by due: it takes severity, target,"),
        (put("examples", 0, "expect", {"seconds": 5}), "examples[0].expect.seconds: due answers due_at, remaining"),
        (
            put("examples", 0, "overrides", {"colour": 1}),
            "examples[0].overrides.colour: is not known here; allowed are",
        ),
        (put("examples", 0, "overrides", 5), "examples[0].overrides: must be a group of fields, not 5"),
        (put("examples", 9, "unit", "minutes"), "examples[9].unit: minutes is not a unit of the rules mega: use hours"),
        (put("examples", 9, "calendar", "us"), "examples[9].calendar: 'us' is not among the calendars"),
        (put("examples", 10, "pauses", [[None, None]]), "examples[10].pauses[0]: a pause is a start and an end, the"),
    ],
    "octipas": [
        (
            put("severities", 0, "clauses", ["HSA-1"]),
            "severities[0].clauses: clause HSA-1 belongs to another contract: this document may cite OCT, R",
        ),
        (put("timers", 0, "state", "lost"), "timers[0].state: 'lost' is not among the states of this document: use"),
        (put("timers", 0, "transition", "fly"), "timers[0].transition: 'fly' is not among the transitions"),
        (
            put("timers", 0, "transition", "take"),
            "timers[0].transition: take does not start in resolved: it starts in new",
        ),
        (put("timers", 0, "transition", ...), "timers[0]: a timer that does a transition, and only that, names it"),
        (put("timers", 0, "does", "flag"), "timers[0]: a timer that does a transition, and only that, names it"),
        (put("timers", 0, "limit", ...), "timers[0]: lacks limit: say after how long it ends"),
        (put("timers", 0, "limit", "unit", "weeks"), "timers[0].limit: weeks is not a unit of the rules timer: use"),
        (put("timers", 0, "calendar", "us"), "timers[0].calendar: 'us' is not among the calendars"),
        (put("timers", 0, "state", ...), "timers[0]: gives either the state in which it runs, or starts_when"),
    ],
    "jalios-on-premise": [
        (put("priority", "cells", 0, "priority", "p9"), "priority.cells[0].priority: 'p9' is not among the priorities"),
        (put("priority", "cells", 0, ...), "priority.cells: lacks the priority of anomaly at blocking"),
        (put("priority", "cells", 1, "severity", "blocking"), "priority.cells: gives twice the priority of anomaly at"),
        (put("priority", "classification", "x"), "priority.classification: 'x' is not among the classifications"),
        (put("timers", 2, "variants", 0, "priority", "p9"), "timers[2].variants[0].priority: 'p9' is not among the"),
        (
            put("timers", 2, "variants", 0, "priority", ...),
            "timers[2].variants[0]: gives either the priority or the condition for which it is",
        ),
        (
            put("timers", 1, "variants", 0, "limit", "unit", "weeks"),
            "timers[1].variants[0].limit: weeks is not a unit of the rules timer",
        ),
        (put("evolution", "category", "x"), "evolution.category: 'x' is not among the categories of this document"),
        (put("evolution", "outcomes", 0, "transition", "x"), "evolution.outcomes[0].transition: 'x' is not among the"),
        (put("calendars", 0, "weekly", EVERY_DAY), "calendars[0].weekly: has hours although from_contract leaves"),
    ],
    "generix": [
        (
            put("availability", "rates", 0, "field", "rpo"),
            "availability.rates[0].field: rpo is a field of kind span: use one of kind percent",
        ),
        (put("availability", "rates", 0, "field", "x"), "availability.rates[0].field: 'x' is not among the contract"),
        (
            put("availability", "rates", 0, "percent", "99.5"),
            "availability.rates[0]: gives either percent, or the field of the contract that does",
        ),
        (put("availability", "rates", 0, "environments", ["x"]), "availability.rates[0].environments[0]: 'x' is not"),
        (
            put("recovery", 0, "field", "availability_rate"),
            "recovery[0].field: availability_rate is a field of kind pe",
        ),
    ],
}
PROMISES = [(code, *case) for code, cases in WRONG_PROMISES.items() for case in cases]


@pytest.fixture(scope="module")
def shipped() -> dict[str, Terms]:
    return {code: load_terms(DATA / f"{code}.yaml") for code in WRONG_PROMISES}


@pytest.mark.parametrize(("code", "change", "expected"), PROMISES, ids=[f"{c}: {t[:40]}" for c, _, t in PROMISES])
def test_a_wrong_promise_is_refused_where_it_is_wrong(
    shipped: dict[str, Terms], code: str, change: Change, expected: str
) -> None:
    found = problems(shipped[code], change)
    assert (not found) if expected == "" else any(problem.startswith(expected) for problem in found), found


def test_a_year_with_one_special_opening_is_no_year_without_any(shipped: dict[str, Terms]) -> None:
    def change(document: dict[str, Any]) -> None:
        put("calendars", 0, "closures", CLOSED_ALL_YEAR)(document)
        put("calendars", 0, "special_days", [{"date": "2027-06-01", "hours": ["09:00-10:00"]}])(document)

    assert problems(shipped["hopex-saas"], change) == []


def test_a_special_day_given_twice_is_refused(shipped: dict[str, Terms]) -> None:
    days = [{"date": "2027-06-01", "hours": ["09:00-10:00"]}] * 2
    found = problems(shipped["hopex-saas"], put("calendars", 0, "special_days", days))
    assert found == ["calendars[0].special_days[1].date: 2027-06-01 stands here twice"]


def test_a_document_with_clauses_of_its_own_cites_those_alone(shipped: dict[str, Terms]) -> None:
    def change(document: dict[str, Any]) -> None:
        document["clause_families"] = []
        document["own_clauses"] = [{"id": "KOM-1", "title": {"en": "A", "fr": "B"}}]

    found = problems(shipped["octipas"], change)
    assert all("belongs to another contract: this document may cite KOM, R" in problem for problem in found)
    assert found


def test_what_was_published_stays_readable_whatever_is_checked_later(shipped: dict[str, Terms]) -> None:
    document = shipped["octipas"].to_document()
    document["severities"][0]["clauses"] = ["HSA-1"]
    assert parse_terms(document, stored=True).severities[0].clauses == ("HSA-1",)
    del document["severities"]
    with pytest.raises(TermsError, match="lacks severities"):
        parse_terms(document, stored=True)


@pytest.mark.parametrize(("change", "expected"), WRONG, ids=[text[:48] or str(n) for n, (_, text) in enumerate(WRONG)])
def test_a_wrong_document_is_refused_where_it_is_wrong(saas: Terms, change: Change, expected: str) -> None:
    found = problems(saas, change)
    if expected == "":
        assert found == []
    else:
        assert any(problem.startswith(expected) for problem in found), found


def test_everything_that_is_wrong_is_told_at_once(saas: Terms) -> None:
    def change(document: dict[str, Any]) -> None:
        put("name", "fr", ...)(document)
        put("severities", 0, "clauses", [])(document)
        put("colour", 1)(document)

    assert [problem.split(":")[0] for problem in problems(saas, change)] == ["colour", "name", "severities[0].clauses"]


def test_a_figure_given_twice_is_told(saas: Terms) -> None:
    figure = {"severity": "minor", "clauses": ["HSA-1"]}
    found = problems(saas, add("targets", 0, "figures", figure))
    assert found == ["targets[0].figures: gives twice the severity minor; write no amount where it has no target"]


def test_a_figure_for_no_severity_is_told_beside_the_one_that_is_missing(saas: Terms) -> None:
    found = problems(saas, put(*FIGURE, "severity", "huge"))
    assert found[1] == (
        "targets[0].figures[1].severity: 'huge' is not among the severities of this document: "
        "use no_access, critical, moderate, minor"
    )


def test_units_follow_the_rules_of_their_target(saas: Terms) -> None:
    found = problems(saas, put(*TARGET, "rules", "timer"))
    assert found[0] == (
        "targets[0].figures[0].unit: business_hours is not a unit of the rules timer: "
        "use minutes, hours, days, business_days, months"
    )
    assert found[1].startswith("targets[0].figures[1].unit: business_hours is not a unit of the rules timer")


def test_hours_that_touch_are_allowed(saas: Terms) -> None:
    assert problems(saas, put("calendars", 0, "weekly", "mon", ["09:00-12:00", "12:00-24:00"])) == []


def test_a_day_has_as_many_hours_as_the_computation_takes(saas: Terms) -> None:
    assert MOST_HOURS == MOST_SPANS
    spans = [f"{hour:02}:00-{hour:02}:30" for hour in range(MOST_HOURS + 1)]
    assert problems(saas, put("calendars", 0, "weekly", "mon", spans[:-1])) == []
    (told,) = problems(saas, put("calendars", 0, "weekly", "mon", spans))
    assert told == "calendars[0].weekly.mon[8]: a day has at most 8 opening hours, not 9"
    special = {"date": "2026-12-24", "hours": spans}
    assert any(
        "at most 8 opening hours" in line for line in problems(saas, put("calendars", 0, "special_days", [special]))
    )


def test_a_closure_may_last_one_day(saas: Terms) -> None:
    assert problems(saas, put("calendars", 0, "closures", [{"start": "2026-12-24", "end": "2026-12-24"}])) == []


@pytest.mark.parametrize("document", [None, [], "text", 5])
def test_what_is_no_document_is_refused(document: Any) -> None:
    with pytest.raises(TermsError, match="document: document: must be a group of fields"):
        parse_terms(document)


def test_a_file_names_the_line_of_what_is_wrong(tmp_path: Path) -> None:
    text = (DATA / "hopex-saas.yaml").read_text(encoding="utf-8")
    file = tmp_path / "mine.yaml"
    file.write_text(text.replace("amount: 4, unit: business_hours, clauses: [HSA-1]", "amount: four"), encoding="utf-8")
    with pytest.raises(TermsError) as caught:
        load_terms(file)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if "amount: 4, unit: business_hours, clauses" in row)
    assert [str(problem) for problem in caught.value.problems] == [
        f"line {line}, targets[0].figures[1]: lacks clauses",
        f"line {line}, targets[0].figures[1].amount: must be a whole number, not 'four'",
    ]
    assert str(caught.value).splitlines()[0] == f"{file}: line {line}, targets[0].figures[1]: lacks clauses"


def test_what_is_missing_is_told_at_the_line_around_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    text = (DATA / "hopex-saas.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("  initial: new\n", "  initial: nowhere\n"), encoding="utf-8")
    with pytest.raises(TermsError, match=r"line [0-9]+, workflow.initial: 'nowhere' is not among the states"):
        load_terms(file)


def lint(*files: Path) -> str:
    out = io.StringIO()
    call_command("terms", "lint", *map(str, files), stdout=out, stderr=out)
    return out.getvalue()


def test_the_command_finds_nothing_wrong_with_what_we_ship() -> None:
    assert [line.split(": ")[1].split(" ")[0] for line in lint().splitlines()] == [
        "generix", "hopex-on-premise", "hopex-saas", "jalios-on-premise", "octipas",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("holidays", "message"),
    [
        ("{country: XX}", "calendars[0].holidays.country: no holidays are known for XX"),
        ("{country: FR, subdivision: ZZ}", "calendars[0].holidays.subdivision: ZZ is no part of FR whose holidays"),
    ],
)
def test_the_command_refuses_holidays_that_nobody_knows(tmp_path: Path, holidays: str, message: str) -> None:
    file = tmp_path / "mine.yaml"
    text = (DATA / "octipas.yaml").read_text(encoding="utf-8").replace("{country: FR}", holidays)
    file.write_text(text, encoding="utf-8")
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 2 documents cannot be used"):
        call_command("terms", "lint", str(file), str(DATA / "octipas.yaml"), stdout=io.StringIO(), stderr=out)
    assert re.match(rf"{re.escape(str(file))}: line [0-9]+, {re.escape(message)}", out.getvalue())


def test_a_document_may_take_holidays_of_a_part_of_a_country_or_none(tmp_path: Path) -> None:
    text = (DATA / "octipas.yaml").read_text(encoding="utf-8")
    (tmp_path / "alsace.yaml").write_text(text.replace("{country: FR}", "{country: FR, subdivision: '57'}"), "utf-8")
    (tmp_path / "none.yaml").write_text(text.replace("    holidays: {country: FR}\n", ""), "utf-8")
    assert load_terms(tmp_path / "alsace.yaml").calendar("fr").holidays == PublicHolidays("FR", "57")
    assert load_terms(tmp_path / "none.yaml").calendar("fr").holidays is None
