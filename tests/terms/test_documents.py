"""The terms documents that come with the product: they load, say what the contracts say, and can be stored."""

import json
from pathlib import Path

import pytest

from contracts.terms import (
    Label,
    Terms,
    TermsError,
    UnknownTerm,
    cited_clauses,
    digest_of,
    known_clauses,
    load_terms,
    parse_terms,
)

DATA = Path(__file__).parents[2] / "contracts" / "data"
CODES = ["generix", "hopex-on-premise", "hopex-saas", "jalios-on-premise", "octipas"]
FAMILIES = {
    "generix": "GEN",
    "hopex-on-premise": "HOP",
    "hopex-saas": "HSA",
    "jalios-on-premise": "JAL",
    "octipas": "OCT",
}


@pytest.fixture(scope="module")
def saas() -> Terms:
    return load_terms(DATA / "hopex-saas.yaml")


def test_the_documents_are_all_there() -> None:
    assert sorted(file.stem for file in DATA.glob("*.yaml")) == sorted(["clauses", *CODES])


@pytest.mark.parametrize("code", CODES)
def test_a_document_can_be_stored_and_parsed_again(code: str) -> None:
    terms = load_terms(DATA / f"{code}.yaml")
    stored = json.loads(json.dumps(terms.to_document()))
    shuffled = dict(sorted(stored.items(), reverse=True))
    again = parse_terms(shuffled, source="the database")
    assert (terms.code, again) == (code, terms)
    assert (again.digest, hash(again)) == (terms.digest, hash(terms))
    assert again.digest == digest_of(stored)
    assert again.severities == terms.severities


def test_a_stored_copy_can_be_changed_without_harm(saas: Terms) -> None:
    copy = saas.to_document()
    copy["severities"][0]["code"] = "other"
    assert saas.to_document()["severities"][0]["code"] == "no_access"
    changed = {**saas.to_document(), "version": "2099.1"}
    assert parse_terms(changed) != saas
    assert parse_terms(changed).digest != saas.digest
    assert saas != "hopex-saas"


def test_the_document_given_is_not_kept_by_reference(saas: Terms) -> None:
    document = saas.to_document()
    terms = parse_terms(document)
    document["version"] = "changed"
    document["severities"].clear()
    assert terms == saas


@pytest.mark.parametrize(
    ("severity", "amount", "unit"),
    [
        ("no_access", 1, "business_hours"),
        ("critical", 4, "business_hours"),
        ("moderate", 1, "business_days"),
        ("minor", 2, "business_days"),
    ],
)
def test_hopex_saas_answers_within_its_figures(saas: Terms, severity: str, amount: int, unit: str) -> None:
    figure = saas.target("response", severity, "production")
    assert figure is not None
    assert (figure.amount, figure.unit, figure.clauses) == (amount, unit, ("HSA-1",))


def test_hopex_on_premise_has_no_no_access() -> None:
    terms = load_terms(DATA / "hopex-on-premise.yaml")
    assert [severity.code for severity in terms.severities] == ["critical", "moderate", "minor"]
    assert [(f.severity, f.amount, f.unit) for f in terms.target_terms("response").figures] == [
        ("critical", 4, "business_hours"),
        ("moderate", 1, "business_days"),
        ("minor", 2, "business_days"),
    ]
    assert [reason.code for reason in terms.exclusion_reasons][-2:] == ["correction_refused", "migration_refused"]


def test_octipas_has_no_resolution_time_for_minor_anomalies() -> None:
    terms = load_terms(DATA / "octipas.yaml")
    assert terms.target("resolution", "minor", "production") is None
    assert terms.target("resolution", "minor") is None
    figures = [terms.target("resolution", code) for code in ("blocking", "major")]
    assert [(figure.amount, figure.unit) for figure in figures if figure] == [
        (24, "business_hours"), (7, "business_days"),
    ]  # fmt: skip


def test_hopex_saas_has_its_own_words(saas: Terms) -> None:
    assert saas.word("ticket", "fr") == "Case"
    assert saas.word("ticket", "en", plural=True) == "Cases"
    assert saas.word("error", "en", plural=True) == "Error"
    assert saas.word("cumulative_update", "fr", plural=True) == "Mises à jour cumulées"


def test_labels_are_found_by_path_and_language(saas: Terms) -> None:
    assert saas.label("name", "en") == "HOPEX SaaS"
    assert saas.label("severities.no_access", "fr") == "Aucun accès"
    assert saas.label("severities.no_access", "fr-CH") == "Aucun accès"
    assert saas.label("severities.no_access", "FR") == "Aucun accès"
    assert saas.label("severities.no_access", "de") == "No Access"
    assert saas.label("severities.no_access.kinds.platform_down", "en") == "The platform is down"
    assert saas.label("workflow.states.waiting_customer", "fr") == "En attente de votre réponse"
    assert saas.label("workflow.transitions.take", "en") == "Take"
    assert saas.label("severities.no_access.definition", "en").startswith("A security problem")
    assert saas.label("availability.exclusions.planned", "en") == "Planned and agreed beforehand"
    for path in ("severities", "severities.huge", "nothing", "workflow.states.new.owed", "code"):
        with pytest.raises(UnknownTerm):
            saas.label(path, "en")


def test_look_ups_name_what_there_is(saas: Terms) -> None:
    assert saas.severity("critical").needs_action_plan
    assert [kind.code for kind in saas.severity("no_access").kinds if kind.opens_outage] == [
        "platform_down", "no_access_all_users",
    ]  # fmt: skip
    assert [kind.code for kind in saas.severity("no_access").kinds if kind.security] == ["security_problem"]
    assert saas.calendar("fr").zone == "Europe/Paris"
    assert saas.environment("production").code == "production"
    assert saas.state("new").waits_for == "provider"
    assert saas.resolution_type("workaround").label == Label("Workaround", "Solution de contournement")
    assert saas.target_names == ("response",)
    assert saas.target_terms("response").figure("nobody") is None
    for look_up in (
        saas.severity,
        saas.calendar,
        saas.environment,
        saas.state,
        saas.resolution_type,
        saas.target_terms,
    ):
        with pytest.raises(UnknownTerm, match="unknown .* 'zzz': use "):
            look_up("zzz")
    with pytest.raises(UnknownTerm, match="unknown word 'zzz': use ticket, "):
        saas.word("zzz", "en")
    with pytest.raises(UnknownTerm, match="unknown severity"):
        saas.target("response", "zzz")
    with pytest.raises(UnknownTerm, match="unknown environment"):
        saas.target("response", "minor", "zzz")
    with pytest.raises(UnknownTerm, match="unknown target"):
        saas.target("zzz", "minor")


def test_a_target_limited_to_environments_has_no_figure_elsewhere(saas: Terms) -> None:
    document = saas.to_document()
    document["targets"][0]["environments"] = ["production"]
    limited = parse_terms(document)
    assert limited.target("response", "minor", "production") is not None
    assert limited.target("response", "minor", "development") is None
    assert limited.target("response", "minor") is None


def test_the_workflow_says_who_may_do_what(saas: Terms) -> None:
    workflow = saas.workflow
    assert workflow.allows("take", "new", "provider")
    assert not workflow.allows("take", "new", "customer")
    assert not workflow.allows("take", "closed", "provider")
    assert not workflow.allows("fly", "new", "provider")
    assert workflow.allows("reopen", "resolved", "customer")
    assert [state.code for state in workflow.states if state.owed] == ["new", "in_progress", "waiting_customer"]


@pytest.mark.parametrize("code", CODES)
def test_every_document_states_every_reading(code: str) -> None:
    expected = sorted(clause for clause in known_clauses() if clause.startswith("R"))
    assert sorted(reading.code for reading in load_terms(DATA / f"{code}.yaml").readings) == expected


def test_every_reading_is_stated_once_with_its_value(saas: Terms) -> None:
    codes = [reading.code for reading in saas.readings]
    expected = [code for code in known_clauses() if code.startswith("R")]
    assert sorted(codes) == sorted(expected)
    assert len(codes) == 21
    values = {reading.code: reading.value for reading in saas.readings}
    assert values["R5"] == saas.computation.month_rollover
    assert (values["R2"], saas.target_terms("response").day_after) == ("day_after", True)
    assert (values["R13"], saas.target_terms("response").pauses) == ("never", False)


def test_alerts_go_to_those_whom_the_terms_name(saas: Terms) -> None:
    assert [(alert.code, alert.percent, alert.recipients, alert.reading) for alert in saas.alerts] == [
        ("approaching:75", 75, ("assignee", "engineers"), True),
        ("breach", 100, ("assignee", "support_manager", "account_manager"), True),
    ]


def test_hopex_saas_keeps_the_figures_of_its_clauses(saas: Terms) -> None:
    assert (saas.contact_rules.max_contacts, saas.contact_rules.training_required) == (3, True)
    assert saas.availability is not None
    limits = [(i.environment, i.per, i.limit.amount, i.limit.unit) for i in saas.availability.limits]
    assert limits == [
        ("production", "occurrence", 3, "business_hours"),
        ("production", "month", 4, "business_hours"),
        ("development", "occurrence", 1, "business_days"),
        ("development", "month", 1, "business_days"),
    ]
    kept = {item.code: (item.keep.amount, item.keep.unit) for item in saas.retention}
    assert kept == {
        "backup_daily": (7, "days"),
        "backup_weekly": (4, "weeks"),
        "backup_monthly": (6, "months"),
        "history": (13, "months"),
        "customer_data": (3, "months"),
    }
    notices = [(n.code, n.limit.amount, n.limit.unit, n.direction) for n in saas.notices]
    assert notices == [
        ("planned_maintenance", 5, "business_days", "before"),
        ("unplanned_maintenance", 1, "business_days", "before"),
        ("service_credit_request", 3, "months", "after"),
        ("prorogation_or_reversibility", 2, "months", "before"),
    ]


def test_the_catalogue_has_every_item_with_its_time(saas: Terms) -> None:
    assert saas.catalogue is not None
    assert saas.catalogue.pauses
    times = {i.code: [(s.environment[:4], s.limit.amount) for s in i.stages] for i in saas.catalogue.items}
    assert times == {
        "up_alignment": [("prep", 1), ("prod", 1)],
        "down_alignment": [("prep", 2)],
        "multi_portal": [("prod", 5)],
        "login_log": [("prod", 1)],
        "reassign_token": [("prod", 1)],
        "additional_repository": [("prod", 1)],
        "rename_repository": [("prod", 1)],
        "domain_name": [("prod", 2)],
        "ip_whitelisting": [("prod", 1)],
        "task_scheduling": [("prep", 2), ("prod", 1)],
        "api_key": [("prod", 1)],
        "export_backup": [("prod", 1)],
        "advanced_drp": [("prod", 5)],
        "store_module": [("prep", 1), ("prod", 1)],
        "restore_last_backup": [("prod", 4)],
        "restore_archive": [("prod", 6)],
        "other": [("prod", 2)],
    }
    assert [item.code for item in saas.catalogue.items if item.estimate] == ["other"]
    hours = {s.limit.unit for i in saas.catalogue.items for s in i.stages if i.code.startswith("restore")}
    assert hours == {"business_hours"}
    assert {s.limit.unit for i in saas.catalogue.items for s in i.stages} == {"business_hours", "business_days"}


@pytest.mark.parametrize("code", CODES)
def test_every_clause_of_a_contract_stands_somewhere_in_its_document(code: str) -> None:
    cited = cited_clauses(load_terms(DATA / f"{code}.yaml"))
    assert {clause for clause in known_clauses() if clause.startswith(FAMILIES[code])} <= cited


@pytest.mark.parametrize("code", CODES)
def test_every_document_names_its_families_and_brings_examples(code: str) -> None:
    terms = load_terms(DATA / f"{code}.yaml")
    assert FAMILIES[code] in terms.clause_families
    assert len(terms.examples) >= 12
    assert {item.op for item in terms.examples} >= {"due", "limit", "elapsed"} - (
        {"elapsed"} if code[0] == "j" else set()
    )


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TermsError, match="nothing.yaml: document: cannot be read: No such file or directory"):
        load_terms(tmp_path / "nothing.yaml")
