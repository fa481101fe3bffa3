"""From terms to policies: figures, clauses, calendars with holidays, and what a contract overrides."""

from datetime import date
from typing import Any

import pytest

from contracts.holiday_dates import holiday_years
from contracts.terms import Terms, TermsError, UnknownTerm, load_terms, missing_contract_data, parse_terms
from contracts.terms.checks import UNITS
from slas.engine import UNITS as ENGINE_UNITS
from slas.engine import AlertThreshold, BadSpec, Calendar, Clauses, Limit, MonthRollover, Rules, Unit
from slas.management.commands.sla_compute import DATA
from slas.policies import SHARED, Calendars, calendar_for, policy_for, public_holidays, span
from tests.engine.worlds import OFFICE_WEEK


@pytest.fixture(scope="module")
def saas() -> Terms:
    return load_terms(DATA / "hopex-saas.yaml")


@pytest.fixture(scope="module")
def octipas() -> Terms:
    return load_terms(DATA / "octipas.yaml")


def changed(terms: Terms, **sections: Any) -> Terms:
    return parse_terms({**terms.to_document(), **sections})


def test_units_of_the_terms_are_those_of_the_engine() -> None:
    assert {rules.value: tuple(unit.value for unit in units) for rules, units in ENGINE_UNITS.items()} == UNITS


def test_figures_become_limits_with_their_clause(saas: Terms) -> None:
    policy = policy_for(saas, "response", environment="production")
    hours = {"unit": Unit.BUSINESS_HOURS, "rules": Rules.MEGA, "day_after": True, "clause": "HSA-1"}
    days = {**hours, "unit": Unit.BUSINESS_DAYS}
    assert dict(policy.limits) == {
        "no_access": Limit(1, **hours),
        "critical": Limit(4, **hours),
        "moderate": Limit(1, **days),
        "minor": Limit(2, **days),
    }
    assert (policy.target, policy.pausing) == ("response", False)
    assert policy.clauses == Clauses(
        computation="HSA-24", day_after="HSA-8", pausing="R13", no_target="HSA-1", calendar="HSA-24"
    )
    assert policy.alerts == (
        AlertThreshold("approaching:75", 75, ("assignee", "engineers"), "HSA-1", True),
        AlertThreshold("breach", 100, ("assignee", "support_manager", "account_manager"), "HSA-1", True),
    )


def test_the_first_clause_is_the_one_that_is_named(saas: Terms) -> None:
    document = saas.to_document()
    for item in (document["alerts"][0], document["computation"], document["targets"][0], document["calendars"][0]):
        item["clauses"] = ["HSA-2", "HSA-3"]
    document["targets"][0]["figures"][0]["clauses"] = ["HSA-4", "HSA-5"]
    policy = policy_for(parse_terms(document), "response")
    assert policy.alerts[0].clause == "HSA-2"
    assert policy.clauses == Clauses(
        computation="HSA-2", day_after="HSA-8", pausing="R13", no_target="HSA-2", calendar="HSA-2"
    )
    assert policy.limits["no_access"] == Limit(1, Unit.BUSINESS_HOURS, Rules.MEGA, day_after=True, clause="HSA-4")


def test_a_severity_without_a_figure_has_no_target(octipas: Terms) -> None:
    policy = policy_for(octipas, "resolution")
    assert policy.limits["minor"] is None
    assert policy.limits["major"] == Limit(7, Unit.BUSINESS_DAYS, Rules.OPENING, clause="OCT-2")
    assert (policy.clauses.day_after, policy.clauses.reopening) == ("R2", "OCT-9")


def test_unknown_names_are_refused(saas: Terms) -> None:
    with pytest.raises(UnknownTerm, match="unknown target 'resolution': use response"):
        policy_for(saas, "resolution")
    with pytest.raises(UnknownTerm, match="unknown environment 'moon': use production, preproduction, development"):
        policy_for(saas, "response", environment="moon")
    with pytest.raises(UnknownTerm, match="unknown calendar 'us': use fr, availability"):
        calendar_for(saas, "us")


def test_targets_apply_to_their_environments_only(saas: Terms) -> None:
    targets = saas.to_document()["targets"]
    targets[0]["environments"] = ["production"]
    limited = changed(saas, targets=targets)
    assert policy_for(limited, "response", environment="production").limits["critical"] is not None
    for environment in ("development", None):
        assert set(policy_for(limited, "response", environment=environment).limits.values()) == {None}


def test_a_severity_can_be_left_out_of_the_day_after(saas: Terms) -> None:
    targets = saas.to_document()["targets"]
    targets[0]["figures"][0]["day_after"] = False
    limits = policy_for(changed(saas, targets=targets), "response").limits
    assert [limits[code].day_after for code in ("no_access", "critical")] == [False, True]


def test_alerts_can_be_limited_to_targets(octipas: Terms) -> None:
    alerts = octipas.to_document()["alerts"]
    alerts[0]["targets"] = ["resolution"]
    terms = changed(octipas, alerts=alerts)
    assert [alert.code for alert in policy_for(terms, "resolution").alerts] == ["approaching:75", "breach"]
    assert [alert.code for alert in policy_for(terms, "acknowledgement").alerts] == ["breach"]


def test_a_contract_overrides_a_figure_and_says_by_what(saas: Terms) -> None:
    figures = [
        {"target": "response", "severity": "critical", "amount": 2, "unit": "business_hours", "reference": "A-7"},
        {"target": "response", "severity": "minor", "amount": None, "unit": None, "reference": "A-8"},
        {
            "target": "response", "severity": "moderate", "amount": 1, "unit": "days", "reference": "A-9",
            "day_after": False,
        },
    ]  # fmt: skip
    policy = policy_for(saas, "response", overrides={"figures": figures, "month_rollover": "ouvre"})
    assert policy.limits["critical"] == Limit(
        2, Unit.BUSINESS_HOURS, Rules.MEGA, True, MonthRollover.OUVRE, "HSA-1", "A-7"
    )
    assert policy.limits["minor"] is None
    assert policy.limits["moderate"] == Limit(1, Unit.DAYS, Rules.MEGA, False, MonthRollover.OUVRE, "HSA-1", "A-9")
    assert policy.limits["no_access"] == Limit(
        1, Unit.BUSINESS_HOURS, Rules.MEGA, True, MonthRollover.OUVRE, "HSA-1", ""
    )


def test_a_contract_turns_pausing_on_and_off(saas: Terms) -> None:
    on = policy_for(saas, "response", overrides={"pausing": True})
    assert (on.pausing, on.clauses.pausing) == (True, "R17")
    off = policy_for(saas, "response", overrides={"pausing": False})
    assert (off.pausing, off.clauses.pausing) == (False, "R13")
    targets = saas.to_document()["targets"]
    targets[0] |= {"pauses": True}
    del targets[0]["pauses_clause"]
    own = changed(saas, targets=targets, readings=[])
    assert (policy_for(own, "response").pausing, policy_for(own, "response").clauses.pausing) == (True, "R11")
    assert policy_for(own, "response", overrides={"pausing": False}).pausing is False


def test_a_contract_adds_days_to_a_calendar(saas: Terms) -> None:
    days = {
        "calendar": "fr",
        "reference": "A-7",
        "days_off": ["2026-05-04"],
        "closures": [{"start": "2026-05-05", "end": "2026-05-06"}],
        "special_days": [{"date": "2026-05-09", "hours": ["10:00-12:00"]}],
    }
    calendar = calendar_for(saas, "fr", overrides={"calendars": [days]})
    worked = [calendar.is_working_day(date(2026, 5, day)) for day in range(4, 10)]
    assert worked == [False, False, False, True, False, True]
    assert calendar_for(saas, "fr").is_working_day(date(2026, 5, 4))
    elsewhere = calendar_for(saas, "availability", overrides={"calendars": [days]})
    assert elsewhere.is_working_day(date(2026, 5, 4))
    policy = policy_for(saas, "response", overrides={"calendars": [days]})
    assert policy.calendar is calendar


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"figure": []},
            "figure: is not known here; allowed are figures, pausing, calendars, month_rollover, fields, subsidiary, "
            "follow_the_sun, definitions",
        ),
        ({"pausing": 1}, "pausing: must be true or false, not 1"),
        ({"figures": {}}, "figures: must be a list, not a group of fields"),
        (
            {"figures": [{"target": "x", "severity": "minor", "amount": 1, "unit": "days", "reference": "A"}]},
            "figures[0].target: 'x' is no target: use response",
        ),
        (
            {"figures": [{"target": "response", "severity": "x", "amount": 1, "unit": "days", "reference": "A"}]},
            "figures[0].severity: 'x' is no severity: use no_access, critical, moderate, minor",
        ),
        (
            {"figures": [{"target": "response", "severity": "minor", "amount": 1, "unit": None, "reference": "A"}]},
            "figures[0]: an amount and its unit stand together",
        ),
        (
            {"calendars": [{"calendar": "us", "reference": "A"}]},
            "calendars[0].calendar: 'us' is not in the terms",
        ),
    ],
)
def test_overrides_that_are_wrong_are_refused(saas: Terms, overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(TermsError) as caught:
        policy_for(saas, "response", overrides=overrides)
    assert str(caught.value) == f"overrides: {message}"


def test_overrides_keep_to_the_units_of_the_rules(octipas: Terms) -> None:
    figure = {"target": "resolution", "severity": "minor", "amount": 1, "unit": "weeks", "reference": "A"}
    with pytest.raises(
        TermsError, match="weeks is not a unit of the rules opening: use minutes, business_minutes, bus"
    ):
        policy_for(octipas, "resolution", overrides={"figures": [figure]})


def test_a_calendar_is_compiled_once(saas: Terms, octipas: Terms) -> None:
    assert calendar_for(saas, "fr") is calendar_for(octipas, "fr")
    assert calendar_for(saas, "fr") is SHARED.compiled(calendar_for(saas, "fr").spec)


def test_the_french_calendar_is_what_the_contract_says(saas: Terms) -> None:
    spec = calendar_for(saas, "fr").spec
    assert (spec.zone, spec.weekly, spec.standard_seconds) == ("Europe/Paris", OFFICE_WEEK, 32_400)
    assert (spec.standard_day, spec.first_year, spec.last_year) == (32_400, 1970, 2099)
    assert spec.holidays == public_holidays("FR")
    assert {day for day in spec.holidays if day.year == 2026} == {
        date(2026, 1, 1), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 8), date(2026, 5, 14), date(2026, 5, 25),
        date(2026, 7, 14), date(2026, 8, 15), date(2026, 11, 1), date(2026, 11, 11), date(2026, 12, 25),
    }  # fmt: skip


def test_special_days_of_the_contract_win_over_those_of_the_terms(saas: Terms) -> None:
    calendars = saas.to_document()["calendars"]
    calendars[0] |= {
        "special_days": [{"date": "2026-12-24", "hours": ["09:00-12:00"]}, {"date": "2026-12-31", "hours": []}],
        "days_off": ["2026-05-15"],
        "closures": [{"start": "2026-12-26", "end": "2026-12-28"}],
    }
    del calendars[0]["standard_day_hours"]
    terms = changed(saas, calendars=calendars)
    own = {"calendar": "fr", "reference": "A", "special_days": [{"date": "2026-12-24", "hours": ["09:00-10:00"]}]}
    spec = calendar_for(terms, "fr", overrides={"calendars": [own]}).spec
    assert spec.special_days == ((date(2026, 12, 24), ((32_400, 36_000),)), (date(2026, 12, 31), ()))
    assert spec.days_off == {date(2026, 5, 15)}
    assert spec.closures == {date(2026, 12, 26), date(2026, 12, 27), date(2026, 12, 28)}
    assert (spec.standard_day, spec.standard_seconds) == (0, 32_400)


def test_follow_the_sun_joins_calendars_and_keeps_to_years_known_for_all(saas: Terms) -> None:
    calendars = saas.to_document()["calendars"]
    away = {**calendars[0], "code": "sg", "zone": "Asia/Singapore", "holidays": {"country": "SA"}}
    calendars[0]["also_open"] = ["sg"]
    spec = calendar_for(changed(saas, calendars=[*calendars, away]), "fr").spec
    assert [member.zone for member in spec.also_open] == ["Asia/Singapore"]
    assert (spec.first_year, spec.last_year) == (max(1970, holiday_years("SA")[0]), min(2099, holiday_years("SA")[1]))


def test_a_calendar_without_holidays_knows_its_years_all_the_same(saas: Terms) -> None:
    calendars = saas.to_document()["calendars"]
    del calendars[0]["holidays"]
    spec = calendar_for(changed(saas, calendars=calendars), "fr").spec
    assert (spec.holidays, spec.first_year, spec.last_year) == (frozenset(), 1970, 2099)


def test_holidays_of_a_part_of_a_country_are_known() -> None:
    assert date(2026, 12, 26) in public_holidays("FR", "57")
    assert date(2026, 12, 26) not in public_holidays("FR")
    assert date(1970, 1, 1) in public_holidays("FR")
    assert date(2099, 12, 25) in public_holidays("FR")
    assert min(public_holidays("FR")).year == 1970
    assert max(public_holidays("FR")).year == 2099


def test_holidays_of_nowhere_are_refused() -> None:
    with pytest.raises(BadSpec, match="no public holidays are known for XX"):
        public_holidays("XX")
    with pytest.raises(BadSpec, match="no public holidays are known for FR-XX"):
        public_holidays("FR", "XX")


def test_hours_are_read_as_seconds() -> None:
    assert span("00:00-24:00") == (0, 86_400)
    assert span("08:30-17:45") == (30_600, 63_900)


# What only the contract can tell (GEN-6, JAL-29b) ---------------------------------------------------------------------

WEEK = {day: ["08:00-19:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
FIGURES = [
    {"target": target, "severity": severity, "amount": 4, "unit": "business_hours", "reference": "Annex 1"}
    for target in ("gti", "gtr")
    for severity in ("p1", "p2", "p3", "p4")
]
FIELDS = [
    {"field": "availability_rate", "percent": "99.5", "reference": "Annex 1"},
    {"field": "processing_performance", "none": True, "reference": "Annex 1"},
    {"field": "rpo", "span": {"amount": 24, "unit": "hours"}, "reference": "Annex 1"},
    {"field": "rto", "span": {"amount": 8, "unit": "hours"}, "reference": "Annex 1"},
]
COMPLETE: dict[str, Any] = {
    "figures": FIGURES,
    "calendars": [{"calendar": "support", "reference": "Annex 1", "weekly": WEEK}],
    "fields": FIELDS,
}


@pytest.fixture(scope="module")
def generix() -> Terms:
    return load_terms(DATA / "generix.yaml")


def test_what_a_contract_lacks_is_listed(generix: Terms) -> None:
    found = [str(item) for item in missing_contract_data(generix, {})]
    assert len(found) == 8 + 1 + 4
    assert found[0] == "targets.gti.figures.p1: Reaction time (GTI): P1 – critical incident (GEN-3, GEN-6)"
    assert found[8] == "calendars.support.weekly: Subscribed support hours (GEN-6, R14)"
    assert found[-1] == "contract_fields.rto: Recovery time (RTO) (GEN-19)"
    assert missing_contract_data(generix, {})[0].label.fr == (
        "Garantie de temps d'intervention (GTI) : P1 – incident critique"
    )
    assert missing_contract_data(generix, COMPLETE) == []


@pytest.mark.parametrize("section", ["figures", "calendars", "fields"])
def test_what_is_left_out_is_missing(generix: Terms, section: str) -> None:
    part = {key: value for key, value in COMPLETE.items() if key != section}
    paths = {"figures": "targets", "calendars": "calendars", "fields": "contract_fields"}
    assert {item.path[0] for item in missing_contract_data(generix, part)} == {paths[section]}


def test_a_contract_may_say_that_it_has_none(generix: Terms) -> None:
    none = [{**figure, "amount": None, "unit": None} for figure in FIGURES]
    overrides = {**COMPLETE, "figures": none}
    assert missing_contract_data(generix, overrides) == []
    policy = policy_for(generix, "gtr", overrides=overrides, environment="production")
    assert set(policy.limits.values()) == {None}


def test_a_contract_that_brings_its_figures_and_hours_has_a_policy(generix: Terms) -> None:
    policy = policy_for(generix, "gtr", overrides=COMPLETE, environment="production")
    assert policy.limits["p1"] == Limit(4, Unit.BUSINESS_HOURS, Rules.OPENING, clause="GEN-4", reference="Annex 1")
    assert (policy.pausing, policy.clauses.pausing) == (True, "GEN-4")
    assert policy.calendar.spec.weekly == ((span("08:00-19:00"),),) * 5 + ((), ())
    assert policy.calendar.spec.standard_seconds == 11 * 3600
    assert policy.calendar.spec.holidays == public_holidays("FR")


def test_nothing_is_guessed_where_a_contract_lacks_its_data(generix: Terms) -> None:
    without_figures = {key: value for key, value in COMPLETE.items() if key != "figures"}
    with pytest.raises(TermsError, match="overrides: figures.gti.p1: is for the contract to give, and this one does"):
        policy_for(generix, "gti", overrides=without_figures, environment="production")
    without_hours = {key: value for key, value in COMPLETE.items() if key != "calendars"}
    with pytest.raises(TermsError, match="overrides: calendars.support.weekly: is for the contract to give, and this"):
        policy_for(generix, "gti", overrides=without_hours, environment="production")
    with pytest.raises(TermsError, match="calendars.support.weekly: is for the contract to give"):
        calendar_for(generix, "support")


def test_levels_apply_to_production_alone(generix: Terms) -> None:
    policy = policy_for(generix, "gti", overrides=COMPLETE, environment="preproduction")
    assert set(policy.limits.values()) == {None}


def test_hours_that_were_subscribed_can_include_holidays(generix: Terms) -> None:
    always = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    own = {"calendar": "support", "reference": "Annex 1", "weekly": always, "open_on_holidays": True}
    calendar = calendar_for(generix, "support", overrides={**COMPLETE, "calendars": [own]})
    assert calendar.is_working_day(date(2026, 12, 25))
    assert not calendar_for(generix, "support", overrides=COMPLETE).is_working_day(date(2026, 12, 25))


def test_the_hours_of_any_contract_can_be_extended(octipas: Terms) -> None:
    own = {"calendar": "fr", "reference": "A-3", "weekly": {**WEEK, "sat": ["09:00-12:00"]}}
    calendar = calendar_for(octipas, "fr", overrides={"calendars": [own]})
    assert calendar.is_working_day(date(2026, 6, 13))
    assert not calendar_for(octipas, "fr").is_working_day(date(2026, 6, 13))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"fields": [{"field": "colour", "text": "red", "reference": "A"}]},
            "fields[0].field: 'colour' is no field of these terms: use availability_rate, processing_performance, rpo",
        ),
        (
            {"fields": [{"field": "rpo", "percent": "99", "reference": "A"}]},
            "fields[0]: rpo gives span, or none: true, and nothing else",
        ),
        (
            {"fields": [{**FIELDS[0], "none": True}]},
            "fields[0]: availability_rate gives percent, or none: true, and nothing else",
        ),
        (
            {"fields": [{"field": "availability_rate", "percent": "101", "reference": "A"}]},
            "fields[0].percent: must be a percentage such as 99.5, not '101'",
        ),
        ({"fields": [FIELDS[0], FIELDS[0]]}, "fields[1]: is given twice: keep one"),
        ({"figures": [FIGURES[0], FIGURES[0]]}, "figures[1]: is given twice: keep one"),
        (
            {"calendars": [{"calendar": "support", "reference": "A", "weekly": {}}]},
            "calendars[0].weekly: never opens: give the hours of at least one day",
        ),
        (
            {"calendars": [{"calendar": "support", "reference": "A", "weekly": {"mon": ["19:00-08:00"]}}]},
            "calendars[0].weekly.mon[0]: 19:00-08:00 ends before it starts",
        ),
        (
            {"calendars": [COMPLETE["calendars"][0]] * 2},
            "calendars[1]: is given twice: keep one",
        ),
        (
            {"follow_the_sun": {"reference": "A", "zones": [{"zone": "Asia/Singapore", "weekly": WEEK}]}},
            "follow_the_sun: no target of these terms follows the sun",
        ),
        (
            {"subsidiary": {"name": "X", "zone": "Mars/Base", "reference": "A"}},
            "subsidiary.zone: unknown time zone 'Mars/Base': use an IANA name such as Europe/Paris",
        ),
        (
            {"definitions": [{"severity": "p1", "definition": {"en": "A", "fr": "B"}, "reference": "A"}]},
            "definitions[0]: these terms do not let a contract word its severities",
        ),
    ],
)
def test_contract_data_that_is_wrong_is_refused(generix: Terms, overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(TermsError) as caught:
        missing_contract_data(generix, overrides)
    assert str(caught.value).splitlines()[0].startswith(f"overrides: {message}")


def test_a_contract_may_word_severities_where_its_terms_let_it() -> None:
    jalios = load_terms(DATA / "jalios-on-premise.yaml")
    worded = {"severity": "minor", "definition": {"en": "A", "fr": "B"}, "reference": "Annex 2"}
    assert missing_contract_data(jalios, {"definitions": [worded]})
    with pytest.raises(TermsError, match=r"definitions\[0\].severity: 'huge' is not among the severities"):
        missing_contract_data(jalios, {"definitions": [{**worded, "severity": "huge"}]})


# Follow the sun (R15) and the subsidiary that signed (R14)  --------------------------------------------------------

OFFICE = {day: ["09:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
SUN = {
    "reference": "Option 1",
    "zones": [
        {"zone": "Asia/Singapore", "weekly": OFFICE, "holidays": {"country": "SG"}},
        {"zone": "America/New_York", "weekly": OFFICE, "holidays": {"country": "US"}},
    ],
}


def test_follow_the_sun_joins_the_hours_of_response_targets_alone(saas: Terms) -> None:
    policy = policy_for(saas, "response", overrides={"follow_the_sun": SUN})
    assert [member.zone for member in policy.calendar.spec.also_open] == ["Asia/Singapore", "America/New_York"]
    away = policy.calendar.spec.also_open[0]
    assert (away.holidays, away.weekly) == (public_holidays("SG"), OFFICE_WEEK)
    assert (away.first_year, away.last_year) == holiday_years("SG")
    assert policy.calendar.spec.weekly == OFFICE_WEEK
    assert calendar_for(saas, "fr", overrides={"follow_the_sun": SUN}).spec.also_open == ()
    targets = saas.to_document()["targets"]
    targets[0]["follow_the_sun"] = False
    still = changed(saas, targets=targets, examples=[])
    with pytest.raises(TermsError, match="no target of these terms follows the sun"):
        policy_for(still, "response", overrides={"follow_the_sun": SUN})


def test_zones_that_the_terms_add_do_not_follow_the_sun_themselves(saas: Terms) -> None:
    calendars = saas.to_document()["calendars"]
    calendars[0]["also_open"] = ["sg"]
    away = {**calendars[0], "code": "sg", "zone": "Asia/Singapore", "also_open": []}
    sun = {"reference": "A", "zones": SUN["zones"][1:]}
    spec = policy_for(
        changed(saas, calendars=[*calendars, away]), "response", overrides={"follow_the_sun": sun}
    ).calendar.spec
    assert [member.zone for member in spec.also_open] == ["Asia/Singapore", "America/New_York"]
    assert all(member.also_open == () for member in spec.also_open)


def test_hours_elsewhere_may_know_no_holidays(saas: Terms) -> None:
    sun = {"reference": "A", "zones": [{"zone": "Asia/Tokyo", "weekly": OFFICE}]}
    (away,) = policy_for(saas, "response", overrides={"follow_the_sun": sun}).calendar.spec.also_open
    assert (away.holidays, away.first_year, away.last_year) == (frozenset(), 1970, 2099)


def test_the_sun_is_followed_over_three_zones_at_most(saas: Terms) -> None:
    zones = [*SUN["zones"], {"zone": "Asia/Tokyo", "weekly": OFFICE}]
    with pytest.raises(TermsError, match="follow_the_sun.zones: at most 3 zones, that of the terms included"):
        policy_for(saas, "response", overrides={"follow_the_sun": {"reference": "A", "zones": zones}})
    calendars = saas.to_document()["calendars"]
    calendars[0]["also_open"] = ["availability"]
    with pytest.raises(TermsError, match="follow_the_sun.zones: at most 3 zones, that of the terms included"):
        policy_for(changed(saas, calendars=calendars, examples=[]), "response", overrides={"follow_the_sun": SUN})
    shut = {"reference": "A", "zones": [{"zone": "Asia/Tokyo", "weekly": {}}]}
    with pytest.raises(TermsError, match=r"follow_the_sun.zones\[0\].weekly: never opens"):
        policy_for(saas, "response", overrides={"follow_the_sun": shut})


def test_the_availability_period_is_that_of_the_subsidiary_that_signed(saas: Terms) -> None:
    signed = {
        "subsidiary": {
            "name": "MEGA UK",
            "zone": "Europe/London",
            "holidays": {"country": "GB", "subdivision": "ENG"},
            "reference": "Order form",
        }
    }
    spec = calendar_for(saas, "availability", overrides=signed).spec
    assert (spec.zone, spec.holidays) == ("Europe/London", public_holidays("GB", "ENG"))
    assert calendar_for(saas, "fr", overrides=signed).spec.zone == "Europe/Paris"
    assert calendar_for(saas, "availability").spec.zone == "Europe/Paris"


def test_calendars_of_drafts_are_kept_where_the_caller_says(saas: Terms) -> None:
    draft = {"calendars": [{"calendar": "fr", "weekly": {"mon": ["06:00-07:00"]}, "reference": "A"}]}

    def compiled(calendars: Calendars) -> Calendar:
        return policy_for(saas, "response", overrides=draft, calendars=calendars).calendar

    mine, other = Calendars(2), Calendars(2)
    assert compiled(mine) is compiled(mine)
    assert compiled(mine) is not compiled(other)
