"""Whether what the clause index claims is there: the code that enacts a clause, and the test that proves it."""

import ast
from functools import cache
from importlib import import_module
from pathlib import Path

from contracts.terms import ClauseEntry, ClauseIndex

ROOT = Path(__file__).resolve().parents[1]


def empty_claims(index: ClauseIndex, root: Path = ROOT) -> list[str]:
    """One sentence for each claim that points at nothing."""
    return [problem for entry in index.clauses for problem in _problems(entry, root)]


def _problems(entry: ClauseEntry, root: Path) -> list[str]:
    missing = [f"{entry.id}: no code {claim}" for claim in entry.code if not _is_there(claim)]
    return missing + [f"{entry.id}: no test {claim}" for claim in entry.test if not _is_test(claim, root)]


def _is_there(claim: str) -> bool:
    """Whether ``module:Name.attribute`` can be imported."""
    module, _, names = claim.partition(":")
    try:
        place = import_module(module)
        for name in names.split("."):
            place = getattr(place, name)
    except (ImportError, AttributeError):
        return False
    return True


def _is_test(claim: str, root: Path) -> bool:
    """Whether ``tests/file.py::test_name`` is a test function, read without importing it."""
    file, _, name = claim.partition("::")
    return name in _functions(root / file)


@cache
def _functions(file: Path) -> frozenset[str]:
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
