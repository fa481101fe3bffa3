"""A world in which every tenant table has rows, public and private, of two customers."""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import actors, invitations, services, sign_on
from accounts.roles import Role
from accounts.tenancy import Actor, acting_as
from accounts.tokens import create_token
from api.models import KeptAnswer
from contracts.amendments import announce_days, approve_amendment, propose_amendment
from contracts.environments import record_environment
from lifecycle.services import add_note, reply
from notifications import watching
from notifications.models import Delivery
from slas.models import Clock, SweepFailure, TicketDuty
from tests.worlds import START, World, build_world, membership_of, paris, person
from tickets.attachments import store_upload
from tickets.canned import Wording, create_canned_reply
from tickets.drafts import save_draft
from tickets.models import Attachment, Event, Ticket
from tickets.saved_views import Look, keep_view, prefer

FILED = paris("2026-05-04 08:05")


@dataclass
class Populated:
    """A world with one ticket per customer, and its people by a short name."""

    world: World
    tickets: list[Ticket]
    people: dict[str, Actor]


def populate(slug: str, name: str, prefix: str) -> Populated:
    """Build the world through the services; what only the worker makes (deliveries, failures) is inserted."""
    world = build_world(slug, name, prefix)
    people = _people(world)
    _contracts(world)
    tickets = [_ticket(world, number) for number in range(len(world.customers))]
    _messages(world, tickets)
    _tokens(world)
    _views(world)
    _watchers(world, tickets)
    _canned(world)
    _teams(world)
    _administration(world)
    return Populated(world, tickets, people)


def partner(world: World, key: str, of: tuple[int, ...]) -> Actor:
    """A partner who may read the customers at positions ``of``."""
    customers = [world.customers[position].customer for position in of]
    with acting_as(world.system):
        actor = person(world.provider, f"{key}@partner-{world.provider.slug}.example", Role.PARTNER, key.title())
        for customer in customers:
            services.grant_customer(membership=membership_of(actor), customer_id=customer.id, at=START)
        return replace(actor, customer_ids=actors.partner_customers(actor.person))


def _people(world: World) -> dict[str, Actor]:
    first, second = world.customers
    return {
        "contact": first.contact,
        "colleague": first.people["colleague"],
        "viewer": first.people["viewer"],
        "sibling": second.contact,
        "engineer": world.staff["engineer"],
        "auditor": world.staff["auditor"],
        "partner": partner(world, "partner", (0,)),
        "partner_of_nobody": partner(world, "newcomer", ()),
        "system": world.system,
    }


def upload(actor: Actor, name: str = "trace.log", content: bytes = b"trace") -> Attachment:
    """A file that ``actor`` has put up and not sent yet."""
    with acting_as(actor):
        return store_upload(actor=actor, at=FILED, upload=SimpleUploadedFile(name, content))


def _contracts(world: World) -> None:
    """An amendment that one side has approved, a day off for everybody, and one for each customer."""
    manager = world.staff["account_manager"]
    days = {"calendar": "fr", "reference": "N-1", "days_off": ["2026-05-15"]}
    with acting_as(manager):
        announce_days(actor=manager, at=START, name="Bridge", days=days, terms_code=world.terms.code)
        for organisation in world.customers:
            contract_id = organisation.contract.id
            announce_days(actor=manager, at=START, name="Bridge", days=days, contract_id=contract_id)
            proposed = propose_amendment(
                actor=manager,
                at=START,
                contract_id=contract_id,
                reference="A-1",
                in_force_from=START.date(),
                terms=world.terms,
                overrides={"pausing": True},
            )
            approve_amendment(actor=manager, at=START, amendment_id=proposed.id)
            key, facts = organisation.production.id, {"software": "HOPEX 6"}
            record_environment(actor=manager, at=START, environment_id=key, facts=facts, number=0)


def _ticket(world: World, number: int) -> Ticket:
    contact, engineer = world.customers[number].contact, world.staff["engineer"]
    ticket = world.file(FILED, of=number, attachment_ids=[upload(contact).id])
    with acting_as(engineer):
        at = FILED + timedelta(minutes=5)
        given = {"actor": engineer, "at": at, "reference": ticket.reference}
        reply(**given, body="We look into it.", attachment_ids=[upload(engineer).id])
        add_note(**given, body="PRIVATE", attachment_ids=[upload(engineer).id])
    for actor in (contact, engineer):
        upload(actor)
        with acting_as(actor):
            save_draft(actor=actor, at=FILED, form=f"reply:{ticket.reference}", data={"body": "not sent"})
    return ticket


def _messages(world: World, tickets: list[Ticket]) -> None:
    with acting_as(world.system):
        for ticket, organisation in zip(tickets, world.customers, strict=True):
            clock = Clock.objects.get(ticket=ticket)
            duty = TicketDuty.objects.filter(ticket=ticket).earliest("code")
            for which in ({"clock": clock}, {"duty": duty}):
                SweepFailure.objects.create(provider=world.provider, at=FILED, error="as a test", **which)
            event = Event.objects.get(ticket=ticket, kind="replied")
            for actor in (organisation.contact, world.staff["engineer"]):
                Delivery.objects.create(
                    provider=world.provider,
                    event=event,
                    ticket=ticket,
                    ticket_reference=ticket.reference,
                    recipient_id=actor.membership_id,
                    channel=Delivery.Channel.IN_APP,
                    kind=event.kind,
                    subject="replied",
                    created_at=FILED,
                )


def _views(world: World) -> None:
    """Two engineers have each a view of their own and a liking; one shares a view with all of them."""
    for key in ("engineer", "second"):
        actor = world.staff[key]
        with acting_as(actor):
            keep_view(actor=actor, at=FILED, look=Look("Mine today", {"holder": "mine"}, ["due", "ticket"]))
            prefer(actor=actor, at=FILED, columns=["ticket"], opens_with="mine")
    sharing = world.staff["engineer"]
    with acting_as(sharing):
        keep_view(actor=sharing, at=FILED, look=Look("For all", {}, ["ticket"]), is_shared=True)


def _canned(world: World) -> None:
    """Two engineers have each a reply of their own; the manager shares one with the desk."""
    for key, is_shared in (("engineer", False), ("second", False), ("manager", True)):
        actor = world.staff[key]
        with acting_as(actor):
            create_canned_reply(actor=actor, at=FILED, wording=Wording("Thanks", "Merci."), is_shared=is_shared)


def _teams(world: World) -> None:
    """Two levels of the desk with somebody in each."""
    with acting_as(world.system):
        for level, key in ((1, "engineer"), (2, "second")):
            members = [membership_of(world.staff[key])]
            services.add_team(
                provider_id=world.provider.id, name=f"Level {level}", level=level, members=members, at=START
            )


def _watchers(world: World, tickets: list[Ticket]) -> None:
    """A contact and an engineer watch each ticket; both want no mails of it."""
    for ticket, organisation in zip(tickets, world.customers, strict=True):
        for actor in (organisation.people["colleague"], world.staff["engineer"]):
            with acting_as(actor):
                watching.add(actor=actor, at=FILED, reference=ticket.reference, membership_id=actor.person)
                watching.choose_mails(actor=actor, at=FILED, wanted=False)


def _tokens(world: World) -> None:
    with acting_as(world.system):
        for actor in (*(one.contact for one in world.customers), world.staff["engineer"]):
            create_token(
                membership=membership_of(actor),
                name="import",
                scopes=["tickets:read"],
                at=FILED,
                lasts=timedelta(days=30),
            )
            KeptAnswer.objects.create(
                provider=world.provider,
                membership_id=actor.person,
                key="once",
                digest="0" * 64,
                status=201,
                body="{}",
                created_at=FILED,
            )


def _administration(world: World) -> None:
    """An invitation for each customer and one for the staff, each of which leaves an entry in the trail."""
    administrator = world.staff["administrator"]
    places = [(one.customer.id, "viewer") for one in world.customers] + [(None, "auditor")]
    with acting_as(administrator):
        for number, (customer_id, role) in enumerate(places):
            invitations.invite(
                actor=administrator,
                at=FILED,
                email=f"guest{number}@{world.provider.slug}.example",
                role=role,
                display_name=f"Guest {number}",
                language="en",
                customer_id=customer_id,
            )
        sign_on.configure(
            actor=administrator,
            at=FILED,
            name="Sign-on",
            issuer=f"https://sign-on.{world.provider.slug}.example",
            client_id="helpdesk",
            secret="not told",
        )
