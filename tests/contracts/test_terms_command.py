"""`manage.py terms`: check, tell apart, publish all or nothing, and notice holidays that have moved."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.tenancy import acting_as
from contracts.models import TermsVersion
from contracts.publishing import DATA, document_paths
from contracts.terms import load_terms
from tests.contracts.drafts import figure
from tests.worlds import World, paris


def terms(*arguments: Any) -> str:
    out = io.StringIO()
    call_command("terms", *map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


def versions(world: World) -> list[str]:
    with acting_as(world.system):
        return list(TermsVersion.objects.order_by("published_at", "id").values_list("version", flat=True))


# Diff -----------------------------------------------------------------------------------------------------------------
def test_two_files_are_told_apart_in_both_languages_or_in_one(draft):
    old, new = draft(version="2026.9", since="2026-01-01"), draft(figure("critical", 2))
    assert terms("diff", old, new).splitlines() == [
        "  Critical response: 4 → 2 business hours from 1 Jan 2027",
        "  Critique, réponse : 4 → 2 heures ouvrées à partir du 1er janv. 2027",
        "    HSA-1",
        "hopex-saas 2026.9 → 2027.1: 1 difference",
    ]
    assert "Critical" not in terms("diff", old, new, "--language", "fr")
    assert terms("diff", old, old) == "hopex-saas 2026.9 → 2026.9: no difference\n"


def test_a_published_version_is_named_by_code_and_version(owner_world, draft):
    published = f"hopex-saas@{owner_world.terms.version}"
    assert "Critical response: 4 → 2 business hours" in terms("diff", published, draft(figure("critical", 2)))
    assert "no difference" in terms("diff", published, published, "--provider", "mega")
    with pytest.raises(CommandError, match="hopex-saas@1: it is not published"):
        terms("diff", "hopex-saas@1", published)


def test_a_file_that_is_not_there_is_a_clear_error(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        terms("diff", tmp_path / "none.yaml", tmp_path / "none.yaml")


# Publish --------------------------------------------------------------------------------------------------------------
def test_a_new_version_is_shown_with_its_differences_and_the_clocks_that_stay(owner_world, draft):
    ticket = owner_world.file(paris("2026-05-04 08:05"))
    said = terms("publish", "--yes", "--language", "en", draft(figure("critical", 2)))
    assert "Critical response: 4 → 2 business hours from 1 Jan 2027" in said
    assert "1 clock of 1 open ticket: each runs on under the version of its start (R16)" in said
    assert f"{ticket.reference} response: " in said
    assert said.endswith("hopex-saas 2027.1: published\n")
    assert versions(owner_world) == [owner_world.terms.version, "2027.1"]
    assert terms("publish", "--yes", draft(figure("critical", 2))) == "hopex-saas 2027.1: already published\n"


def test_a_dry_run_says_everything_and_keeps_nothing(owner_world, draft):
    said = terms("publish", "--dry-run", draft(figure("critical", 2)))
    assert "Critique, réponse" in said and "hopex-saas 2027.1: published" in said
    assert said.endswith("A dry run: nothing was kept.\n")
    assert versions(owner_world) == [owner_world.terms.version]


def test_nobody_is_asked_where_nobody_is_there(owner_world, draft, monkeypatch):
    with pytest.raises(CommandError, match="say --yes"):
        terms("publish", draft())
    assert versions(owner_world) == [owner_world.terms.version]


@pytest.mark.parametrize(("answer", "published"), [("y", True), ("oui", True), ("n", False), ("", False)])
def test_a_person_is_asked(owner_world, draft, monkeypatch, answer, published):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: answer)
    if published:
        terms("publish", draft())
    else:
        with pytest.raises(CommandError, match="nothing was published"):
            terms("publish", draft())
    assert ("2027.1" in versions(owner_world)) is published


def test_of_several_documents_one_that_is_wrong_keeps_all_from_being_published(owner_world, draft):
    good = draft(figure("critical", 2))
    late = draft(version="2020.1", since="2020-01-01")
    with pytest.raises(CommandError, match=r"hopex-saas-2020\.1\.yaml: .*would be in force from 2020-01-01"):
        terms("publish", "--yes", good, late)
    assert versions(owner_world) == [owner_world.terms.version]


def test_an_example_that_no_longer_holds_keeps_the_document_from_being_published(owner_world, draft):
    """The examples of the shipped document, under a figure that was changed without them."""

    def change(document: dict[str, Any]) -> None:
        figure("critical", 2)(document)
        document["examples"] = load_terms(DATA / "hopex-saas.yaml").to_document()["examples"]

    assert load_terms(DATA / "hopex-saas.yaml").examples
    with pytest.raises(CommandError, match=r"examples\[\d+\].expect: .* expected due_at"):
        terms("publish", "--yes", draft(change))
    assert versions(owner_world) == [owner_world.terms.version]


def test_without_files_all_that_ship_are_published(owner_world):
    said = terms("publish", "--yes").splitlines()
    shipped = [load_terms(path) for path in document_paths()]
    assert [line.split(":")[0] for line in said] == [f"{one.code} {one.version}" for one in shipped]


# Holidays -------------------------------------------------------------------------------------------------------------
def test_holidays_that_moved_since_the_publishing_are_told(owner_world):
    assert terms("check") == "1 published versions have the holidays of their day of publishing.\n"
    with acting_as(owner_world.system):
        row = TermsVersion.objects.get()
        row.holiday_record["places"]["FR"]["2027"] = "01-01"
        row.save(update_fields=["holiday_record"])
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 published calendars have other holidays"):
        call_command("terms", "check", stdout=out, stderr=out)
    assert "now a holiday: 2027-03-29" in out.getvalue()
