"""Deadlines computed by another program from the same clauses, and facts from the suites of other helpdesks."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from slas.compute import Library, answer_line
from slas.management.commands.sla_compute import DATA

VECTORS = Path(__file__).parent.parent / "data"


def cases(name: str) -> list[str]:
    return (VECTORS / name).read_text(encoding="utf-8").splitlines()


def case_id(line: str) -> str:
    return str(json.loads(line)["id"])


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(DATA)


@pytest.mark.parametrize("line", cases("third_party.jsonl") + cases("contract_cases.jsonl"), ids=case_id)
def test_vector_is_answered_as_expected(line: str, library: Library) -> None:
    case = json.loads(line)
    answer = answer_line(line, library)
    assert answer["id"] == case["id"]
    for name, expected in case["expect"].items():
        found = answer[name]
        if name == "seconds":
            assert found == expected
        else:
            assert datetime.fromisoformat(found) == datetime.fromisoformat(expected)


def test_vectors_are_all_there() -> None:
    assert (len(cases("third_party.jsonl")), len(cases("contract_cases.jsonl"))) == (20, 100)
