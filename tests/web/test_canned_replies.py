"""Canned replies in pages: written, shared, looked at, archived, and inserted into what somebody writes."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from accounts.models import User
from accounts.tenancy import Actor, acting_as
from lifecycle import services
from slas.models import Clock
from tests.web.reading import form_of, text_of
from tests.web.test_query_budget import questions
from tests.worlds import World, paris, user_of
from tickets.canned import Wording, canned_replies, create_canned_reply, text_for
from tickets.canned_text import fill
from tickets.models import CannedReply, Comment, Draft, Ticket
from tickets.selectors import ticket
from web.presenters.canned import next_promise, values_for

FILED = paris("2026-05-04 10:00")
SCRIPT = {"X-Requested-With": "fetch"}


@pytest.fixture
def engineer(world: World, sign_in: Callable) -> Client:
    return sign_in(world.staff["engineer"])


@pytest.fixture
def case(world: World) -> Ticket:
    return world.file(at=FILED)


def make(actor: Actor, *, is_shared: bool = False, title: str = "Thanks", **texts: str) -> str:
    """A reply in both languages unless ``texts`` says otherwise; its key."""
    texts = texts or {"body_fr": "Merci {{contact}}.", "body_en": "Thank you, {{contact}}."}
    with acting_as(actor):
        return str(create_canned_reply(actor=actor, at=FILED, wording=Wording(title, **texts), is_shared=is_shared))


def speaks(actor: Actor, language: str, time_zone: str = "Europe/Paris") -> None:
    User.objects.filter(pk=user_of(actor).pk).update(language=language, time_zone=time_zone)


def insert(client: Client, ticket: Ticket, chosen: str, act: str = "reply", headers=None, **typed: str):
    given = {"canned": chosen, "act": act, **typed}
    return client.post(f"/tickets/{ticket.reference}/canned/", given, headers=headers or {})


def composer(client: Client, ticket: Ticket, act: str = "reply", query: str = ""):
    return form_of(client.get(f"/tickets/{ticket.reference}/{query}"), f"/tickets/{ticket.reference}/{act}/")


# Written and kept -----------------------------------------------------------------------------------------------------
def test_one_is_written_changed_archived_and_restored(world: World, engineer: Client):
    form = form_of(engineer.get("/canned/new/"), "/canned/new/")
    assert "is_shared" not in form.offered
    sent = form.filled(title="Thanks", use="both", body_fr="Merci.", body_en="")
    assert engineer.post("/canned/new/", sent).status_code == 303
    with acting_as(world.staff["engineer"]):
        kept = CannedReply.objects.get()
    assert (kept.owner_id, kept.body_fr, kept.version) == (world.staff["engineer"].person, "Merci.", 1)
    address = f"/canned/{kept.id}/"
    changed = form_of(engineer.get(address), address).filled(body_en="Thank you.")
    assert engineer.post(address, changed).status_code == 303
    assert "Français, English" in text_of(engineer.get("/canned/"))
    assert engineer.post(f"{address}archive/", {"act": "archive"}).status_code == 303
    assert "Thanks" not in text_of(engineer.get("/canned/"))
    assert "Thanks" in text_of(engineer.get("/canned/?archived=1"))
    assert engineer.post(f"{address}archive/", {"act": "restore"}).status_code == 303
    assert "Thanks" in text_of(engineer.get("/canned/"))
    assert engineer.get(f"{address}archive/").status_code == 405


def test_errors_stand_beside_their_fields_with_what_was_typed(world: World, engineer: Client):
    make(world.staff["engineer"])
    sent = {"title": "Thanks", "use": "both", "body_fr": "Bonjour {{prenom}}", "body_en": ""}
    answer = engineer.post("/canned/new/", sent | {"title": ""})
    assert answer.status_code == 422
    assert "Unknown: {{prenom}}. There are: {{contact}}, {{reference}}" in text_of(answer)
    assert form_of(answer, "/canned/new/").fields["body_fr"] == ["Bonjour {{prenom}}"]
    again = engineer.post("/canned/new/", sent | {"body_fr": "Bonjour"})
    assert again.status_code == 422
    assert "Another one has this title." in text_of(again)
    nothing = engineer.post("/canned/new/", sent | {"title": "Other", "body_fr": " "})
    assert "Write it in French, in English, or in both." in text_of(nothing)
    assert engineer.post("/canned/new/", sent | {"use": "nonsense"}).status_code == 422


def test_who_keeps_second_sees_what_the_first_wrote_and_loses_nothing(world: World, sign_in: Callable):
    manager, administrator = sign_in(world.staff["manager"]), sign_in(world.staff["administrator"])
    address = f"/canned/{make(world.staff['manager'], is_shared=True)}/"
    first, second = (form_of(one.get(address), address) for one in (manager, administrator))
    assert manager.post(address, first.filled(body_en="The first text.")).status_code == 303
    answer = administrator.post(address, second.filled(body_en="The second text."))
    assert answer.status_code == 409
    assert "changed this meanwhile" in text_of(answer)
    assert "The first text." in text_of(answer)
    form = form_of(answer, address)
    assert form.fields["body_en"] == ["The second text."]
    assert administrator.post(address, form.filled()).status_code == 303


def test_shared_ones_are_for_all_of_the_desk_and_changed_by_those_who_lead(
    world: World, engineer: Client, sign_in: Callable
):
    manager = sign_in(world.staff["manager"])
    sent = form_of(manager.get("/canned/new/"), "/canned/new/").filled(title="Ours", body_fr="Merci.", is_shared="on")
    assert manager.post("/canned/new/", sent).status_code == 303
    with acting_as(world.system):
        address = f"/canned/{CannedReply.objects.get(title='Ours').id}/"
    page = engineer.get(address)
    assert page.status_code == 200
    assert "changed by those who lead the desk" in text_of(page)
    assert engineer.post(address, {"title": "Mine", "use": "both", "body_fr": "x", "version": "1"}).status_code == 403
    assert engineer.post(f"{address}archive/").status_code == 403
    copied = form_of(engineer.get(f"/canned/new/?from={address.split('/')[2]}"), "/canned/new/")
    assert (copied.fields["body_fr"], copied.fields["title"]) == (["Merci."], [""])
    forged = copied.filled(title="Forged", is_shared="on")
    assert engineer.post("/canned/new/", forged).status_code == 303
    with acting_as(world.staff["engineer"]):
        assert CannedReply.objects.get(title="Forged").owner_id == world.staff["engineer"].person


def test_own_ones_are_nobody_elses_and_customers_have_none(world: World, engineer: Client, sign_in: Callable):
    address = f"/canned/{make(world.staff['second'], title='Very private')}/"
    assert engineer.get(address).status_code == 404
    assert engineer.post(f"{address}archive/").status_code == 404
    assert "Very private" not in text_of(engineer.get("/canned/"))
    with acting_as(world.staff["engineer"]):
        assert canned_replies(world.staff["engineer"]) == []
    contact = sign_in(world.customers[0].contact)
    assert contact.get("/canned/").status_code == 404
    auditor = sign_in(world.staff["auditor"])
    assert "New canned reply" not in text_of(auditor.get("/canned/"))
    assert auditor.get("/canned/new/").status_code == 403


def test_they_are_searched_by_title_and_by_text(world: World, engineer: Client):
    make(world.staff["engineer"], title="Logs", body_fr="Envoyez les journaux à 100 %.")
    make(world.staff["engineer"], title="Closing", body_en="Goodbye.")
    for word, found in (("log", "Logs"), ("GOODBYE", "Closing"), ("100 %", "Logs")):
        text = text_of(engineer.get("/canned/", {"search": word}))
        assert [title for title in ("Logs", "Closing") if title in text] == [found]
    assert "Nothing found" in text_of(engineer.get("/canned/", {"search": "_____"}))


def test_a_preview_shows_it_with_a_sample_or_with_a_ticket(world: World, engineer: Client, case: Ticket):
    sent = {"title": "T", "use": "both", "body_fr": "", "body_en": "About **{{reference}}** of {{customer}}."}
    sample = engineer.post("/canned/new/", sent | {"act": "preview"})
    assert sample.status_code == 200
    assert "About ABC-1042 of Exemple SA." in text_of(sample)
    named = engineer.post("/canned/new/", sent | {"act": "preview", "ticket": case.reference.lower()})
    assert f"About {case.reference} of {world.customers[0].customer.name}." in text_of(named)
    unknown = engineer.post("/canned/new/", sent | {"act": "preview", "ticket": "MEGA-9"})
    assert unknown.status_code == 422
    assert "no such ticket" in text_of(unknown)
    assert engineer.post("/canned/new/", sent | {"act": "preview", "body_en": "{{nobody}}"}).status_code == 422
    with acting_as(world.system):
        assert not CannedReply.objects.exists()


# Inserted -------------------------------------------------------------------------------------------------------------
def test_without_script_the_text_comes_after_what_was_typed(world: World, engineer: Client, case: Ticket):
    key = make(world.staff["engineer"])
    offered = composer(engineer, case).offered["canned"]
    assert offered == ["", f"{key}:en", f"{key}:fr"]
    answer = insert(engineer, case, f"{key}:en", body="I looked.\n")
    assert answer.status_code == 303
    assert urlsplit(answer["Location"]).query == "write=reply"
    form = composer(engineer, case, query="?write=reply")
    assert form.fields["body"] == ["I looked.\n\nThank you, Contact A."]
    with acting_as(world.system):
        assert not Comment.objects.exists()
    assert engineer.post(f"/tickets/{case.reference}/reply/", form.filled()).status_code == 303
    with acting_as(world.system):
        assert Comment.objects.get().body == "I looked.\n\nThank you, Contact A."
        assert not Draft.objects.exists()


def test_a_private_note_keeps_its_tab_and_its_own_replies(world: World, engineer: Client, case: Ticket):
    public = make(world.staff["engineer"], title="P", use="public", body_en="Dear customer")
    private = make(world.staff["engineer"], title="N", use="private", body_en="See {{link}}")
    assert composer(engineer, case, "reply").offered["canned"] == ["", f"{public}:en"]
    assert composer(engineer, case, "note").offered["canned"] == ["", f"{private}:en"]
    page = engineer.get(insert(engineer, case, f"{private}:en", "note")["Location"])
    assert 'value="note" id="pick-note" checked' in page.content.decode()
    told = form_of(page, f"/tickets/{case.reference}/note/").fields["body"]
    assert told == [f"See http://localhost:8000/tickets/{case.reference}/"] or told[0].endswith(f"{case.reference}/")
    wrong = insert(engineer, case, f"{private}:en", "reply", body="typed")
    assert wrong.status_code == 409
    assert form_of(wrong, f"/tickets/{case.reference}/reply/").fields["body"] == ["typed"]


def test_the_language_of_the_contact_comes_first(world: World, engineer: Client, case: Ticket):
    key = make(world.staff["engineer"])
    speaks(world.customers[0].contact, "fr")
    assert composer(engineer, case).offered["canned"] == ["", f"{key}:fr", f"{key}:en"]
    assert "Français, the language of the contact" in engineer.get(f"/tickets/{case.reference}/").content.decode()


def test_a_script_gets_the_text_alone_in_the_words_of_its_language(world: World, engineer: Client, case: Ticket):
    speaks(world.customers[0].contact, "fr", "America/New_York")
    text = "{{reference}} · {{severity}} · {{promise}} · {{due}} · {{engineer}} · {{contract}} · {{customer}}"
    key = make(world.staff["engineer"], body_fr=text, body_en=text)
    at = FILED + timedelta(minutes=1)
    french, english = (words_at(world, case, key, language, at) for language in ("fr", "en"))
    assert french.startswith(f"{case.reference} · Critique · ")
    assert re.search(r"mar\. 5 mai 2026 à \d\d:\d\d \(Paris\) · \d\d:\d\d chez vous \(New York\)", french), french
    assert english.startswith(f"{case.reference} · Critical · ")
    assert re.search(r"Tue,? 5 May 2026, \d\d:\d\d \(Paris\)", english), english
    answer = insert(engineer, case, f"{key}:fr", headers=SCRIPT)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    with acting_as(world.system):
        assert not Draft.objects.exists()


def words_at(world: World, case: Ticket, key: str, language: str, at) -> str:
    """The text at an instant of the test, where a request would take the present one."""
    actor = world.staff["engineer"]
    with acting_as(actor):
        values = values_for(actor, ticket(actor, case.reference), language, at)
        return fill(text_for(actor, key, language, "public"), values).text


def test_where_no_promise_runs_nothing_is_inserted_and_the_variable_is_named(
    world: World, engineer: Client, case: Ticket
):
    key = make(world.staff["engineer"], body_en="Until {{due}}, {{promise}}.")
    actor = world.staff["engineer"]
    with acting_as(actor):
        services.request_information(actor=actor, at=FILED, reference=case.reference, body="Which release?")
    told = "Not inserted, because this ticket has nothing to say for: {{due}}, {{promise}}."
    answer = insert(engineer, case, f"{key}:en", headers=SCRIPT)
    assert (answer.status_code, answer.content.decode()) == (409, told)
    page = insert(engineer, case, f"{key}:en", "note", body="typed")
    assert page.status_code == 409
    assert told in text_of(page)
    assert form_of(page, f"/tickets/{case.reference}/note/").fields["body"] == ["typed"]


def test_the_next_promise_is_the_first_that_runs_and_is_not_late():
    def clock(target: str, status: str, hours: int | None) -> Clock:
        return Clock(target=target, status=status, due_at=None if hours is None else FILED + timedelta(hours=hours))

    rows = [clock("late", "running", -1), clock("paused", "paused", None), clock("met", "met", 1)]
    assert next_promise(rows, FILED) is None
    rows += [clock("second", "running", 9), clock("first", "running", 2)]
    found = next_promise(rows, FILED)
    assert found and found.target == "first"


@pytest.mark.parametrize("chosen", ["", "nonsense", "00000000-0000-7000-8000-000000000000:fr", "x:de"])
def test_what_is_not_on_offer_is_not_inserted(engineer: Client, case: Ticket, chosen: str):
    answer = insert(engineer, case, chosen, body="typed")
    assert answer.status_code == 409
    assert form_of(answer, f"/tickets/{case.reference}/reply/").fields["body"] == ["typed"]
    assert insert(engineer, case, chosen, "close").status_code == 400


def test_what_was_typed_survives_an_act_that_is_no_longer_offered(world: World, engineer: Client, case: Ticket):
    key = make(world.staff["engineer"])
    actor = world.staff["engineer"]
    with acting_as(actor):
        taken = services.take_ticket(actor=actor, at=FILED, reference=case.reference)
        services.resolve_ticket(
            actor=actor, at=FILED, reference=case.reference, resolution_type="workaround", body="Done.",
            expected_version=taken.version,
        )  # fmt: skip
    answer = insert(engineer, case, f"{key}:en", "ask", body="typed")
    assert answer.status_code == 409
    assert "does not offer this act any more" in text_of(answer)
    assert ">\ntyped</textarea>" in answer.content.decode()


def test_a_draft_that_cannot_be_kept_comes_back_as_typed(world: World, engineer: Client, case: Ticket):
    key = make(world.staff["engineer"])
    answer = insert(engineer, case, f"{key}:en", body="a\x00b")
    assert answer.status_code == 422
    assert form_of(answer, f"/tickets/{case.reference}/reply/").fields["body"] == ["a�b"]


def test_htmx_gets_the_changing_part(world: World, engineer: Client, case: Ticket):
    key = make(world.staff["engineer"])
    answer = insert(engineer, case, f"{key}:fr", "note", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.content.decode().lstrip().startswith("<div id=") or 'id="ticket"' in answer.content.decode()[:400]
    assert form_of(answer, f"/tickets/{case.reference}/note/").fields["body"] == ["Merci Contact A."]


def test_no_contact_can_insert_and_no_stranger(world: World, sign_in: Callable, case: Ticket):
    key = make(world.staff["second"])
    assert insert(sign_in(world.customers[0].contact), case, f"{key}:en").status_code == 404
    other = insert(sign_in(world.staff["engineer"]), case, f"{key}:en", headers=SCRIPT)
    assert other.status_code == 409
    assert "no longer offered" in other.content.decode()
    assert "canned" not in composer(sign_in(world.customers[0].contact), case).offered


# Many at once ---------------------------------------------------------------------------------------------------------
def test_many_are_answered_each_in_its_own_words_and_none_twice(world: World, engineer: Client):
    lately = datetime.now(UTC) - timedelta(minutes=1)
    english, french, waiting = (world.file(at=lately, of=of) for of in (0, 1, 0))
    speaks(world.customers[1].contact, "fr")
    actor = world.staff["engineer"]
    with acting_as(actor):
        services.request_information(actor=actor, at=lately, reference=waiting.reference, body="Which release?")
    key = make(actor, body_fr="Merci {{contact}}.", body_en="Thank you, {{contact}}: {{promise}}.")
    make(actor, title="Internal", use="private", body_en="Nobody's business")
    chosen = [f"{english.reference}:1", f"{french.reference}:1", f"{waiting.reference}:2"]
    asked = engineer.post("/queue/bulk/", {"act": "reply", "chosen": chosen})
    form = form_of(asked, "/queue/bulk/")
    assert form.offered["canned"] == ["", key]
    assert engineer.post("/queue/bulk/", form.filled(canned="")).status_code == 422
    answer = engineer.post("/queue/bulk/", form.filled(canned=key))
    assert "Done for 2 tickets." in text_of(answer)
    assert "nothing to say for: {{promise}}" in text_of(answer)
    again = engineer.post("/queue/bulk/", form.filled(canned=key))
    assert "Done for 0 tickets." in text_of(again)
    assert "You have written there since you opened the list." in text_of(again)
    with acting_as(world.system):
        told = dict(Comment.objects.filter(kind="replied").values_list("ticket__reference", "body"))
    assert told == {
        english.reference: "Thank you, Contact A: Response.",
        french.reference: "Merci Contact B.",
    }


def test_a_reply_that_lacks_the_language_of_the_contact_answers_nobody(world: World, engineer: Client, case: Ticket):
    key = make(world.staff["engineer"], body_fr="Merci.")
    answer = engineer.post(
        "/queue/bulk/", {"act": "reply", "chosen": f"{case.reference}:1", "sure": "1", "canned": key}
    )
    assert "not offered in the language of the contact" in text_of(answer)
    with acting_as(world.system):
        assert not Comment.objects.exists()


def test_french_pages_are_french(world: World, engineer: Client, case: Ticket):
    make(world.staff["engineer"])
    engineer.cookies["language"] = "fr"
    text = text_of(engineer.get("/canned/"))
    assert "Réponses types" in text
    assert "Réponse type" in text_of(engineer.get(f"/tickets/{case.reference}/"))
    bad = engineer.post("/canned/new/", {"title": "x", "use": "both", "body_fr": "{{x}}", "body_en": ""})
    assert "Variable inconnue" in text_of(bad)


def test_many_replies_ask_no_more_than_one(world: World, engineer: Client, case: Ticket):
    make(world.staff["engineer"])
    paths = ("/canned/", f"/tickets/{case.reference}/")
    one = [questions(engineer, path) for path in paths]
    for number in range(9):
        make(world.staff["engineer"], title=f"Number {number}")
    many = [questions(engineer, path) for path in paths]
    assert list(map(len, many)) == list(map(len, one)), "\n".join(many[1])
    assert len(many[0]) <= 8, "\n".join(many[0])
    assert len(many[1]) <= 15, "\n".join(many[1])


@pytest.mark.parametrize(
    ("language", "heading", "use"),
    [
        ("en", "Shared canned reply changed", "Both → Private notes"),
        ("fr", "Réponse type partagée modifiée", "Les deux → Notes privées"),
    ],
)
def test_the_trail_shows_what_became_of_the_words_of_the_desk(world: World, sign_in: Callable, language, heading, use):
    manager = sign_in(world.staff["manager"])
    key = make(world.staff["manager"], is_shared=True, body_en="Thank you.")
    sent = {"title": "Thanks", "use": "private", "body_fr": "", "body_en": "x" * 8_000, "version": "1"}
    assert manager.post(f"/canned/{key}/", sent).status_code == 303
    auditor = sign_in(world.staff["auditor"])
    auditor.cookies["language"] = language
    answer = auditor.get("/administration/audit/", {"act": "canned_changed"})
    [row] = answer.context["rows"]
    assert heading in text_of(answer)
    assert row["details"] == [use, f"Thank you. → {'x' * 159}…"]
