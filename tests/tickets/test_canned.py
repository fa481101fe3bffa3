"""Canned replies as services keep them: whose they are, who changes them, and that none is lost."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError, transaction

from accounts import audit
from accounts.errors import Forbidden, Invalid, NotFound, Stale
from accounts.tenancy import Actor, acting_as
from tests.worlds import World, paris
from tickets import canned
from tickets.canned import Wording, archive_canned_reply, change_canned_reply, create_canned_reply, text_for
from tickets.composing import begin
from tickets.drafts import save_draft
from tickets.models import CannedReply

AT = paris("2026-05-04 10:00")


def make(actor: Actor, title: str = "Thanks", *, is_shared: bool = False, **given: str):
    with acting_as(actor):
        wording = Wording(title, **(given or {"body_fr": "Merci."}))
        return create_canned_reply(actor=actor, at=AT, wording=wording, is_shared=is_shared)


def test_a_title_is_once_among_ones_own_and_once_among_the_shared(world: World):
    engineer, second, manager = (world.staff[key] for key in ("engineer", "second", "manager"))
    first = make(engineer)
    make(second)
    make(manager, is_shared=True)
    make(manager)
    for actor, is_shared in ((engineer, False), (manager, True)):
        with pytest.raises(Invalid) as refused:
            make(actor, " Thanks\n", is_shared=is_shared)
        assert refused.value.errors.keys() == {"title"}
    with acting_as(engineer):
        archive_canned_reply(actor=engineer, at=AT, reply_id=first)
    make(engineer)
    with acting_as(engineer), pytest.raises(Invalid):
        canned.restore_canned_reply(actor=engineer, at=AT, reply_id=first)


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"title": " "}, {"title"}),
        ({"title": "x" * 81}, {"title"}),
        ({"body_fr": "", "body_en": " \n"}, {"body_fr"}),
        ({"body_fr": "x" * 8_001}, {"body_fr"}),
        ({"body_fr": "a\x00b", "body_en": "{{no}}", "title": ""}, {"title", "body_fr", "body_en"}),
    ],
)
def test_all_that_is_wrong_is_told_at_once(world: World, given: dict[str, str], fields: set[str]):
    engineer = world.staff["engineer"]
    wording = Wording(**({"title": "T", "body_fr": "Merci."} | given))
    with acting_as(engineer), pytest.raises(Invalid) as refused:
        create_canned_reply(actor=engineer, at=AT, wording=wording)
    assert refused.value.errors.keys() == fields


def test_who_may_not_is_refused(world: World):
    contact = world.customers[0].contact
    for actor, is_shared in ((contact, False), (world.staff["auditor"], False), (world.staff["engineer"], True)):
        with pytest.raises(Forbidden):
            make(actor, is_shared=is_shared)
    shared = make(world.staff["manager"], is_shared=True)
    engineer = world.staff["engineer"]
    with acting_as(engineer):
        with pytest.raises(Forbidden):
            archive_canned_reply(actor=engineer, at=AT, reply_id=shared)
        assert canned.canned_reply(engineer, shared).title == "Thanks"
    own = make(world.staff["second"])
    with acting_as(engineer), pytest.raises(NotFound):
        canned.canned_reply(engineer, own)


def test_the_second_of_two_changes_is_told_by_whom_the_first_was(world: World):
    manager, administrator = world.staff["manager"], world.staff["administrator"]
    key = make(manager, is_shared=True)
    for actor, at in ((manager, AT), (administrator, AT + timedelta(minutes=1))):
        told = {"actor": actor, "at": at, "reply_id": key, "version": 1}
        with acting_as(actor):
            if actor is manager:
                change_canned_reply(**told, wording=Wording("First", "Un."))
                continue
            with pytest.raises(Stale, match=manager.name):
                change_canned_reply(**told, wording=Wording("Second", "Deux."))
    with acting_as(manager):
        row = CannedReply.objects.get()
        assert (row.title, row.body_fr, row.version, row.edited_by_id) == ("First", "Un.", 2, manager.person)


def test_only_so_many_are_in_use(world: World, monkeypatch):
    monkeypatch.setattr("tickets.canned.MOST_OWN", 1)
    engineer = world.staff["engineer"]
    first = make(engineer)
    with pytest.raises(Invalid):
        make(engineer, "Other")
    with acting_as(engineer):
        archive_canned_reply(actor=engineer, at=AT, reply_id=first)
    make(engineer, "Other")
    with acting_as(engineer), pytest.raises(Invalid):
        canned.restore_canned_reply(actor=engineer, at=AT, reply_id=first)


def test_a_text_is_given_only_for_what_it_is_meant(world: World):
    engineer = world.staff["engineer"]
    note, archived = make(engineer, "N", body_en="Note", use="private"), make(engineer, "A", body_en="Gone")
    with acting_as(engineer):
        archive_canned_reply(actor=engineer, at=AT, reply_id=archived)
        assert text_for(engineer, note, "en", "private") == "Note"
        for key, language, visibility in ((note, "en", "public"), (note, "fr", "private"), (archived, "en", "public")):
            with pytest.raises(NotFound):
                text_for(engineer, key, language, visibility)


def test_a_composer_begins_with_drafts_and_replies_in_one_statement(world: World, django_assert_num_queries):
    engineer, ticket = world.staff["engineer"], world.file(at=AT)
    make(engineer, "b")
    make(world.staff["manager"], "A", is_shared=True, body_en="x")
    make(world.staff["second"], "hidden")
    key = f"reply:{ticket.reference}"
    with acting_as(engineer):
        save_draft(actor=engineer, at=AT, form=key, data={"body": "typed"})
        with django_assert_num_queries(1):
            found = begin(engineer, ticket, [key])
    assert found.drafts == {key: {"body": "typed"}}
    assert [(one.title, one.is_own, one.languages) for one in found.replies] == [
        ("A", False, ("en",)),
        ("b", True, ("fr",)),
    ]
    assert found.language == "en"
    contact = world.customers[0].contact
    with acting_as(contact):
        assert begin(contact, ticket, [key]).replies == ()


def test_nobody_hands_a_reply_of_his_to_somebody_else(world: World):
    """Below the services: the policies themselves."""
    engineer, second = world.staff["engineer"], world.staff["second"]
    make(engineer)
    with acting_as(engineer), pytest.raises(ProgrammingError), transaction.atomic():
        CannedReply.objects.update(owner_id=second.person)
    with acting_as(second):
        assert CannedReply.objects.update(title="taken over") == 0


def told_of(world: World) -> list[tuple[str, str, str, dict]]:
    auditor = world.staff["auditor"]
    with acting_as(auditor):
        rows = audit.trail(auditor, audit.Trail())
        return [(row.act, row.actor_name, row.subject, row.data) for row in reversed(rows)]


def test_the_trail_tells_what_became_of_a_shared_reply_and_nothing_of_ones_own(world: World):
    for who, is_shared in (("manager", True), ("engineer", False)):
        actor = world.staff[who]
        key = make(actor, is_shared=is_shared)
        told = {"actor": actor, "at": AT, "reply_id": key}
        with acting_as(actor):
            change_canned_reply(**told, version=1, wording=Wording("Thank you", "Merci.", "Thanks.", "public"))
            change_canned_reply(**told, version=2, wording=Wording("Thank you", "Merci.", "Thanks.", "public"))
            for _twice in range(2):
                archive_canned_reply(**told)
            for _twice in range(2):
                canned.restore_canned_reply(**told)
    name = world.staff["manager"].name
    old = {"use": "both", "title": "Thanks", "body_en": ""}
    new = {"use": "public", "title": "Thank you", "body_en": "Thanks."}
    assert told_of(world) == [
        ("canned_created", name, "Thanks", {}),
        ("canned_changed", name, "Thank you", {"old": old, "new": new}),
        ("canned_archived", name, "Thank you", {}),
        ("canned_restored", name, "Thank you", {}),
    ]


def test_a_change_that_comes_too_late_is_not_in_the_trail(world: World):
    manager = world.staff["manager"]
    key = make(manager, is_shared=True)
    with acting_as(manager), pytest.raises(Stale):
        change_canned_reply(actor=manager, at=AT, reply_id=key, version=7, wording=Wording("Other", "Non."))
    assert [act for act, *_rest in told_of(world)] == ["canned_created"]
