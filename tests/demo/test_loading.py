"""Loading: the same date gives the same data, everything or nothing, and each side sees only its own."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from accounts import actors
from accounts.errors import Refused
from accounts.models import DemoAccount, Membership, Provider, User
from accounts.services import provider_id_for
from accounts.tenancy import Actor, acting_as
from helpdesk.demo.digest import journal_digest
from helpdesk.demo.loading import load
from helpdesk.demo.player import end_of_play
from helpdesk.demo.scripts import read_cast
from helpdesk.demo.stage import PASSWORD
from lifecycle import services
from notifications.models import Delivery, OutboxEntry
from notifications.selectors import mailbox
from slas.models import Clock
from tickets.events import Kind
from tickets.models import Attachment, Comment, Event, Ticket
from tickets.states import OPEN_STATES, State

AS_OF = date(2026, 3, 16)
PROVIDERS = [provider_id_for(given["key"]) for given in read_cast()]
MEGA, NORDLYS = PROVIDERS[:2]


@pytest.fixture(autouse=True)
def demo_mode(settings):
    settings.DEMO_MODE = True


@pytest.fixture
def as_worker(database_login):
    with database_login("worker"):
        yield


def _actor(name: str) -> Actor:
    """The demo's actor of that name, as signing in would make him."""
    user = DemoAccount.objects.get(name=name).user
    for provider_id in PROVIDERS:
        with acting_as(Actor.system(provider_id)):
            member = Membership.objects.filter(user=user).first()
            if member:
                granted = actors.partner_customers(member.id)
                made = actors.actor_of(member, user)
                return made if not granted else Actor(made.provider_id, made.role, made.membership_id, user.id, granted)
    raise LookupError(name)


def test_the_same_date_gives_the_same_digest_in_two_clean_databases(committed_db, as_worker):
    first = load(AS_OF, latest=12)
    committed_db.clean()
    with translation.override("fr"), timezone.override("Asia/Tokyo"):
        second = load(AS_OF, latest=12)
    assert first.tickets == second.tickets == 12
    assert first.digest == second.digest == journal_digest(PROVIDERS)


def test_the_digest_notices_a_single_act_and_another_date(committed_db, as_worker):
    before = load(AS_OF, latest=2).digest
    engineer = _actor("Camille Dourvenne")
    with acting_as(engineer):
        reference = Ticket.objects.order_by("-number").values_list("reference", flat=True)[0]
        services.add_note(actor=engineer, at=end_of_play(AS_OF), reference=reference, body="A word")
    after = journal_digest(PROVIDERS)
    committed_db.clean()
    assert len({before, after, load(AS_OF + timedelta(days=1), latest=2).digest}) == 3


def test_the_whole_demo(committed_db, as_worker):
    loaded = load(AS_OF)
    assert loaded.tickets >= 75
    _everything_happens_before_the_date()
    _every_kind_and_state_occurs()
    _the_desk_has_something_to_do()
    _messages_are_in_the_mailboxes()
    _nobody_sees_what_is_foreign()
    out = StringIO()
    call_command("rebuild_clocks", "--check", stdout=out, stderr=StringIO())
    assert f"{loaded.tickets} tickets folded, 0 differ" in out.getvalue()


def _everything_happens_before_the_date():
    end = end_of_play(AS_OF)
    for provider_id in PROVIDERS:
        with acting_as(Actor.system(provider_id)):
            assert not Event.objects.filter(recorded_at__gt=end).exists()
            assert not Delivery.objects.filter(created_at__gt=end).exists()
            assert not Clock.objects.filter(next_action_at__lte=end).exists()


def _every_kind_and_state_occurs():
    played = set()
    for provider_id in PROVIDERS:
        with acting_as(Actor.system(provider_id)):
            played |= set(Event.objects.values_list("kind", flat=True))
    assert set(Kind) - played == {Kind.CALENDAR_CHANGED, Kind.TEAM_CHANGED}
    with acting_as(Actor.system(MEGA)):
        assert set(Ticket.objects.values_list("state", flat=True)) == set(State)
        assert set(Ticket.objects.values_list("severity", flat=True)) == {"no_access", "critical", "moderate", "minor"}
        assert Ticket.objects.exclude(resolution_type="").values("resolution_type").distinct().count() >= 8
        assert Attachment.objects.filter(comment__isnull=True).exists()
        assert Attachment.objects.filter(visibility="private").exists()


def _the_desk_has_something_to_do():
    end = end_of_play(AS_OF)
    with acting_as(Actor.system(MEGA)):
        met = Clock.objects.filter(met_at__isnull=False)
        assert met.filter(breached_at__isnull=True).count() > 5 * met.filter(breached_at__isnull=False).count() > 0
        opening = Clock.objects.filter(status="running", due_at=end + timedelta(hours=10))
        assert opening.filter(ticket__severity="no_access").exists()
        unanswered = Clock.objects.filter(status="breached", met_at__isnull=True)
        assert unanswered.filter(ticket__state__in=sorted(OPEN_STATES), due_at__lt=end).exists()
        assert Ticket.objects.filter(state=State.NEW, severity="critical", assignee__isnull=True).exists()
        assert Ticket.objects.filter(state=State.WAITING_CUSTOMER).count() >= 3


def _messages_are_in_the_mailboxes():
    for provider_id in PROVIDERS:
        with acting_as(Actor.system(provider_id)):
            assert not OutboxEntry.objects.filter(routed_at__isnull=True).exists()
            assert not Delivery.objects.filter(sent_at__isnull=True).exists()
    for name in ("Maëlys Quintaret", "Farah Delmontois", "Odile Castagnouse", "Tove Karlsnesdal"):
        actor = _actor(name)
        with acting_as(actor):
            assert len(mailbox(actor)) > 3, name


def _nobody_sees_what_is_foreign():
    """Asked without the product's own predicate, so that the second wall answers."""
    with acting_as(_actor("Sigrid Haugstrom")):
        assert {row.reference[:5] for row in Ticket.objects.all()} == {"NORD-"}
        assert not Event.objects.filter(provider_id=MEGA).exists() and not Provider.objects.filter(pk=MEGA).exists()
    contact = _actor("Aïcha Benmerzoug")
    with acting_as(contact):
        assert set(Ticket.objects.values_list("customer_id", flat=True)) == set(contact.customer_ids)
        assert not Comment.objects.filter(visibility="private").exists()
    partner = _actor("Thierry Malbosquet")
    with acting_as(partner):
        assert set(Ticket.objects.values_list("customer_id", flat=True)) == set(partner.customer_ids)
        assert len(partner.customer_ids) == 2


def test_an_interrupted_load_leaves_nothing(committed_db, as_worker):
    def interrupt(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(AS_OF, latest=2, progress=interrupt)
    assert not User.objects.exists() and not DemoAccount.objects.exists()
    assert load(AS_OF, latest=2).tickets == 2


def test_loading_twice_is_refused_and_changes_nothing(committed_db, as_worker):
    digest = load(AS_OF, latest=1).digest
    with pytest.raises(CommandError, match="make demo-reset"):
        call_command("load_demo", "--as-of", AS_OF.isoformat())
    assert journal_digest(PROVIDERS) == digest


def test_known_passwords_stay_out_of_an_installation_that_is_no_demo(committed_db, as_worker, settings):
    settings.DEMO_MODE = False
    with pytest.raises(Refused, match="HELPDESK_DEMO"):
        load(AS_OF, latest=1)
    assert not User.objects.exists()


def test_mails_are_recorded_as_sent_and_none_leaves_the_process(committed_db, as_worker, settings, mailoutbox):
    before = settings.EMAIL_BACKEND
    load(AS_OF, latest=3)
    assert mailoutbox == [] and before == settings.EMAIL_BACKEND
    with acting_as(Actor.system(MEGA)):
        assert Delivery.objects.filter(channel="mail", sent_at__isnull=False).exists()


def test_the_command_shows_progress_and_the_digest(committed_db, as_worker):
    out = StringIO()
    call_command("load_demo", "--as-of", AS_OF.isoformat(), "--tickets", "1", stdout=out)
    assert "acts played" in out.getvalue()
    assert f"1 tickets as of {AS_OF}, digest {journal_digest(PROVIDERS)}" in out.getvalue()


def test_the_command_refuses_the_future(db):
    with pytest.raises(CommandError, match="future"):
        call_command("load_demo", "--as-of", "2999-01-01")


def test_the_sign_ins_are_listed_and_work(committed_db, as_worker):
    load(AS_OF, latest=0)
    out = StringIO()
    call_command("demo_accounts", stdout=out)
    for account in DemoAccount.objects.select_related("user"):
        assert account.user.email in out.getvalue() and account.name in out.getvalue()
        assert account.user.email.endswith(".example") and account.user.check_password(PASSWORD)
        validate_password(PASSWORD, account.user)
    assert PASSWORD in out.getvalue()


def test_without_demo_accounts_the_list_says_what_to_do(committed_db, as_worker):
    out = StringIO()
    call_command("demo_accounts", stdout=out)
    assert "load_demo" in out.getvalue()
