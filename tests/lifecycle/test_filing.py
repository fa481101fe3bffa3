"""Filing: who may under which contract and when, what the contract asks for, files, numbers, the first event."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.errors import Forbidden, Invalid, NotFound, Refused
from accounts.identifiers import uuid7
from accounts.models import TicketCounter
from accounts.roles import Role
from accounts.tenancy import Actor, acting_as
from contracts import selectors as contracts
from contracts.models import Contract, ContractContact
from contracts.services import add_environment, name_contact, sign_contract
from lifecycle.services import file_ticket
from slas.preview import preview_due
from tests.accounts.populated import partner, upload
from tests.lifecycle.scenes import MONDAY, Snapshot, clock, do, journal, told
from tests.worlds import START, World, as_system, build_world, filing, paris, person
from tickets.attachments import MAX_FILES
from tickets.models import Attachment, Ticket
from tickets.selectors import filed_files


def _refuses(world: World, why: type[Exception], **given):
    """File with ``given``, which must be refused and leave nothing behind."""
    before = Snapshot.of(world)
    counter = _last_number(world)
    with pytest.raises(why) as refusal, transaction.atomic():
        world.file(given.pop("at", MONDAY), **given)
    assert (Snapshot.of(world), _last_number(world)) == (before, counter)
    return refusal.value


def _last_number(world: World) -> int:
    with as_system(world):
        return TicketCounter.objects.get().last_number


# Who, when, under which contract --------------------------------------------------------------------------------------
def test_a_filing_before_the_contract_starts_is_refused(world):
    refusal = _refuses(world, Refused, at=paris("2025-12-31 23:59"))
    assert (refusal.code, refusal.clause) == ("may_not_file", "HSA-1b")
    assert world.file(paris("2026-01-01 00:00")).number == 1001


def test_the_days_of_a_contract_are_those_of_its_calendar_not_of_utc(world):
    """Midnight in Paris is 23:00 UTC of the day before."""
    assert world.file(paris("2028-12-31 23:59")).reference == "MEGA-1001"
    refusal = _refuses(world, Refused, at=paris("2029-01-01 00:00"))
    assert (refusal.code, refusal.clause) == ("may_not_file", "HSA-20")


def test_a_contact_without_training_is_refused(world):
    customer = world.customers[0]
    with as_system(world):
        novice = person(world.provider, "novice@mega.example", Role.CONTACT, "Novice", customer.customer)
        given = {"contract": customer.contract, "membership_id": novice.membership_id, "named_on": START.date()}
        name_contact(**given, trained_on=None)
    refusal = _refuses(world, Refused, by=novice)
    assert (refusal.code, refusal.clause) == ("may_not_file", "HOP-9")
    with as_system(world):
        ContractContact.objects.filter(membership_id=novice.membership_id).update(trained_on=START.date())
    assert world.file(MONDAY, by=novice).author_name == "Novice"


def test_a_contact_who_is_not_named_or_no_longer_is_refused(world):
    customer = world.customers[0]
    with as_system(world):
        unnamed = person(world.provider, "new@mega.example", Role.CONTACT, "New", customer.customer)
    assert _refuses(world, Refused, by=unnamed).clause == "HOP-9"
    with as_system(world):
        ContractContact.objects.filter(membership_id=customer.contact.membership_id).update(
            replaced_on=date(2026, 5, 1)
        )
    assert _refuses(world, Refused).clause == "HOP-9"
    assert world.file(MONDAY, by=customer.people["colleague"]).number == 1001


def test_a_right_under_one_contract_is_none_under_another(world):
    customer = world.customers[0]
    with as_system(world):
        second = sign_contract(
            provider_id=world.provider.id,
            customer_id=customer.customer.id,
            terms=world.terms,
            reference="MEGA-A2-2026",
            starts_on=date(2026, 1, 1),
            ends_on=None,
            package="standard",
            signed_by="MEGA France",
            at=START,
        )
    assert _refuses(world, Refused, contract_id=second.id, environment_id=None).code == "may_not_file"
    with acting_as(customer.contact):
        rights = contracts.filing_contracts(customer.contact, MONDAY)
        assert {right.contract.reference: right.allowed for right in rights} == {
            customer.contract.reference: True,
            "MEGA-A2-2026": False,
        }
        refused = next(right for right in rights if not right.allowed)
        assert (bool(refused.reason), refused.clause) == (True, "HOP-9")


def test_a_contract_that_cannot_be_counted_takes_no_filing_and_says_so(world):
    """It was signed before anybody asked whether it could be."""
    customer = world.customers[0]
    figure = {"target": "response", "severity": "critical", "unit": "business_hours", "reference": "A-1"}
    week = {"calendar": "fr", "reference": "A-1", "weekly": {"mon": ["09:00-09:01"]}}
    with as_system(world):
        overrides = {"figures": [figure | {"amount": 100_000}], "calendars": [week]}
        Contract.objects.filter(pk=customer.contract.pk).update(overrides=overrides)
        row = Contract.objects.get(pk=customer.contract.pk)
    refusal = _refuses(world, Refused, severity="critical")
    assert refusal.code == "cannot_be_counted" and "cannot be counted" in refusal.message
    with acting_as(customer.contact), pytest.raises(Refused) as asked:
        preview_due(actor=customer.contact, contract=row, severity="critical", at=MONDAY, language="en")
    assert asked.value.code == "cannot_be_counted"


def test_what_cannot_be_counted_takes_no_number_although_the_transaction_goes_on(world):
    customer = world.customers[0]
    figure = {"target": "response", "severity": "critical", "unit": "business_hours", "reference": "A-1"}
    week = {"calendar": "fr", "reference": "A-1", "weekly": {"mon": ["09:00-09:01"]}}
    with as_system(world):
        overrides = {"figures": [figure | {"amount": 100_000}], "calendars": [week]}
        Contract.objects.filter(pk=customer.contract.pk).update(overrides=overrides)
    with acting_as(customer.contact):
        with pytest.raises(Refused):
            file_ticket(**filing(customer, actor=customer.contact, at=MONDAY))
        filed = file_ticket(**filing(customer, actor=customer.contact, at=MONDAY, severity="minor"))
    assert filed.number == 1001


def test_a_right_that_was_just_looked_up_is_not_looked_up_again(world):
    customer = world.customers[0]
    with acting_as(customer.contact):
        (right,) = contracts.filing_contracts(customer.contact, MONDAY)
        with CaptureQueriesContext(connection) as asked:
            file_ticket(**filing(customer, actor=customer.contact, at=MONDAY), right=right)
    # Its platforms, the number, and everything that is written.
    assert len(asked) == 3


def test_a_right_serves_only_the_contract_that_it_is_about(world):
    first, second = world.customers
    with acting_as(first.contact):
        (right,) = contracts.filing_contracts(first.contact, MONDAY)
        with pytest.raises(NotFound):
            file_ticket(**filing(second, actor=first.contact, at=MONDAY), right=right)


def test_a_right_that_was_refused_files_nothing(world):
    customer = world.customers[0]
    with acting_as(customer.contact):
        right = contracts.filing_right(customer.contact, customer.contract, paris("2029-01-01 00:00"))
        with pytest.raises(Refused) as refusal:
            file_ticket(**filing(customer, actor=customer.contact, at=MONDAY), right=right)
    assert refusal.value.clause == "HSA-20"


def test_neither_staff_nor_a_partner_nor_the_product_files(world):
    for actor in (world.staff["engineer"], partner(world, "partner", (0,)), world.customers[0].people["viewer"]):
        assert _refuses(world, Forbidden, by=actor).params == {"permission": "ticket.file"}
    assert _refuses(world, Forbidden, by=world.system).params == {"permission": "ticket.file"}


def test_a_contract_of_another_customer_does_not_exist(world):
    foreign = build_world("octipas", "Octipas", "OCTI").customers[0].contract.id
    for contract_id in (world.customers[1].contract.id, foreign, uuid4()):
        refusal = _refuses(world, NotFound, contract_id=contract_id)
        assert (refusal.code, refusal.message, refusal.params) == ("not_found", "", {})


def test_the_terms_allow_three_contacts(world):
    customer = world.customers[0]
    with as_system(world):
        third, fourth = (
            person(world.provider, f"{key}@mega.example", Role.CONTACT, key.title(), customer.customer)
            for key in ("third", "fourth")
        )

    def name(actor: Actor) -> None:
        with acting_as(world.system):
            name_contact(
                contract=customer.contract,
                membership_id=actor.person,
                named_on=START.date(),
                trained_on=START.date(),
            )

    name(third)
    with pytest.raises(Refused) as refusal:
        name(fourth)
    assert (refusal.value.code, refusal.value.clause) == ("too_many_contacts", "HOP-9")
    assert "3" in refusal.value.message
    with as_system(world):
        active = ContractContact.objects.filter(contract=customer.contract, replaced_on__isnull=True)
        assert active.count() == 3
        active.filter(membership_id=third.membership_id).update(replaced_on=START.date())
    name(fourth)
    assert world.file(MONDAY, by=fourth).author_name == "Fourth"


# What the contract asks for -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"symptoms": ""}, {"symptoms"}),
        ({"symptoms": " \n ", "steps": None}, {"symptoms"}),
        ({"customisation": "by_magic"}, {"customisation"}),
        ({"customisation": ""}, {"customisation"}),
        ({"last_actions": "x" * 20_001}, {"last_actions"}),
        ({"favourite_colour": "blue"}, {""}),
        ({"environment_kind": "production"}, {""}),
        ({"overrides": "{}"}, {""}),
        ({"symptoms": "a\x00b"}, {"symptoms"}),
    ],
)
def test_details_are_those_that_the_contract_asks_for(world, changed, wrong):
    details = filing(world.customers[0])["details"] | changed
    assert _refuses(world, Invalid, details=details).errors.keys() == wrong


def test_steps_are_not_asked_for_when_nobody_gets_in(world):
    details = {"symptoms": "Nothing", "consequences": "All stop", "customisation": "none"}
    ticket = world.file(MONDAY, severity="no_access", severity_kind="platform_down", details=details)
    assert ticket.details == details | {"environment_kind": "production", "overrides": {}}
    assert _refuses(world, Invalid, details=details).errors.keys() == {"steps"}


def test_what_the_clocks_will_need_is_kept_with_the_ticket(world):
    """A later change of the contract does not reach a ticket that was filed before it (R16)."""
    customer = world.customers[0]
    figure = {"target": "response", "severity": "critical", "amount": 2, "unit": "business_hours", "reference": "A-1"}
    before = world.file(MONDAY)
    with as_system(world):
        customer.contract.overrides = {"figures": [figure]}
        customer.contract.save()
    after = world.file(MONDAY)
    assert (before.due_at, after.due_at) == (paris("2026-05-05 13:00"), paris("2026-05-05 11:00"))
    assert after.details["overrides"] == {"figures": [figure]}
    again = do(world, world.staff["engineer"], "note", before)
    assert again.due_at == before.due_at


def test_an_environment_is_one_of_the_contract(world):
    foreign = build_world("octipas", "Octipas", "OCTI").customers[0].production.id
    refusals = {
        str(_refuses(world, Invalid, environment_id=key).errors)
        for key in (world.customers[1].production.id, foreign, uuid4())
    }
    assert len(refusals) == 1
    with as_system(world):
        development = add_environment(contract=world.customers[0].contract, kind="development", name="Development")
    ticket = world.file(MONDAY, environment_id=development.id)
    assert (ticket.environment_id, ticket.details["environment_kind"]) == (development.id, "development")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": "x" * 161}, "title"),
        ({"title": "\r\n\t"}, "title"),
        ({"description": ""}, "description"),
        ({"description": "x" * 50_001}, "description"),
        ({"description": "\udc00"}, "description"),
    ],
)
def test_texts_have_their_measure(world, given, field):
    assert _refuses(world, Invalid, **given).errors.keys() == {field}


def test_a_title_is_one_line_and_a_description_is_kept_as_typed(world):
    ticket = world.file(MONDAY, title="  Empty\r\nBcc: x@example.com\t!  ", description="=1+1\r\n<b>\n\n  kept ")
    assert ticket.title == "Empty Bcc: x@example.com !"
    assert ticket.description == "=1+1\n<b>\n\n  kept "
    longest = world.file(MONDAY, title="é" * 160, description="x" * 50_000)
    assert (len(longest.title), len(longest.description)) == (160, 50_000)


# What it writes -------------------------------------------------------------------------------------------------------
def test_the_first_event_tells_the_severity(world):
    ticket = world.file(MONDAY, severity="no_access", severity_kind="security_problem")
    (event,) = journal(world, ticket)
    assert (event.kind, event.at, event.visibility, event.seq) == ("filed", MONDAY, "public", 1)
    assert (event.actor_name, event.actor_side) == ("Contact A", "customer")
    severity = {"old": None, "new": "no_access", "kind": "security_problem"}
    assert told(event) == {"severity": severity, "title": ticket.title}
    assert (ticket.state, ticket.contract_state) == ("new", "new")
    assert (ticket.version, ticket.public_version, ticket.opened_at) == (1, 1, MONDAY)
    row = clock(world, ticket)
    assert (row.severity, row.started_at, row.synced_at) == ("no_access", MONDAY, MONDAY)


def test_numbers_are_counted_per_provider(world):
    other = build_world("octipas", "Octipas", "OCTI")
    assert [world.file(MONDAY).reference for _ in range(2)] == ["MEGA-1001", "MEGA-1002"]
    assert other.file(MONDAY, of=1).reference == "OCTI-1001"
    assert world.file(MONDAY, of=1).reference == "MEGA-1003"
    assert (_last_number(world), _last_number(other)) == (1003, 1001)


# Files ----------------------------------------------------------------------------------------------------------------
def test_files_come_with_the_ticket_and_both_sides_see_them(world):
    customer = world.customers[0]
    names = ("a.log", "b.png")
    ticket = world.file(MONDAY, attachment_ids=[upload(customer.contact, name).id for name in names])
    for actor in (customer.contact, customer.people["viewer"], world.staff["auditor"]):
        with acting_as(actor):
            assert [row.filename for row in filed_files(actor, ticket)] == list(names)


def test_only_ones_own_files_that_nothing_has_bound_can_come_along(world):
    customer = world.customers[0]
    bound = upload(customer.contact)
    world.file(MONDAY, attachment_ids=[bound.id])
    stranger = build_world("octipas", "Octipas", "OCTI").customers[0].contact
    mine = upload(customer.contact).id
    others = [bound.id, upload(customer.people["colleague"]).id, upload(world.staff["engineer"]).id]
    others += [upload(world.customers[1].contact).id, upload(stranger).id, uuid7()]
    messages = {str(_refuses(world, Invalid, attachment_ids=[mine, other]).errors) for other in others}
    assert len(messages) == 1
    assert "files" in messages.pop()
    ticket = world.file(MONDAY, attachment_ids=[mine, mine])
    with as_system(world):
        assert Attachment.objects.get(pk=mine).ticket_id == ticket.pk


def test_too_many_files_are_refused(world):
    ids = [uuid7() for _ in range(MAX_FILES + 1)]
    assert _refuses(world, Invalid, attachment_ids=ids).errors.keys() == {"files"}


def test_a_count_begins_after_the_long_weekend(world):
    """Monday is a holiday: one business day after Friday ends on Tuesday at 24:00."""
    ticket = world.file(paris("2026-05-22 17:59"), severity="moderate")
    assert ticket.due_at == paris("2026-05-27 00:00")
    with as_system(world):
        assert Ticket.objects.get().due_at == ticket.due_at
    assert clock(world, ticket).next_action_at < ticket.due_at - timedelta(hours=1)
