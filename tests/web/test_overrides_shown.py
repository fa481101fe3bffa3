"""A figure that a contract has of its own (R17) is the one that every page shows, with the reference of its origin."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from accounts.tenancy import acting_as
from contracts.models import Contract
from contracts.selectors import terms_of
from tests.web.reading import section, text_of
from tests.worlds import World, paris

OWN = {
    "figures": [
        {"target": "response", "severity": "critical", "amount": 90, "unit": "business_hours", "reference": "AV-7"},
        {"target": "response", "severity": "minor", "amount": None, "unit": None, "reference": "AV-8"},
    ]
}
FILED = paris("2026-05-04 10:00")


@pytest.fixture
def agreed(world: World) -> World:
    with acting_as(world.system):
        Contract.objects.filter(pk=world.customers[0].contract.pk).update(overrides=OWN)
    return world


def read(client: Client, path: str, language: str) -> str:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    answer = client.get(path)
    assert answer.status_code == 200
    return text_of(answer)


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("language", "figure", "agreed_in", "standard"),
    [
        ("en", "90 business hours", "agreed in AV-7", "4 business hours"),
        ("fr", "90 heures ouvrées", "convenu dans AV-7", "4 heures ouvrées"),
    ],
)
def test_the_contracts_own_figure_stands_in_the_three_places(
    agreed: World, sign_in: Callable, language: str, figure: str, agreed_in: str, standard: str
):
    contact = sign_in(agreed.customers[0].contact)
    ticket = agreed.file(at=FILED)
    places = ["/cases/new/", f"/contracts/{agreed.customers[0].contract.id}/", f"/tickets/{ticket.reference}/"]
    for path in places:
        text = flat(read(contact, path, language))
        assert figure in text, path
        assert agreed_in in text, path
    form = read(contact, "/cases/new/", language)
    assert standard not in form
    assert standard not in read(contact, f"/tickets/{ticket.reference}/", language)
    answer = contact.get(f"/contracts/{agreed.customers[0].contract.id}/")
    table = section(answer, "contract__targets", "</table>")
    critical = next(row for row in table.split("</tr>") if figure in row.replace("\xa0", " "))
    assert agreed_in in critical
    assert standard not in critical


def test_a_target_that_was_given_up_says_where(agreed: World, sign_in: Callable):
    contact = sign_in(agreed.customers[0].contact)
    form = flat(read(contact, "/cases/new/", "en"))
    assert "no deadline, agreed in AV-8" in form
    assert "agreed in AV-8" in flat(read(contact, f"/contracts/{agreed.customers[0].contract.id}/", "en"))


def test_the_preview_counts_with_the_same_figure(agreed: World, sign_in: Callable):
    contact = sign_in(agreed.customers[0].contact)
    contract = agreed.customers[0].contract
    text = flat(text_of(contact.get("/cases/new/due/", {"contract": contract.id, "severity": "critical"})))
    assert "90 business hours" in text
    assert "agreed for this contract: AV-7" in text


def test_other_contracts_keep_the_figures_of_the_terms(agreed: World, sign_in: Callable):
    other = sign_in(agreed.customers[1].contact)
    form = flat(read(other, "/cases/new/", "en"))
    assert "4 business hours" in form
    assert "agreed in" not in form


def test_a_ticket_keeps_the_figure_under_which_it_was_filed(agreed: World, sign_in: Callable):
    ticket = agreed.file(at=FILED)
    with acting_as(agreed.system):
        Contract.objects.filter(pk=agreed.customers[0].contract.pk).update(overrides={})
    engineer = sign_in(agreed.staff["engineer"])
    assert "90 business hours" in flat(read(engineer, f"/tickets/{ticket.reference}/", "en"))


def test_days_and_waiting_that_the_contract_changes_stand_on_its_page(world: World, sign_in: Callable):
    calendar = {
        "reference": "AV-9",
        "days_off": ["2026-12-24"],
        "closures": [{"start": "2026-08-03", "end": "2026-08-07"}],
        "special_days": [{"date": "2026-12-31", "hours": ["09:00-12:00"]}],
    }
    with acting_as(world.system):
        terms = terms_of(world.customers[0].contract)
        calendar["calendar"] = terms.calendars[0].code
        own = {"calendars": [calendar], "pausing": False}
        Contract.objects.filter(pk=world.customers[0].contract.pk).update(overrides=own)
    text = flat(read(sign_in(world.customers[0].contact), f"/contracts/{world.customers[0].contract.id}/", "en"))
    assert (
        "closed on Thu 24 Dec 2026; closed from Mon 3 Aug 2026 to Fri 7 Aug 2026; "
        "open 09:00–12:00 on Thu 31 Dec 2026, agreed in AV-9 R17"
    ) in text
    assert "The time during which the customer’s answer is awaited counts. R17" in text
