"""The queue sorted by team: from the head of the column, kept in a view, at the price of any other order."""

from collections.abc import Callable

from django.test import Client

from accounts import services
from accounts.tenancy import acting_as
from tests.web.reading import text_of
from tests.web.test_query_budget import questions
from tests.worlds import START, World, as_system
from tickets.models import Ticket
from tickets.saved_views import Look, keep_view


def in_teams(world: World) -> list[str]:
    """A ticket of team Zebra and one of team Ant, filed in that order; their references by team."""
    found = []
    with as_system(world):
        teams = [services.add_team(provider_id=world.provider.id, name=name, at=START) for name in ("Zebra", "Ant")]
    for team in teams:
        ticket = world.file()
        with as_system(world):
            Ticket.objects.filter(pk=ticket.pk).update(team=team)
        found.append(ticket.reference)
    return found[::-1]


def shown(client: Client, query: str) -> list[str]:
    html = client.get(f"/queue/?{query}").content.decode()
    places = {reference: html.index(f"/tickets/{reference}/") for reference in ("MEGA-1001", "MEGA-1002")}
    return sorted(places, key=places.__getitem__)


def test_the_head_of_the_column_sorts_and_says_so(world: World, sign_in: Callable):
    expected, client = in_teams(world), sign_in(world.staff["engineer"])
    actor = world.staff["engineer"]
    with acting_as(actor):
        kept = keep_view(actor=actor, at=START, look=Look("By team", {"order": "team"}, ("ticket", "team")))
    assert shown(client, "order=team") == expected != shown(client, "order=due")
    page = client.get(f"/queue/?view={kept}&order=team")
    assert 'aria-sort="ascending"' in page.content.decode() and "order=team" in page.content.decode()
    assert shown(client, f"view={kept}") == expected
    assert "Zebra" in text_of(page)


def test_it_costs_what_any_other_order_costs(world: World, sign_in: Callable):
    in_teams(world)
    client = sign_in(world.staff["engineer"])
    assert len(questions(client, "/queue/?order=team")) <= len(questions(client, "/queue/?order=severity")) <= 10


def test_the_file_has_the_same_order(world: World, sign_in: Callable):
    expected, client = in_teams(world), sign_in(world.staff["engineer"])
    text = client.get("/queue/file/?order=team").content.decode()
    assert text.index(expected[0]) < text.index(expected[1])


def test_the_page_says_how_it_is_sorted_only_where_that_is_so(world: World, sign_in: Callable):
    client = sign_in(world.staff["engineer"])
    assert "soonest deadline first" in text_of(client.get("/queue/"))
    for order in ("team", "severity"):
        assert "soonest deadline first" not in text_of(client.get(f"/queue/?order={order}"))
