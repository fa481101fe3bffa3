"""A year of tickets out of the arcs: who files what when, who answers how soon, what comes in between.

Nothing is left to chance and nothing is remembered: every choice follows from the ticket's number, so that the same
number makes the same ticket in every load. Shares are exact in every hundred tickets.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2s
from typing import Any, Final

from helpdesk.demo.plots import Arc, Beat, Library, filled
from helpdesk.demo.scripts import Step, Story, check_order, without_files

COUNT: Final = 301
"""Tickets that are made; with those that are written by hand there are 400."""

SPAN: Final = 272
"""Working days over which they are filed: thirteen months."""

CLOSED_DAY: Final = 131
"""The working day before the demo's date on which the desk is closed, as `chronicle.yaml` announces it."""

RECENT, RECENT_DAYS = 24, 7
"""So many tickets are filed within the last so many working days."""

OPENS, CLOSES = 9 * 60 + 5, 17 * 60 + 45
"""Minutes of the day between which people act."""

CUSTOMERS: Final = {
    "solveranne": 25, "calvendre": 22, "kestrelby": 19, "wexmoor": 17, "morvandel": 9, "portaurelien": 8,
}  # fmt: skip
"""The customers of the first provider and their share in a hundred tickets."""

SEVERITIES: Final = {"no_access": 2, "critical": 4, "moderate": 52, "minor": 42}
LATE, REOPENED, RERATED, FORGOTTEN = 5, 5, 6, 12
"""In a hundred tickets: answered late, reopened, given another severity; of questions: not answered in time."""

DESK: Final = {
    "desk": ("dourvenne", "lindqvarn"),
    "second": ("delmontois", "hartogsen"),
    "third": ("szalaroche",),
    "manager": ("castagnouse",),
}
DISPATCHED_DAYS: Final = 60
TEAMS: Final = {"second": "n2", "third": "n3"}
EXCLUSION_REASONS = ("information_refused", "contact_unavailable")
DAYS: Final = {"next": (1, 1), "days": (2, 4), "week": (6, 11)}
MINUTES: Final = {"soon": (8, 40), "hours": (70, 230)}
FIGURES: Final = {"few": (3, 8), "some": (12, 64), "many": (150, 1900), "minutes": (2, 9), "percent": (18, 93)}


class Dice:
    """Choices that follow from a ticket's number and from what is chosen, and from nothing else."""

    def __init__(self, number: int) -> None:
        self._number = number

    def roll(self, about: str, sides: int) -> int:
        """A whole number from 0 up to, and without, ``sides``."""
        digest = blake2s(f"{self._number}:{about}".encode(), digest_size=6).digest()
        return int.from_bytes(digest) % sides

    def between(self, about: str, bounds: tuple[int, int]) -> int:
        """A whole number between two bounds, both included."""
        return bounds[0] + self.roll(about, bounds[1] - bounds[0] + 1)

    def pick(self, about: str, among: Sequence[Any]) -> Any:
        """One of several."""
        return among[self.roll(about, len(among))]


@dataclass(frozen=True, slots=True)
class Party:
    """A customer as the generator knows it: language, environments, and the people who file."""

    key: str
    language: str
    environments: Sequence[str]
    contacts: Mapping[str, str]


def parties(cast: Sequence[Mapping[str, Any]]) -> dict[str, Party]:
    """The customers for which tickets are made, out of the cast."""
    known = {customer["key"]: customer for provider in cast for customer in provider["customers"]}
    return {key: _party(known[key]) for key in CUSTOMERS}


def _party(given: Mapping[str, Any]) -> Party:
    filers = {one["key"]: one["name"].split()[0] for one in given["people"] if one["role"] == "contact"}
    return Party(given["key"], given["language"], given["environments"], filers)


def make_stories(library: Library, cast: Sequence[Mapping[str, Any]], count: int = COUNT) -> list[Story]:
    """``count`` tickets spread over the whole span, in the order of their filing."""
    known = parties(cast)
    maker = _Maker(library)
    made = []
    for number in range(count):
        dice = Dice(number)
        days = _filed_on(number, count, dice)
        made.append(maker.story(number, dice, known[share_of(number, "customer", CUSTOMERS)], days))
    return made


def _filed_on(number: int, count: int, dice: Dice) -> int:
    """Evenly over the span, except that the last ones lie close together: the desk is to have work on that morning."""
    left, earlier = count - number, max(count - RECENT, 1)
    if left <= RECENT and count > RECENT:
        return 1 + (left - 1) * RECENT_DAYS // RECENT
    return max(RECENT_DAYS, SPAN - (number * SPAN + dice.roll("day", SPAN)) // earlier)


def share_of(number: int, about: str, shares: Mapping[str, int]) -> str:
    """To which of several shares of a hundred a number belongs; exact in every hundred numbers."""
    place = _places(number // 100, about)[number % 100]
    for name, share in shares.items():
        if place < share:
            return name
        place -= share
    raise ValueError(f"the shares do not add up to a hundred: {dict(shares)}")


def _happens(number: int, about: str, share: int) -> bool:
    return _places(number // 100, about)[number % 100] < share


@lru_cache
def _places(hundred: int, about: str) -> list[int]:
    """The numbers from 0 to 99 in an order that belongs to a hundred and to what is chosen."""
    return sorted(range(100), key=lambda place: Dice(place).roll(f"{about} {hundred}", 1_000_003))


@dataclass(slots=True)
class _Maker:
    """Makes one ticket after the other; remembers which arcs and titles it has used, so that none comes twice."""

    library: Library
    _uses: dict[tuple[str, str], int] = field(default_factory=dict)
    _titles: set[str] = field(default_factory=set)

    def story(self, number: int, dice: Dice, party: Party, days: int) -> Story:
        """The ticket of that number."""
        severity = share_of(number, "severity", SEVERITIES)
        arc = self._arc(severity, party)
        author = dice.pick("author", list(party.contacts))
        values = self._values(arc, party, party.contacts[author], dice)
        minute = _filing_minute(dice)
        written = _Conversation(number, dice, self.library.asides[party.language], values, days, minute, author)
        kind = next(code for code in arc.severities if code.split("/")[0] == severity).partition("/")[2]
        story = Story(
            customer=party.key,
            days=days,
            hour=minute // 60,
            minute=minute % 60,
            author=author,
            severity=severity,
            kind=kind,
            environment=_environment(arc, severity, party, dice),
            title=filled(arc.title, values),
            description=filled(arc.description, values),
            details={name: _detail(name, text, values) for name, text in _asked(arc, severity)},
            files=arc.files,
            steps=tuple(written.steps(arc, severity)),
        )
        check_order(story)
        return story

    def _arc(self, severity: str, party: Party) -> Arc:
        """The arcs of a language and severity in turn, each round in another order."""
        fitting = [arc for arc in self.library.arcs if arc.language == party.language and _is_for(arc, severity, party)]
        key = party.language, severity
        used = self._uses.setdefault(key, 0)
        self._uses[key] += 1
        turn, place = divmod(used, len(fitting))
        return sorted(fitting, key=lambda arc: Dice(turn).roll(f"{severity}:{arc.key}", 1_000_003))[place]

    def _values(self, arc: Arc, party: Party, contact: str, dice: Dice) -> Mapping[str, str]:
        """Words and figures with which the title is one that no other ticket has."""
        words = self.library.words[party.key]
        longest = max(len(options) for options in words.values())
        for shift in range(longest):
            chosen = {name: among[(dice.roll(name, len(among)) + shift) % len(among)] for name, among in words.items()}
            values = {"contact": contact, **chosen, **_figures(dice, party.language)}
            title = filled(arc.title, values)
            if title not in self._titles:
                self._titles.add(title)
                return values
        raise ValueError(f"{party.key} has too few words for {arc.key}")


def _is_for(arc: Arc, severity: str, party: Party) -> bool:
    fits = any(code.split("/")[0] == severity for code in arc.severities)
    return fits and (not arc.environment or arc.environment in party.environments)


def _figures(dice: Dice, language: str) -> dict[str, str]:
    found = {name: str(dice.between(name, bounds)) for name, bounds in FIGURES.items()}
    # Whatever began that morning began before anybody could file it.
    minute = 5 * dice.roll("minute", 12)
    found["hour"] = f"7 h {minute:02d}" if language == "fr" else f"7:{minute:02d}"
    found["code"] = f"{dice.between('code', (0x8000, 0x8FFF)):x}"
    return found


def _filing_minute(dice: Dice) -> int:
    """Mostly in office hours, now and then early or in the evening."""
    if dice.roll("odd hour", 100) < 8:
        return dice.pick("when", (8 * 60 + 2, 8 * 60 + 20, 18 * 60 + 20, 19 * 60 + 40, 21 * 60 + 10))
    return dice.between("filed", (8 * 60 + 35, 17 * 60 + 50))


def _environment(arc: Arc, severity: str, party: Party, dice: Dice) -> str:
    if arc.environment or severity in {"no_access", "critical"} or len(party.environments) == 1:
        return arc.environment or "production"
    place = dice.roll("environment", 100)
    return "preproduction" if place < 12 else "development" if place < 17 else "production"


def _asked(arc: Arc, severity: str) -> list[tuple[str, str]]:
    """The answers that the form asks for under the severity: nobody who is locked out is asked how to repeat it."""
    return [(name, text) for name, text in arc.details.items() if name != "steps" or severity != "no_access"]


def _detail(name: str, text: str, values: Mapping[str, str]) -> str:
    return text if name == "customisation" else filled(text, values)


@dataclass(slots=True)
class _Moment:
    """A place in time: working days after the filing, and minutes of that day. ``days`` is when it was filed."""

    days: int
    day: int
    minute: int

    def move(self, gap: str, dice: Dice, about: str) -> None:
        """Go on by a gap, within working hours and past the day on which the desk is closed."""
        if gap in MINUTES:
            self.minute += dice.between(about, MINUTES[gap])
            if self.minute < OPENS or self.minute > CLOSES:
                self._on_day(self.day + (self.minute > CLOSES), OPENS + dice.roll(about, 50))
        else:
            self._on_day(self.day + dice.between(about, DAYS[gap]), dice.between(f"{about}:minute", (OPENS, 16 * 60)))
        if self.days - self.day == CLOSED_DAY:
            self._on_day(self.day + 1, OPENS + dice.roll(about, 120))

    def _on_day(self, day: int, minute: int) -> None:
        self.day, self.minute = day, minute


class _Conversation:
    """What follows the filing of one ticket."""

    def __init__(
        self,
        number: int,
        dice: Dice,
        asides: Mapping[str, Sequence[str]],
        values: Mapping[str, str],
        days: int,
        minute: int,
        author: str,
    ) -> None:
        self._number, self._dice, self._asides, self._values = number, dice, asides, values
        self._now = _Moment(days, 0, minute)
        self._people = {part: dice.pick(part, among) for part, among in DESK.items()} | {"contact": author}
        self._holder = ""
        self._spoken = 0

    def steps(self, arc: Arc, severity: str) -> Iterator[Step]:
        """The steps up to the day before the demo's date; what would come later is still to be done."""
        for step in self._all(arc, severity):
            if step.days >= self._now.days:
                return
            yield step

    def _all(self, arc: Arc, severity: str) -> Iterator[Step]:
        is_late = severity in {"moderate", "minor"} and _happens(self._number, "late", LATE)
        self._await_answer(severity, is_late)
        beats = [self._excusing(arc.beats[0]) if is_late else arc.beats[0], *arc.beats[1:]]
        yield from self._take(beats[0].part)
        for place, beat in enumerate(beats):
            yield from self._hand_over(beat.part)
            yield self._said(beat, "soon" if place == 0 else beat.gap)
            if place == 0 and beat.verb != "resolve":
                yield from self._rate_again(severity)
            if beat.verb == "ask" and _happens(self._number, "forgotten", FORGOTTEN):
                yield self._aside("days", "desk", "reply", "reminder")
                if self._dice.roll("silent", 2):
                    yield self._aside("week", "holder", "resolve not_reproducible", "silent")
                    yield self._closed("week", "holder")
                    return
        yield from self._afterwards(beats[-1], is_late)

    def _await_answer(self, severity: str, is_late: bool) -> None:
        """Let the time pass until somebody of the desk turns to the ticket; in time, except where it is late."""
        now, dice = self._now, self._dice
        if is_late:
            first = 2 if severity == "moderate" else 3
            now.day, now.minute = first, dice.between("late", (9 * 60 + 20, 14 * 60))
        elif severity in {"no_access", "critical"} and OPENS <= now.minute < CLOSES - 60:
            now.minute += dice.between("first", (4, 25) if severity == "no_access" else (10, 70))
        elif severity in {"no_access", "critical"}:
            now.day, now.minute = int(now.minute >= OPENS), dice.between("first", (9 * 60 + 1, 9 * 60 + 12))
        elif severity == "moderate" and now.minute < 14 * 60 and dice.roll("same day", 10) < 7:
            now.minute = max(now.minute, OPENS) + dice.between("first", (20, 190))
        else:
            now.day, now.minute = 1, dice.between("first", (9 * 60 + 10, 15 * 60 + 30))
        if now.days - now.day == CLOSED_DAY:
            now.day += 1

    def _excusing(self, beat: Beat) -> Beat:
        return replace(beat, text=f"{self._pick('late')} {beat.text}")

    def _take(self, part: str) -> Iterator[Step]:
        """Somebody takes the ticket; some of the later ones are given to the first line by its manager."""
        self._holder = self._people[part]
        if part == "desk" and self._now.days <= DISPATCHED_DAYS and self._dice.roll("dispatched", 10) < 4:
            yield self._step(self._people["manager"], "team", ("n1",), "")
            self._now.move("soon", self._dice, "taken")
        yield self._step(self._holder, "take", (), "")

    def _hand_over(self, part: str) -> Iterator[Step]:
        """Whoever has the ticket gives it to the team of a part that has not had it yet, and one of them takes it."""
        person = self._people[part]
        if part in TEAMS and person != self._holder:
            self._now.move("soon", self._dice, f"assign:{part}")
            giver, self._holder = self._holder, person
            yield self._step(giver, "team", (TEAMS[part],), "")
            self._now.move("soon", self._dice, f"take:{part}")
            yield self._step(person, "take", (), "")

    def _rate_again(self, severity: str) -> Iterator[Step]:
        """Now and then the severity turns out to be another one."""
        other = {"moderate": ("minor", "impact_reassessed", "eased"), "minor": ("moderate", "impact_grew", "grew")}
        if severity not in other or not _happens(self._number, "rerated", RERATED):
            return
        new, reason, pool = other[severity]
        yield self._aside("hours", "holder", f"severity {new} {reason}", pool)

    def _afterwards(self, last: Beat, is_late: bool) -> Iterator[Step]:
        """After the resolution: reopened, disputed, thanked for, closed."""
        if _happens(self._number, "reopened", REOPENED) and "question_answered" not in last.arguments:
            yield self._aside("next", "contact", "reopen", "reopen")
            yield self._aside("hours", "holder", "reply", "again")
            yield self._aside("days", "holder", f"resolve {last.arguments[0]}", "settled")
        if is_late and self._number % 2:
            yield from self._dispute()
        ending = self._dice.roll("ending", 100)
        if ending < 45:
            yield self._aside("next", "contact", "reply", "thanks")
        gap, closer = ("week", "holder") if ending >= 82 else ("soon" if ending < 45 else "next", "contact")
        yield self._closed(gap, closer)

    def _closed(self, gap: str, who: str) -> Step:
        self._now.move(gap, self._dice, "close")
        return self._step(self._who(who), "close", (), "")

    def _dispute(self) -> Iterator[Step]:
        """A late answer that the desk wants left out of its figures, and the customer does not."""
        reason = self._dice.pick("reason", EXCLUSION_REASONS)
        place = EXCLUSION_REASONS.index(reason)
        yield self._told("next", "manager", f"exclude {reason}", self._asides["excluded"][place])
        yield self._told("hours", "contact", "contest", self._asides["contested"][place])
        verdict = "agree" if self._dice.roll("verdict", 2) else "disagree"
        yield self._aside("next", "manager", verdict, f"{verdict}d")

    def _said(self, beat: Beat, gap: str) -> Step:
        return self._told(gap, beat.part, " ".join([beat.verb, *beat.arguments]), beat.text)

    def _aside(self, gap: str, who: str, verb: str, pool: str) -> Step:
        return self._told(gap, who, verb, self._pick(pool))

    def _told(self, gap: str, who: str, line: str, text: str) -> Step:
        self._spoken += 1
        self._now.move(gap, self._dice, f"step {self._spoken}")
        verb, *arguments = line.split()
        return self._step(self._who(who), verb, tuple(arguments), text)

    def _step(self, who: str, verb: str, arguments: tuple[str, ...], text: str) -> Step:
        body, files = without_files(filled(text, self._values))
        return Step(self._now.day, self._now.minute // 60, self._now.minute % 60, who, verb, arguments, body, files)

    def _who(self, part: str) -> str:
        return self._holder if part == "holder" else self._people[part]

    def _pick(self, pool: str) -> str:
        return str(self._dice.pick(pool, self._asides[pool]))
