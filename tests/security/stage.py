"""Two providers whose every text is a canary, with people of every kind, a worked ticket each, files, mails, drafts."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import actors, invitations, services, tokens
from accounts.models import Customer, DemoAccount, Membership, Provider, User
from accounts.roles import Role
from accounts.tenancy import Actor, acting_as
from contracts.environments import record_environment
from contracts.models import Contract, Environment, TermsVersion
from contracts.publishing import DATA, publish_terms
from contracts.services import add_environment, name_contact, sign_contract
from lifecycle import timers
from lifecycle.services import add_note, assign_ticket, file_ticket, reply, resolve_ticket, take_ticket
from notifications.models import Delivery, OutboxEntry
from notifications.relay import relay
from slas.models import Clock, SweepFailure
from tests.security.canaries import Aviary, Person
from tests.worlds import START, membership_of, paris, person
from tickets.attachments import store_upload
from tickets.canned import Wording, create_canned_reply
from tickets.drafts import save_draft
from tickets.models import Attachment, Comment, Ticket
from tickets.saved_views import Look, keep_view

FILED = paris("2026-05-04 08:05")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

STAFF = {
    "engineer": Role.ENGINEER_N1,
    "silent": Role.ENGINEER_N2,
    "manager": Role.SUPPORT_MANAGER,
    "account_manager": Role.ACCOUNT_MANAGER,
    "auditor": Role.AUDITOR,
    "administrator": Role.ADMINISTRATOR,
}
"""``engineer`` speaks to customers; ``silent`` writes private notes only, so that his very name is private."""


@dataclass
class Owned:
    """One customer: what it owns, by the names that the table of routes uses."""

    key: str
    customer: Customer
    contract: Contract
    environment: Environment
    contact: str
    ticket: Ticket | None = None
    waiting: Ticket | None = None
    resolved: Ticket | None = None
    invitation: UUID | None = None
    contact_row: UUID | None = None
    files: dict[str, Attachment] = field(default_factory=dict)


@dataclass
class Stage:
    """Everything the matrix needs to know; ``keys of people are those of the table of routes."""

    aviary: Aviary
    people: dict[str, Person] = field(default_factory=dict)
    customers: dict[str, Owned] = field(default_factory=dict)
    staff: dict[str, dict[str, Actor]] = field(default_factory=dict)
    mails: dict[str, UUID] = field(default_factory=dict)
    notices: dict[str, UUID] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
    views: dict[str, UUID] = field(default_factory=dict)
    canned: dict[str, UUID] = field(default_factory=dict)
    teams: dict[str, UUID] = field(default_factory=dict)
    demo_user: UUID | None = None


def build_stage(become: Callable[[str], None]) -> Stage:
    """Build it all through the services. ``become("web"|"worker")`` changes the login that the database sees."""
    stage = Stage(Aviary())
    become("web")
    _provider(stage, "mega", "MEGA", {"a": None, "b": None, "e": date(2026, 6, 30)})
    _provider(stage, "octipas", "OCTI", {"c": None})
    for key in stage.customers:
        _work(stage, key)
    _views(stage)
    _canned(stage)
    become("worker")
    timers.sweep(at=FILED + timedelta(days=2))
    relay(at=FILED + timedelta(days=2, minutes=1))
    become("web")
    for slug in ("mega", "octipas"):
        _worker_rows(stage, slug)
    _freshen(stage)
    _outsiders(stage)
    for someone in stage.people.values():
        _open_session(stage, someone)
        _give_token(someone)
    _close_doors(stage)
    return stage


def _provider(stage: Stage, slug: str, prefix: str, customers: dict[str, date | None]) -> None:
    name = stage.aviary.word("provider", slug)
    terms, _new = publish_terms(DATA / "hopex-saas.yaml", at=START, provider=(slug, name, prefix))
    with acting_as(Actor.system(terms.provider_id)):
        provider = Provider.objects.get(pk=terms.provider_id)
        stage.staff[slug] = {}
        for key, role in STAFF.items():
            is_heard = key in {"engineer", "manager"}
            shown = stage.aviary.word(key, slug, private=not is_heard)
            stage.staff[slug][key] = _join(stage, provider, staff_key(slug, key), role, shown).acting
        for key, ends_on in customers.items():
            _customer(stage, provider, terms, key, ends_on)
        members = [membership_of(stage.staff[slug]["engineer"])]
        name = stage.aviary.word("team", slug, private=True)
        made = services.add_team(provider_id=provider.id, name=name, level=2, members=members, at=START)
        stage.teams[slug] = made.id
        if slug == "mega":
            _partner(stage, provider)


def _join(stage: Stage, provider: Provider, key: str, role: Role, shown: str, customer: Owned | None = None) -> Person:
    # Addresses are their owner's, and of those who administer and review the accesses of that provider.
    readers = {key, staff_key(provider.slug, "administrator"), staff_key(provider.slug, "auditor")}
    email = stage.aviary.word(f"{key.replace('_', '')}mail", provider.slug, private=True, owners=readers)
    actor = person(provider, f"{email}@{provider.slug}.example", role, shown, customer.customer if customer else None)
    customers = frozenset({customer.key}) if customer else frozenset()
    stage.people[key] = Person(key, provider.slug, customers, actor)
    return stage.people[key]


def _customer(stage: Stage, provider: Provider, terms: TermsVersion, key: str, ends_on: date | None) -> None:
    def word(label: str) -> str:
        return stage.aviary.word(f"{label}{key.upper()}", provider.slug, key)

    customer = services.create_customer(provider_id=provider.id, name=word("customer"), at=START)
    contract = sign_contract(
        provider_id=provider.id,
        customer_id=customer.id,
        terms=terms,
        reference=word("contract"),
        starts_on=date(2026, 1, 1),
        ends_on=ends_on,
        package="standard",
        signed_by=word("signedby"),
        at=START,
    )
    environment = add_environment(
        contract=contract, kind="production", name=word("environment"), release=word("release")
    )
    made = Owned(key, customer, contract, environment, f"contact_{key}")
    stage.customers[key] = made
    people = {"contact": Role.CONTACT, "colleague": Role.CONTACT, "viewer": Role.VIEWER, "gone": Role.CONTACT}
    for who, role in people.items():
        someone = _join(stage, provider, f"{who}_{key}", role, word(who), made)
        if role == Role.CONTACT and who != "gone":
            _name(contract, someone)
    _record(stage, made, word("platform"))
    made.contact_row = contract.contacts.order_by("id").values_list("id", flat=True)[0]
    made.invitation = _invite(stage, provider, made)


def _record(stage: Stage, owned: Owned, text: str) -> None:
    contact = stage.people[owned.contact].acting
    facts = {"software": text}
    record_environment(actor=contact, at=START, environment_id=owned.environment.id, facts=facts, number=0)


def _invite(stage: Stage, provider: Provider, owned: Owned) -> UUID:
    """Somebody who has not come yet: his name and address are for the staff."""
    key = owned.key.upper()
    words = [stage.aviary.word(f"{label}{key}", provider.slug, owned.key, private=True) for label in ("guest", "mail")]
    made = invitations.invite(
        actor=stage.staff[provider.slug]["administrator"],
        at=START,
        email=f"{words[1]}@guests.example",
        role="viewer",
        display_name=words[0],
        language="en",
        customer_id=owned.customer.id,
    )
    return made.id


def _name(contract: Contract, someone: Person) -> None:
    name_contact(
        contract=contract,
        membership_id=someone.acting.person,
        named_on=START.date(),
        trained_on=START.date(),
    )


def _partner(stage: Stage, provider: Provider) -> None:
    shown = stage.aviary.word("partner", provider.slug, private=True, owners={"partner", "administrator", "auditor"})
    someone = _join(stage, provider, "partner", Role.PARTNER, shown)
    granted = stage.customers["a"].customer
    services.grant_customer(membership=membership_of(someone.acting), customer_id=granted.id, at=START)
    someone.actor = replace(someone.acting, customer_ids=actors.partner_customers(someone.acting.person))
    someone.customers = frozenset({"a"})


def _upload(actor: Actor, name: str, content: str) -> Attachment:
    with acting_as(actor):
        return store_upload(actor=actor, at=FILED, upload=SimpleUploadedFile(f"{name}.log", content.encode()))


def _file(stage: Stage, owned: Owned, **given: Any) -> Ticket:
    slug = stage.people[owned.contact].provider
    contact = stage.people[owned.contact].acting

    def word(label: str) -> str:
        return stage.aviary.word(f"{label}{owned.key.upper()}", slug, owned.key)

    with acting_as(contact):
        ticket = file_ticket(
            actor=contact,
            at=FILED,
            contract_id=owned.contract.id,
            environment_id=owned.environment.id,
            title=word("title"),
            description=word("description"),
            severity="critical",
            details={
                "symptoms": word("symptoms"),
                "steps": word("steps"),
                "consequences": word("consequences"),
                "customisation": "none",
            },
            **given,
        )
    stage.aviary.references[ticket.reference] = stage.aviary.labels[-1][1]
    return ticket


def _work(stage: Stage, key: str) -> None:
    """A ticket in work with public and private messages and files, one resolved, drafts and loose uploads."""
    owned = stage.customers[key]
    slug = stage.people[owned.contact].provider
    contact, staff = stage.people[owned.contact].acting, stage.staff[slug]

    def word(label: str, **more: Any) -> str:
        return stage.aviary.word(f"{label}{key.upper()}", slug, key, **more)

    def secret(label: str) -> str:
        return word(f"PRIV{label}", private=True)

    owned.files["filed"] = _upload(contact, word("filename"), word("filecontent"))
    owned.ticket = _file(stage, owned, attachment_ids=[owned.files["filed"].id])
    reference = owned.ticket.reference
    owned.files["public"] = _upload(staff["engineer"], word("replyname"), word("replycontent"))
    owned.files["private"] = _upload(staff["silent"], secret("notename"), secret("notecontent"))
    minutes = iter(range(5, 60))

    def act(service: Callable[..., Ticket], who: Actor, **given: Any) -> Ticket:
        with acting_as(who):
            return service(actor=who, at=FILED + timedelta(minutes=next(minutes)), **{"reference": reference, **given})

    ids = [owned.files["public"].id]
    act(add_note, staff["silent"], body=secret("note"), attachment_ids=[owned.files["private"].id])
    act(reply, staff["engineer"], body=word("reply"), attachment_ids=ids)
    act(reply, contact, body=word("comment"))
    with acting_as(staff["manager"]):
        version = Ticket.objects.get(reference=reference).version
    act(assign_ticket, staff["manager"], assignee_id=staff["engineer"].person, expected_version=version)
    # Nobody answers this one: the sweep will find it late.
    owned.waiting = _file(stage, owned)
    owned.resolved = _resolved(stage, owned, staff["engineer"], word("resolution"))
    for who, label in ((contact, f"contact_{key}"), (staff["engineer"], staff_key(slug, "engineer"))):
        mine = {"owners": {label}}
        owned.files[f"loose_{label}"] = _upload(who, word("loosename", **mine), word("loosecontent", **mine))
        with acting_as(who):
            save_draft(actor=who, at=FILED, form=f"reply:{reference}", data={"body": word("draft", **mine)})
            save_draft(actor=who, at=FILED, form="new-case", data={"title": word("newdraft", **mine)})


def staff_key(slug: str, key: str) -> str:
    """Staff of the first provider go by their plain names, those of the other with its name before."""
    return key if slug == "mega" else f"{slug}_{key}"


def _resolved(stage: Stage, owned: Owned, engineer: Actor, body: str) -> Ticket:
    ticket = _file(stage, owned)
    at = FILED + timedelta(minutes=30)
    with acting_as(engineer):
        ticket = take_ticket(actor=engineer, at=at, reference=ticket.reference)
        return resolve_ticket(
            actor=engineer,
            at=at,
            reference=ticket.reference,
            resolution_type="workaround",
            body=body,
            expected_version=ticket.version,
        )


def _views(stage: Stage) -> None:
    """Views of the queue: of two people of each provider, and one that each shares."""
    for slug in ("mega", "octipas"):
        for who in ("engineer", "silent"):
            actor, key = stage.staff[slug][who], staff_key(slug, who)
            name = stage.aviary.word("viewname", slug, owners={key})
            with acting_as(actor):
                stage.views[key] = keep_view(actor=actor, at=FILED, look=Look(name, {"holder": "mine"}, ["ticket"]))
        actor = stage.staff[slug]["engineer"]
        name = stage.aviary.word("sharedview", slug, private=True)
        with acting_as(actor):
            look = Look(name, {"state": "all"}, ["ticket", "due"])
            stage.views[f"shared_{slug}"] = keep_view(actor=actor, at=FILED, look=look, is_shared=True)


def _canned(stage: Stage) -> None:
    """Canned replies: of two people of each provider, and one that the manager of each shares."""
    for slug in ("mega", "octipas"):
        for who, is_shared in (("engineer", False), ("silent", False), ("manager", True)):
            actor, key = stage.staff[slug][who], f"shared_{slug}" if is_shared else staff_key(slug, who)
            told = {"private": True} if is_shared else {"owners": {key}}
            title, body = (stage.aviary.word(f"canned{part}", slug, **told) for part in ("title", "text"))
            wording = Wording(title, body_en=f"{body} {{{{reference}}}}")
            with acting_as(actor):
                made = create_canned_reply(actor=actor, at=FILED, wording=wording, is_shared=is_shared)
            stage.canned[key] = made


def _worker_rows(stage: Stage, slug: str) -> None:
    """What only failures would write, and the keys of the messages that the relay made."""
    with acting_as(Actor.system(stage.staff[slug]["engineer"].provider_id)):
        for clock in Clock.objects.all():
            word = stage.aviary.word("sweepfailure", slug, private=True)
            SweepFailure.objects.create(provider_id=clock.provider_id, clock=clock, at=FILED, error=word)
        OutboxEntry.objects.update(error=stage.aviary.word("outboxerror", slug, private=True))
        by_membership = {one.actor.membership_id: key for key, one in stage.people.items() if one.actor}
        for row in Delivery.objects.order_by("id"):
            key = by_membership[row.recipient_id]
            kept = stage.mails if row.channel == Delivery.Channel.MAIL else stage.notices
            kept.setdefault(key, row.id)
        assert Comment.objects.filter(visibility="private").exists()


def _freshen(stage: Stage) -> None:
    """Tickets as they are now, with the versions that a form would carry."""
    for owned in stage.customers.values():
        with acting_as(Actor.system(owned.customer.provider_id)):
            for name in ("ticket", "waiting", "resolved"):
                setattr(owned, name, Ticket.objects.get(pk=getattr(owned, name).pk))


def _outsiders(stage: Stage) -> None:
    """Whoever has a password and yet no business here."""
    stage.people["anonymous"] = Person("anonymous")
    User.objects.create_user("alone@nowhere.example", "x", created_at=START)
    decoy = User.objects.create_user("decoy@nowhere.example", "x", created_at=START)
    stage.demo_user = decoy.pk
    DemoAccount.objects.create(
        user=decoy, position=1, name="Decoy", role=Role.CONTACT, organisation="Nobody", provider_name="Nobody"
    )
    stage.people["without_membership"] = Person("without_membership")


def _open_session(stage: Stage, someone: Person) -> None:
    user = None
    if someone.actor is not None:
        user = User.objects.get(pk=someone.actor.user_id)
    elif someone.key == "without_membership":
        user = User.objects.get(email="alone@nowhere.example")
    if user is None:
        return
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = BACKEND
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    someone.session_key = str(store.session_key)
    someone.agent = stage.aviary.word("agent", someone.provider, owners={someone.key})
    row = UserSession.objects.create(
        user=user, session_key=someone.session_key, ip="127.0.0.1", user_agent=someone.agent
    )
    stage.sessions[someone.key] = row.pk


def _give_token(someone: Person) -> None:
    """A token for everything, used once already: its first use of the day is noted."""
    if someone.actor is None:
        return
    now = datetime.now(UTC)
    with acting_as(Actor.system(someone.acting.provider_id)):
        made = {"membership": membership_of(someone.acting), "name": someone.key, "scopes": tokens.SCOPES}
        _row, someone.token = tokens.create_token(**made, at=now, lasts=timedelta(days=1))
    assert tokens.bearer_of(someone.token, now)


def _close_doors(stage: Stage) -> None:
    """The colleague of B is disabled, and the membership of ``gone`` ended, both with a session that is still open."""
    disabled, ended = stage.people["colleague_b"], stage.people["gone_a"]
    User.objects.filter(pk=disabled.acting.user_id).update(is_active=False)
    with acting_as(Actor.system(ended.acting.provider_id)):
        Membership.objects.filter(pk=ended.acting.person).update(is_active=False)
    for someone in (disabled, ended):
        someone.provider, someone.customers = "", frozenset()
