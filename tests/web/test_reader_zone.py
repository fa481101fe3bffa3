"""The reader's own zone: chosen on the preferences page, told beside the contract's on every page with a deadline."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from accounts.models import User
from accounts.tenancy import acting_as
from lifecycle.pipeline import settle_due
from slas.models import Clock
from tests.web.reading import form_of, text_of
from tests.worlds import World, paris, user_of
from web.zones import zone_choices, zone_names

FILED = paris("2026-05-04 10:00")
DUE = "Tue 5 May 2026, 13:00 (Paris) · 20:00 your time (Tokyo)"


@pytest.fixture
def tokyo(world: World, sign_in: Callable) -> Client:
    client = sign_in(world.customers[0].contact)
    assert client.post("/settings/time-zone/", {"time_zone": "Asia/Tokyo"}).status_code == 303
    return client


def flat(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(text_of(answer).split())


def test_a_zone_is_chosen_and_kept(world: World, tokyo: Client):
    contact = world.customers[0].contact
    assert user_of(contact).time_zone == "Asia/Tokyo"
    page = tokyo.get("/settings/")
    assert form_of(page, "/settings/time-zone/").fields["time_zone"] == ["Asia/Tokyo"]
    text = " ".join(text_of(page).split())
    assert "Times are shown for Tokyo." in text
    assert "Times are now shown for the zone that you chose." in text
    assert user_of(world.staff["engineer"]).time_zone == "Europe/Paris"


@pytest.mark.parametrize(
    "zone", ["", "Mars/Olympus", "../etc/passwd", "US/Pacific", "Asia/Calcutta", "\x00", "a" * 9000]
)
def test_a_zone_that_is_not_offered_is_refused(world: World, tokyo: Client, zone: str):
    assert tokyo.post("/settings/time-zone/", {"time_zone": zone}).status_code == 400
    assert user_of(world.customers[0].contact).time_zone == "Asia/Tokyo"


def test_the_choice_leads_back_to_this_site_only(tokyo: Client):
    answer = tokyo.post("/settings/time-zone/", {"time_zone": "UTC", "next": "//evil.example/"})
    assert (answer.status_code, answer["Location"]) == (303, "/settings/")


def test_the_choice_needs_somebody_signed_in(db):
    assert Client().get("/settings/")["Location"].startswith("/sign-in/")
    assert Client().post("/settings/time-zone/", {"time_zone": "UTC"}).status_code == 302
    assert not User.objects.filter(time_zone="UTC").exists()


def test_every_zone_that_is_offered_can_be_used_and_each_place_has_one_name():
    assert {"Europe/Paris", "Asia/Tokyo", "Asia/Kolkata", "America/Argentina/Buenos_Aires", "UTC"} <= zone_names()
    assert not {"Asia/Calcutta", "Europe/Kiev", "US/Pacific", "EST", "posixrules"} & zone_names()
    assert all(ZoneInfo(name) for name in zone_names())


def test_zones_stand_under_their_part_of_the_world_in_the_readers_language():
    with translation.override("fr"):
        groups = dict(zone_choices("Europe/Paris"))
    assert ("Europe/London", "Londres") in groups["Europe"]
    assert ("Asia/Tokyo", "Tokyo") in groups["Asie"]
    assert sum(map(len, groups.values())) == len(zone_names())


def test_a_zone_of_former_times_stays_among_the_choices():
    with translation.override("en"):
        assert zone_choices("Asia/Calcutta")[0] == ("", [("Asia/Calcutta", "Kolkata")])


def test_the_ticket_tells_both_clocks(world: World, tokyo: Client):
    ticket = world.file(at=FILED)
    path = f"/tickets/{ticket.reference}/"
    assert f"Due {DUE}" in flat(tokyo, path)
    assert f"Due {DUE}" in flat(tokyo, f"{path}clocks/response/")
    tokyo.cookies[settings.LANGUAGE_COOKIE_NAME] = "fr"
    assert "mar. 5 mai 2026 à 13:00 (Paris) · 20:00 chez vous (Tokyo)" in flat(tokyo, path)


def test_the_history_tells_both_clocks(world: World, tokyo: Client):
    ticket = world.file(at=FILED)
    with acting_as(world.system):
        assert settle_due([ticket.pk], paris("2026-05-06 10:00"))
        assert Clock.objects.get().status == "breached"
    assert "the deadline of 5 May, 13:00 (Paris) · 20:00 your time (Tokyo)" in flat(
        tokyo, f"/tickets/{ticket.reference}/"
    )


def test_the_preview_of_a_deadline_tells_both_clocks(world: World, tokyo: Client):
    contract = world.customers[0].contract
    text = flat(tokyo, f"/cases/new/due/?contract={contract.id}&severity=critical")
    assert "(Paris) · " in text
    assert "your time (Tokyo)" in text


def test_whoever_lives_by_the_contracts_clock_reads_it_once(world: World, sign_in: Callable):
    ticket = world.file(at=FILED)
    text = flat(sign_in(world.staff["engineer"]), f"/tickets/{ticket.reference}/")
    assert "Due Tue 5 May 2026, 13:00 (Paris)" in text
    assert "your time" not in text
