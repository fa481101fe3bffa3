"""The queue as each likes it: views, columns, counts, news, files and keys."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.tenancy import acting_as
from lifecycle import services
from tests.web.reading import form_of, text_of
from tests.web.test_lists import references
from tests.web.test_query_budget import questions
from tests.worlds import World, build_world, paris
from tickets.models import QueuePreference, SavedView, SharedView, Ticket
from web.spreadsheet import harmless

FILED = paris("2026-05-04 10:00")
DATA = Path(__file__).resolve().parent.parent / "data" / "naughty.json"
FORMULAS: list[str] = json.loads(DATA.read_text(encoding="utf-8"))["formulas"]


@pytest.fixture
def engineer(world: World, sign_in: Callable) -> Client:
    return sign_in(world.staff["engineer"])


def heads(page) -> list[str]:
    found = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page.content.decode(), re.DOTALL)
    return [text for text in (re.sub(r"<[^>]+>", "", one).strip() for one in found) if not text.startswith("Choose")]


def take(world: World, ticket: Ticket, who: str = "engineer") -> None:
    actor = world.staff[who]
    with acting_as(actor):
        services.take_ticket(actor=actor, reference=ticket.reference, at=FILED + timedelta(minutes=1))


def keep(client: Client, query: dict[str, str], **given: str) -> str:
    """Keep a view by its form, as a browser would; the address of the view."""
    form = form_of(client.get("/queue/views/new/", query), "/queue/views/new/")
    answer = client.post("/queue/views/new/", form.filled(**given))
    assert answer.status_code == 303, text_of(answer)
    return answer["Location"]


# Views ----------------------------------------------------------------------------------------------------------------
def test_the_views_of_the_product_show_what_they_say(world: World, engineer: Client):
    mine, free, asked = (world.file(at=FILED, of=number % 2) for number in range(3))
    take(world, mine)
    actor = world.staff["second"]
    with acting_as(actor):
        services.request_information(actor=actor, reference=asked.reference, at=FILED, body="Which?")

    def shown(code: str) -> set[str]:
        return set(references(engineer.get(f"/queue/?view={code}")))

    assert shown("open") == {mine.reference, free.reference, asked.reference}
    assert shown("mine") == {mine.reference}
    assert shown("unassigned") == {free.reference, asked.reference}
    assert shown("waiting") == {asked.reference}
    assert free.reference in shown("overdue")
    assert shown("today") == shown("closed") == set()
    assert engineer.get("/queue/?view=nonsense").status_code == 404


def test_a_filter_goes_before_that_of_the_view(world: World, engineer: Client):
    mine, free = world.file(at=FILED), world.file(at=FILED)
    take(world, mine)
    assert references(engineer.get("/queue/?view=mine&holder=")) == [mine.reference, free.reference]
    assert references(engineer.get("/queue/?view=mine&severity=minor")) == []


def test_filters_are_kept_as_a_view_with_columns_and_order(world: World, engineer: Client):
    critical, minor = world.file(at=FILED, severity="critical"), world.file(at=FILED, severity="minor")
    query = {"severity": "minor", "order": "opened"}
    address = keep(engineer, query, name="Small ones", column_1="ticket", column_2="opened", column_3="", column_4="",
                   column_5="", column_6="")  # fmt: skip
    page = engineer.get(address)
    assert references(page) == [minor.reference]
    assert critical.reference not in page.content.decode()
    assert heads(page) == ["Ticket", "Filed"]
    assert 'aria-sort="descending"' in page.content.decode()
    assert "Small ones" in text_of(engineer.get("/queue/"))
    with acting_as(world.staff["engineer"]):
        assert SavedView.objects.get().filters == query


def test_a_view_is_renamed_changed_and_deleted(world: World, engineer: Client):
    address = keep(engineer, {"holder": "mine"}, name="First")
    with acting_as(world.staff["engineer"]):
        key = SavedView.objects.get().id
    form = form_of(engineer.get(f"/queue/views/{key}/"), f"/queue/views/{key}/")
    assert form.fields["name"] == ["First"]
    assert engineer.post(f"/queue/views/{key}/", form.filled(name="Second")).status_code == 303
    assert "Second" in text_of(engineer.get("/queue/views/"))
    narrowed = form_of(engineer.get(f"{address}&state=all"), f"/queue/views/{key}/")
    assert engineer.post(f"/queue/views/{key}/", narrowed.filled()).status_code == 303
    with acting_as(world.staff["engineer"]):
        kept = SavedView.objects.get()
        assert (kept.name, kept.filters) == ("Second", {"holder": "mine", "state": "all"})
    assert engineer.get(f"/queue/views/{key}/delete/").status_code == 405
    assert engineer.post(f"/queue/views/{key}/delete/").status_code == 303
    assert engineer.get(address).status_code == 404


def test_a_shared_view_is_there_for_all_and_changed_by_few(world: World, engineer: Client, sign_in: Callable):
    address = keep(engineer, {"holder": "unassigned"}, name="Nobody yet", is_shared="on")
    second, manager = sign_in(world.staff["second"]), sign_in(world.staff["manager"])
    with acting_as(world.staff["engineer"]):
        key = SharedView.objects.get().id
    assert second.get(address).status_code == 200
    assert f"/queue/views/{key}/" not in second.get("/queue/views/").content.decode()
    assert second.get(f"/queue/views/{key}/").status_code == 403
    assert second.post(f"/queue/views/{key}/delete/").status_code == 403
    assert manager.post(f"/queue/views/{key}/delete/").status_code == 303


def test_a_form_of_a_view_keeps_what_was_typed(world: World, engineer: Client):
    keep(engineer, {"holder": "mine"}, name="Taken")
    form = form_of(engineer.get("/queue/views/new/", {"state": "all"}), "/queue/views/new/")
    answer = engineer.post("/queue/views/new/", form.filled(name="Taken", column_1="opened"))
    assert answer.status_code == 422
    assert "Another view has this name." in text_of(answer)
    again = form_of(answer, "/queue/views/new/")
    assert (again.fields["name"], again.fields["filters"]) == (["Taken"], ["state=all"])
    assert engineer.post("/queue/views/new/", form.filled(name="x", column_1="password")).status_code == 422
    assert engineer.post("/queue/views/new/", form.filled(name="x", filters="state=gone")).status_code == 400


def test_a_view_outlives_what_it_asked_for(world: World, engineer: Client):
    ticket = world.file(at=FILED)
    address = keep(engineer, {"severity": "minor"}, name="Small ones")
    with acting_as(world.staff["engineer"]):
        SavedView.objects.update(filters={"severity": "abolished"})
    assert references(engineer.get(address)) == [ticket.reference]
    assert engineer.get("/queue/counts/").status_code == 200


def test_the_queue_opens_as_one_likes_it(world: World, engineer: Client, sign_in: Callable, monkeypatch):
    monkeypatch.setattr("web.views.queue.PAGE", 1)
    mine = [world.file(at=FILED + timedelta(days=day)) for day in range(2)]
    free = world.file(at=FILED)
    for ticket in mine:
        take(world, ticket)
    form = form_of(engineer.get("/queue/views/"), "/queue/views/")
    sent = form.filled(opens_with="mine", column_1="ticket", column_2="customer", column_3="ticket", column_4="",
                       column_5="", column_6="")  # fmt: skip
    assert engineer.post("/queue/views/", sent).status_code == 303
    first = engineer.get("/queue/")
    assert references(first) == [mine[0].reference]
    assert heads(first) == ["Ticket", "Customer"]
    following = re.search(r'rel="next" href="([^"]+)"', first.content.decode())
    assert following
    assert references(engineer.get(following[1].replace("&amp;", "&"))) == [mine[1].reference]
    assert references(sign_in(world.staff["second"]).get("/queue/"))[0] != ""
    assert free.reference in references(engineer.get("/queue/?view=unassigned"))


def test_choosing_nothing_is_the_product_s_own_choice(world: World, engineer: Client):
    world.file(at=FILED)
    engineer.post("/queue/views/", {"opens_with": "open"})
    assert heads(engineer.get("/queue/")) == ["Deadline", "Ticket", "Severity", "State", "In charge", "Last change"]
    assert engineer.post("/queue/views/", {"opens_with": "nonsense"}).status_code == 422
    with acting_as(world.staff["engineer"]):
        assert QueuePreference.objects.count() == 1


def test_every_column_has_its_words(world: World, engineer: Client):
    world.file(at=FILED)
    codes = ("due", "ticket", "customer", "contract", "environment", "author", "opened", "updated")
    engineer.post("/queue/views/", {"opens_with": "open"} | {f"column_{n}": code for n, code in enumerate(codes, 1)})
    page = engineer.get("/queue/")
    assert heads(page) == [
        "Deadline", "Ticket", "Customer", "Contract", "Environment", "Filed by", "Filed", "Last change",
    ]  # fmt: skip
    assert "MEGA-A-2026" in text_of(page)
    assert "Production" in text_of(page)
    assert "Contact A" in text_of(page)


# Counts, news ---------------------------------------------------------------------------------------------------------
def test_counts_stand_beside_the_views(world: World, engineer: Client):
    mine = world.file(at=FILED)
    world.file(at=FILED)
    take(world, mine)
    text = text_of(engineer.get("/queue/counts/?view=mine"))
    assert text.startswith("All open 2Mine 1My teams 0Watched by me 0Nobody has them 1Due today 0Overdue ")


def test_a_page_that_is_fresh_says_nothing_and_one_that_is_not_says_how_much(world: World, engineer: Client):
    first, second = world.file(at=FILED), world.file(at=FILED)
    seen = f"{first.reference}:{first.version},{second.reference}:{second.version}"
    assert engineer.get("/queue/live/", {"seen": seen}).status_code == 204
    take(world, first)
    world.file(at=FILED)
    world.file(at=FILED)
    assert text_of(engineer.get("/queue/live/", {"seen": seen})) == "2 new1 changedShow"
    text = text_of(engineer.get("/queue/live/", {"seen": seen, "view": "unassigned"}))
    assert text == "2 new1 no longer hereShow"
    for empty in ({"seen": "", "view": "closed"}, {"view": "closed"}):
        assert engineer.get("/queue/live/", empty).status_code == 204


@pytest.mark.parametrize("seen", ["x", "MEGA-1:", "MEGA-1:1;", "'", ",".join(["MEGA-1:1"] * 101)])
def test_news_are_told_to_pages_only(world: World, engineer: Client, seen: str):
    assert engineer.get("/queue/live/", {"seen": seen}).status_code == 400


# Files ----------------------------------------------------------------------------------------------------------------
def lines_of(answer, delimiter: str = ",") -> list[list[str]]:
    assert answer.status_code == 200
    raw = answer.content
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig")), delimiter=delimiter))


def test_a_file_has_what_the_view_shows_in_its_columns(world: World, engineer: Client, monkeypatch):
    monkeypatch.setattr("web.views.queue.PAGE", 1)
    world.file(at=FILED, severity="minor", title="Small one")
    world.file(at=FILED, title="Large one", of=1)
    answer = engineer.get("/queue/file/?order=severity")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="queue-\d{4}-\d\d-\d\d\.csv"', answer["Content-Disposition"])
    lines = lines_of(answer)
    assert lines[0] == [
        "Deadline (Paris)", "Reference", "Title", "Severity", "State", "In charge", "Last change (Paris)",
    ]  # fmt: skip
    assert [line[2] for line in lines[1:]] == ["Large one", "Small one"]
    assert lines[1][0] == "2026-05-05 15:00:00" or re.fullmatch(r"2026-05-0\d \d\d:\d\d:\d\d", lines[1][0])
    assert lines[1][3:6] == ["Critical", "New", ""]
    assert lines[1][6] == "2026-05-04 10:00:00"


def test_a_file_speaks_the_reader_s_language(world: World, engineer: Client):
    world.file(at=FILED)
    engineer.cookies["language"] = "fr"
    answer = engineer.get("/queue/file/")
    assert lines_of(answer, ";")[0][:3] == ["Échéance (Paris)", "Référence", "Titre"]
    assert answer["Content-Language"] == "fr"


def test_a_file_that_is_cut_says_so(world: World, engineer: Client, monkeypatch):
    monkeypatch.setattr("web.views.queue.MOST_EXPORTED", 1)
    for _ in range(2):
        world.file(at=FILED)
    lines = lines_of(engineer.get("/queue/file/"))
    assert len(lines) == 3
    assert lines[2] == ["Only the first 1 tickets. Narrow the filters for the others."]


def test_no_cell_is_a_formula(world: World, engineer: Client):
    for formula in FORMULAS:
        world.file(at=FILED, title=formula)
    lines = lines_of(engineer.get("/queue/file/?state=all"))
    titles = [line[2] for line in lines[1:]]
    assert len(titles) == len(FORMULAS)
    assert all(title.startswith("'") for title in titles), titles


@pytest.mark.parametrize("text", [*FORMULAS, "\u00a0=1", "\u200b=1", "'=1", "\ufeff@a"])
def test_what_could_be_a_formula_is_made_harmless(text: str):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=b", "5 - 3", "MEGA-1001", "2026-05-04 10:00:00", "é", '"quoted"'])
def test_other_text_stays_as_it_is(text: str):
    assert harmless(text) == text


# Keys -----------------------------------------------------------------------------------------------------------------
def test_single_keys_are_switched_off_and_on(world: World, engineer: Client):
    assert 'data-keys="on"' in engineer.get("/queue/").content.decode()
    assert engineer.post("/settings/keys/", {"keys": "off"}).status_code == 303
    assert "data-keys" not in engineer.get("/queue/").content.decode()
    assert "Switch them on" in text_of(engineer.get("/settings/"))
    assert engineer.post("/settings/keys/", {"keys": "on"}).status_code == 303
    assert 'data-keys="on"' in engineer.get("/queue/").content.decode()
    assert engineer.post("/settings/keys/", {"keys": "maybe"}).status_code == 400


def test_customers_have_no_keys(world: World, sign_in: Callable):
    contact = sign_in(world.customers[0].contact)
    assert "data-keys" not in contact.get("/cases/").content.decode()
    assert "single-keys" not in contact.get("/settings/").content.decode()
    assert contact.post("/settings/keys/", {"keys": "off"}).status_code == 404


# Cost -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "limit"),
    [("/queue/", 10), ("/queue/?more=1&severity=critical", 11), ("/queue/counts/", 8), ("/queue/live/?seen=", 8),
     ("/queue/file/", 8), ("/queue/?search=reports", 10), ("/queue/?search=nothing", 9),
     ("/queue/views/", 9)],
)  # fmt: skip
def test_sixty_rows_ask_as_often_as_one(world: World, sign_in: Callable, path: str, limit: int):
    client = sign_in(world.staff["engineer"])
    world.file(at=FILED)
    one = questions(client, path) if "live" not in path else []
    for number in range(59):
        world.file(at=FILED, of=number % 2)
    sixty = questions(client, path)
    assert len(sixty) <= limit, "\n".join(sixty)
    assert not one or len(sixty) == len(one), "\n".join(sixty)


def test_nothing_of_another_provider_is_counted_filed_or_told(world: World, engineer: Client):
    octipas = build_world("octipas", "Octipas", "OCTI")
    octipas.file(at=FILED, title="Theirs")
    assert "Theirs" not in engineer.get("/queue/file/?state=all").content.decode()
    assert engineer.get("/queue/live/?state=all&seen=").status_code == 204
    assert text_of(engineer.get("/queue/counts/")).startswith("All open 0Mine 0")
    query = urlencode({"customer": str(octipas.customers[0].customer.id)})
    assert engineer.get(f"/queue/file/?{query}").status_code == 400
