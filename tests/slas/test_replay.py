"""What if: plain clocks counted together come out as each folded by itself, and nobody replays what is not theirs."""

import csv
import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.errors import Forbidden, Invalid, NotFound
from accounts.tenancy import Actor, acting_as
from contracts.publishing import DATA
from contracts.terms import Terms, load_terms, parse_terms
from helpdesk.catalogues import compile_catalogues
from lifecycle.calendars import add_closure, recompute
from slas import clocks
from slas.engine import fold
from slas.engine.instants import to_seconds
from slas.facts import facts_of
from slas.histories import Happened, Journal, Readings
from slas.policies import policy_for
from slas.replay import Alternative, Case, Outcome, Replay, _same_figure, compare, replay
from tests.lifecycle.scenes import MONDAY, Snapshot, do, journal
from tests.worlds import World, as_system, build_world, paris
from tickets.events import CLOCK_FACTS
from tickets.models import Ticket

FIRST, LAST, NOW = date(2026, 5, 1), date(2026, 5, 31), paris("2026-06-15 12:00")
TERMS = ("hopex-saas", "octipas")


def terms_named(code: str) -> Terms:
    return load_terms(DATA / f"{code}.yaml")


def with_figures(terms: Terms, amount: int) -> Terms:
    """The same terms with another amount in every figure."""
    document = terms.to_document()
    for target in document["targets"]:
        for figure in target["figures"]:
            if figure.get("amount") is not None:
                figure["amount"] = amount
    document["examples"] = []
    return parse_terms(document)


def move(old: str, new: str) -> str:
    return json.dumps({"state": {"old": old, "new": new}})


def severity(new: str, old: str | None = None) -> str:
    return json.dumps({"severity": {"old": old, "new": new, "kind": ""}})


def story(terms: Terms, seed: int) -> Case:
    """A made-up journal with everything that can befall a clock, in an order that makes little sense."""
    chance = random.Random(seed)
    codes = [one.code for one in terms.severities]
    now = datetime(2026, 3, 20, tzinfo=UTC) + timedelta(seconds=chance.randrange(60 * 86_400))
    events = [Happened("filed", to_seconds(now), "customer", severity(chance.choice(codes)), "0")]
    steps = [
        ("taken", "provider", move("new", "in_progress")),
        ("replied", "provider", "{}"),
        ("information_requested", "provider", move("in_progress", "waiting_customer")),
        ("answered", "customer", move("waiting_customer", "in_progress")),
        ("resolved", "provider", move("in_progress", "resolved")),
        ("reopened", "customer", move("resolved", "in_progress")),
        ("closed", "customer", move("resolved", "closed")),
        ("workaround_accepted", "customer", "{}"),
        ("severity_changed", "provider", ""),
        ("excluded", "provider", "{}"),
        ("reinstated", "provider", "{}"),
    ]
    for number in range(chance.randrange(7)):
        now += timedelta(seconds=chance.choice([0, 1, 3600, chance.randrange(6 * 86_400)]))
        kind, side, said = chance.choice(steps)
        events.append(Happened(kind, to_seconds(now), side, said or severity(chance.choice(codes)), str(number + 1)))
    return Case(f"T-{seed}", "C", terms, "", "", (), events)


def outcomes(found: Replay) -> list[tuple[str, str, Outcome, Outcome]]:
    return [(one.ticket, one.target, one.before, one.after) for one in found.differences]


@pytest.fixture(scope="module", autouse=True)
def _translations() -> None:
    compile_catalogues()


# The reckoning --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", TERMS)
def test_counting_together_and_folding_each_give_the_same(code: str) -> None:
    terms = terms_named(code)
    cases = [story(terms, seed) for seed in range(600)]
    calendar = terms.calendars[0].code
    trials = [
        Alternative(terms=with_figures(terms, 3)),
        Alternative(calendars={calendar: {"closures": [{"start": "2026-04-01", "end": "2026-04-24"}]}}),
        Alternative(severities={terms.severities[0].code: terms.severities[-1].code}),
    ]
    for now in (NOW, paris("2026-04-20 12:00")):
        for alternative in trials:
            quick, slow = (compare(cases, alternative, now, in_bulk=in_bulk) for in_bulk in (True, False))
            assert (quick.in_bulk > 300, slow.in_bulk) == (True, 0)
            assert quick.transitions == slow.transitions
            assert outcomes(quick) == outcomes(slow)
            assert (quick.failed, quick.clocks) == (0, 600 * len(terms.targets))
    assert any(one.changes_outcome for one in quick.differences)


@pytest.mark.parametrize("code", TERMS)
def test_what_is_before_is_what_the_clocks_say(code: str) -> None:
    """Each side against a fold of the facts as the rest of the product reads them."""
    terms = terms_named(code)
    draft = with_figures(terms, 3)
    for seed in range(200):
        case = story(terms, seed)
        found = compare([case], Alternative(terms=draft), NOW)
        told = {one.target: one for one in found.differences}
        for target in terms.target_names:
            sides = []
            for rules in (terms, draft):
                state = fold(policy_for(rules, target), facts_of(rules, target, case.events), NOW)
                sides.append(Outcome.of(state))
            if sides[0][::2] == sides[1][::2]:
                assert target not in told
            else:
                assert (told[target].before, told[target].after) == tuple(sides)


def test_journals_of_one_pattern_are_read_as_each_by_itself() -> None:
    terms = terms_named("octipas")
    for target in terms.target_names:
        readings = Readings(terms, target)
        for seed in range(300):
            case = story(terms, seed)
            assert readings.facts(Journal(case.events)) == facts_of(terms, target, case.events)


def test_a_journal_that_was_corrected_is_read_by_itself() -> None:
    terms = terms_named("octipas")
    filed = Happened("filed", to_seconds(MONDAY), "customer", severity("blocking"), "a")
    later = replace_said("contest_accepted", {"about": "severity", "event": "a", "severity": "minor"})
    readings = Readings(terms, "resolution")
    for key in ("a", "b"):
        events = [filed._replace(id=key), later]
        found = readings.facts(Journal(events))
        assert found == facts_of(terms, "resolution", events)
        assert found[0].severity == ("minor" if key == "a" else "blocking")


def replace_said(kind: str, correction: dict[str, object]) -> Happened:
    given = {"contest": {"id": "x"}, "correction": {"start": None, "end": None, "kind": "", **correction}}
    return Happened(kind, to_seconds(MONDAY + timedelta(days=1)), "provider", json.dumps(given), "c")


def plain(code: str, *, overrides: str = "", natures: tuple[str, ...] = ()) -> Case:
    """Filed on a Monday morning and answered on Tuesday at noon, 27 business hours of support later at most."""
    events = [
        Happened("filed", to_seconds(MONDAY), "customer", severity("critical")),
        Happened("replied", to_seconds(MONDAY + timedelta(days=1, hours=4)), "provider", "{}"),
    ]
    return Case("T-1", "C-1", terms_named(code), "production", overrides, natures, events)


def test_a_draft_with_another_figure_says_so() -> None:
    found = compare([plain("hopex-saas")], Alternative(terms=with_figures(terms_named("hopex-saas"), 2)), NOW)
    (one,) = found.differences
    assert (one.target, one.before.status, one.after.status) == ("response", "met", "breached")
    assert (one.before.due_at, one.after.due_at) == (paris("2026-05-05 13:00"), paris("2026-05-05 11:00"))
    assert (one.moved_seconds, one.zone) == (-7200, "Europe/Paris")
    assert [(reason.code, reason.text) for reason in one.reasons] == [("figure", "4 business hours → 2 business hours")]
    (tally,) = found.tallies
    assert (tally.target, tally.severity, dict(tally.before), dict(tally.after)) == (
        "response", "critical", {"met": 1}, {"breached": 1},
    )  # fmt: skip
    assert (found.tickets, found.clocks, found.changed_outcomes) == (1, 1, 1)


def test_other_hours_other_holidays_and_closures_move_the_due_time() -> None:
    code = terms_named("hopex-saas").target_terms("response").calendar
    trials = {
        "2026-05-06 13:00": {"closures": [{"start": "2026-05-05", "end": "2026-05-05"}]},
        "2026-05-06 13:00 ": {"days_off": ["2026-05-05"]},
        "2026-05-05 12:00": {"weekly": {"tue": ["08:00-18:00"]}},
        "2026-05-07 13:00": {"holidays": {"country": "JP"}},  # Children's Day, and a substitute for a Sunday
        "2026-05-06 10:00": {"special_days": [{"date": "2026-05-05", "hours": ["15:00-18:00"]}]},
    }
    for due, change in trials.items():
        (one,) = compare([plain("hopex-saas")], Alternative(calendars={code: change}), NOW).differences
        assert (one.after.due_at, [reason.code for reason in one.reasons]) == (paris(due.strip()), ["calendar"])


def test_another_severity_counts_from_the_same_event() -> None:
    (one,) = compare([plain("hopex-saas")], Alternative(severities={"critical": "minor"}), NOW).differences
    assert (one.before.severity, one.after.severity) == ("critical", "minor")
    assert [reason.code for reason in one.reasons][0] == "severity"
    assert one.reasons[0].text == "severity critical → minor"


def test_a_nature_of_its_own_comes_before_the_severity_alone() -> None:
    matrix = {"critical": "minor", "outage/critical": "no_access"}
    for natures, expected in ((("outage",), "no_access"), (("other",), "minor"), ((), "minor")):
        case = plain("hopex-saas", natures=natures)
        (one,) = compare([case], Alternative(severities=matrix), NOW).differences
        assert one.after.severity == expected


def test_the_contracts_own_figures_hold_on_both_sides() -> None:
    agreed = {"target": "response", "severity": "critical", "amount": 6, "unit": "business_hours", "reference": "A-1"}
    case = plain("hopex-saas", overrides=json.dumps({"figures": [agreed]}))
    found = compare([case], Alternative(terms=with_figures(terms_named("hopex-saas"), 2)), NOW)
    assert found.differences == []
    (plainly,) = compare([plain("hopex-saas")], Alternative(severities={"critical": "no_access"}), NOW).differences
    (agreed_on,) = compare([case], Alternative(severities={"critical": "no_access"}), NOW).differences
    assert (plainly.before.due_at, agreed_on.before.due_at) == (paris("2026-05-05 13:00"), paris("2026-05-05 15:00"))


def test_a_target_that_comes_or_goes_is_told() -> None:
    terms = terms_named("octipas")
    document = terms.to_document()
    document["targets"] = [item for item in document["targets"] if item["code"] != "resolution"]
    document["alerts"] = []
    document["examples"] = []
    document["escalations"] = []
    without = parse_terms(document)
    events = [Happened("filed", to_seconds(MONDAY), "customer", severity("blocking"))]
    for own, draft, code in ((terms, without, "target_removed"), (without, terms, "target_added")):
        case = Case("T-1", "C-1", own, "", "", (), events)
        (one,) = compare([case], Alternative(terms=draft), NOW).differences
        assert (one.target, [reason.code for reason in one.reasons]) == ("resolution", [code])
        gone = one.after if code == "target_removed" else one.before
        assert gone == Outcome("none", "", None)


def test_a_severity_that_the_draft_does_not_know_is_refused_with_what_it_knows() -> None:
    with pytest.raises(Invalid) as refused:
        compare([plain("hopex-saas")], Alternative(severities={"critical": "cosmetic"}), NOW)
    assert "T-1" in refused.value.errors["severities"][0]
    assert "moderate" in refused.value.errors["severities"][0]


def test_a_calendar_that_is_not_there_or_cannot_be_is_refused() -> None:
    for calendars, told in (
        ({"moon": {"days_off": ["2026-05-05"]}}, "moon"),
        ({"fr": {"weekly": {"mon": ["18:00-09:00"]}}}, "18:00"),
        ({"fr": {"zone": "Europe/Atlantis"}}, "Atlantis"),
        ({"fr": {"colour": "blue"}}, "colour"),
    ):
        given = {terms_named("octipas").calendars[0].code if key == "fr" else key: value
                 for key, value in calendars.items()}  # fmt: skip
        case = Case("T-1", "C-1", terms_named("octipas"), "", "", (), [])
        with pytest.raises(Invalid) as refused:
            compare([case], Alternative(calendars=given), NOW)
        assert told in " ".join(refused.value.errors["calendars"])


def test_a_draft_against_which_a_contract_cannot_be_held_is_refused_by_its_name() -> None:
    agreed = {"target": "response", "severity": "critical", "amount": 6, "unit": "business_hours", "reference": "A-1"}
    case = plain("hopex-saas", overrides=json.dumps({"figures": [agreed]}))
    with pytest.raises(Invalid) as refused:
        compare([case], Alternative(terms=terms_named("octipas"), severities={"critical": "blocking"}), NOW)
    assert "C-1" in refused.value.errors[""][0]


def test_a_ticket_that_cannot_be_counted_stops_no_other() -> None:
    good = plain("hopex-saas")
    twice = good._replace(reference="T-2", events=[*good.events, good.events[0]])
    stranger = good._replace(reference="T-3", events=[good.events[0]._replace(said=severity("purple"))])
    ancient = good._replace(
        reference="T-4",
        events=[good.events[0]._replace(second=to_seconds(datetime(1905, 1, 1, tzinfo=UTC))), good.events[1]],
    )
    for in_bulk in (True, False):
        cases = [twice, good, stranger, ancient]
        found = compare(cases, draft_of(2), NOW, in_bulk=in_bulk)
        assert {ticket for ticket, _ in found.failures} == {"T-2", "T-3", "T-4"}
        assert [one.ticket for one in found.differences] == ["T-1"]
        assert (found.tickets, found.clocks) == (4, 1)


def draft_of(amount: int) -> Alternative:
    return Alternative(terms=with_figures(terms_named("hopex-saas"), amount))


def test_differences_come_in_pages_and_can_be_kept_to_outcomes() -> None:
    """Answered after 4 hours of the 4: with 2 it is late, with 5 it is only due later."""
    late = plain("hopex-saas")
    cases = [late._replace(reference=f"T-{number}") for number in range(25)]
    found = compare(cases, draft_of(2), NOW)
    first = found.page(size=10)
    assert ([one.ticket for one in first.rows][0], first.total, first.next_offset) == ("T-0", 25, 10)
    last = found.page(offset=20, size=10)
    assert (len(last.rows), last.next_offset) == (5, None)
    assert found.page(outcomes_only=True).total == 25
    assert compare(cases, draft_of(5), NOW).page(outcomes_only=True).total == 0


def test_progress_is_told_as_it_goes() -> None:
    told: list[int] = []
    case = plain("hopex-saas")
    compare([case] * 12_000, draft_of(2), NOW, progress=told.append)
    assert told == [5_000, 10_000, 12_000]


# The database ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def filed(world: World) -> World:
    """A late answer, a severity changed, one that still runs, and one of the other customer."""
    engineer = world.staff["engineer"]
    late = world.file(MONDAY)
    do(world, engineer, "reply", late, at=paris("2026-05-05 12:30"))
    changed = world.file(MONDAY + timedelta(hours=1))
    do(world, engineer, "severity", changed, at=MONDAY + timedelta(hours=3))
    world.file(MONDAY + timedelta(days=2))
    world.file(MONDAY, of=1)
    return world


def asked(world: World, actor: Actor, alternative: Alternative | None = None, **more: object) -> Replay:
    given = {"first_day": FIRST, "last_day": LAST, "at": NOW, "alternative": alternative or draft_of(3)} | more
    with acting_as(actor):
        return replay(actor, **given)  # type: ignore[arg-type]


def test_the_past_is_what_the_clock_rows_say(filed: World) -> None:
    found = asked(filed, filed.staff["account_manager"])
    assert (found.tickets, found.failed) == (4, 0)
    before = {one.ticket: one.before for one in found.differences}
    with as_system(filed):
        tickets = list(Ticket.objects.all())
        assert len(before) == len(tickets)
    for ticket in tickets:
        events = [event for event in journal(filed, ticket) if event.kind in CLOCK_FACTS]
        with as_system(filed):
            (one,) = clocks.reckon(ticket, events, NOW)
        assert before[ticket.reference] == Outcome.of(one.state)


def test_days_that_a_calendar_gained_count_on_both_sides(world: World) -> None:
    """A ticket that ran when the closure was announced has it; one whose clock was met before has not (R19)."""
    met = do(world, world.staff["engineer"], "reply", world.file(MONDAY), at=MONDAY + timedelta(minutes=30))
    running = world.file(MONDAY)
    manager, announced = world.staff["manager"], paris("2026-05-04 10:00")
    days = {"calendar": "fr", "reference": "N-7", "closures": [{"start": "2026-05-05", "end": "2026-05-05"}]}
    with acting_as(manager):
        told = {"name": "Works", "days": days, "late_reason": "A strike."}
        add_closure(actor=manager, at=announced, terms_code=world.terms.code, **told)
    assert recompute(at=announced) == 2, "on the other one too word is owed on other days"
    found = {one.ticket: one for one in asked(world, world.staff["account_manager"]).differences}
    assert found[met.reference].before.due_at == paris("2026-05-05 13:00")
    assert found[met.reference].after.due_at == paris("2026-05-05 12:00")
    assert found[running.reference].before.due_at == paris("2026-05-06 13:00")
    assert found[running.reference].after.due_at == paris("2026-05-06 12:00")


def test_one_contract_or_all_and_only_the_days_asked_for(filed: World) -> None:
    manager = filed.staff["account_manager"]
    first = filed.customers[0].contract.reference
    assert asked(filed, manager, contract=first).tickets == 3
    assert asked(filed, manager, first_day=date(2026, 5, 6)).tickets == 1
    assert asked(filed, manager, last_day=date(2026, 5, 4)).tickets == 3
    assert asked(filed, manager, last_day=date(2026, 5, 3)).tickets == 0


def test_the_number_of_queries_does_not_grow_with_the_tickets(filed: World) -> None:
    manager = filed.staff["account_manager"]
    asked(filed, manager)
    with CaptureQueriesContext(connection) as few:
        asked(filed, manager)
    for number in range(8):
        filed.file(MONDAY + timedelta(hours=number))
    with CaptureQueriesContext(connection) as many:
        assert asked(filed, manager).tickets == 12
    assert len(few) == len(many)


def test_a_foreign_contract_does_not_exist(filed: World) -> None:
    elsewhere = build_world("octipas", "Octipas", "OCTI")
    foreign = elsewhere.customers[0].contract.reference
    for contract in (foreign, "NOTHING-1"):
        with pytest.raises(NotFound):
            asked(filed, filed.staff["account_manager"], contract=contract)
    assert asked(filed, elsewhere.staff["account_manager"]).tickets == 0


@pytest.mark.parametrize("who", ["engineer", "second", "auditor"])
def test_others_of_the_staff_may_not(filed: World, who: str) -> None:
    with pytest.raises(Forbidden):
        asked(filed, filed.staff[who])


def test_customers_may_not(filed: World) -> None:
    for actor in filed.customers[0].people.values():
        with pytest.raises(Forbidden):
            asked(filed, actor)


def test_a_period_reversed_and_nothing_to_try_out_are_refused(filed: World) -> None:
    manager = filed.staff["account_manager"]
    with pytest.raises(Invalid) as refused:
        asked(filed, manager, first_day=LAST, last_day=FIRST)
    assert refused.value.errors["last_day"] == ["The period ends before it starts."]
    with pytest.raises(Invalid):
        asked(filed, manager, Alternative())


def test_kinds_of_a_severity_qualify_it(filed: World) -> None:
    filed.file(MONDAY, severity="no_access", severity_kind="platform_down")
    matrix = {"platform_down/no_access": "minor"}
    found = asked(filed, filed.staff["account_manager"], Alternative(severities=matrix))
    assert [(one.before.severity, one.after.severity) for one in found.differences] == [("no_access", "minor")]


def test_nothing_is_written(filed: World) -> None:
    before = Snapshot.of(filed)
    asked(filed, filed.staff["account_manager"])
    assert Snapshot.of(filed) == before


# The command ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "draft.yaml"
    path.write_text(yaml.safe_dump(with_figures(terms_named("hopex-saas"), 3).to_document()), encoding="utf-8")
    return path


def run(*given: object, **more: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    options = {"provider": "mega", "from": "2026-05-01", "to": "2026-05-31", "at": "2026-06-15T12:00:00+02:00"} | more
    words = [f"--{name}={value}" for name, value in options.items()]
    call_command("sla_replay", *words, *map(str, given), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_table_for_people(filed: World, draft: Path) -> None:
    told, progress = run("--terms", draft)
    assert "4 tickets, 4 clocks: 1 with another outcome, 4 differ in all" in told
    assert "4 business hours → 3 business hours" in told
    assert "Met → Breached" in told
    assert "13:00 (Europe/Paris)" in told
    assert "4 tickets" in progress
    french, _ = run("--terms", draft, language="fr")
    assert "4 tickets, 4 échéances : 1 avec une autre issue, 4 différentes en tout" in french
    assert "4 heures ouvrées → 3 heures ouvrées" in french
    short, silent = run("--terms", draft, "--limit", "1", "--quiet")
    assert "… and 3 more" in short
    assert silent == ""


def test_csv_and_json_for_programs(filed: World, draft: Path, tmp_path: Path) -> None:
    rows = list(csv.DictReader(StringIO(run("--terms", draft, "--outcomes-only", format="csv")[0])))
    assert [(row["status_before"], row["status_after"]) for row in rows] == [("met", "breached")]
    assert (rows[0]["due_before"], rows[0]["moved_seconds"]) == ("2026-05-05T11:00:00Z", "-3600")
    target = tmp_path / "found.json"
    run("--terms", draft, "--output", target, format="json")
    found = json.loads(target.read_text(encoding="utf-8"))
    assert (found["tickets"], found["changed_outcomes"], len(found["differences"])) == (4, 1, 4)
    assert {tally["severity"] for tally in found["tallies"]} == {"critical", "minor"}


def test_calendars_and_severities_from_the_command_line(filed: World, tmp_path: Path) -> None:
    code = terms_named("hopex-saas").target_terms("response").calendar
    path = tmp_path / "calendar.yaml"
    path.write_text(f"{code}:\n  closures:\n    - {{start: 2026-05-05, end: 2026-05-05}}\n", encoding="utf-8")
    told, _ = run("--calendar", path)
    assert "another calendar" in told
    told, _ = run("--severity", "critical=minor")
    assert "severity critical → minor" in told
    one, _ = run("--severity", "critical=minor", contract=filed.customers[1].contract.reference)
    assert "1 tickets, 1 clocks" in one


def test_bad_input_is_refused_in_words(filed: World, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        (DATA / "hopex-saas.yaml").read_text(encoding="utf-8").replace("zone: Europe/Paris", "zone: Europe/Atlantis"),
        encoding="utf-8",
    )
    listed = tmp_path / "list.yaml"
    listed.write_text("[1, 2]", encoding="utf-8")
    broken = tmp_path / "broken.yaml"
    broken.write_text("{", encoding="utf-8")
    missing = tmp_path / "missing.yaml"
    for given, more, told in (
        (("--terms", wrong), {}, "Atlantis"),
        (("--terms", missing), {}, "cannot be read"),
        (("--calendar", missing), {}, "cannot be read"),
        (("--calendar", listed), {}, "by its code"),
        (("--calendar", broken), {}, "not YAML or JSON"),
        (("--severity", "critical"), {}, "critical=moderate"),
        ((), {}, "Choose what to try out"),
        (("--severity", "critical=minor"), {"contract": "NOTHING-1"}, "There is no such provider or contract."),
        (("--severity", "critical=minor"), {"provider": "nobody"}, "There is no such provider or contract."),
        (("--severity", "critical=minor"), {"from": "2026-06-01"}, "ends before it starts"),
        (("--severity", "critical=minor"), {"from": "yesterday"}, "is not a day"),
        (("--severity", "critical=minor"), {"at": "2026-06-15T12:00:00"}, "has no time zone"),
        (("--severity", "critical=minor"), {"at": "noon"}, "is not an instant"),
    ):
        with pytest.raises(CommandError, match=told):
            run(*given, **more)


def test_a_draft_is_compared_by_what_it_says_and_not_by_its_papers() -> None:
    """Another clause or reference under the same figure is no reason."""
    terms = terms_named("hopex-saas")
    policy = policy_for(terms, "response")
    limit = policy.limit("critical")
    assert limit is not None
    assert _same_figure(limit, replace(limit, clause="HSA-2", reference="A-7"))
    assert not _same_figure(limit, replace(limit, amount=limit.amount + 1))
    assert not _same_figure(limit, None)


@pytest.mark.parametrize(("first", "last"), [((1, 1, 1), (2026, 1, 1)), ((2026, 1, 1), (9999, 12, 31))])
def test_days_that_no_calendar_reaches_are_refused(world: World, first: tuple, last: tuple) -> None:
    with acting_as(world.staff["manager"]), pytest.raises(Invalid):
        replay(
            world.staff["manager"],
            first_day=date(*first),
            last_day=date(*last),
            at=paris("2026-06-01 10:00"),
            alternative=Alternative(severities={"critical": "minor"}),
        )


def test_tickets_that_differ_only_in_how_they_stood_are_read_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour in range(10, 14):
        world.file(paris(f"2026-05-04 {hour}:00"))
    read: list[str] = []
    inner = Readings._read
    monkeypatch.setattr(Readings, "_read", lambda self, journal: (read.append(self.target), inner(self, journal))[1])
    manager = world.staff["manager"]
    with acting_as(manager):
        found = replay(
            manager,
            first_day=date(2026, 5, 1),
            last_day=date(2026, 5, 31),
            at=paris("2026-06-01 10:00"),
            alternative=Alternative(severities={"critical": "moderate"}),
        )
    assert found.tickets == 4
    assert read == ["response"]
