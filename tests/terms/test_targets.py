"""A target that the terms promise must be read from the journal, or be known to wait for it."""

from pathlib import Path

import pytest

from contracts.terms import load_terms
from slas.facts import FACTS

DATA = Path(__file__).parents[2] / "contracts" / "data"
WAITING = {("octipas", "acknowledgement"), ("octipas", "resolution")}
"""Promised by terms that no contract pins yet."""


@pytest.mark.parametrize("file", sorted(set(DATA.glob("*.yaml")) - {DATA / "clauses.yaml"}), ids=lambda file: file.stem)
def test_every_target_is_read_from_the_journal_or_waits_by_name(file: Path) -> None:
    terms = load_terms(file)
    unread = {(terms.code, target) for target in terms.target_names if target not in FACTS}
    assert unread == {(code, target) for code, target in WAITING if code == terms.code}
