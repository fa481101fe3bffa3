"""``sla_compute``: one answer to every line, whatever the line holds, and no database."""

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from slas.compute import MAX_LINE, Library, answer_line
from slas.management.commands.sla_compute import DATA

OFFICE = {"tz": "Europe/Paris", "weekly": {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
START = "2026-05-04T10:00:00+02:00"
ADD: dict[str, Any] = {"id": 1, "op": "add", "calendar": "fr", "start": START, "seconds": 3600}
ELAPSED: dict[str, Any] = {
    "id": 1,
    "op": "elapsed",
    "calendar": "fr",
    "start": START,
    "end": "2026-05-04T12:00:00+02:00",
}
LIMIT: dict[str, Any] = {
    "id": 1, "op": "limit", "rules": "mega", "calendar": "fr", "amount": 1, "unit": "days", "at": START,
}  # fmt: skip
DUE: dict[str, Any] = {
    "id": 1, "op": "due", "terms": "hopex-saas", "severity": "critical", "target": "response",
    "environment": "production", "at": START,
}  # fmt: skip
WAIT = ["2026-05-05T10:00:00+02:00", "2026-05-05T11:00:00+02:00"]
OPEN_WAIT = ["2026-05-05T10:00:00+02:00", None]


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(DATA)


def ask(library: Library, case: Any, **changes: Any) -> dict[str, Any]:
    """The answer to a case with some fields changed; a field set to ``...`` is left out."""
    line = {name: value for name, value in {**case, **changes}.items() if value is not ...}
    return answer_line(json.dumps(line), library)


def test_answers_keep_the_id_whatever_it_is(library: Library) -> None:
    for identity in (7, "a", None, [1], {"a": 1}, 1.5, True, "\ud800"):
        assert ask(library, ADD, id=identity) == {"id": identity, "at": "2026-05-04T09:00:00Z"}
        assert ask(library, ADD, id=identity, op="?")["id"] == identity


def test_add_and_elapsed_take_pauses(library: Library) -> None:
    wait = ["2026-05-04T10:30:00+02:00", "2026-05-04T11:30:00+02:00"]
    assert ask(library, ADD, pauses=[wait]) == {"id": 1, "at": "2026-05-04T10:00:00Z"}
    assert ask(library, ADD, pauses=[[wait[0], None]]) == {"id": 1, "at": None, "remaining": 1800}
    assert ask(library, ELAPSED) == {"id": 1, "seconds": 7200}
    assert ask(library, ELAPSED, pauses=[wait]) == {"id": 1, "seconds": 3600}
    assert ask(library, ELAPSED, pauses=None) == {"id": 1, "seconds": 7200}


def test_calendars_are_named_or_described(library: Library) -> None:
    assert ask(library, ADD, calendar=OFFICE, seconds=9 * 3600)["at"] == "2026-05-05T08:00:00Z"
    closed = {**OFFICE, "holidays": ["2026-05-05"]}
    assert ask(library, ADD, calendar=closed, seconds=9 * 3600)["at"] == "2026-05-06T08:00:00Z"
    to_the_second = {"tz": "UTC", "weekly": {"mon": [["08:00:30", "24:00"]]}, "holidays": []}
    assert ask(library, ADD, calendar=to_the_second, start="2026-05-04T00:00Z")["at"] == "2026-05-04T09:00:30Z"


def test_limits_count_forwards_and_backwards(library: Library) -> None:
    assert ask(library, LIMIT) == {"id": 1, "due_at": "2026-05-05T22:00:00Z"}
    assert ask(library, LIMIT, direction="after") == {"id": 1, "due_at": "2026-05-05T22:00:00Z"}
    assert ask(library, LIMIT, direction="before") == {"id": 1, "due_at": "2026-05-03T22:00:00Z"}
    assert ask(library, LIMIT, direction="before", pauses=[]) == {"id": 1, "due_at": "2026-05-03T22:00:00Z"}
    assert "cannot be paused" in ask(library, LIMIT, direction="before", pauses=[WAIT])["error"]


def test_a_paused_limit_tells_what_remains(library: Library) -> None:
    assert ask(library, LIMIT, pauses=[WAIT]) == {"id": 1, "due_at": "2026-05-06T08:00:00Z"}
    assert ask(library, LIMIT, pauses=[OPEN_WAIT]) == {"id": 1, "due_at": None, "remaining": 28_800}


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ("mega", ["hours", "business_hours", "business_days", "days", "weeks", "months"]),
        ("opening", ["business_hours", "business_days"]),
        ("timer", ["days", "business_days"]),
    ],
)
def test_only_the_units_of_the_rules_are_answered(library: Library, rules: str, allowed: list[str]) -> None:
    for unit in ("hours", "business_hours", "business_days", "days", "weeks", "months"):
        answer = ask(library, LIMIT, rules=rules, unit=unit)
        if unit in allowed:
            assert answer["due_at"]
        else:
            assert answer["error"] == f"{unit} is not a unit of the rules {rules}: use {', '.join(allowed)}"


def test_due_is_answered_with_its_steps(library: Library) -> None:
    answer = ask(library, DUE)
    assert answer["due_at"] == "2026-05-05T11:00:00Z"
    assert "remaining" not in answer
    assert [step["clause"] for step in answer["steps"]] == ["R6", "HSA-1", "HSA-8", "HSA-24", "HSA-24", "HSA-1"]
    assert answer["steps"][0] == {
        "at": "2026-05-04T08:00:00Z",
        "text": "It starts with the event of Mon 4 May 2026, 10:00 (Europe/Paris).",
        "clause": "R6",
    }
    assert answer["steps"][-1]["text"] == "Due Tue 5 May 2026, 13:00 (Europe/Paris)."


def test_due_ignores_pauses_unless_the_contract_counts_them(library: Library) -> None:
    ignored = ask(library, DUE, pauses=[WAIT])
    assert ignored["due_at"] == "2026-05-05T11:00:00Z"
    assert ignored["steps"][-2]["clause"] == "R13"
    assert ask(library, DUE, pauses=[OPEN_WAIT])["due_at"] == "2026-05-05T11:00:00Z"
    assert "R13" not in [step["clause"] for step in ask(library, DUE, pauses=[])["steps"]]
    counted = ask(library, DUE, pauses=[WAIT], overrides={"pausing": True})
    assert counted["due_at"] == "2026-05-05T12:00:00Z"
    waiting = ask(library, DUE, pauses=[OPEN_WAIT], overrides={"pausing": True})
    assert (waiting["due_at"], waiting["remaining"]) == (None, 10_800)


def test_due_takes_the_figures_of_the_contract(library: Library) -> None:
    figure = {"target": "response", "severity": "critical", "amount": 2, "unit": "business_hours", "reference": "A-7"}
    answer = ask(library, DUE, overrides={"figures": [figure]})
    assert answer["due_at"] == "2026-05-05T09:00:00Z"
    assert "This figure was agreed for this contract: A-7." in [step["text"] for step in answer["steps"]]


def test_due_without_a_target_is_no_error(library: Library) -> None:
    answer = ask(library, DUE, terms="octipas", severity="minor", target="resolution")
    assert (answer["due_at"], answer["steps"][-1]["text"]) == (None, "The contract sets no time for this severity.")


def test_due_may_leave_the_environment_out(library: Library) -> None:
    assert ask(library, DUE, environment=...)["due_at"] == "2026-05-05T11:00:00Z"


DEEP = "[" * 100_000
MANY_DIGITS = "9" * 5_000


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("hello", "not JSON"),
        ('{"id": 1} extra', "not JSON"),
        (DEEP, "the line is nested too deeply"),
        ('{"id": ' + DEEP, "the line is nested too deeply"),
        ("[]", "a line is a JSON object"),
        ("null", "a line is a JSON object"),
        ("12", "a line is a JSON object"),
        ("NaN", "not JSON: NaN is not a number"),
        ('{"id": 1, "op": "add", "seconds": Infinity}', "not JSON: Infinity is not a number"),
        ('{"seconds": ' + MANY_DIGITS + "}", "not JSON"),
        ("{}", "unknown op: use add, elapsed, limit, due"),
        ('{"op": []}', "unknown op"),
        ('{"op": "subtract"}', "unknown op"),
    ],
)
def test_lines_that_are_no_questions_are_errors(library: Library, line: str, error: str) -> None:
    answer = answer_line(line, library)
    assert answer["id"] is None or answer["id"] == 1
    assert answer["error"].startswith(error)
    assert set(answer) == {"id", "error"}


def test_nesting_is_answered_at_every_depth(library: Library) -> None:
    for depth in range(1, 1_200, 7):
        nested = "[" * depth + "]" * depth
        for name in ("id", "calendar", "overrides", "pauses"):
            line = json.dumps(DUE | ADD | {name: "@"}).replace('"@"', nested)
            assert json.dumps(answer_line(line, library))


def test_bytes_that_are_no_text_are_an_error(library: Library) -> None:
    assert answer_line(b'{"id": 1, "op": "\xff"}', library)["error"].startswith("not JSON")
    assert answer_line(b"\x00\x01", library)["error"].startswith("not JSON")


def test_a_line_without_end_is_an_error(library: Library) -> None:
    assert answer_line('"' + "a" * MAX_LINE + '"', library) == {
        "id": None,
        "error": "the line is longer than 1000000 characters",
    }


BAD_FIELDS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (ADD, {"seconds": -1}, "seconds cannot be negative"),
    (ADD, {"seconds": ...}, "seconds is a whole number"),
    (ADD, {"seconds": "60"}, "seconds is a whole number"),
    (ADD, {"seconds": 1.5}, "seconds is a whole number"),
    (ADD, {"seconds": True}, "seconds is a whole number"),
    (ADD, {"seconds": None}, "seconds is a whole number"),
    (ADD, {"seconds": 10**40}, "the calendar is not open long enough before the end of 2099"),
    (ADD, {"start": "2026-05-04T10:00:00"}, "start has no time zone: add one, such as Z or +02:00"),
    (ADD, {"start": "2026-05-04"}, "start has no time zone"),
    (ADD, {"start": "yesterday"}, "start is not an instant"),
    (ADD, {"start": "2026-02-30T10:00:00Z"}, "start is not an instant"),
    (ADD, {"start": "2026-05-04T25:00:00Z"}, "start is not an instant"),
    (ADD, {"start": 1777881600}, "start is an instant such as"),
    (ADD, {"start": ...}, "start is an instant such as"),
    (ADD, {"start": "9999-12-31T23:59:59Z"}, "an instant is outside this calendar"),
    (ADD, {"start": "9999-06-30T23:59:59Z"}, "an instant in the year 9999 is outside this calendar"),
    (ADD, {"start": "0001-01-01T00:00:00Z"}, "an instant in the year 1 is outside this calendar"),
    (ADD, {"start": "0001-01-01T00:00:00+14:00"}, "an instant is outside this calendar"),
    (ADD, {"start": "1950-01-01T00:00:00Z"}, "an instant in the year 1950 is outside this calendar"),
    (ADD, {"pauses": "none"}, "pauses is a list of [start, end] pairs"),
    (ADD, {"pauses": {}}, "pauses is a list of [start, end] pairs"),
    (ADD, {"pauses": ["x"]}, "a pause is [start, end], the end null while it is open"),
    (ADD, {"pauses": [[START]]}, "a pause is [start, end]"),
    (ADD, {"pauses": [[START, START, START]]}, "a pause is [start, end]"),
    (ADD, {"pauses": [[None, START]]}, "a pause's start is an instant"),
    (ADD, {"pauses": [[START, "soon"]]}, "a pause's end is not an instant"),
    (ADD, {"pauses": [["2026-05-04T10:00:00", None]]}, "a pause's start has no time zone"),
    (ADD, {"pauses": [[WAIT[1], WAIT[0]]]}, "a pause ends"),
    (ELAPSED, {"end": ...}, "end is an instant"),
    (ELAPSED, {"pauses": [[WAIT[1], WAIT[0]]]}, "a pause ends"),
    (ADD, {"calendar": "mars"}, "unknown calendar 'mars': use "),
    (ADD, {"calendar": ...}, "calendar is a name, or an object"),
    (ADD, {"calendar": 5}, "calendar is a name, or an object"),
    (ADD, {"calendar": []}, "calendar is a name, or an object"),
    (ADD, {"calendar": {}}, "a calendar's tz is the name of a time zone"),
    (ADD, {"calendar": {**OFFICE, "tz": "Mars/Base"}}, "unknown time zone 'Mars/Base'"),
    (ADD, {"calendar": {**OFFICE, "tz": "../etc"}}, "unknown time zone '../etc'"),
    (ADD, {"calendar": {**OFFICE, "extra": 1}}, "a calendar has tz, weekly and holidays, not extra"),
    (ADD, {"calendar": {"tz": "UTC"}}, "weekly gives the hours of mon, tue, wed, thu, fri, sat, sun"),
    (ADD, {"calendar": {"tz": "UTC", "weekly": {"monday": []}}}, "weekly gives the hours of"),
    (ADD, {"calendar": {"tz": "UTC", "weekly": {"mon": "09:00-18:00"}}}, "mon is a list"),
    (ADD, {"calendar": {"tz": "UTC", "weekly": {"mon": ["09:00"]}}}, "opening hours are pairs"),
    (ADD, {"calendar": {"tz": "UTC", "weekly": {"mon": [["09:00"]]}}}, "opening hours are pairs"),
    (ADD, {"calendar": {"tz": "UTC", "weekly": {"mon": [["18:00", "09:00"]]}}}, "opening hours start before they end"),
    (ADD, {"calendar": {"tz": "UTC", "weekly": {"mon": [["9:00", "18:00"]]}}}, "a time of day is written as 09:00"),
    (ADD, {"calendar": {"tz": "UTC", "weekly": {"mon": [[9, 18]]}}}, "a time of day is written as 09:00"),
    (ADD, {"calendar": {"tz": "UTC", "weekly": {"mon": [["09", "18:00"]]}}}, "a time of day is written as 09:00"),
    (ADD, {"calendar": {"tz": "UTC", "weekly": {"mon": [["٠٩:00", "18:00"]]}}}, "a time of day is written as 09:00"),
    (ADD, {"calendar": {"tz": "UTC", "weekly": {"mon": [["09:60", "18:00"]]}}}, "09:60 is not a time of day"),
    (ADD, {"calendar": {"tz": "UTC", "weekly": {"mon": [["09:00:60", "18:00"]]}}}, "09:00:60 is not a time of day"),
    (ADD, {"calendar": {"tz": "UTC", "weekly": {"mon": [["09:00", "24:01"]]}}}, "24:01 is not a time of day"),
    (ADD, {"calendar": {**OFFICE, "holidays": ["1 May"]}}, "a holiday is a date such as 2026-05-01"),
    (ADD, {"calendar": {**OFFICE, "holidays": [None]}}, "a holiday is a date such as 2026-05-01"),
    (ADD, {"calendar": {**OFFICE, "holidays": "2026-05-01"}}, "holidays is a list"),
    (ADD, {"calendar": {"tz": "UTC", "weekly": {}}}, "this calendar never opens"),
    (LIMIT, {"amount": -1}, "amount cannot be negative"),
    (LIMIT, {"amount": 2.5}, "amount is a whole number"),
    (LIMIT, {"amount": 10**12}, "an amount of time is at most 1000000"),
    (LIMIT, {"amount": 1_000_000}, "4764-03-31 is outside the years 1900 to 2199"),
    (LIMIT, {"unit": "years"}, "unit is one of hours, business_hours, business_days, days, weeks, months"),
    (LIMIT, {"unit": ["days"]}, "unit is one of"),
    (LIMIT, {"rules": "strict"}, "rules is one of mega, opening, timer"),
    (LIMIT, {"rules": ...}, "rules is one of mega, opening, timer"),
    (LIMIT, {"direction": "sideways"}, "direction is one of after, before"),
    (LIMIT, {"direction": None}, "direction is one of after, before"),
    (LIMIT, {"at": "2026-05-04T10:00"}, "at has no time zone"),
    (DUE, {"terms": "hopex"}, "unknown terms 'hopex': use "),
    (DUE, {"terms": "../data/hopex-saas"}, "unknown terms"),
    (DUE, {"terms": "clauses"}, "unknown terms"),
    (DUE, {"terms": None}, "terms is missing or not text"),
    (DUE, {"severity": "huge"}, "unknown severity 'huge': use no_access, critical, moderate, minor"),
    (DUE, {"severity": ...}, "severity is missing or not text"),
    (DUE, {"target": "coffee"}, "unknown target 'coffee': use response"),
    (DUE, {"environment": "moon"}, "unknown environment 'moon': use production, preproduction, development"),
    (DUE, {"environment": 5}, "environment is missing or not text"),
    (DUE, {"overrides": []}, "overrides is an object"),
    (DUE, {"overrides": {"pause": True}}, "overrides: pause: is not known here"),
    (DUE, {"at": "2026-05-04 10:00"}, "at has no time zone"),
    (DUE, {"pauses": [[WAIT[1], WAIT[0]]]}, "a pause ends"),
]


@pytest.mark.parametrize(("case", "changes", "error"), BAD_FIELDS, ids=[error[:40] for _, _, error in BAD_FIELDS])
def test_fields_that_are_wrong_are_errors(
    library: Library, case: dict[str, Any], changes: dict[str, Any], error: str
) -> None:
    answer = ask(library, case, **changes)
    assert set(answer) == {"id", "error"}
    assert answer["id"] == 1
    assert answer["error"].startswith(error)


def run(lines: bytes, monkeypatch: pytest.MonkeyPatch, *args: str) -> list[dict[str, Any]]:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    out = io.StringIO()
    call_command("sla_compute", *args, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_the_command_answers_each_line_and_stops_at_none(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [json.dumps(ADD).encode(), b"rubbish", b"", b"\xff\xfe", json.dumps(ELAPSED | {"id": 2}).encode()]
    answers = run(b"\n".join(lines), monkeypatch)
    assert [answer["id"] for answer in answers] == [1, None, None, 2]
    assert [sorted(answer) for answer in answers] == [["at", "id"], ["error", "id"], ["error", "id"], ["id", "seconds"]]


def test_the_command_reads_files_and_speaks_french(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(DUE) + "\n" + json.dumps(ADD), encoding="utf-8")
    answers = run(b"", monkeypatch, str(file), "--language", "fr")
    assert answers[0]["steps"][-1]["text"] == "Échéance : mar. 5 mai 2026 à 13:00 (Europe/Paris)."
    assert answers[1]["at"] == "2026-05-04T09:00:00Z"


def test_the_command_says_which_file_it_cannot_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="/nowhere/cases.jsonl cannot be read: No such file or directory"):
        run(b"", monkeypatch, "/nowhere/cases.jsonl")


class Deaf(io.StringIO):
    """A reader that has gone away."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_the_command_ends_quietly_when_nobody_reads_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(ADD).encode())))
    monkeypatch.setattr(sys, "stdout", Deaf())
    call_command("sla_compute", stdout=Deaf())
    assert sys.stdout is None


def test_other_terms_can_be_read_from_another_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "only.yaml").write_text((DATA / "octipas.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("schema: [", encoding="utf-8")
    lines = [{**DUE, "terms": name, "severity": "blocking", "target": "resolution"} for name in ("only", "broken")]
    text = "\n".join(json.dumps(line) for line in lines).encode()
    good, bad = run(text, monkeypatch, "--terms", str(tmp_path))
    assert good["due_at"] == "2026-05-06T14:00:00Z"
    assert re.search(r"broken\.yaml: line [12], document: is not YAML", bad["error"])
