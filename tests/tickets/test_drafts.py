"""Drafts: one per person and form, nobody else's, forgotten when sent."""

from datetime import timedelta

import pytest

from accounts.errors import Forbidden, Invalid
from accounts.tenancy import acting_as
from tests.accounts.populated import FILED
from tests.worlds import as_system
from tickets.drafts import MAX_CHARACTERS, discard_draft, load_draft, load_drafts, save_draft
from tickets.models import Draft

FORM = "reply:MEGA-1001"


def _save(actor, data, form=FORM, at=FILED) -> None:
    with acting_as(actor):
        save_draft(actor=actor, at=at, form=form, data=data)


def _load(actor, form=FORM) -> dict:
    with acting_as(actor):
        return load_draft(actor, form)


def test_the_last_word_of_a_form_is_kept(world):
    contact = world.customers[0].contact
    assert _load(contact) == {}
    _save(contact, {"body": "first", "title": "t"})
    _save(contact, {"body": "se\r\ncond"}, at=FILED + timedelta(minutes=1))
    _save(contact, {"title": "other form"}, form="new_case")
    assert _load(contact) == {"body": "se\ncond"}
    with as_system(world):
        assert set(Draft.objects.values_list("form", "updated_at")) == {
            (FORM, FILED + timedelta(minutes=1)),
            ("new_case", FILED),
        }
    with acting_as(contact):
        both = load_drafts(contact, [FORM, "new_case", "none"])
    assert both == {FORM: {"body": "se\ncond"}, "new_case": {"title": "other form"}}


def test_a_draft_is_its_writers_alone(world):
    contact = world.customers[0].contact
    _save(contact, {"body": "mine"})
    others = [world.customers[0].people["colleague"], world.staff["engineer"], world.customers[1].contact]
    for actor in others:
        assert _load(actor) == {}
        with acting_as(actor):
            assert load_drafts(actor, [FORM]) == {}
            discard_draft(actor=actor, form=FORM)
        _save(actor, {"body": actor.name})
    assert _load(contact) == {"body": "mine"}
    with acting_as(contact):
        discard_draft(actor=contact, form=FORM)
    assert _load(contact) == {}
    assert [_load(actor) for actor in others] == [{"body": actor.name} for actor in others]


@pytest.mark.parametrize("data", [{"body": "\x00"}, {"body": "\ud800"}, {"body": "x" * (MAX_CHARACTERS + 1)}])
def test_what_cannot_be_kept_is_refused_and_the_former_draft_stays(world, data):
    contact = world.customers[0].contact
    _save(contact, {"body": "before"})
    with pytest.raises(Invalid):
        _save(contact, data)
    assert _load(contact) == {"body": "before"}


def test_the_longest_draft_fits(world):
    contact = world.customers[0].contact
    _save(contact, {"body": "x" * (MAX_CHARACTERS - 1), "title": "y"})
    assert len(_load(contact)["body"]) == MAX_CHARACTERS - 1


def test_a_form_of_endless_fields_is_cut(world):
    contact = world.customers[0].contact
    _save(contact, {f"field{number}": number for number in range(100)})
    assert list(_load(contact).items())[:2] == [("field0", "0"), ("field1", "1")]
    assert len(_load(contact)) == 40


def test_the_product_itself_has_no_drafts(world):
    with pytest.raises(Forbidden):
        _save(world.system, {"body": "x"})
