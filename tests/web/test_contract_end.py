"""A contract is ended by page: looked at first, then set, read by both sides, withdrawn."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from contracts.models import Contract, ContractChange
from tests.web.reading import form_of, text_of
from tests.worlds import PARIS, World, as_system
from web.moments import format_date

SignIn = Callable[..., Client]


def today() -> date:
    return timezone.now().astimezone(PARIS).date()


def address(world: World, of: int = 0) -> str:
    return f"/administration/contracts/{world.customers[of].contract.id}/end/"


def page_of(world: World) -> str:
    return f"/contracts/{world.customers[0].contract.id}/"


@pytest.fixture
def signer(world: World, sign_in: SignIn) -> Client:
    return sign_in(world.staff["account_manager"])


def filled(client: Client, world: World, last_day: date | None = None) -> dict[str, str]:
    page = client.get(address(world))
    assert page.status_code == 200
    given = {"last_day": (last_day or today() + timedelta(days=30)).isoformat(), "ended_by": "customer"}
    return form_of(page, address(world)).filled(**given, channel="signed", reason="The tool is <b>replaced</b>.")


def looked_at(client: Client, world: World, data: dict[str, str]) -> dict[str, str]:
    page = client.post(address(world), data | {"action": "preview"})
    assert page.status_code == 200, text_of(page)
    return data | {"looked_at": form_of(page, address(world)).fields["looked_at"]}


def end(client: Client, world: World, data: dict[str, str]):
    return client.post(address(world), data | {"action": "end"})


def last_day(world: World) -> date | None:
    with as_system(world):
        return Contract.objects.get(pk=world.customers[0].contract.pk).ends_on


def test_a_preview_tells_what_it_does_and_writes_nothing(world: World, signer: Client):
    ticket = world.file(timezone.now() - timedelta(minutes=1))
    page = signer.post(address(world), filled(signer, world, today()) | {"action": "preview"})
    text = text_of(page)
    assert page.status_code == 200
    for words in (ticket.reference, "after the end", "Contact A", "Colleague A", "HSA-20", "HSA-21", "too late"):
        assert words in text
    assert "Viewer A" not in text and "Contact B" not in text
    assert last_day(world) == date(2028, 12, 31)
    with as_system(world):
        assert not ContractChange.objects.filter(kind="ended").exists()


def test_the_limits_of_the_terms_are_told_with_their_instants(world: World, signer: Client):
    page = signer.post(address(world), filled(signer, world, date(2027, 12, 31)) | {"action": "preview"})
    text = text_of(page)
    assert "Sun 31 Oct 2027, 24:00" in text and "Fri 31 Mar 2028, 24:00" in text
    assert "too late" not in text


def test_it_is_looked_at_then_set_and_both_sides_read_it(world: World, signer: Client, sign_in: SignIn):
    day = today() + timedelta(days=30)
    data = filled(signer, world, day)
    assert end(signer, world, data).status_code == 200
    assert last_day(world) == date(2028, 12, 31)
    done = end(signer, world, looked_at(signer, world, data))
    assert (done.status_code, done["Location"], last_day(world)) == (303, page_of(world), day)
    for client in (signer, sign_in(world.customers[0].contact), sign_in(world.staff["auditor"])):
        page = client.get(page_of(world))
        assert "This contract ends on" in text_of(page)
        assert "The tool is <b>replaced</b>." in text_of(page) and b"<b>replaced</b>" not in page.content
    trail = text_of(sign_in(world.staff["auditor"]).get("/administration/audit/"))
    assert "End of a contract set" in trail and "The tool is <b>replaced</b>." in trail
    assert f"Sun 31 Dec 2028 → {format_date(day)}" in trail and f"{day:%Y}," in trail


def test_what_was_looked_at_while_another_end_held_is_looked_at_again(world: World, signer: Client, sign_in: SignIn):
    data = looked_at(signer, world, filled(signer, world))
    other = sign_in(world.staff["administrator"])
    first = filled(other, world, today() + timedelta(days=60))
    assert end(other, world, looked_at(other, world, first)).status_code == 303
    answer = end(signer, world, data)
    assert answer.status_code == 200 and "Nothing has been set yet" in text_of(answer)
    assert last_day(world) == today() + timedelta(days=60)


def test_what_is_wrong_stands_at_its_field(world: World, signer: Client):
    for given, words in (
        ({"last_day": "2026-01-31"}, "The past does not change"),
        ({"last_day": "2030-01-01"}, "It is signed until then"),
        ({"last_day": "soon"}, "valid date"),
        ({"ended_by": "nobody"}, "Choose one"),
        ({"reason": " "}, "This field is required"),
    ):
        answer = end(signer, world, filled(signer, world) | given)
        assert answer.status_code == 422 and words in text_of(answer), given
    assert last_day(world) == date(2028, 12, 31)


def test_an_end_is_withdrawn_with_a_reason(world: World, signer: Client):
    end(signer, world, looked_at(signer, world, filled(signer, world)))
    page = signer.get(address(world))
    form = form_of(page, f"{address(world)}withdraw/")
    refused = signer.post(f"{address(world)}withdraw/", form.filled(reason=""))
    assert refused.status_code == 422 and "This field is required" in text_of(refused)
    done = signer.post(f"{address(world)}withdraw/", form.filled(reason="They stay."))
    assert (done.status_code, last_day(world)) == (303, date(2028, 12, 31))
    assert "This contract ends on" not in text_of(signer.get(page_of(world)))
    again = signer.post(f"{address(world)}withdraw/", form.filled(reason="They stay."))
    assert again.status_code == 422 and "No end is set" in text_of(again)


def test_a_contract_that_is_over_offers_no_form(world: World, signer: Client):
    with as_system(world):
        Contract.objects.filter(pk=world.customers[0].contract.pk).update(ends_on=date(2026, 2, 1))
    page = signer.get(address(world))
    assert page.status_code == 200 and 'name="last_day"' not in page.content.decode()
    assert "End this contract" not in text_of(signer.get(page_of(world)))
    told = {"last_day": today().isoformat(), "ended_by": "both", "channel": "signed", "reason": "x"}
    answer = end(signer, world, told | {"noticed_on": today().isoformat()})
    assert answer.status_code == 422


@pytest.mark.parametrize("who", ["engineer", "manager", "auditor"])
def test_nobody_else_may_and_no_get_writes(world: World, sign_in: SignIn, who: str):
    client = sign_in(world.staff[who])
    assert client.get(address(world)).status_code == 403
    assert client.post(f"{address(world)}withdraw/", {"reason": "x"}).status_code == 403
    assert client.get(f"{address(world)}withdraw/").status_code == 405
    assert "End this contract" not in text_of(client.get(page_of(world)))


def test_in_french(world: World, sign_in: SignIn, signer: Client):
    signer.post("/settings/language/", {"language": "fr"})
    text = text_of(signer.post(address(world), filled(signer, world) | {"action": "preview"}))
    for english in ("Support is given", "What this end does", "Who ends it", "Last day", "at the latest", "Cancel"):
        assert english not in text
    assert "HSA-21" in text
