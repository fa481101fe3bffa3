"""A contract is signed by page: what is asked, what is promised before, what is refused, what is kept and told."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from accounts.models import AuditEntry
from accounts.services import create_customer
from contracts.models import Contract, ContractChange
from contracts.publishing import DATA
from tests.web.reading import form_of, text_of
from tests.worlds import START, Organisation, World, as_system, build_world, person

SignIn = Callable
LIST = "/administration/contracts/"


def address(world: World, of: int = 0) -> str:
    return f"/administration/customers/{world.customers[of].customer.id}/contracts/new/"


@pytest.fixture
def signer(world: World, sign_in: SignIn) -> Client:
    return sign_in(world.staff["account_manager"])


def opened(client: Client, world: World) -> dict:
    page = client.get(f"{address(world)}?terms={world.terms.id}")
    assert page.status_code == 200
    return form_of(page, address(world)).filled(reference="C-2029", starts_on="2029-01-01", package="enterprise")


def sent(client: Client, world: World, data: dict, action: str = "preview"):
    return client.post(address(world), data | {"action": action})


def looked_at(client: Client, world: World, data: dict) -> dict:
    page = sent(client, world, data)
    assert page.status_code == 200, text_of(page)
    return data | {"looked_at": form_of(page, address(world)).fields["looked_at"]}


def signed(world: World) -> Contract:
    with as_system(world):
        return Contract.objects.get(reference="C-2029")


def test_it_is_looked_at_then_signed_with_all_that_belongs_to_it(world: World, signer: Client):
    contact = world.customers[0].contact
    data = opened(signer, world) | {
        "figure_response_critical_amount": "2",
        "figure_response_critical_unit": "business_hours",
        "platform_production": "Production of 2029",
        "release_production": "HOPEX 7",
        "contacts": [str(contact.person)] * 2,
        "signed_by": "MEGA Deutschland",
        "zone": "Europe/Berlin",
        "holidays": "de",
        "ends_on": "2031-12-31",
    }
    page = sent(signer, world, data)
    assert "2 business hours" in text_of(page)
    data = looked_at(signer, world, data)
    assert sent(signer, world, data, "sign").status_code == 303
    made = signed(world)
    assert (made.starts_on, made.ends_on, made.package) == (date(2029, 1, 1), date(2031, 12, 31), "enterprise")
    assert made.overrides["figures"] == [
        {"target": "response", "severity": "critical", "amount": 2, "unit": "business_hours", "reference": "C-2029"}
    ]
    assert made.overrides["subsidiary"]["zone"] == "Europe/Berlin"
    with as_system(world):
        assert [(row.kind, row.name) for row in made.environments.all()] == [("production", "Production of 2029")]
        assert [row.membership_id for row in made.contacts.all()] == [contact.person]
        log = ContractChange.objects.filter(contract=made).order_by("at", "id")
        assert {(row.kind, row.actor_name) for row in log} == {
            (kind, "Account_Manager MEGA") for kind in ("signed", "environment_added", "contact_named")
        }
        entry = AuditEntry.objects.get(act="contract_signed")
    assert (entry.subject, entry.actor_name, entry.customer_id) == (
        "C-2029",
        "Account_Manager MEGA",
        world.customers[0].customer.id,
    )


def test_nothing_is_signed_that_was_not_looked_at(world: World, signer: Client):
    data = looked_at(signer, world, opened(signer, world))
    page = sent(signer, world, data | {"package": "essential"}, "sign")
    assert "Nothing has been signed yet." in text_of(page)
    with as_system(world):
        assert not Contract.objects.filter(reference="C-2029").exists()


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"starts_on": "2029-13-01"}, "starts_on", "Enter a valid date."),
        ({"ends_on": "2028-12-31"}, "ends_on", "It would end before it begins."),
        ({"starts_on": "2027-01-01"}, "starts_on", "MEGA-A-2026, under the same terms, runs on some of these days."),
        ({"starts_on": "1999-01-01", "ends_on": "1999-12-31"}, "starts_on", "is not in force on that day"),
        ({"reference": "MEGA-B-2026"}, "reference", "Another contract already has the reference MEGA-B-2026."),
        ({"reference": "../x"}, "reference", "characters that can be printed"),
        ({"package": "gold"}, "package", "Choose one of those offered."),
        ({"zone": "Europe/Berlin"}, "signed_by", "Say which subsidiary signs."),
        ({"platform_production": "One", "platform_development": "one"}, "platform_production", "different names"),
        (
            {"figure_response_critical_amount": "", "figure_response_critical_unit": "business_hours"},
            "figure_response_critical_amount",
            "Give an amount.",
        ),
    ],
)
def test_what_is_wrong_stands_beside_its_field(world: World, signer: Client, given: dict, field: str, message: str):
    page = sent(signer, world, opened(signer, world) | given)
    assert page.status_code == 422
    html = page.content.decode()
    assert message in text_of(page)
    assert not field or f'href="#id_{field}"' in html
    with as_system(world):
        assert Contract.objects.count() == 2


def test_no_more_contacts_than_the_terms_allow(world: World, signer: Client):
    organisation = world.customers[0]
    with as_system(world):
        for number in range(2):
            person(world.provider, f"n{number}@x.example", "contact", f"New {number}", organisation.customer)
    page = signer.get(f"{address(world)}?terms={world.terms.id}")
    everybody = form_of(page, address(world)).offered["contacts"]
    assert len(everybody) == 4
    refused = sent(signer, world, opened(signer, world) | {"contacts": everybody})
    assert refused.status_code == 422
    assert "The contract allows 3 contacts" in text_of(refused), text_of(refused)[600:1600]


def test_terms_that_leave_figures_to_the_contract_are_not_signed_without_them(sign_in: SignIn, db):
    world = build_world("generix", "Generix", "GNX", customers=0, document=DATA / "generix.yaml")
    with as_system(world):
        customer = create_customer(provider_id=world.provider.id, name="New", at=START)
    world.customers.append(Organisation(customer, None, None))  # type: ignore[arg-type]
    client = sign_in(world.staff["administrator"])
    page = client.get(f"{address(world)}?terms={world.terms.id}")
    data = form_of(page, address(world)).filled(reference="C-2029", starts_on="2029-01-01")
    answer = sent(client, world, data)
    assert answer.status_code == 422
    assert "GEN-6" in text_of(answer) or "Give it, or say that there is none." in text_of(answer)


def test_who_signs_and_who_does_not(world: World, sign_in: SignIn, signer: Client):
    assert "Sign a contract" in text_of(signer.get(LIST))
    assert 'href="/administration/contracts/"' in signer.get("/administration/").content.decode()
    for who, status in (("engineer", 403), ("manager", 403), ("auditor", 403), ("administrator", 200)):
        client = sign_in(world.staff[who])
        assert client.get(LIST).status_code == status, who
        assert client.get(address(world)).status_code == status, who
    customer = sign_in(world.customers[0].contact)
    assert {customer.get(page).status_code for page in (LIST, address(world))} == {404}


def test_another_provider_s_customer_or_terms_do_not_exist(world: World, signer: Client):
    other = build_world("octipas", "Octipas", "OCTI")
    assert signer.get(address(other)).status_code == 404
    assert signer.get(f"{address(world)}?terms={other.terms.id}").status_code == 404
