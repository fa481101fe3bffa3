"""Calls of the administrator's addresses, of the doors for those who are not in yet, and of one's own account."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.security.canaries import Person
from tests.security.stage import Owned, Stage

NOBODY = UUID("00000000-0000-7000-8000-000000000000")


@dataclass(frozen=True)
class Call:
    """What of a call is told apart: the thing, whose it is, and what is sent."""

    thing: str
    entitled: bool
    kwargs: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    family: str = ""


Calls = Callable[[Stage, Person], list[Call]]


def _each(keys: Callable[[Stage, Owned | None], dict[str, Any]], **data: str) -> Calls:
    """The thing of each customer, and what is not there."""

    def calls(stage: Stage, person: Person) -> list[Call]:
        found = []
        for owned in (None, *stage.customers.values()):
            kwargs = keys(stage, owned)
            entitled = owned is not None and person.serves("octipas" if owned.key == "c" else "mega", owned.key)
            asked = tuple(str(value) for value in kwargs.values())
            found.append(Call(owned.key if owned else "nonexistent", entitled, kwargs, dict(data), asked))
        return found

    return calls


def _customer(stage: Stage, owned: Owned | None) -> dict[str, Any]:
    return {"customer_id": owned.customer.id if owned else NOBODY}


def _person(stage: Stage, owned: Owned | None) -> dict[str, Any]:
    return {"membership_id": stage.people[owned.contact].acting.person if owned else NOBODY}


def _contract(stage: Stage, owned: Owned | None) -> dict[str, Any]:
    return {"contract_id": owned.contract.id if owned else NOBODY}


def _contact(stage: Stage, owned: Owned | None) -> dict[str, Any]:
    return _contract(stage, owned) | {"contact_id": owned.contact_row if owned else NOBODY}


def _invitation(stage: Stage, owned: Owned | None) -> dict[str, Any]:
    return {"invitation_id": owned.invitation if owned else NOBODY}


def _teams(**data: str) -> Calls:
    """The team of each provider, and none."""

    def calls(stage: Stage, person: Person) -> list[Call]:
        keys = {"nonexistent": NOBODY, "customer": stage.customers["a"].customer.id, **stage.teams}
        return [
            Call(thing, thing == person.provider, {"team_id": key}, dict(data), (str(key),))
            for thing, key in keys.items()
        ]

    return calls


def _signings(stage: Stage, person: Person) -> list[Call]:
    """A contract for each customer under the terms that it has already."""
    found = []
    for call in _each(_customer)(stage, person):
        owned = stage.customers.get(call.thing)
        terms = str(owned.contract.terms_id if owned else NOBODY)
        data = {"terms": terms, "reference": "NEW-1", "starts_on": "2029-01-01", "action": "preview"}
        found.append(Call(call.thing, call.entitled, call.kwargs, data, (*call.asked, terms)))
    return found + _strange_parts(stage, person)


def _strange_parts(stage: Stage, person: Person) -> list[Call]:
    """A contract for a customer of one's own with terms, or with a contact, that are somebody else's or nobody's."""
    own = _own(stage, person)
    other = stage.customers["a" if own.key == "c" else "c"]
    kwargs = {"customer_id": own.customer.id}
    found = []
    for thing, key in (("nonexistent", NOBODY), (other.key, other.contract.terms_id)):
        data = {"terms": str(key), "reference": "NEW-1", "starts_on": "2029-01-01", "action": "preview"}
        found.append(Call(thing, False, kwargs, data, (str(key),), family="terms"))
    for thing, key in _strange_people(stage, own).items():
        data = {"terms": str(own.contract.terms_id), "reference": "NEW-1", "starts_on": "2029-01-01"}
        data |= {"action": "preview", "package": "standard", "contacts": str(key)}
        found.append(Call(thing, False, kwargs, data, (str(key),), family="contact"))
    return found


def _own(stage: Stage, person: Person) -> Owned:
    return stage.customers["c" if person.provider == "octipas" else "a"]


def _strange_people(stage: Stage, own: Owned) -> dict[str, UUID]:
    """Contacts of every other customer, and nobody."""
    others = {key: stage.people[row.contact].acting.person for key, row in stage.customers.items() if key != own.key}
    return {"nonexistent": NOBODY} | others


def _contact_calls(stage: Stage, person: Person) -> list[Call]:
    """Nobody becomes a contact of each contract; people of other customers one of a contract of one's own."""
    own = _own(stage, person)
    found = _each(_contract, membership=str(NOBODY))(stage, person)
    for thing, key in _strange_people(stage, own).items():
        data = {"membership": str(key), "trained_on": "2026-02-03"}
        found.append(Call(thing, False, {"contract_id": own.contract.id}, data, (str(key),), family="membership"))
    return found


def _guests(stage: Stage, person: Person) -> list[Call]:
    """Somebody is invited to the desk; somebody to a customer that there is not, or that is the other provider's."""
    other = stage.customers["a" if person.provider == "octipas" else "c"]
    found = [Call("-", True, data=dict(_GUEST))]
    for thing, key in (("nonexistent", NOBODY), (other.key, other.customer.id)):
        data = _GUEST | {"role": "viewer", "customer": str(key)}
        found.append(Call(thing, False, data=data, asked=(str(key),), family="customer"))
    return found


def _new_teams(stage: Stage, person: Person) -> list[Call]:
    """A team of nobody yet; one with somebody who is not of the desk, or whom there is not."""
    other = "mega" if person.provider == "octipas" else "octipas"
    people = {"nonexistent": NOBODY, "contact": stage.people["contact_a"].acting.person}
    people["stranger"] = stage.staff[other]["engineer"].person
    found = [Call("-", True, data={"name": "A new team", "level": "2"})]
    for thing, key in people.items():
        data = {"name": "Another team", "level": "2", "members": str(key)}
        found.append(Call(thing, False, data=data, asked=(str(key),), family="member"))
    return found


def _sign_ons(stage: Stage, person: Person) -> list[Call]:
    """Coming back from an identity provider that one never left for: nobody is told whether there is one."""
    places = {"nonexistent": NOBODY, "mega": stage.staff["mega"]["engineer"].provider_id}
    places["octipas"] = stage.staff["octipas"]["engineer"].provider_id
    keys = {name: {"provider_id": place, "sign_on_id": NOBODY} for name, place in places.items()}
    keys["other"] = {"provider_id": places["mega"], "sign_on_id": places["octipas"]}
    found = [Call(name, False, given, asked=tuple(map(str, given.values()))) for name, given in keys.items()]
    own = {"provider_id": places["octipas"], "sign_on_id": places["mega"]}
    return [*found, Call("own", True, own, asked=tuple(map(str, own.values())))]


def _places(stage: Stage, person: Person) -> list[Call]:
    """Other people's memberships; one's own is there already."""
    found = [Call("nonexistent", False, data={"membership": str(NOBODY)}, asked=(str(NOBODY),))]
    for key in ("contact_a", "contact_b", "contact_c", "engineer", "octipas_engineer"):
        row = str(stage.people[key].acting.person)
        entitled = key == person.key and bool(person.provider)
        found.append(Call(key, entitled, data={"membership": row}, asked=(row,)))
    return found


def _plain(**data: str) -> Calls:
    return lambda stage, person: [Call("-", True, data=data)]


_GUEST = {"email": "guest@elsewhere.example", "display_name": "Guest", "role": "auditor", "language": "en"}
_SIGN_ON = {"name": "Sign-on", "issuer": "https://sign-on.example", "client_id": "helpdesk", "secret": "told to nobody"}
CALLS: dict[str, Calls] = {
    "join": _plain(invitation="a" * 43, display_name="Guest", password="seven quiet green herons"),
    "forgotten_password": _plain(email="nobody@nowhere.example"),
    "new_password": _plain(reset="a" * 43, password="seven quiet green herons"),
    "mfa_authenticate": _plain(code="000000"),
    "company_sign_in": _plain(provider="nobody"),
    "sign_on_callback": _sign_ons,
    "sign_on_settings": _plain(key="x", password="wrong", act="connect"),
    "places": _plain(),
    "choose_place": _places,
    "second_factor": _plain(ticket="forged", code="000000", password="wrong"),
    "renew_codes": _plain(password="wrong"),
    "remove_second_factor": _plain(password="wrong"),
    "administration": _plain(),
    "admin_customers": _plain(),
    "admin_new_customer": _plain(name="A new customer", country="FR"),
    "admin_customer": _each(_customer, name="Another name", country="FR"),
    "admin_end_customer": _each(_customer),
    "admin_contracts": _plain(),
    "admin_sign_contract": _signings,
    "admin_end_contract": _each(
        _contract,
        last_day="2026-06-15",
        ended_by="customer",
        channel="signed",
        noticed_on="2026-02-01",
        reason="Why not.",
        action="preview",
    ),
    "admin_withdraw_ending": _each(_contract, reason="It goes on."),
    "admin_people": _plain(),
    "admin_person": _each(_person, display_name="Another name", role="viewer"),
    "admin_end_person": _each(_person),
    "admin_restore_person": _each(_person),
    "admin_partners": _plain(),
    "admin_contacts": _contact_calls,
    "admin_contact_training": _each(_contact, trained_on="2026-02-03"),
    "admin_withdraw_contact": _each(_contact),
    "admin_invitations": _guests,
    "admin_resend_invitation": _each(_invitation),
    "admin_revoke_invitation": _each(_invitation),
    "admin_teams": _plain(),
    "admin_new_team": _new_teams,
    "admin_team": _teams(name="Another name", level="3"),
    "admin_archive_team": _teams(),
    "admin_restore_team": _teams(),
    "admin_security": _plain(),
    "admin_second_factor": _plain(demanded="1"),
    "admin_sign_on": _plain(**_SIGN_ON),
    "admin_sign_on_off": _plain(),
    "access_review": _plain(),
    "access_review_file": _plain(),
    "audit_trail": _plain(),
}
PERMISSION = {name: "people.manage" for name in CALLS if name.startswith("admin_")} | {
    "access_review_file": "audit.read",
    "admin_sign_contract": "contract.sign",
    "admin_end_contract": "contract.end",
    "admin_withdraw_ending": "contract.end",
}
OPEN = {
    "join",
    "forgotten_password",
    "new_password",
    "mfa_authenticate",
    "company_sign_in",
    "sign_on_callback",
}
"""Addresses for people who are not in yet."""
