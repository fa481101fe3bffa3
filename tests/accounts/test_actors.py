"""Roles, actors and the setting up of people."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError, transaction

from accounts import actors, selectors, services
from accounts.errors import Forbidden, Invalid, NotFound
from accounts.identifiers import uuid7
from accounts.models import Membership, Provider, TicketCounter, User
from accounts.roles import CUSTOMER, EXTERNAL, PERMISSIONS, STAFF, Role
from accounts.tenancy import Actor, acting_as, apply_settings
from tests.accounts.populated import partner
from tests.worlds import START, World, build_world, membership_of, person, user_of

NO = frozenset()
DESK = {
    "ticket.take",
    "ticket.assign",
    "ticket.team",
    "ticket.be_assigned",
    "ticket.reply",
    "ticket.note",
    "ticket.watch",
    "ticket.ask",
    "ticket.call",
    "ticket.plan",
    "ticket.resolve",
    "ticket.reopen",
    "ticket.close",
    "ticket.severity",
    "ticket.workaround",
    "ticket.move",
    "ticket.contest",
    "environment.record",
    "attachment.upload",
}
FILER = {
    "ticket.file",
    "ticket.reply",
    "ticket.watch",
    "ticket.reopen",
    "ticket.close",
    "ticket.accept_workaround",
    "ticket.decline_workaround",
    "ticket.move",
    "ticket.contest",
    "ticket.agree",
    "environment.record",
    "attachment.upload",
}
JUDGE = {"ticket.exclude", "ticket.hold", "ticket.contest", "ticket.agree", "contract.replay"}
SIGNER = {"contract.propose", "contract.approve", "environment.record"}
VIEWS = {"queue.keep", "queue.share", "canned.keep"}
LEAD = {"queue.curate", "canned.curate"}
GRANTED = {
    Role.ENGINEER_N1: DESK | VIEWS,
    Role.ENGINEER_N2: DESK | VIEWS,
    Role.ENGINEER_N3: DESK | VIEWS,
    Role.SUPPORT_MANAGER: DESK | JUDGE | VIEWS | LEAD | {"contract.propose", "calendar.change"},
    Role.ACCOUNT_MANAGER: {"ticket.reply", "ticket.note", "ticket.watch", "attachment.upload", "calendar.change"}
    | {"contract.sign", "contract.end"}
    | JUDGE
    | SIGNER
    | VIEWS,
    Role.PRODUCT_MANAGER: {"ticket.note", "ticket.watch", "attachment.upload"} | VIEWS,
    Role.ADMINISTRATOR: {"ticket.note", "ticket.watch", "attachment.upload", "calendar.change"}
    | LEAD
    | SIGNER
    | VIEWS
    | {"people.manage", "audit.read", "contract.sign", "contract.end"},
    Role.AUDITOR: {"audit.read", "queue.keep"},
    Role.CONTACT: FILER | SIGNER,
    Role.ANIMATOR: FILER | SIGNER,
    Role.SECURITY_OFFICER: FILER,
    Role.DPO: NO,
    Role.VIEWER: NO,
    Role.PARTNER: NO,
}


def _actor(role: Role | None) -> Actor:
    return Actor(provider_id=services.provider_id_for("mega"), role=role)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_holds_exactly_its_permissions(role):
    assert {name for name in PERMISSIONS if _actor(role).may(name)} == GRANTED[role]
    for permission in PERMISSIONS:
        if permission in GRANTED[role]:
            _actor(role).require(permission)
            continue
        with pytest.raises(Forbidden) as refusal:
            _actor(role).require(permission)
        assert (refusal.value.code, refusal.value.params) == ("forbidden", {"permission": permission})


def test_the_product_itself_holds_no_permission_and_is_nobody():
    system = _actor(None)
    assert not any(system.may(name) for name in PERMISSIONS)
    assert (system.is_system, system.is_staff, system.is_external, system.sees_private) == (True, False, False, True)
    assert system.side == "system"
    with pytest.raises(Forbidden):
        _ = system.person


@pytest.mark.parametrize("role", list(Role))
def test_a_role_stands_on_one_side(role):
    actor = _actor(role)
    assert actor.is_staff == (role in STAFF) != (role in EXTERNAL)
    assert (actor.is_external, actor.sees_private, actor.is_system) == (role in EXTERNAL, role in STAFF, False)
    assert actor.side == ("provider" if role in STAFF else "customer")
    assert (set(Role) == STAFF | EXTERNAL, CUSTOMER | {Role.PARTNER} == EXTERNAL) == (True, True)


def test_an_unknown_permission_is_a_mistake_of_the_caller():
    with pytest.raises(KeyError):
        _actor(Role.ENGINEER_N1).may("ticket.fly")


def _twice_a_member(world: World) -> tuple[User, Membership, Membership]:
    """A contact of the first customer who later became a viewer at the second."""
    contact = world.customers[0].contact
    with acting_as(world.system):
        later = services.add_membership(
            provider_id=world.provider.id,
            user=user_of(contact),
            role=Role.VIEWER,
            display_name="The same person",
            customer_id=world.customers[1].customer.id,
            at=START + timedelta(days=1),
        )
        return user_of(contact), membership_of(contact), later


def _actor_for(user: User, wanted: str | None) -> Actor | None:
    """As the middleware does: only the user is known yet."""
    with transaction.atomic():
        apply_settings({"app.user_id": str(user.pk)})
        return actors.actor_for(user, wanted)


def test_a_user_acts_under_the_membership_he_chose_else_his_first(world):
    user, first, later = _twice_a_member(world)
    assert _actor_for(user, None).membership_id == first.id
    assert _actor_for(user, "nonsense").membership_id == first.id
    chosen = _actor_for(user, str(later.id))
    assert (chosen.membership_id, chosen.role) == (later.id, Role.VIEWER)
    assert chosen.customer_ids == (world.customers[1].customer.id,)


def test_a_membership_of_somebody_else_cannot_be_chosen(world):
    contact, stranger = world.customers[0].contact, world.customers[1].contact
    assert _actor_for(user_of(contact), str(stranger.membership_id)).membership_id == contact.membership_id


def test_a_membership_that_was_ended_opens_nothing(world):
    user, first, later = _twice_a_member(world)
    with acting_as(world.system):
        Membership.objects.filter(pk=first.id).update(is_active=False)
    assert _actor_for(user, str(first.id)).membership_id == later.id
    with acting_as(world.system):
        Membership.objects.filter(pk=later.id).update(is_active=False)
    assert _actor_for(user, None) is None


def _choose(user: User, membership_id: UUID, session: SessionStore) -> Membership:
    """As a view does: only the user is known for certain."""
    with transaction.atomic():
        apply_settings({"app.user_id": str(user.pk)})
        return services.choose_membership(session=session, user=user, membership_id=membership_id)


def test_who_works_in_several_places_chooses_one_for_his_session(world):
    user, first, later = _twice_a_member(world)
    session, other_session = SessionStore(), SessionStore()
    assert _choose(user, later.id, session) == later
    assert _actor_for(user, session.get(actors.SESSION_KEY)).membership_id == later.id
    assert _actor_for(user, other_session.get(actors.SESSION_KEY)).membership_id == first.id
    assert _choose(user, first.id, session) == first
    assert _actor_for(user, session.get(actors.SESSION_KEY)).membership_id == first.id


def test_a_foreign_an_unknown_and_an_ended_place_cannot_be_chosen(world):
    user, first, later = _twice_a_member(world)
    elsewhere = build_world("octipas", "Octipas", "OCTI").customers[0].contact
    with acting_as(world.system):
        Membership.objects.filter(pk=later.id).update(is_active=False)
    foreign = [world.customers[1].contact, world.customers[0].people["colleague"], world.staff["engineer"], elsewhere]
    session = SessionStore()
    _choose(user, first.id, session)
    for key in [later.id, uuid7(), *(actor.person for actor in foreign)]:
        with pytest.raises(NotFound):
            _choose(user, key, session)
    assert session[actors.SESSION_KEY] == str(first.id)


def test_the_chosen_place_is_the_one_of_the_next_page(world, client):
    """Through the middleware: the second place is with another customer."""
    user, _, later = _twice_a_member(world)
    pages = [f"/tickets/{world.file(START, of=number).reference}/" for number in range(2)]
    client.force_login(user)
    assert [client.get(page).status_code for page in pages] == [200, 404]
    session = client.session
    _choose(user, later.id, session)
    session.save()
    assert [client.get(page).status_code for page in pages] == [404, 200]


def test_a_partner_sees_the_customers_granted_to_him(world):
    both = partner(world, "both", (0, 1))
    assert set(both.customer_ids) == {one.customer.id for one in world.customers}
    with acting_as(both):
        assert set(selectors.customers(both).values_list("pk", flat=True)) == set(both.customer_ids)


def test_a_provider_is_made_once(world):
    with acting_as(world.system):
        again = services.ensure_provider(slug="mega", name="Another name", ticket_prefix="NEW", at=START)
        assert (again.id, again.name, TicketCounter.objects.count()) == (world.provider.id, "MEGA", 1)
        assert Provider.objects.count() == 1


def test_an_existing_account_keeps_its_password(world):
    user = user_of(world.customers[0].contact)
    address = f" {user.email.upper()} "
    again = services.ensure_user(email=address, password="stolen", language="en", time_zone="UTC", at=START)
    assert (again.pk, again.password, again.time_zone) == (user.pk, user.password, "Europe/Paris")


def test_a_place_needs_a_name_of_one_line(world):
    user = user_of(world.customers[0].contact)
    given = {"provider_id": world.provider.id, "user": user, "role": Role.PARTNER, "at": START}
    with acting_as(world.system):
        with pytest.raises(Invalid) as refusal:
            services.add_membership(**given, display_name=" \r\n ")
        assert list(refusal.value.errors) == ["display_name"]
        made = services.add_membership(**given, display_name="Ada\r\nBcc: x@example.com")
        assert made.display_name == "Ada Bcc: x@example.com"


@pytest.mark.parametrize(
    ("role", "of_customer"),
    [(role, True) for role in sorted(STAFF | {Role.PARTNER})] + [(role, False) for role in sorted(CUSTOMER)],
)
def test_staff_and_partners_belong_to_no_customer_and_others_to_one(world, role, of_customer):
    customer = world.customers[0].customer if of_customer else None
    with acting_as(world.system), pytest.raises(IntegrityError), transaction.atomic():
        person(world.provider, "odd@mega.example", role, "Odd", customer)


def test_only_the_desk_can_be_given_a_ticket(world):
    with acting_as(world.staff["engineer"]):
        names = [row.display_name for row in selectors.assignable(world.staff["engineer"])]
    assert names == ["Engineer MEGA", "Manager MEGA", "Second MEGA"]
    with acting_as(world.customers[0].contact):
        assert list(selectors.assignable(world.customers[0].contact)) == []


def test_everybody_knows_his_provider(world):
    for actor in (world.staff["auditor"], world.customers[0].contact):
        with acting_as(actor):
            assert selectors.provider_of(actor) == world.provider
