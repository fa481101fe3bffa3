"""Whatever the terms let a target be met by is read from the journal: a target needs no code of its own."""

from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from contracts.terms import TargetTerms, load_terms
from slas.facts import FACTS

DATA = Path(__file__).parents[2] / "contracts" / "data"


def test_every_way_of_meeting_a_target_has_its_reader() -> None:
    assert FACTS.keys() == set(get_args(get_type_hints(TargetTerms)["met_by"]))


@pytest.mark.parametrize("file", sorted(set(DATA.glob("*.yaml")) - {DATA / "clauses.yaml"}), ids=lambda file: file.stem)
def test_every_target_that_is_promised_is_read_from_the_journal(file: Path) -> None:
    terms = load_terms(file)
    assert terms.targets
    assert {target.met_by for target in terms.targets} <= FACTS.keys()
