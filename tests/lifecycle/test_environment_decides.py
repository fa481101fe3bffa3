"""Where deadlines depend on the environment (GEN-7), a filing says which one it is, and no clock is missing unsaid."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from accounts.errors import Invalid
from contracts.models import Environment
from contracts.publishing import DATA
from slas.models import Clock
from tests.terms.test_contracts_in_life import agreed
from tests.web.conftest import sign_in
from tests.web.reading import form_of, text_of
from tests.worlds import World, as_system, build_world, paris
from tickets.models import Ticket

__all__ = ["sign_in"]
FILED = paris("2026-06-16 09:00")
NEW = "/cases/new/"
ANSWERS = {
    "title": "Orders stay in the queue",
    "description": "Nothing leaves since 08:45.",
    "severity": "p1",
    "detail_symptoms": "1,240 messages wait",
    "detail_context": "After the restart",
}


@pytest.fixture
def generix(db) -> World:
    return build_world("generix", "Generix", "GEN", document=DATA / "generix.yaml", overrides=agreed("generix"))


@pytest.fixture
def unlisted(generix: World) -> World:
    """The contract of the first customer lists no platform."""
    with as_system(generix):
        Environment.objects.filter(contract=generix.customers[0].contract).delete()
    return generix


def targets(world: World, ticket: Ticket) -> list[str]:
    with as_system(world):
        return [clock.target for clock in Clock.objects.filter(ticket=ticket).order_by("target")]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "the deadlines of this contract depend on it (GEN-7)"), ("fr", "échéances de ce contrat en dépendent")],
)
def test_a_filing_without_an_environment_is_refused_beside_the_field(unlisted: World, language: str, words: str):
    with translation.override(language), pytest.raises(Invalid) as refusal:
        unlisted.file(FILED, severity="p1", environment_id=None)
    assert list(refusal.value.errors) == ["environment"]
    assert words in refusal.value.errors["environment"][0]
    with as_system(unlisted):
        assert not Ticket.objects.exists()


@pytest.mark.parametrize(("kind", "counted"), [("production", ["gti", "gtr"]), ("preproduction", [])])
def test_one_of_the_environments_of_the_terms_is_an_answer(unlisted: World, kind: str, counted: list[str]):
    ticket = unlisted.file(FILED, severity="p1", environment_id=None, environment_kind=kind)
    assert (ticket.details["environment_kind"], ticket.environment_id) == (kind, None)
    assert targets(unlisted, ticket) == counted


def test_an_environment_that_nobody_knows_is_none(unlisted: World):
    with pytest.raises(Invalid) as refusal:
        unlisted.file(FILED, severity="p1", environment_id=None, environment_kind="moon")
    assert list(refusal.value.errors) == ["environment"]


def test_a_platform_that_the_contract_lists_says_itself_what_it_is(generix: World):
    """Nobody files a production ticket as a test, or the reverse, by naming another kind."""
    ticket = generix.file(FILED, severity="p1", environment_kind="preproduction")
    assert ticket.details["environment_kind"] == "production"
    with pytest.raises(Invalid):
        generix.file(FILED, severity="p1", environment_id=None, environment_kind="production")


def test_where_no_deadline_depends_on_it_nothing_is_asked(db):
    world = build_world("chaps", "Chaps", "CHAPS", document=DATA / "octipas.yaml")
    with as_system(world):
        Environment.objects.all().delete()
    ticket = world.file(FILED, severity="blocking", environment_id=None)
    assert targets(world, ticket) == ["acknowledgement", "resolution"]
    with pytest.raises(Invalid):
        world.file(FILED, severity="blocking", environment_id=None, environment_kind="production")


# The pages ------------------------------------------------------------------------------------------------------------
def test_the_form_asks_for_it_and_shows_figures_and_deadlines_by_it(unlisted: World, sign_in: Callable):
    contact: Client = sign_in(unlisted.customers[0].contact)
    page = contact.get(NEW)
    form = form_of(page, NEW)
    assert form.offered["environment"] == ["", "production", "preproduction", "development"]
    assert "Reaction time (GTI), Production: 30 business minutes" in text_of(page)
    refused = contact.post(NEW, form.filled(**ANSWERS))
    assert refused.status_code == 422
    assert 'id="id_environment-error"' in refused.content.decode()
    asked = {"contract": str(unlisted.customers[0].contract.id), "severity": "p1", "environment": "production"}
    assert "Reaction time (GTI)" in text_of(contact.get("/cases/new/due/", asked))
    done = contact.post(NEW, form.filled(**ANSWERS, environment="production"))
    assert done.status_code == 303
    with as_system(unlisted):
        assert Ticket.objects.get().details["environment_kind"] == "production"


ELSEWHERE = "It holds for this environment only: Production."


@pytest.mark.parametrize(
    ("filing", "change", "said"),
    [
        ({"severity": "p1"}, {"environment_kind": ""}, f"{ELSEWHERE} No environment was named here. GEN-7"),
        ({"severity": "p1"}, {"environment_kind": "development"}, f"{ELSEWHERE} This concerns: Development. GEN-7"),
    ],
)
def test_a_ticket_without_a_clock_says_why_with_the_clause(
    generix: World, sign_in: Callable, filing: dict[str, Any], change: dict[str, str], said: str
):
    """Filed before anybody asked: the ticket has kept what was known then."""
    ticket = generix.file(FILED, **filing)
    with as_system(generix):
        Ticket.objects.filter(pk=ticket.pk).update(details=ticket.details | change)
        Clock.objects.filter(ticket=ticket).delete()
    for actor in (generix.customers[0].contact, generix.staff["engineer"]):
        text = " ".join(text_of(sign_in(actor).get(f"/tickets/{ticket.reference}/")).split())
        assert f"Reaction time (GTI): no deadline. {said}" in text
        assert f"Resolution time (GTR): no deadline. {said}" in text


def test_a_target_that_the_contract_gave_up_says_by_which_paper(generix: World, sign_in: Callable):
    ticket = generix.file(FILED, severity="p4")
    text = " ".join(text_of(sign_in(generix.customers[0].contact).get(f"/tickets/{ticket.reference}/")).split())
    assert (
        "Resolution time (GTR): no deadline. The contract sets no deadline for this severity. "
        "Agreed in Illustrative figure. GEN-4"
    ) in text
    assert "Reaction time (GTI): no deadline" not in text


def test_the_contract_page_shows_the_figures_of_the_contract_with_their_environment(generix: World, sign_in: Callable):
    contact = sign_in(generix.customers[0].contact)
    text = " ".join(text_of(contact.get(f"/contracts/{generix.customers[0].contract.id}/")).split())
    assert "Reaction time (GTI), Production" in text
    assert "30 business minutes" in text
