"""Versions of the terms: immutable, with ranges that do not overlap, published wholly or not at all."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from accounts.errors import Refused
from accounts.tenancy import acting_as
from contracts import holiday_dates
from contracts.models import TermsVersion
from contracts.publishing import publish_terms
from contracts.selectors import latest_terms, terms_by_id, terms_in_force
from contracts.terms import Problem, Terms, TermsError
from tests.contracts.drafts import figure
from tests.worlds import START, World, paris

MEGA = ("mega", "MEGA", "MEGA")
LATER = paris("2026-06-01 09:00")


def ranges(world: World) -> list[tuple[str, date | None, date | None]]:
    with acting_as(world.system):
        rows = TermsVersion.objects.order_by("published_at", "id")
        return [(row.version, row.in_force.lower, row.in_force.upper) for row in rows]


def test_a_new_version_ends_the_one_before_on_its_first_day(owner_world, draft):
    row, is_new = publish_terms(draft(figure("critical", 2)), at=LATER, provider=MEGA)
    assert is_new
    first = owner_world.terms
    begins = date.fromisoformat(terms_by_id(first.id).effective_from)
    assert ranges(owner_world) == [(first.version, begins, date(2027, 1, 1)), ("2027.1", date(2027, 1, 1), None)]
    with acting_as(owner_world.system):
        assert latest_terms(row.provider_id, "hopex-saas") == row
        for day, version in ((date(2026, 12, 31), first.version), (date(2027, 1, 1), "2027.1")):
            assert terms_in_force(row.provider_id, "hopex-saas", LATER, day).version == version
        before = terms_in_force(row.provider_id, "hopex-saas", paris("2026-05-31 09:00"), date(2027, 1, 1))
        assert before.version == first.version
        assert terms_in_force(row.provider_id, "hopex-saas", LATER, date(2020, 1, 1)) is None


def test_a_version_that_begins_before_the_latest_one_is_refused_and_leaves_nothing(owner_world, draft):
    publish_terms(draft(), at=LATER, provider=MEGA)
    before = ranges(owner_world)
    with pytest.raises(Refused, match=r"2026\.5 would be in force from 2026-12-31, but 2027\.1") as refusal:
        publish_terms(draft(version="2026.5", since="2026-12-31"), at=LATER, provider=MEGA)
    assert refusal.value.code == "terms_begin_too_early"
    assert ranges(owner_world) == before


def test_an_edition_of_the_same_day_takes_the_place_of_the_former(owner_world, draft):
    former, _ = publish_terms(draft(), at=LATER, provider=MEGA)
    row, _ = publish_terms(draft(figure("critical", 3), version="2027.1.1"), at=LATER, provider=MEGA)
    assert ranges(owner_world)[1:] == [("2027.1", None, None), ("2027.1.1", date(2027, 1, 1), None)]
    with acting_as(owner_world.system):
        assert latest_terms(row.provider_id, "hopex-saas") == row
        assert terms_in_force(row.provider_id, "hopex-saas", LATER, date(2027, 5, 1)) == row
        assert terms_by_id(former.id).target("response", "critical").amount == 4


def test_the_same_document_again_changes_nothing_and_another_text_is_refused(owner_world, draft):
    publish_terms(draft(), at=LATER, provider=MEGA)
    before = ranges(owner_world)
    assert publish_terms(draft(), at=LATER, provider=MEGA)[1] is False
    with pytest.raises(Refused) as refusal:
        publish_terms(draft(figure("critical", 2)), at=LATER, provider=MEGA)
    assert refusal.value.code == "terms_are_immutable"
    assert ranges(owner_world) == before


def test_what_the_check_finds_wrong_is_not_published(owner_world, draft):
    def check(terms: Terms) -> None:
        raise TermsError(terms.code, [Problem(("examples", 0), "counts otherwise")])

    before = ranges(owner_world)
    with pytest.raises(TermsError, match="counts otherwise"):
        publish_terms(draft(), at=LATER, provider=MEGA, check=check)
    assert ranges(owner_world) == before
    checked: list[str] = []
    publish_terms(draft(), at=LATER, provider=MEGA, check=lambda terms: checked.append(terms.version))
    assert checked == ["2027.1"]


def test_the_database_refuses_ranges_that_overlap(owner_world):
    with acting_as(owner_world.system):
        row = TermsVersion.objects.get()
        row.pk, row.version, row.in_force = None, "overlapping", DateRange(date(2026, 1, 1), date(2026, 2, 1))
        row._state.adding = True
        with pytest.raises(IntegrityError, match="terms_versions_do_not_overlap"), transaction.atomic():
            row.save(force_insert=True)


# Holidays -------------------------------------------------------------------------------------------------------------
def test_the_holidays_of_the_day_of_publishing_are_kept(world):
    with acting_as(world.system):
        record = TermsVersion.objects.get().holiday_record
    assert record["places"]["FR"]["2026"].split() == [
        "01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11", "12-25",
    ]  # fmt: skip
    assert record["library"].split(".")[0].isdigit()
    assert holiday_dates.drift(record) == []


def test_a_library_that_lists_other_days_is_noticed(world):
    with acting_as(world.system):
        record = TermsVersion.objects.get().holiday_record
    days = record["places"]["FR"]["2026"].replace("07-14", "07-15")
    changed = {"library": "0.1", "places": {"FR": record["places"]["FR"] | {"2026": days}}}
    (found,) = holiday_dates.drift(changed)
    assert (found.place, found.gained, found.lost) == ("FR", ("2026-07-14",), ("2026-07-15",))
    assert str(found) == (
        "FR (published with holidays 0.1): now a holiday: 2026-07-14; no longer a holiday: 2026-07-15"
    )


def test_years_that_only_one_of_the_two_knows_are_no_difference():
    record = {"library": "0.1", "places": {"FR": {"1802": "07-14"}, "XX": {"2026": "01-01"}}}
    assert holiday_dates.drift(record) == []


def test_calendars_of_several_places_are_kept_by_place(world, draft):
    def change(document):
        document["calendars"][0]["holidays"] = {"country": "FR", "subdivision": "57"}

    terms = publish_terms(draft(change), at=START, provider=("other", "Other", "OTHER"))[0]
    assert "FR-57" in terms.holiday_record["places"]
    assert "12-26" in terms.holiday_record["places"]["FR-57"]["2026"].split()
