"""Who hears of amendments and announced days, once each, in his language, and of nobody else's contract."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.roles import PERMISSIONS, Role
from accounts.tenancy import Actor, acting_as
from contracts.models import CalendarChange, ContractAmendment, ContractContact
from contracts.selectors import terms_by_id
from contracts.services import name_contact, sign_contract
from lifecycle import agreements
from lifecycle.calendars import add_closure
from notifications.models import Delivery, OutboxEntry
from notifications.relay import _route_batch, relay
from tests.accounts.populated import partner
from tests.worlds import STAFF, START, World, as_system, build_world, paris, person

PROPOSED = paris("2026-03-02 10:00")
LATER = PROPOSED + timedelta(hours=1)
FROM = date(2026, 3, 9)
DAYS = {"calendar": "fr", "reference": "N-7", "closures": [{"start": "2026-05-04", "end": "2026-05-08"}]}
BOTH, HERE = {"mail", "in_app"}, {"in_app"}
SIGNERS = {f"{key.title()} MEGA": BOTH for key, role in STAFF.items() if role in PERMISSIONS["contract.approve"]}
OTHERS = {name: channels for name, channels in SIGNERS.items() if name != "Account_Manager MEGA"}
CONTACTS = {"Contact A": BOTH, "Colleague A": BOTH}


def propose(world: World, actor: Actor, reference: str = "A-1", **given: Any) -> ContractAmendment:
    figure = {"target": "response", "severity": "critical", "amount": 2, "unit": "business_hours"}
    form = {
        "contract_id": world.customers[0].contract.id,
        "reference": reference,
        "in_force_from": FROM,
        "overrides": {"figures": [figure | {"reference": reference}]},
        "reason": "They asked for it.",
    } | given
    with acting_as(actor):
        return agreements.propose_amendment(actor=actor, at=PROPOSED, **form)


def approve(actor: Actor, amendment: ContractAmendment, at: datetime = LATER) -> None:
    with acting_as(actor):
        agreements.approve_amendment(actor=actor, at=at, amendment_id=amendment.id)


def told(world: World, kind: str, at: datetime = LATER) -> dict[str, set[str]]:
    """Name → channels of those who were told of something of ``kind``."""
    relay(at=at)
    with as_system(world):
        found: dict[str, set[str]] = {}
        rows = list(Delivery.objects.filter(kind=kind).select_related("recipient"))
        for row in rows:
            found.setdefault(row.recipient.display_name, set()).add(row.channel)
        assert len(rows) == sum(map(len, found.values()))
        assert not OutboxEntry.objects.filter(failed_at__isnull=False).exists()
    return found


def sides(world: World) -> tuple[Actor, Actor]:
    return world.staff["account_manager"], world.customers[0].contact


# Amendments -----------------------------------------------------------------------------------------------------------
def test_a_proposal_reaches_those_who_may_approve_it_and_not_the_one_who_made_it(world):
    provider, customer = sides(world)
    propose(world, provider)
    assert told(world, "amendment_proposed") == CONTACTS | OTHERS
    propose(world, customer, "AV-9")
    relay(at=LATER)
    with as_system(world):
        second = Delivery.objects.filter(subject__contains="AV-9").select_related("recipient")
        assert {row.recipient.display_name for row in second} == SIGNERS.keys() | {"Colleague A"}


def test_both_approvals_are_told_and_the_second_one_says_that_it_is_agreed(world):
    provider, customer = sides(world)
    made = propose(world, world.staff["manager"])
    approve(provider, made)
    assert told(world, "amendment_approved") == CONTACTS | OTHERS | {"Manager MEGA": BOTH}
    approve(customer, made, LATER + timedelta(hours=1))
    agreed = told(world, "amendment_agreed", LATER + timedelta(hours=2))
    assert agreed == SIGNERS | {"Colleague A": BOTH, "Manager MEGA": BOTH}


def test_a_late_message_tells_what_was_so_then(world):
    """Both approved before the worker came: the first approval is told as one, the second as the agreement."""
    provider, customer = sides(world)
    made = propose(world, world.staff["manager"])
    approve(provider, made)
    approve(customer, made, LATER + timedelta(minutes=1))
    late = LATER + timedelta(days=1)
    assert told(world, "amendment_approved", late) == CONTACTS | OTHERS | {"Manager MEGA": BOTH}
    assert told(world, "amendment_agreed", late).keys() == SIGNERS.keys() | {"Colleague A", "Manager MEGA"}


def test_declining_is_told_with_its_reason(world, mails):
    provider, customer = sides(world)
    made = propose(world, provider)
    with acting_as(customer):
        agreements.decline_amendment(actor=customer, at=LATER, amendment_id=made.id, reason="Too expensive")
    assert told(world, "amendment_declined") == SIGNERS | {"Colleague A": BOTH}
    (mail,) = [one for one in mails() if one["To"] == "account_manager@mega.example"]
    assert "Contact A declined the amendment A-1" in mail["Subject"]
    assert "Reason: Too expensive" in mail.get_content()


def test_the_mail_says_what_changes_from_when_and_where_to_decide(world, mails: Callable[[], list[EmailMessage]]):
    User.objects.filter(email="colleague.a@mega.example").update(language="fr")
    contract = world.customers[0].contract
    made = propose(world, sides(world)[0])
    relay(at=LATER)
    by_address = {mail["To"]: mail for mail in mails()}
    english, french = by_address["contact.a@mega.example"], by_address["colleague.a@mega.example"]
    assert english["Subject"].strip() == f"[{contract.reference}] Account_Manager MEGA proposes the amendment A-1"
    assert "4 → 2 business hours from 9 Mar 2026" in english.get_content()
    assert "In force from 9 Mar 2026" in english.get_content()
    assert "Reason: They asked for it." in english.get_content()
    assert f"/contracts/{contract.id}/#amendment-{made.id}" in english.get_content()
    assert french["Subject"].strip() == f"[{contract.reference}] Account_Manager MEGA propose l’avenant A-1"
    assert "4 → 2 heures ouvrées à partir du 9 mars 2026" in french.get_content()


def test_nobody_of_another_customer_and_no_viewer_or_partner_hears(world):
    outsiders = {world.customers[0].people["viewer"], *world.customers[1].people.values()}
    helper = partner(world, "helper", (0,))
    other = build_world("octipas", "Octipas", "OCTI")
    provider, customer = sides(world)
    made = propose(world, provider)
    approve(provider, made)
    approve(customer, made)
    relay(at=LATER)
    keys = {actor.membership_id for actor in (*outsiders, helper)}
    for one in (world, other):
        with as_system(one):
            assert not Delivery.objects.filter(recipient_id__in=keys).exists()
            assert Delivery.objects.exists() == (one is world)


def test_a_relay_that_runs_twice_tells_once(world, mails):
    propose(world, sides(world)[0])
    relay(at=LATER)
    with as_system(world):
        OutboxEntry.objects.update(routed_at=None)
        before = Delivery.objects.count()
    relay(at=LATER)
    with as_system(world):
        assert Delivery.objects.count() == before
    assert len(mails()) == len(CONTACTS | OTHERS)


def test_a_contact_who_is_replaced_before_the_mail_goes_gets_none(world, mails):
    propose(world, sides(world)[0])
    colleague = world.customers[0].people["colleague"]
    _route_only(world)
    with as_system(world):
        ContractContact.objects.filter(membership_id=colleague.membership_id).update(replaced_on=LATER.date())
    relay(at=LATER)
    addresses = {mail["To"] for mail in mails()}
    assert "contact.a@mega.example" in addresses and "colleague.a@mega.example" not in addresses


def _route_only(world: World) -> None:
    """Messages are made; the mails wait."""
    _route_batch(world.provider.id, LATER)


# Announced days -------------------------------------------------------------------------------------------------------
DESK = {"Engineer MEGA": HERE, "Second MEGA": HERE}


def announce(world: World, actor: Actor, **given: Any) -> Any:
    with acting_as(actor):
        return add_closure(actor=actor, at=PROPOSED, name="Bridge week", days=DAYS, **given)


def test_a_closure_for_all_reaches_every_named_contact_once_and_the_desk(world):
    """The contact of A is named by a second contract too: he hears of it once."""
    second = _second_contract(world)
    announce(world, world.staff["manager"], terms_code="hopex-saas")
    everybody = CONTACTS | {"Contact B": BOTH, "Colleague B": BOTH}
    assert told(world, "days_announced") == everybody | SIGNERS | DESK
    with as_system(world):
        rows = Delivery.objects.filter(recipient_id=world.customers[0].contact.membership_id)
        assert {row.contract_id for row in rows} <= {world.customers[0].contract.id, second}
        assert {row.contract_id for row in Delivery.objects.filter(recipient__customer=None)} == {None}


def _second_contract(world: World) -> Any:
    with as_system(world):
        made = sign_contract(
            provider_id=world.provider.id,
            customer_id=world.customers[0].customer.id,
            terms=world.terms,
            reference="MEGA-A-SECOND",
            starts_on=date(2026, 1, 1),
            ends_on=None,
            package="standard",
            signed_by="MEGA France",
            at=START,
        )
        name_contact(
            contract=made,
            membership_id=world.customers[0].contact.person,
            named_on=made.starts_on,
            trained_on=made.starts_on,
        )
    return made.id


def test_a_closure_for_one_contract_stays_with_it_and_says_what_is_closed(world, mails):
    announce(world, world.staff["manager"], contract_id=world.customers[0].contract.id)
    assert told(world, "days_announced") == CONTACTS | SIGNERS | DESK
    (mail,) = [one for one in mails() if one["To"] == "contact.a@mega.example"]
    text = mail.get_content()
    assert "Support hours change: Bridge week" in mail["Subject"]
    assert "- closed from 4 May 2026 to 8 May 2026" in text
    assert "counted again with these days (R19)" in text
    assert "Announced by Manager MEGA" in text


def test_a_contract_that_has_ended_is_not_told(world):
    with as_system(world):
        type(world.customers[1].contract).objects.filter(pk=world.customers[1].contract.pk).update(
            ends_on=date(2026, 3, 1)
        )
    announce(world, world.staff["manager"], terms_code="hopex-saas")
    assert "Contact B" not in told(world, "days_announced")


def test_the_database_binds_a_message_to_its_contract_and_its_provider(world):
    """A row that names days of another provider, or nothing at all, is refused below every service."""
    elsewhere = build_world("octipas", "Octipas", "OCTI")
    announce(elsewhere, elsewhere.staff["manager"], terms_code="hopex-saas")
    with as_system(elsewhere):
        theirs = CalendarChange.objects.get().id
    for given in ({"calendar_change_id": theirs}, {}):
        with as_system(world), pytest.raises(IntegrityError), transaction.atomic():
            OutboxEntry.objects.bulk_create([OutboxEntry(provider_id=world.provider.id, created_at=PROPOSED, **given)])


def test_an_animator_whom_the_contract_names_decides_and_hears(world):
    with as_system(world):
        actor = person(world.provider, "animator@a.example", Role.ANIMATOR, "Animator A", world.customers[0].customer)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("contracts.services.terms_at", lambda *_: _without_limit(world))
            name_contact(
                contract=world.customers[0].contract,
                membership_id=actor.person,
                named_on=START.date(),
                trained_on=START.date(),
            )
    propose(world, sides(world)[0])
    assert told(world, "amendment_proposed") == CONTACTS | OTHERS | {"Animator A": BOTH}


def _without_limit(world: World) -> Any:
    terms = terms_by_id(world.terms.id)
    return replace(terms, contact_rules=replace(terms.contact_rules, max_contacts=None))
