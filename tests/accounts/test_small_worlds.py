"""For random small worlds and every principal: what the list shows is what opens, and what is counted."""

import os
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.errors import NotFound
from accounts.tenancy import Actor, acting_as
from lifecycle import services
from tests.accounts.populated import FILED, partner, upload
from tests.worlds import World, build_world
from tickets import selectors
from tickets.attachments import open_attachment
from tickets.models import Attachment, Ticket
from tickets.states import State

EXAMPLES = 100 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 8
FILING = st.tuples(
    st.sampled_from(["mega", "octipas"]),
    st.integers(0, 1),
    st.lists(st.sampled_from(["reply", "note", "file", "take"]), max_size=3),
)


@pytest.fixture
def worlds(db) -> dict[str, World]:
    """Two providers with two customers each and nothing filed."""
    return {slug: build_world(slug, slug.title(), slug.upper()) for slug in ("mega", "octipas")}


@pytest.fixture
def principals(worlds) -> list[Actor]:
    """Everybody who could look, on both sides of both providers."""
    found: list[Actor] = []
    for world in worlds.values():
        found += [partner(world, "one", (0,)), partner(world, "none", ()), world.system]
        found += [world.staff["engineer"], world.staff["auditor"]]
        found += [actor for organisation in world.customers for actor in organisation.people.values()]
    return found


def _act(world: World, ticket: Ticket, act: str, minutes: int) -> None:
    engineer = world.staff["engineer"]
    given = {"actor": engineer, "at": ticket.opened_at + timedelta(minutes=minutes), "reference": ticket.reference}
    files = [upload(engineer).id] if act == "file" else []
    with acting_as(engineer):
        if act == "take":
            if ticket.assignee_id is None and minutes == 1:
                services.take_ticket(**given)
        elif act == "reply":
            services.reply(**given, body="public")
        else:
            services.add_note(**given, body="private", attachment_ids=files)


def _listed(actor: Actor, size: int) -> list[Ticket]:
    """All pages of the list, one after the other."""
    rows, cursor = [], ""
    while True:
        page = selectors.queue(actor, state="all", order="opened", after=cursor, size=size)
        rows += page.rows
        cursor = page.next_cursor
        if not cursor:
            return rows


def _opens(actor: Actor, reference: str) -> bool:
    try:
        selectors.ticket(actor, reference)
    except NotFound:
        return False
    return True


def _opens_file(actor: Actor, key) -> bool:
    try:
        open_attachment(actor, key)[1].close()
    except NotFound:
        return False
    return True


def _check(actor: Actor, everything: list[Ticket], files: list) -> None:
    with acting_as(actor):
        listed = _listed(actor, size=2)
        keys = {row.pk for row in listed}
        assert len(keys) == len(listed) == selectors.tickets(actor).count()
        mine = [row for row in everything if row.provider_id == actor.provider_id]
        assert keys == {row.pk for row in mine if _opens(actor, row.reference)}
        assert (
            keys
            == {row.pk for row in selectors.queue(actor, state="all", order="updated", size=100).rows}
            == {row.pk for row in selectors.queue(actor, state="all", order="due", size=100).rows}
        )
        by_state = [selectors.queue(actor, state=str(state), size=100).rows for state in State]
        assert keys == {row.pk for rows in by_state for row in rows}
        found = {row.pk for row in listed for row in selectors.queue(actor, state="all", search=row.reference).rows}
        assert found == keys
        shown = {
            file.pk
            for row in listed
            for file in [
                *selectors.filed_files(actor, row),
                *(file for comment in selectors.conversation(actor, row) for file in comment.attachments.all()),
            ]
        }
        assert shown == {key for key in files if _opens_file(actor, key)}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=EXAMPLES)
@given(filings=st.lists(FILING, max_size=4))
def test_list_detail_search_and_count_agree_for_everybody(worlds, principals, filings):
    with transaction.atomic():
        everything = []
        for minute, (slug, of, acts) in enumerate(filings):
            ticket = worlds[slug].file(FILED + timedelta(minutes=minute), of=of)
            everything.append(ticket)
            for number, act in enumerate(acts, start=1):
                _act(worlds[slug], ticket, act, number)
        files = []
        for world in worlds.values():
            with acting_as(world.system):
                files += list(Attachment.objects.values_list("pk", flat=True))
        for actor in principals:
            _check(actor, everything, files)
        transaction.set_rollback(True)
