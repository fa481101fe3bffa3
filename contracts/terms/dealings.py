"""Checks of how the two sides deal: classifications, priorities, timers, channels, escalations, phases of support."""

from collections import Counter
from collections.abc import Iterator, Sequence

from contracts.terms.checks import all_known, codes_of, known, recipients, unit
from contracts.terms.conduct import Channel, Duty, Escalation, EvolutionTerms, PriorityMatrix, SupportPhase, Timer
from contracts.terms.document import Terms
from contracts.terms.errors import Path, Problem
from contracts.terms.model import Span


def conduct_problems(terms: Terms) -> Iterator[Problem]:
    """Everything that is wrong with the rules by which the two sides deal."""
    if terms.priority is not None:
        yield from _priority(terms, terms.priority, ("priority",))
    for index, timer in enumerate(terms.timers):
        yield from _timer(terms, timer, ("timers", index))
    for index, channel in enumerate(terms.channels):
        yield from _channel(terms, channel, ("channels", index))
    for index, escalation in enumerate(terms.escalations):
        yield from _escalation(terms, escalation, ("escalations", index))
    for index, duty in enumerate(terms.duties):
        yield from _duty(terms, duty, ("duties", index))
    for index, review in enumerate(terms.reviews):
        yield from _option(terms, review.option, ("reviews", index))
    for index, delivery in enumerate(terms.deliveries):
        yield from _severities(terms, delivery.severities, ("deliveries", index))
    for index, phase in enumerate(terms.lifecycle.phases if terms.lifecycle else ()):
        yield from _phase(terms, phase, ("lifecycle", "phases", index))
    if terms.security is not None and terms.security.filed_as is not None:
        yield from known(terms.security.filed_as, codes_of(terms.severities), "severities", ("security", "filed_as"))
    if terms.evolution is not None:
        yield from _evolution(terms, terms.evolution, ("evolution",))


def _severities(terms: Terms, given: Sequence[str], path: Path) -> Iterator[Problem]:
    yield from all_known(given, codes_of(terms.severities), "severities", (*path, "severities"))


def _option(terms: Terms, code: str | None, path: Path) -> Iterator[Problem]:
    if code is not None:
        allowed = [*codes_of(terms.options), *codes_of(terms.entitlements)]
        yield from known(code, allowed, "options and entitlements", (*path, "option"))


def _priority(terms: Terms, matrix: PriorityMatrix, path: Path) -> Iterator[Problem]:
    """Every category at every severity has one priority."""
    severities, priorities = codes_of(terms.severities), codes_of(matrix.priorities)
    names = codes_of(terms.classifications)
    yield from known(matrix.classification, names, "classifications", (*path, "classification"))
    categories = [
        category.code
        for classification in terms.classifications
        if classification.code == matrix.classification
        for category in classification.categories
    ]
    for index, cell in enumerate(matrix.cells):
        place = (*path, "cells", index)
        yield from known(cell.category, categories, "categories", (*place, "category"))
        yield from known(cell.severity, severities, "severities", (*place, "severity"))
        yield from known(cell.priority, priorities, "priorities", (*place, "priority"))
    given = Counter((cell.category, cell.severity) for cell in matrix.cells)
    for category in categories:
        for severity in severities:
            if given[category, severity] != 1:
                how = "gives twice" if given[category, severity] else "lacks"
                yield Problem((*path, "cells"), f"{how} the priority of {category} at {severity}")


def _timer(terms: Terms, timer: Timer, path: Path) -> Iterator[Problem]:
    yield from known(timer.calendar, codes_of(terms.calendars), "calendars", (*path, "calendar"))
    if (timer.state is None) == (timer.starts_when is None):
        yield Problem(path, "gives either the state in which it runs, or starts_when")
    if timer.state is not None:
        yield from known(timer.state, codes_of(terms.workflow.states), "states", (*path, "state"))
    if (timer.does == "transition") != (timer.transition is not None):
        yield Problem(path, "a timer that does a transition, and only that, names it")
    if timer.transition is not None:
        yield from _timer_step(terms, timer, timer.transition, (*path, "transition"))
    if timer.limit is None and not timer.variants:
        yield Problem(path, "lacks limit: say after how long it ends")
    if timer.limit is not None:
        yield from unit(timer.limit.unit, timer.rules, (*path, "limit"))
    for index, variant in enumerate(timer.variants):
        place = (*path, "variants", index)
        yield from unit(variant.limit.unit, timer.rules, (*place, "limit"))
        if variant.priority is not None:
            priorities = codes_of(terms.priority.priorities) if terms.priority else []
            yield from known(variant.priority, priorities, "priorities", (*place, "priority"))
        if (variant.priority is None) == (variant.condition is None):
            yield Problem(place, "gives either the priority or the condition for which it is")


def _timer_step(terms: Terms, timer: Timer, code: str, path: Path) -> Iterator[Problem]:
    step = next((item for item in terms.workflow.transitions if item.code == code), None)
    if step is None:
        yield from known(code, codes_of(terms.workflow.transitions), "transitions", path)
    elif timer.state is not None and timer.state not in step.start:
        yield Problem(path, f"{code} does not start in {timer.state}: it starts in {', '.join(step.start)}")


def _channel(terms: Terms, channel: Channel, path: Path) -> Iterator[Problem]:
    yield from _severities(terms, channel.severities, path)
    yield from all_known(channel.environments, codes_of(terms.environments), "environments", (*path, "environments"))
    if channel.calendar is not None:
        yield from known(channel.calendar, codes_of(terms.calendars), "calendars", (*path, "calendar"))


def _duty(terms: Terms, duty: Duty, path: Path) -> Iterator[Problem]:
    yield from _severities(terms, duty.severities, path)
    yield from _option(terms, duty.option, path)
    yield from recipients(duty.recipients, path)
    if duty.calendar is not None:
        yield from known(duty.calendar, codes_of(terms.calendars), "calendars", (*path, "calendar"))
    if duty.met_by is not None:
        yield from _followed(duty, path)


def _followed(duty: Duty, path: Path) -> Iterator[Problem]:
    """What can be followed in the life of a ticket: the provider's own doing, flagged where it lacks."""
    if duty.by != "provider" or duty.when_missing != "flagged":
        yield Problem((*path, "met_by"), "is only for what the provider owes and what is flagged when it is missing")
    if duty.within is not None or duty.option is not None:
        yield Problem((*path, "met_by"), "is not for a duty with within or option: nothing follows those")
    is_daily = duty.every == Span(1, "business_days")
    if (duty.met_by == "public_update") != is_daily or (duty.every is not None and not is_daily):
        yield Problem((*path, "every"), "is 1 business_days for a public_update, and left out for anything else")
    for name in ("calendar", "recipients"):
        if bool(getattr(duty, name)) != is_daily:
            yield Problem((*path, name), "is for a duty of every business day that is followed, which needs it")


def _escalation(terms: Terms, escalation: Escalation, path: Path) -> Iterator[Problem]:
    yield from _severities(terms, escalation.severities, path)
    previous = 0
    for index, level in enumerate(escalation.levels):
        yield from recipients(level.recipients, (*path, "levels", index))
        if level.rank <= previous:
            message = f"must ascend: {level.code} has rank {level.rank} after {previous}; put the lower rank first"
            yield Problem((*path, "levels", index, "rank"), message)
        previous = level.rank


def _phase(terms: Terms, phase: SupportPhase, path: Path) -> Iterator[Problem]:
    yield from _severities(terms, phase.severities, path)
    yield from all_known(phase.deliveries, codes_of(terms.deliveries), "deliveries", (*path, "deliveries"))
    if phase.nothing_owed and (phase.severities or phase.deliveries):
        yield Problem((*path, "nothing_owed"), "is true beside severities or deliveries: keep one")


def _evolution(terms: Terms, evolution: EvolutionTerms, path: Path) -> Iterator[Problem]:
    categories = [category.code for item in terms.classifications for category in item.categories]
    yield from known(evolution.category, categories, "categories", (*path, "category"))
    for index, outcome in enumerate(evolution.outcomes):
        steps = codes_of(terms.workflow.transitions)
        yield from known(outcome.transition, steps, "transitions", (*path, "outcomes", index, "transition"))
