"""What happens beside the tickets: teams, technical records, views, canned replies, a closure, amendments.

Each is an act of a person through the service that the pages use, at its instant, as in the stories.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from accounts.teams import Draft, open_team
from accounts.tenancy import Actor, acting_as
from contracts.environments import record_environment, record_file
from contracts.models import ContractAmendment
from helpdesk.demo.scripts import FOLDER, ScriptError, load_yaml, unwrapped
from helpdesk.demo.stage import Stage
from lifecycle import agreements, calendars
from slas.countable import require_countable
from tickets.canned import Wording, create_canned_reply
from tickets.saved_views import Look, keep_view

_ON = re.compile(r"(?P<days>\d{1,3}) (?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d) (?P<who>\w+)")
DayBefore = Callable[[int], date]


@dataclass(frozen=True, slots=True)
class Occasion:
    """On what stage, when and by whom something happens. ``day_before`` finds the day so many working days before the
    demo's date."""

    stage: Stage
    day_before: DayBefore
    at: datetime
    actor: Actor


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that somebody does ``days`` working days before the demo's date."""

    days: int
    hour: int
    minute: int
    who: str
    what: str
    told: Mapping[str, Any]

    def happen(self, stage: Stage, day_before: DayBefore, at: datetime) -> None:
        """Let it happen; raises what its service raises."""
        actor = stage.actors[self.who]
        with acting_as(actor):
            KINDS[self.what](Occasion(stage, day_before, at, actor), self.told)


def read_chronicle() -> list[Happening]:
    """All happenings as written. Raises ScriptError."""
    return [_happening(given) for given in load_yaml(FOLDER / "chronicle.yaml")["happenings"]]


def _happening(given: Mapping[str, Any]) -> Happening:
    found, kinds = _ON.fullmatch(given["when"]), given.keys() - {"when"}
    if found is None or len(kinds) != 1 or not kinds <= KINDS.keys():
        raise ScriptError(f"“{given['on']}”: {', '.join(sorted(kinds))} does not have the form that is expected")
    times = int(found["days"]), int(found["hour"]), int(found["minute"])
    what = next(iter(kinds))
    return Happening(*times, found["who"], what, given[what])


def _open_team(on: Occasion, told: Mapping[str, Any]) -> None:
    members = [_person(on, key) for key in told["members"]]
    team = open_team(actor=on.actor, at=on.at, draft=Draft(told["name"], told["level"], members))
    on.stage.teams[told["key"]] = team.id


def _person(on: Occasion, key: str) -> UUID:
    return on.stage.actors[key].person


def _record(on: Occasion, told: Mapping[str, Any]) -> None:
    environment = on.stage.organisations[told["customer"]].environments[told["environment"]]
    before = record_file(on.actor, environment).number
    record_environment(actor=on.actor, at=on.at, environment_id=environment, facts=told["facts"], number=before)


def _keep_view(on: Occasion, told: Mapping[str, Any]) -> None:
    look = Look(told["name"], told["filters"], told["columns"])
    keep_view(actor=on.actor, at=on.at, look=look, is_shared=told["shared"])


def _write_reply(on: Occasion, told: Mapping[str, Any]) -> None:
    wording = Wording(told["title"], unwrapped(told.get("fr", "")), unwrapped(told.get("en", "")))
    create_canned_reply(actor=on.actor, at=on.at, wording=wording, is_shared=told["shared"])


def _announce(on: Occasion, told: Mapping[str, Any]) -> None:
    day = on.day_before(told["day"]).isoformat()
    days = {"calendar": told["calendar"], "reference": told["reference"], "days_off": [day]}
    calendars.add_closure(actor=on.actor, at=on.at, name=told["name"], days=days, terms_code=told["terms"])
    calendars.recompute(at=on.at)


def _carry(on: Occasion, told: Mapping[str, Any]) -> None:
    """What the worker does all the time: announced days reach the clocks that run."""
    calendars.recompute(at=on.at)


def _propose(on: Occasion, told: Mapping[str, Any]) -> None:
    agreements.propose_amendment(
        actor=on.actor,
        at=on.at,
        contract_id=on.stage.organisations[told["customer"]].contract.id,
        reference=told["reference"],
        in_force_from=on.day_before(told["from"]),
        overrides=told["overrides"],
        reason=told["reason"],
        check=require_countable,
    )


def _approve(on: Occasion, told: Mapping[str, Any]) -> None:
    agreements.approve_amendment(actor=on.actor, at=on.at, amendment_id=_amendment(on, told), check=require_countable)


def _decline(on: Occasion, told: Mapping[str, Any]) -> None:
    agreements.decline_amendment(actor=on.actor, at=on.at, amendment_id=_amendment(on, told), reason=told["reason"])


def _amendment(on: Occasion, told: Mapping[str, Any]) -> UUID:
    contract = on.stage.organisations[told["customer"]].contract
    return ContractAmendment.objects.visible_to(on.actor).get(contract=contract, reference=told["reference"]).id


KINDS: dict[str, Callable[[Occasion, Mapping[str, Any]], None]] = {
    "team": _open_team,
    "record": _record,
    "view": _keep_view,
    "reply": _write_reply,
    "closure": _announce,
    "carry": _carry,
    "proposal": _propose,
    "approval": _approve,
    "refusal": _decline,
}
"""Kind of happening → how it is done."""
