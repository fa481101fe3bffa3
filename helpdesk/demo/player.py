"""Playing the stories: every act through its service, at its instant, with the sweep and the relay in between."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from operator import attrgetter
from uuid import UUID
from zlib import crc32
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Min

from accounts.tenancy import Actor, acting_as
from contracts.terms import parse_terms
from helpdesk.demo.chronicle import Happening
from helpdesk.demo.files import upload_named
from helpdesk.demo.scripts import Step, Story
from helpdesk.demo.stage import Stage
from lifecycle import contests, duties, holds, services, teams, timers
from lifecycle.services import version_for
from notifications.relay import relay
from notifications.services import mark_read
from slas.engine import Calendar
from slas.models import Clock, TicketDuty
from slas.policies import policy_for
from tickets.attachments import store_upload
from tickets.models import Event, Ticket
from tickets.selectors import ticket as ticket_of

PARIS = ZoneInfo("Europe/Paris")
READ_UNTIL_DAYS = 2
TOLD_AT_ONCE = timedelta(days=14)
"""Before the demo's date: of these days every message goes out right after its act."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that happens at an instant; ``order`` settles what happens first within the same second."""

    at: datetime
    order: tuple[int, int]
    play: Callable[[datetime], None]


def end_of_play(as_of: date) -> datetime:
    """The last simulated instant: 00:00 in France at the beginning of ``as_of``.

    Nothing of the day itself is played, so that data loaded at any hour of today never lie in the future, and are the
    same at every hour. Response times count from the day after the filing, so the clocks of the day already run.
    """
    return datetime.combine(as_of, time(), PARIS)


class Player:
    """One performance, up to the morning of ``as_of``."""

    def __init__(self, stage: Stage, stories: Sequence[Story], as_of: date, happenings: Iterable[Happening] = ()):
        self.stage = stage
        self.as_of = as_of
        self.references: dict[int, str] = {}
        self._calendar: Calendar = policy_for(parse_terms(stage.home.document), "response").calendar
        scenes = [scene for number, story in enumerate(stories) for scene in self._scenes(number, story)]
        scenes += [self._beside(len(stories) + number, one) for number, one in enumerate(happenings)]
        scenes.append(Scene(self._instant(self._day_before(READ_UNTIL_DAYS), 18, 45), (len(scenes), 0), self._read))
        self.scenes = sorted(scenes, key=attrgetter("at", "order"))

    def play(self, progress: Progress) -> None:
        """Every scene in order; between two of them, what falls due is swept at the instant at which it is due."""
        for number, scene in enumerate(self.scenes, start=1):
            self._let_pass(scene.at)
            scene.play(scene.at)
            if self._is_told_now(number):
                relay(at=scene.at)
            progress(number, len(self.scenes))
        self._let_pass(end_of_play(self.as_of))

    def _is_told_now(self, number: int) -> bool:
        """Whether messages go out before the next scene. What is long ago is sent at the end of its day."""
        if number == len(self.scenes):
            return True
        this, following = self.scenes[number - 1].at.astimezone(PARIS), self.scenes[number].at.astimezone(PARIS)
        return this.date() != following.date() or self.as_of - this.date() <= TOLD_AT_ONCE

    def _scenes(self, number: int, story: Story) -> list[Scene]:
        filed_on = self._day_before(story.days)
        at = self._instant(filed_on, story.hour, story.minute, f"{number}")
        scenes = [Scene(at, (number, 0), partial(self._file, number, story))]
        for position, step in enumerate(story.steps, start=1):
            day = self._calendar.working_day_after(filed_on, step.days)
            at = self._instant(day, step.hour, step.minute, f"{number}:{position}")
            scenes.append(Scene(at, (number, position), partial(self._act, number, step)))
        return scenes

    def _beside(self, number: int, one: Happening) -> Scene:
        """Something beside the tickets; it may speak of other days in the words of the calendar."""
        at = self._instant(self._day_before(one.days), one.hour, one.minute, one.what)
        return Scene(at, (number, 0), partial(one.happen, self.stage, self._day_before))

    def _day_before(self, days: int) -> date:
        """So many working days before the demo's date; after it for a negative number."""
        if days < 0:
            return self._calendar.working_day_after(self.as_of, -days)
        return self._calendar.working_day_before(self.as_of, days)

    def _instant(self, day: date, hour: int, minute: int, salt: str = "") -> datetime:
        """French local time as an instant; nobody acts exactly on the minute, so the seconds come from ``salt``."""
        local = datetime.combine(day, time(hour, minute, crc32(salt.encode()) % 60), PARIS)
        return local.astimezone(ZoneInfo("UTC"))

    def _let_pass(self, until: datetime) -> None:
        while (due := self._next_due(until)) is not None:
            timers.sweep(at=due)
            relay(at=due)

    def _next_due(self, until: datetime) -> datetime | None:
        """The earliest instant by ``until`` at which the sweep has something to do."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM providers_with_due_clocks(%s)", [until])
            providers = [row[0] for row in cursor.fetchall()]
        found = []
        for provider_id in providers:
            with acting_as(Actor.system(provider_id)):
                for kind in (Clock, TicketDuty):
                    rows = kind.objects.filter(provider_id=provider_id, set_aside_at__isnull=True)
                    found.append(rows.aggregate(first=Min("next_action_at"))["first"])
        return min(filter(None, found), default=None)

    def _file(self, number: int, story: Story, at: datetime) -> None:
        actor = self.stage.actors[story.author]
        organisation = self.stage.organisations[story.customer]
        with acting_as(actor):
            ticket = services.file_ticket(
                actor=actor,
                at=at,
                contract_id=organisation.contract.id,
                environment_id=organisation.environments[story.environment],
                title=story.title,
                description=story.description,
                severity=story.severity,
                severity_kind=story.kind,
                details=dict(story.details),
                attachment_ids=_uploads(actor, at, story.files),
            )
        self.references[number] = ticket.reference

    def _act(self, number: int, step: Step, at: datetime) -> None:
        actor = self.stage.actors[step.who]
        with acting_as(actor):
            ticket = ticket_of(actor, self.references[number])
            act = self._service(step, actor, ticket, _uploads(actor, at, step.files))
            act(actor=actor, at=at, reference=ticket.reference)

    def _service(self, step: Step, actor: Actor, ticket: Ticket, files: list[UUID]) -> Callable[..., Ticket]:
        """The service of the step's verb with all that the step says; an edit is made on what the actor sees now."""
        seen = version_for(actor, ticket)
        match step.verb, step.arguments:
            case "take", ():
                return services.take_ticket
            case "assign", (key,) if assignee := self.stage.actors[key].membership_id:
                return partial(services.assign_ticket, assignee_id=assignee, expected_version=seen)
            case "team", (key,):
                return partial(teams.assign_team, team_id=self.stage.teams[key], expected_version=seen)
            case "reply", ():
                return partial(services.reply, body=step.body, attachment_ids=files)
            case "note", ():
                return partial(services.add_note, body=step.body, attachment_ids=files)
            case "ask", ():
                return partial(services.request_information, body=step.body, attachment_ids=files)
            case "plan", ():
                known = duties.plan_version(duties.last_plan(ticket))
                return partial(duties.write_action_plan, body=step.body, expected_plan=known)
            case "call", ():
                return partial(services.log_call, body=step.body)
            case "resolve", (kind,):
                return partial(services.resolve_ticket, resolution_type=kind, body=step.body, expected_version=seen)
            case "move", (code,):
                return partial(services.move_ticket, step=code, body=step.body, expected_version=seen)
            case "reopen", ():
                return partial(services.reopen_ticket, body=step.body, expected_version=seen)
            case "close", ():
                return partial(services.close_ticket, expected_version=seen)
            case "severity", (severity, reason):
                return partial(
                    services.change_severity,
                    severity=severity,
                    reason_code=reason,
                    reason=step.body,
                    expected_version=seen,
                )
            case "workaround", ():
                return partial(services.offer_workaround, kind="provisional", body=step.body)
            case "final_workaround", (resolution,):
                return partial(services.offer_workaround, kind="final", resolution_type=resolution, body=step.body)
            case "accept_workaround", ():
                return partial(services.accept_workaround, body=step.body, expected_version=seen)
            case "decline_workaround", ():
                return partial(services.decline_workaround, body=step.body, expected_version=seen)
            case "hold", (reason,):
                return partial(holds.hold_ticket, reason_code=reason, reason=step.body, expected_version=seen)
            case "release", ():
                return partial(holds.release_ticket, reason=step.body, expected_version=seen)
        return self._about_figures(step, ticket)

    def _about_figures(self, step: Step, ticket: Ticket) -> Callable[..., Ticket]:
        """The service of a verb that is about exclusions and contests: of the exclusion or contest that stands now."""
        events = list(Event.objects.filter(ticket=ticket).order_by("seq"))
        disputed = [one.opened.id for one in contests.contests_of(events) if one.ended is None]
        match step.verb, step.arguments:
            case "exclude", (reason,):
                return partial(contests.exclude_ticket, reason_code=reason, evidence=step.body)
            case "reinstate", ():
                return partial(contests.reinstate_ticket, reason=step.body)
            case "contest", () if standing := contests.standing_exclusion(events):
                proposal = contests.Proposal(about="exclusion", event_id=standing.id)
                return partial(contests.contest, proposal=proposal, reason=step.body)
            case "agree", () if disputed:
                return partial(contests.accept_contest, contest_id=disputed[-1], reason=step.body)
            case "disagree", () if disputed:
                return partial(contests.decline_contest, contest_id=disputed[-1], reason=step.body)
            case "withdraw", () if disputed:
                return partial(contests.withdraw_contest, contest_id=disputed[-1])
        raise ValueError(f"Nobody knows how to {step.verb} {step.arguments}.")

    def _read(self, at: datetime) -> None:
        """Everybody reads what came in so far; what comes later is still unread on the morning of the demo."""
        for actor in self.stage.actors.values():
            with acting_as(actor):
                mark_read(actor=actor, at=at)


def _uploads(actor: Actor, at: datetime, names: tuple[str, ...]) -> list[UUID]:
    return [store_upload(actor=actor, at=at - timedelta(seconds=20), upload=upload_named(name)).id for name in names]
