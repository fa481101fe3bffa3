"""The administrator's pages: what each act changes, what is told, and who may not."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts.models import ApiToken, AuditEntry, Customer, Membership
from accounts.roles import Role
from accounts.tenancy import Actor, acting_as
from accounts.tokens import create_token
from tests.web.test_query_budget import questions
from tests.worlds import World, as_system, build_world, membership_of, person, user_of

SignIn = Callable[[Actor], Client]
PAGES = (
    "",
    "customers/",
    "customers/new/",
    "contracts/",
    "people/",
    "partners/",
    "teams/",
    "teams/new/",
    "invitations/",
    "security/",
    "access-review/",
    "audit/",
)


@pytest.fixture
def admin(world: World, sign_in: SignIn) -> Client:
    return sign_in(world.staff["administrator"])


def entries(world: World) -> list[tuple[str, str, str]]:
    with as_system(world):
        return list(AuditEntry.objects.order_by("id").values_list("act", "actor_name", "subject"))


def member(world: World, actor: Actor) -> Membership:
    with as_system(world):
        return membership_of(actor)


@pytest.mark.parametrize("who", ["engineer", "manager", "account_manager", "auditor"])
def test_other_staff_find_the_pages_closed(world: World, sign_in: SignIn, who: str):
    client = sign_in(world.staff[who])
    open_to = {"auditor": {"", "access-review/", "audit/"}, "account_manager": {"", "contracts/"}}.get(who, set())
    for page in PAGES:
        assert client.get(f"/administration/{page}").status_code == (200 if page in open_to else 403), page


def test_for_customers_the_pages_do_not_exist(world: World, sign_in: SignIn):
    client = sign_in(world.customers[0].contact)
    assert {client.get(f"/administration/{page}").status_code for page in PAGES} == {404}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_draws_in_both_languages(world: World, admin: Client, language: str):
    admin.post("/settings/language/", {"language": language})
    organisation = world.customers[0]
    deeper = [
        f"customers/{organisation.customer.id}/",
        f"people/{organisation.contact.person}/",
        f"contracts/{organisation.contract.id}/contacts/",
    ]
    for page in (*PAGES, *deeper):
        answer = admin.get(f"/administration/{page}")
        assert answer.status_code == 200, page
        assert f'<html lang="{language}"' in answer.content.decode()


def test_a_customer_is_created_and_renamed_and_both_are_told(world: World, admin: Client):
    answer = admin.post("/administration/customers/new/", {"name": "  Banque   Nouvelle ", "country": "be"})
    assert answer.status_code == 303
    with as_system(world):
        made = Customer.objects.get(name="Banque Nouvelle")
    assert made.country == "BE"
    admin.post(answer["Location"], {"name": "Banque Neuve", "country": "BE"})
    admin.post(answer["Location"], {"name": "Banque Neuve", "country": "BE"})
    assert entries(world) == [
        ("customer_created", "Administrator MEGA", "Banque Nouvelle"),
        ("customer_changed", "Administrator MEGA", "Banque Neuve"),
    ]
    trail = admin.get("/administration/audit/").content.decode()
    assert "Banque Nouvelle → Banque Neuve" in trail


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"name": "", "country": "FR"}, "name"),
        ({"name": "customer a OF mega", "country": "FR"}, "name"),
        ({"name": "New", "country": "F1"}, "country"),
        ({"name": "New", "country": "XX"}, "country"),
        ({"name": "New", "country": "EU"}, "country"),
    ],
)
def test_a_refused_customer_keeps_what_was_typed_and_writes_nothing(world: World, admin: Client, given, wrong):
    with as_system(world):
        before = Customer.objects.count()
    answer = admin.post("/administration/customers/new/", given)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert all(f'value="{text}"' in page for text in given.values() if text)
    assert f'id="id_{wrong}"' in page and 'aria-invalid="true"' in page
    with as_system(world):
        assert Customer.objects.count() == before
    assert entries(world) == []


def test_ending_an_access_shuts_every_door_at_once(world: World, admin: Client, sign_in: SignIn):
    engineer = world.staff["engineer"]
    theirs = sign_in(engineer)
    with as_system(world):
        told = {"name": "import", "scopes": ["contracts:read"], "at": datetime.now(UTC), "lasts": timedelta(days=1)}
        _row, secret = create_token(membership=membership_of(engineer), **told)
    header = {"Authorization": f"Bearer {secret}"}
    assert theirs.get("/queue/").status_code == 200
    address = f"/administration/people/{engineer.person}/"
    assert admin.post(f"{address}end/").status_code == 303
    assert theirs.get("/queue/").status_code == 403
    assert Client().get("/api/v1/contracts", headers=header).status_code == 401
    assert admin.post(f"{address}end/").status_code == 409
    assert admin.post(f"{address}restore/").status_code == 303
    assert theirs.get("/queue/").status_code == 200
    with acting_as(engineer):
        assert ApiToken.objects.get().revoked_at is not None
    assert [act for act, *_ in entries(world)] == ["membership_ended", "membership_restored"]


def test_nobody_shuts_himself_out_or_takes_his_own_role(world: World, admin: Client):
    me = world.staff["administrator"]
    address = f"/administration/people/{me.person}/"
    assert admin.post(f"{address}end/").status_code == 409
    answer = admin.post(address, {"display_name": me.name, "role": "engineer_n1"})
    assert answer.status_code == 422
    assert "Ask another administrator" in answer.content.decode()
    assert (member(world, me).role, member(world, me).is_active) == ("administrator", True)
    assert entries(world) == []


def test_a_role_changes_within_its_side_and_holds_at_the_next_page(world: World, admin: Client, sign_in: SignIn):
    engineer = world.staff["engineer"]
    theirs = sign_in(engineer)
    address = f"/administration/people/{engineer.person}/"
    assert admin.post(address, {"display_name": "Engineer", "role": "contact"}).status_code == 422
    assert admin.post(address, {"display_name": "Eve Engineer", "role": "auditor"}).status_code == 303
    assert theirs.get("/administration/audit/").status_code == 200
    assert "Eve Engineer" in theirs.get("/sessions/").content.decode()
    assert entries(world) == [("membership_changed", "Administrator MEGA", "Eve Engineer")]


def test_people_and_contracts_of_another_provider_do_not_exist(world: World, admin: Client):
    from_elsewhere = build_world("octipas", "Octipas", "OCTI", 1)
    organisation = from_elsewhere.customers[0]
    stranger = organisation.contact
    for path in (
        f"customers/{organisation.customer.id}/",
        f"people/{stranger.person}/",
        f"contracts/{organisation.contract.id}/contacts/",
    ):
        assert admin.get(f"/administration/{path}").status_code == 404
        assert admin.post(f"/administration/{path}", {"name": "Mine", "country": "FR"}).status_code == 404
    assert admin.post(f"/administration/people/{stranger.person}/end/").status_code == 404
    assert admin.post(f"/administration/customers/{organisation.customer.id}/end/").status_code == 404
    assert member(from_elsewhere, stranger).is_active
    listed = admin.get("/administration/people/").content.decode()
    assert user_of(stranger).email not in listed


def test_a_contact_is_named_trained_and_withdrawn_on_its_page(world: World, admin: Client):
    organisation = world.customers[0]
    address = f"/administration/contracts/{organisation.contract.id}/contacts/"
    page = admin.get(address).content.decode()
    assert "Contact A" in page and "HSA-19" in page
    row = organisation.contract.contacts
    with as_system(world):
        contact = row.get(membership_id=organisation.contact.person)
    wrong = admin.post(f"{address}{contact.id}/training/", {"trained_on": "2999-01-01"})
    assert wrong.status_code == 422
    assert 'value="2999-01-01"' in wrong.content.decode()
    assert admin.post(f"{address}{contact.id}/training/", {"trained_on": "2026-02-03"}).status_code == 303
    assert admin.post(f"{address}{contact.id}/withdraw/").status_code == 303
    answer = admin.post(address, {"membership": str(organisation.contact.person), "trained_on": "2026-02-03"})
    assert answer.status_code == 303
    assert [act for act, *_ in entries(world)] == ["contact_trained", "contact_replaced", "contact_named"]


def test_the_trail_is_filtered_and_paged_without_gaps(world: World, admin: Client, sign_in: SignIn):
    for number in range(53):
        admin.post("/administration/customers/new/", {"name": f"Number {number:02}", "country": "FR"})
    auditor = sign_in(world.staff["auditor"])
    first = auditor.get("/administration/audit/", {"act": "customer_created"})
    following = first.context["next_url"]
    second = auditor.get(f"/administration/audit/{following}")
    shown = [row["row"].subject for page in (first, second) for row in page.context["rows"]]
    assert shown == [f"Number {number:02}" for number in reversed(range(53))]
    assert second.context["next_url"] == ""
    assert auditor.get("/administration/audit/", {"act": "customer_ended"}).context["rows"] == []
    assert auditor.get("/administration/audit/", {"last_day": "2020-01-01"}).context["rows"] == []
    assert auditor.get("/administration/audit/", {"act": "nonsense"}).status_code == 422


@pytest.mark.parametrize(
    ("page", "limit"),
    [("customers/", 10), ("people/", 10), ("invitations/", 10), ("access-review/", 13), ("audit/", 10)],
)
def test_a_list_asks_as_often_for_many_rows_as_for_few(world: World, admin: Client, page: str, limit: int):
    few = questions(admin, f"/administration/{page}")
    for number in range(3):
        admin.post("/administration/customers/new/", {"name": f"Further {number}", "country": "FR"})
        given = {"email": f"n{number}@x.example", "display_name": "New", "role": "auditor", "language": "en"}
        assert admin.post("/administration/invitations/", given).status_code == 303
        with as_system(world):
            person(world.provider, f"m{number}@mega.example", Role.AUDITOR, f"Member {number}")
    many = questions(admin, f"/administration/{page}")
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= limit


def test_the_review_names_every_open_access_and_no_other(world: World, admin: Client, sign_in: SignIn):
    other = build_world("octipas", "Octipas", "OCTI", 1)
    gone = world.staff["second"]
    admin.post(f"/administration/people/{gone.person}/end/")
    with as_system(world):
        told = {"name": "import", "scopes": ["contracts:read"], "at": datetime.now(UTC), "lasts": timedelta(days=1)}
        create_token(membership=membership_of(world.staff["engineer"]), **told)
    rows = sign_in(world.staff["auditor"]).get("/administration/access-review/").context["rows"]
    found = {row.email: row for row in rows}
    assert user_of(gone).email not in found
    assert user_of(other.staff["engineer"]).email not in found
    assert len(found) == len(rows) == len(world.staff) - 1 + 3 * len(world.customers)
    assert (found["engineer@mega.example"].tokens, found["manager@mega.example"].tokens) == (1, 0)
    assert found["auditor@mega.example"].last_sign_in is not None
    assert found["manager@mega.example"].last_sign_in is None
    assert found["contact.a@mega.example"].organisation == "Customer A of MEGA"


def test_the_file_of_the_review_carries_out_no_formula_and_is_told(world: World, admin: Client):
    viewer = world.customers[0].people["viewer"].person
    given = {"display_name": "=HYPERLINK(1)", "role": "viewer"}
    assert admin.post(f"/administration/people/{viewer}/", given).status_code == 303
    assert admin.get("/administration/access-review/file/").status_code == 405
    answer = admin.post("/administration/access-review/file/")
    assert answer["Content-Type"].startswith("text/csv")
    lines = list(csv.reader(answer.content.decode("utf-8-sig").splitlines()))
    assert len(lines) == 1 + len(world.staff) + 3 * len(world.customers)
    assert "'=HYPERLINK(1)" in [line[0] for line in lines]
    assert entries(world)[-1] == ("review_exported", "Administrator MEGA", "Administrator MEGA")
