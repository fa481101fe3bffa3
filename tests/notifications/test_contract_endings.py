"""Who hears that a contract ends, or goes on after all: both sides, once each, nobody of another customer."""

from datetime import date, timedelta

from accounts.tenancy import acting_as
from contracts.endings import Draft
from lifecycle import agreements
from notifications.models import Delivery
from notifications.relay import relay
from tests.worlds import World, as_system, paris

AT = paris("2026-05-04 10:00")
BOTH, HERE = {"mail", "in_app"}, {"in_app"}
CONTACTS = {"Contact A": BOTH, "Colleague A": BOTH}


def end(world: World) -> None:
    actor = world.staff["account_manager"]
    draft = Draft(date(2026, 12, 31), "customer", "registered_letter", date(2026, 4, 30), "The tool is replaced.")
    with acting_as(actor):
        agreements.end_contract(actor=actor, at=AT, contract_id=world.customers[0].contract.id, draft=draft)


def withdraw(world: World) -> None:
    actor = world.staff["account_manager"]
    told = {"actor": actor, "at": AT + timedelta(hours=1), "contract_id": world.customers[0].contract.id}
    with acting_as(actor):
        agreements.withdraw_ending(**told, reason="They stay.")


def messages(world: World, kind: str) -> list[Delivery]:
    relay(at=AT + timedelta(hours=2))
    with as_system(world):
        return list(Delivery.objects.filter(kind=kind).select_related("recipient").order_by("recipient__display_name"))


def channels(rows: list[Delivery]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.recipient.display_name, set()).add(row.channel)
    assert len(rows) == sum(map(len, found.values()))
    return found


def test_both_sides_hear_of_an_end_and_whoever_set_it_does_not(world: World):
    end(world)
    rows = messages(world, "contract_ended")
    found = channels(rows)
    assert {name: found.get(name) for name in CONTACTS} == CONTACTS
    assert (found["Administrator MEGA"], found["Engineer MEGA"]) == (BOTH, HERE)
    assert not {"Account_Manager MEGA", "Auditor MEGA", "Viewer A", "Contact B", "Colleague B"} & found.keys()
    reference = world.customers[0].contract.reference
    assert {row.subject for row in rows} == {f"[{reference}] The contract {reference} ends"}


def test_the_mail_says_the_day_the_reason_and_what_follows(world: World):
    end(world)
    (mail,) = [row for row in messages(world, "contract_ended") if row.body_text and "Contact A" in row.body_text]
    for words in (
        "31 Dec 2026, until 24:00",
        "The tool is replaced.",
        "Nothing can be filed after that day",
        "#contract",
    ):
        assert words in mail.body_text


def test_that_it_goes_on_after_all_is_told_to_the_same_people_with_the_term(world: World):
    end(world)
    before = channels(messages(world, "contract_ended"))
    withdraw(world)
    rows = messages(world, "contract_end_withdrawn")
    assert channels(rows) == before
    bodies = [row.body_text for row in rows if row.body_text]
    assert all("31 Dec 2028" in body and "They stay." in body for body in bodies) and bodies
