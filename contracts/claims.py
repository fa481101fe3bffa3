"""Whether what the clause index claims is there: code that enacts a clause, its test, the document that holds it."""

import ast
from functools import cache
from importlib import import_module
from pathlib import Path

from contracts.terms import ClauseEntry, ClauseIndex, cited_clauses, load_terms

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(__file__).resolve().parent / "data"


def empty_claims(index: ClauseIndex, root: Path = ROOT, data: Path = DATA) -> list[str]:
    """One sentence for each claim that points at nothing, and for each clause whose state the documents belie."""
    return [problem for entry in index.clauses for problem in _problems(entry, root, data)]


def _problems(entry: ClauseEntry, root: Path, data: Path) -> list[str]:
    missing = [f"{entry.id}: no code {claim}" for claim in entry.code if not _is_there(claim)]
    missing += [f"{entry.id}: no test {claim}" for claim in entry.test if not _is_test(claim, root)]
    if entry.state == "data" and entry.id not in _cited(data):
        missing.append(f"{entry.id}: data, but no terms document cites it")
    if entry.state == "not_yet" and entry.id in _cited(data):
        missing.append(f"{entry.id}: not yet, but a terms document cites it: it is data")
    return missing


@cache
def _cited(data: Path) -> frozenset[str]:
    """Every clause on which something in the documents of a folder stands."""
    files = [file for file in sorted(data.glob("*.yaml")) if not file.stem.startswith("clauses")]
    return frozenset().union(*(cited_clauses(load_terms(file)) for file in files))


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
