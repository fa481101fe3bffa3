"""The journal in words: what happened, who did it, and what it did to the deadlines."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext

from tickets.events import Kind, is_escalation
from tickets.models import Event, Visibility, WorkaroundKind
from web.moments import format_date, format_deadline
from web.presenters.contests import figure_lines, proposal_words
from web.presenters.vocabulary import Vocabulary, in_a_row

_LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    Kind.FILED: ("plus", "blue"),
    Kind.TAKEN: ("user-circle", "blue"),
    Kind.ASSIGNED: ("user-plus", "blue"),
    Kind.TEAM_CHANGED: ("users", "blue"),
    Kind.REPLIED: ("message", "grey"),
    Kind.NOTED: ("note", "amber"),
    Kind.INFORMATION_REQUESTED: ("message-question", "violet"),
    Kind.ANSWERED: ("message-circle", "grey"),
    Kind.COMMENTED: ("message-circle", "grey"),
    Kind.CALL_LOGGED: ("phone", "grey"),
    Kind.ACTION_PLAN: ("route", "violet"),
    Kind.RESOLVED: ("circle-check", "green"),
    Kind.WORKAROUND_OFFERED: ("bolt", "violet"),
    Kind.WORKAROUND_ACCEPTED: ("circle-check", "green"),
    Kind.WORKAROUND_DECLINED: ("circle-off", "orange"),
    Kind.MOVED: ("arrow-right", "blue"),
    Kind.REOPENED: ("rotate", "orange"),
    Kind.CLOSED: ("lock", "grey"),
    Kind.SEVERITY_CHANGED: ("flag", "orange"),
    Kind.CALENDAR_CHANGED: ("calendar", "blue"),
    Kind.EXCLUDED: ("circle-minus", "orange"),
    Kind.REINSTATED: ("plus", "blue"),
    Kind.HELD: ("player-pause", "violet"),
    Kind.RELEASED: ("bolt", "blue"),
    Kind.CONTESTED: ("scale", "amber"),
    Kind.CONTEST_ACCEPTED: ("circle-check", "green"),
    Kind.CONTEST_DECLINED: ("circle-off", "grey"),
    Kind.CONTEST_WITHDRAWN: ("ban", "grey"),
    Kind.CLOCK_APPROACHING: ("alarm", "amber"),
    Kind.CLOCK_BREACHED: ("alert-triangle", "red"),
    Kind.DUTY_MISSED: ("calendar-off", "red"),
}


def present_timeline(events: Iterable[Event], words: Vocabulary) -> list[dict[str, Any]]:
    """View data for the timeline, in the order of the journal."""
    return [line for event in events for line in _lines(event, words)]


def _lines(event: Event, words: Vocabulary) -> Iterator[dict[str, Any]]:
    icon, tone = _LOOKS.get(event.kind, ("circle-dot", "grey"))
    if is_escalation(event.data.get("team") or {}):
        icon, tone = "route", "orange"
    private = event.visibility == Visibility.PRIVATE
    yield {
        "icon": icon,
        "tone": tone,
        "actor": event.actor_name,
        "text": event_words(event.kind, event.data, words, event.actor_side),
        "at": event.at,
        "clause": _clause(event, words),
        "visibility": event.visibility,
        "private_label": gettext("Staff only") if private else "",
    }
    if "escalation" in event.data:
        yield _escalation_line(event, words)
    for met in event.data.get("clocks", []):
        yield _met_line(met, event, words)
    for text in figure_lines(event.data, words):
        yield _figure_line(text, event)


def _met_line(met: Mapping[str, Any], event: Event, words: Vocabulary) -> dict[str, Any]:
    in_time = met.get("status") == "met"
    code = str(met.get("target", ""))
    label = words.target(code)
    text = gettext("%(target)s: given in time") if in_time else gettext("%(target)s: given late")
    return {
        "icon": "circle-check" if in_time else "circle-off",
        "tone": "green" if in_time else "red",
        "actor": "",
        "text": text % {"target": label},
        "at": event.at,
        "clause": "R6c" if words.met_by(code) == "contact" else words.target_terms_clause(code),
        "visibility": event.visibility,
        "private_label": "",
    }


def _figure_line(text: str, event: Event) -> dict[str, Any]:
    return {
        "icon": "stopwatch",
        "tone": "blue",
        "actor": "",
        "text": text,
        "at": event.at,
        "clause": "",
        "visibility": event.visibility,
        "private_label": "",
    }


def event_words(kind: str, data: Mapping[str, Any], words: Vocabulary, side: str = "") -> str:
    """One event as a sentence that begins after the name of whoever acted, of ``side`` where that is known."""
    if kind == Kind.CLOSED and side == "customer":
        return gettext("accepted the resolution and closed it")
    sentence = _SENTENCES.get(kind)
    return sentence(data, words) if sentence else kind


def _clause(event: Event, words: Vocabulary) -> str:
    if event.kind == Kind.SEVERITY_CHANGED:
        return "R18"
    if event.kind == Kind.EXCLUDED:
        found = words.exclusion_reason(str(event.data["exclusion"]["reason"]))
        return found.clauses[0] if found else ""
    if event.kind in {Kind.HELD, Kind.RELEASED}:
        hold = words.hold(_new(event.data, "hold") or _old(event.data, "hold"))
        return hold.clauses[0] if hold else ""
    if event.kind == Kind.MOVED:
        step = words.step(str(event.data.get("step", "")))
        return step.clauses[0] if step else ""
    if event.kind == Kind.CALENDAR_CHANGED:
        return "R19"
    if event.kind in {Kind.ACTION_PLAN, Kind.DUTY_MISSED}:
        return words.duty_clause(event.kind, str(event.data.get("duty", "")))
    if event.kind in {Kind.CLOCK_APPROACHING, Kind.CLOCK_BREACHED}:
        return words.target_clause(event.data.get("target", ""), event.data.get("severity_at", ""))
    return ""


def _new(data: Mapping[str, Any], name: str, default: str = "") -> str:
    told = data.get(name)
    return str(told.get("new") or default) if isinstance(told, Mapping) else str(told or default)


def _old(data: Mapping[str, Any], name: str) -> str:
    told = data.get(name)
    return str(told.get("old") or "") if isinstance(told, Mapping) else ""


def _severity_of(data: Mapping[str, Any], words: Vocabulary, *, old: bool = False) -> str:
    told = data.get("severity")
    if not isinstance(told, Mapping):
        return ""
    code, kind = (told.get("old"), told.get("old_kind")) if old else (told.get("new"), told.get("kind"))
    return words.severity(str(code or ""), str(kind or "")).full


def _filed(data: Mapping[str, Any], words: Vocabulary) -> str:
    return gettext("filed it with severity %(severity)s") % {"severity": _severity_of(data, words)}


def _assigned(data: Mapping[str, Any], words: Vocabulary) -> str:
    name = _new(data, "assignee")
    if "team" in data and not name:
        return _team_changed(data, words)
    if "team" not in data or _old(data, "team") == _new(data, "team"):
        return gettext("gave it to %(name)s") % {"name": name}
    told = {"name": name, "team": _new(data, "team"), "level": data["team"]["level"]}
    if is_escalation(data["team"]):
        return gettext("escalated it to level %(level)d: team %(team)s, %(name)s") % told
    return gettext("gave it to the team %(team)s, %(name)s") % told


def _team_changed(data: Mapping[str, Any], words: Vocabulary) -> str:
    told = {"team": _new(data, "team"), "level": data["team"]["level"]}
    if is_escalation(data["team"]):
        return gettext("escalated it to level %(level)d: team %(team)s") % told
    return gettext("gave it to the team %(team)s") % told


def _resolved(data: Mapping[str, Any], words: Vocabulary) -> str:
    return gettext("gave a resolution: %(kind)s") % {"kind": words.resolution(_new(data, "resolution_type"))}


def _moved(data: Mapping[str, Any], words: Vocabulary) -> str:
    code = str(data.get("step", ""))
    step = words.step(code)
    name = step.label.text(words.language) if step else code
    told = {"step": name, "state": words.state(_new(data, "contract_state"))}
    return gettext("took the step “%(step)s”: now “%(state)s”") % told


def _offered(data: Mapping[str, Any], words: Vocabulary) -> str:
    if dict(data.get("workaround") or {}).get("kind") == WorkaroundKind.FINAL:
        return gettext("offered a final workaround")
    return gettext("offered a provisional workaround")


def _severity_changed(data: Mapping[str, Any], words: Vocabulary) -> str:
    told = {
        "old": _severity_of(data, words, old=True),
        "new": _severity_of(data, words),
        "reason": words.reason(str(data.get("reason_code", ""))),
        "explanation": str(data.get("reason", "")),
    }
    return gettext("changed the severity from %(old)s to %(new)s. %(reason)s: %(explanation)s") % told


def _excluded(data: Mapping[str, Any], words: Vocabulary) -> str:
    told = data["exclusion"]
    found = words.exclusion_reason(str(told["reason"]))
    reason = found.label.text(words.language) if found else str(told["reason"])
    text = gettext("took it out of the service-level figures. %(reason)s: %(evidence)s")
    return text % {"reason": reason, "evidence": told["evidence"]}


def _reinstated(data: Mapping[str, Any], words: Vocabulary) -> str:
    return gettext("took it into the service-level figures again: %(reason)s") % {"reason": data.get("reason", "")}


def _held(data: Mapping[str, Any], words: Vocabulary) -> str:
    hold = words.hold(_new(data, "hold"))
    label = hold.label.text(words.language) if hold else _new(data, "hold")
    told = {"reason": label, "explanation": str(data.get("reason", ""))}
    return gettext("put support on hold. %(reason)s: %(explanation)s") % told


def _released(data: Mapping[str, Any], words: Vocabulary) -> str:
    return gettext("ended the hold: %(reason)s") % {"reason": data.get("reason", "")}


def _contested(data: Mapping[str, Any], words: Vocabulary) -> str:
    return gettext("contests: %(what)s") % {"what": proposal_words(data["contest"], words)}


def _approaching(data: Mapping[str, Any], words: Vocabulary) -> str:
    told = {"target": words.target(str(data.get("target", ""))), "due": _due(data, words)}
    return gettext("%(target)s: the deadline of %(due)s comes near") % told


def _breached(data: Mapping[str, Any], words: Vocabulary) -> str:
    told = {"target": words.target(str(data.get("target", ""))), "due": _due(data, words)}
    return gettext("%(target)s: the deadline of %(due)s passed unmet") % told


def _planned(data: Mapping[str, Any], words: Vocabulary) -> str:
    version = data["action_plan"]["new"]
    if version == 1:
        return gettext("wrote an action plan")
    return gettext("replaced the action plan (version %(version)d)") % {"version": version}


def _day_missed(data: Mapping[str, Any], words: Vocabulary) -> str:
    duty = words.duty(str(data.get("duty", "")))
    name = duty.label.text(words.language) if duty else str(data.get("duty", ""))
    day = format_date(date.fromisoformat(str(data["day"])))
    return gettext("%(duty)s: nothing by closing time on %(day)s") % {"duty": name, "day": day}


def _escalation_line(event: Event, words: Vocabulary) -> dict[str, Any]:
    """Where it went up by itself, with the clause that says so."""
    told = event.data["escalation"]
    found = next((one for one in words.terms.escalations if one.code == told["code"]), None)
    levels = [level.label.text(words.language) for level in found.levels] if found else list(told["levels"])
    return {
        "icon": "alert-octagon",
        "tone": "red",
        "actor": "",
        "text": gettext("Escalated at once: %(levels)s") % {"levels": ", ".join(levels)},
        "at": event.at,
        "clause": found.clauses[0] if found else "",
        "visibility": event.visibility,
        "private_label": "",
    }


def _calendar_changed(data: Mapping[str, Any], words: Vocabulary) -> str:
    """Which days the calendar gained, and what that did to each clock that ran (R19)."""
    parts = [gettext("the calendar of support changed: %(name)s (%(reference)s)") % _announced(data)]
    for clock in data.get("recomputed", ()):
        told = {"target": words.target(str(clock["target"]))}
        told |= {name: _due({"due_at": clock[name]}, words) for name in ("due_before", "due_after")}
        if clock["due_before"] == clock["due_after"]:
            parts.append(gettext("%(target)s: unchanged") % told)
        else:
            parts.append(gettext("%(target)s: due %(due_after)s instead of %(due_before)s") % told)
    return in_a_row(parts)


def _announced(data: Mapping[str, Any]) -> dict[str, str]:
    return {"name": str(data.get("name", "")), "reference": str(data.get("days", {}).get("reference", ""))}


def _due(data: Mapping[str, Any], words: Vocabulary) -> str:
    try:
        due = datetime.fromisoformat(str(data.get("due_at")))
    except ValueError:
        return "—"
    return format_deadline(due, words.zone(), get_current_timezone(), style="short")


def _plain(text: Callable[[], str]) -> Callable[[Mapping[str, Any], Vocabulary], str]:
    return lambda data, words: text()


_SENTENCES: Final[Mapping[str, Callable[[Mapping[str, Any], Vocabulary], str]]] = {
    Kind.FILED: _filed,
    Kind.TAKEN: _plain(lambda: gettext("took it in charge")),
    Kind.ASSIGNED: _assigned,
    Kind.TEAM_CHANGED: _team_changed,
    Kind.REPLIED: _plain(lambda: gettext("answered")),
    Kind.NOTED: _plain(lambda: gettext("wrote a private note")),
    Kind.INFORMATION_REQUESTED: _plain(lambda: gettext("asked for information")),
    Kind.ANSWERED: _plain(lambda: gettext("gave the information asked for")),
    Kind.COMMENTED: _plain(lambda: gettext("added a message")),
    Kind.CALL_LOGGED: _plain(lambda: gettext("recorded a telephone call")),
    Kind.ACTION_PLAN: _planned,
    Kind.RESOLVED: _resolved,
    Kind.WORKAROUND_OFFERED: _offered,
    Kind.WORKAROUND_ACCEPTED: _plain(lambda: gettext("accepted the workaround")),
    Kind.WORKAROUND_DECLINED: _plain(lambda: gettext("declined the workaround")),
    Kind.MOVED: _moved,
    Kind.REOPENED: _plain(lambda: gettext("reopened it")),
    Kind.CLOSED: _plain(lambda: gettext("closed it")),
    Kind.SEVERITY_CHANGED: _severity_changed,
    Kind.EXCLUDED: _excluded,
    Kind.REINSTATED: _reinstated,
    Kind.HELD: _held,
    Kind.RELEASED: _released,
    Kind.CONTESTED: _contested,
    Kind.CONTEST_ACCEPTED: _plain(lambda: gettext("agreed to the contest; the deadlines were counted again")),
    Kind.CONTEST_DECLINED: _plain(lambda: gettext("did not agree to the contest")),
    Kind.CONTEST_WITHDRAWN: _plain(lambda: gettext("withdrew the contest")),
    Kind.CALENDAR_CHANGED: _calendar_changed,
    Kind.CLOCK_APPROACHING: _approaching,
    Kind.CLOCK_BREACHED: _breached,
    Kind.DUTY_MISSED: _day_missed,
}
