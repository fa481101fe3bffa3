"""What the shape cannot see: names that must exist, lists without doubles, calendars that open, real clauses."""

from collections.abc import Iterator, Sequence
from typing import Any

from contracts.terms.agreement import agreed_problems
from contracts.terms.calendars import calendar_problems
from contracts.terms.checks import all_known, codes_of, known, parts, recipients, unit
from contracts.terms.clauses import known_clauses
from contracts.terms.dealings import conduct_problems
from contracts.terms.document import Terms
from contracts.terms.errors import Path, Problem
from contracts.terms.labels import untranslated
from contracts.terms.model import (
    DOINGS,
    MOST_ZONES,
    PHASES,
    CalendarTerms,
    FormField,
    Reading,
    StateTerms,
    TargetTerms,
    Transition,
)
from contracts.terms.promises import promise_problems

OPEN_PHASES = ("new", "in_progress", "waiting_customer")
_MOVES = [(start, end) for start in OPEN_PHASES for end in OPEN_PHASES] + [("resolved", "resolved")]
STEPS: dict[str, list[tuple[str, str]]] = {
    "take": [("new", "in_progress")],
    "ask": [("new", "waiting_customer"), ("in_progress", "waiting_customer")],
    "answer": [("waiting_customer", "in_progress")],
    "resume": [("waiting_customer", "in_progress")],
    "resolve": [(start, end) for start in OPEN_PHASES for end in ("resolved", "closed")],
    "reopen": [("resolved", "in_progress")],
    "close": [("resolved", "closed")],
    "move": _MOVES,
}
"""Act of the product → between which of its states it can lead. The state machine says the same, and a test that they
agree."""


def reference_problems(terms: Terms) -> list[Problem]:
    """Everything that is wrong with a document whose shape is right."""
    problems = [*_doubles(terms, ()), *_clauses(terms), *untranslated(terms, ())]
    for index, calendar in enumerate(terms.calendars):
        path = ("calendars", index)
        problems += calendar_problems(calendar, path)
        problems += _also_open(terms, calendar, (*path, "also_open"))
    for index, reading in enumerate(terms.readings):
        problems += _reading(terms, reading, ("readings", index))
    for index, target in enumerate(terms.targets):
        problems += _target(terms, target, ("targets", index))
    for index, question in enumerate(terms.filing):
        problems += _question(terms, question, ("filing", index))
    problems += [*_alerts(terms), *_workflow(terms), *promise_problems(terms), *conduct_problems(terms)]
    problems += agreed_problems(terms)
    return problems


def _doubles(place: Any, path: Path) -> Iterator[Problem]:
    """Two entries of one list with the same code."""
    if isinstance(place, tuple):
        seen: set[str] = set()
        for index, item in enumerate(place):
            code = getattr(item, "code", None)
            if code in seen:
                yield Problem((*path, index), f"{code!r} stands here twice")
            seen.add(code or f"[{index}]")
    for part, inner in parts(place):
        yield from _doubles(inner, (*path, part))


def _clauses(terms: Terms) -> Iterator[Problem]:
    """Clauses must exist, and belong to this contract: to its families, to the readings, or to the document itself."""
    own = [clause.id for clause in terms.own_clauses]
    index_families = {clause[:3] for clause in known_clauses() if "-" in clause}
    for index, clause in enumerate(own):
        if clause[:3] in index_families:
            yield Problem(("own_clauses", index, "id"), f"{clause} belongs to another contract: take other letters")
        if clause in own[:index]:
            yield Problem(("own_clauses", index, "id"), f"{clause} stands here twice")
    for index, family in enumerate(terms.clause_families):
        yield from known(family, sorted(index_families), "clause families", ("clause_families", index))
    families = terms.clause_families or (() if own else tuple(sorted(index_families)))
    for path, clause in cited(terms):
        if clause in own:
            continue
        if clause not in known_clauses():
            yield Problem(path, f"clause {clause} does not exist: see contracts/data/clauses.yaml")
        elif "-" in clause and clause[:3] not in families:
            allowed = ", ".join([*families, *dict.fromkeys(item[:3] for item in own), "R"])
            yield Problem(path, f"clause {clause} belongs to another contract: this document may cite {allowed}")


def cited_clauses(terms: Terms) -> frozenset[str]:
    """Every clause on which something in a document stands, its readings included."""
    return frozenset(clause for _, clause in cited(terms)) | {reading.code for reading in terms.readings}


def cited(place: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every clause that a part of a document stands on, and where it says so."""
    for part, inner in parts(place):
        if part == "clauses" or str(part).endswith("_clause"):
            for clause in (inner,) if isinstance(inner, str) else inner or ():
                yield (*path, part), clause
        else:
            yield from cited(inner, (*path, part))


def _target(terms: Terms, target: TargetTerms, path: Path) -> Iterator[Problem]:
    severities = [severity.code for severity in terms.severities]
    yield from known(target.calendar, [item.code for item in terms.calendars], "calendars", (*path, "calendar"))
    for index, code in enumerate(target.environments):
        yield from known(code, codes_of(terms.environments), "environments", (*path, "environments", index))
    given = [figure.severity for figure in target.figures]
    for severity in severities:
        if given.count(severity) != 1:
            how = "lacks" if severity not in given else "gives twice"
            yield Problem((*path, "figures"), f"{how} the severity {severity}; write no amount where it has no target")
    for index, figure in enumerate(target.figures):
        place = (*path, "figures", index)
        yield from known(figure.severity, severities, "severities", (*place, "severity"))
        if (figure.amount is None) != (figure.unit is None):
            yield Problem(place, "an amount and its unit stand together")
        if figure.from_contract and figure.amount is not None:
            yield Problem(place, "has an amount although from_contract leaves it to the contract: keep one")
        if figure.unit is not None:
            yield from unit(figure.unit, target.rules, (*place, "unit"))
    if target.day_after != (target.day_after_clause is not None):
        yield Problem(path, "day_after and day_after_clause stand together")
    if target.reopening == "counts_on" and target.reopening_clause is None:
        yield Problem(path, "lacks reopening_clause: say where the contract stands for counting on")


def _also_open(terms: Terms, calendar: CalendarTerms, path: Path) -> Iterator[Problem]:
    """Calendars that join in: there, at most three zones in all, and none that is itself joined by others (R15)."""
    yield from all_known(calendar.also_open, codes_of(terms.calendars), "calendars", path)
    if len(calendar.also_open) >= MOST_ZONES:
        yield Problem(path, f"at most {MOST_ZONES} zones, that of the calendar itself included")
    for index, code in enumerate(calendar.also_open):
        if any(other.code == code and (other.also_open or other is calendar) for other in terms.calendars):
            yield Problem((*path, index), f"{code} cannot join in: it is this calendar, or others join it")


def _reading(terms: Terms, reading: Reading, path: Path) -> Iterator[Problem]:
    """A reading must exist, and say what the document does."""
    if reading.code not in known_clauses():
        yield Problem((*path, "code"), f"reading {reading.code} does not exist: see contracts/data/clauses.yaml")
    done = {
        ("R2", "day_after"): any(target.day_after for target in terms.targets),
        ("R5", "ouvrable"): terms.computation.month_rollover == "ouvrable",
        ("R5", "ouvre"): terms.computation.month_rollover == "ouvre",
        ("R13", "never"): not any(target.pauses for target in terms.targets),
    }
    if not done.get((reading.code, reading.value), True):
        yield Problem((*path, "value"), f"says {reading.value}, but the targets and the computation do otherwise")


def _question(terms: Terms, question: FormField, path: Path) -> Iterator[Problem]:
    for index, code in enumerate(question.severities):
        yield from known(code, codes_of(terms.severities), "severities", (*path, "severities", index))
    if (question.kind == "choice") != bool(question.choices):
        yield Problem(path, "a choice, and nothing else, has choices")


def _alerts(terms: Terms) -> Iterator[Problem]:
    previous = 0
    for index, alert in enumerate(terms.alerts):
        path: Path = ("alerts", index)
        if alert.percent <= previous:
            yield Problem(path, "alerts ascend: put the lower percentage first")
        previous = alert.percent
        expected = "breach" if alert.percent == 100 else f"approaching:{alert.percent}"
        if alert.code != expected:
            yield Problem((*path, "code"), f"must be {expected} for {alert.percent} per cent")
        yield from recipients(alert.recipients, path)
        for place, code in enumerate(alert.targets):
            yield from known(code, terms.target_names, "targets", (*path, "targets", place))


def _workflow(terms: Terms) -> Iterator[Problem]:
    states = [state.code for state in terms.workflow.states]
    yield from known(terms.workflow.initial, states, "states", ("workflow", "initial"))
    if terms.workflow.initial in states and terms.workflow.phase(terms.workflow.initial) not in OPEN_PHASES:
        yield Problem(("workflow", "initial"), f"is not open: a ticket starts in one of {', '.join(OPEN_PHASES)}")
    for index, state in enumerate(terms.workflow.states):
        yield from _state(state, ("workflow", "states", index))
    for index, transition in enumerate(terms.workflow.transitions):
        path: Path = ("workflow", "transitions", index)
        unknown = list(_ends(transition, states, path))
        yield from unknown or _step(terms, transition, path)
    yield from _same_way_twice(terms)


def _state(state: StateTerms, path: Path) -> Iterator[Problem]:
    if state.within not in PHASES:
        yield Problem(path, f"lacks phase: say which of {', '.join(PHASES)} the state {state.code} is")
    elif state.owed and state.within not in OPEN_PHASES:
        yield Problem((*path, "owed"), f"is true, but {state.within} is over: nothing is owed in it")
    if state.phase is not None and state.code in PHASES and state.phase != state.code:
        yield Problem((*path, "phase"), f"must be {state.code}: that code is a state of the product")
    if (state.within == "waiting_customer") and state.waits_for != "customer":
        yield Problem((*path, "waits_for"), "must be customer in a state within waiting_customer")


def _ends(step: Transition, states: Sequence[str], path: Path) -> Iterator[Problem]:
    for place, code in enumerate(step.start):
        yield from known(code, states, "states", (*path, "start", place))
    yield from known(step.end, states, "states", (*path, "end"))


def _step(terms: Terms, step: Transition, path: Path) -> Iterator[Problem]:
    """What a step does agrees with the states of the product between which it goes."""
    if step.code in DOINGS and step.act != step.code:
        yield Problem((*path, "does"), f"must be {step.code}: that code is an act of the product")
    end = terms.workflow.phase(step.end)
    for place, code in enumerate(step.start):
        start = terms.workflow.phase(code)
        if start == "closed":
            yield Problem((*path, "start", place), f"{code} is final: no step leads out of it")
        elif {start, end} <= set(PHASES) and (start, end) not in STEPS[step.act]:
            yield Problem(
                path, f"{step.act} cannot lead from {start} to {end} ({code} to {step.end}): {_possible(step.act)}"
            )


def _possible(act: str) -> str:
    ends = ", ".join(dict.fromkeys(end for _, end in STEPS[act]))
    return f"it starts in {', '.join(dict.fromkeys(start for start, _ in STEPS[act]))} and ends in {ends}"


def _same_way_twice(terms: Terms) -> Iterator[Problem]:
    """Only for a resolution and for steps of its own can a contract have several ways: whoever acts names one."""
    seen: set[tuple[str, str, str]] = set()
    for index, step in enumerate(terms.workflow.transitions):
        for key in ((step.act, start, side) for start in step.start for side in step.by):
            if key in seen and step.act not in ("resolve", "move"):
                yield Problem(
                    ("workflow", "transitions", index), f"a second way to {step.act} in {key[1]} for the {key[2]}"
                )
            seen.add(key)
