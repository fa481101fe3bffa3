"""Breaks the rules one by one and shows that a test notices each: ``python tests/mutants.py``.

Every mutant is one small change (a comparison, an operator, a number, a condition, a dropped statement) in a private
copy of the tree; the tests of that module then run on it. A mutant that no test notices has survived, and is either a
missing test or changes nothing that can be seen: those are listed, each with its reason, in mutants_equivalent.txt.
"""

import argparse
import ast
import copy
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

ROOT = Path(__file__).resolve().parent.parent
EQUIVALENT = Path(__file__).with_name("mutants_equivalent.txt")
COPIED = (
    "accounts", "api", "contracts", "helpdesk", "lifecycle", "notifications", "requirements", "slas", "static",
    "templates", "tests", "tickets", "web",
)  # fmt: skip
COPIED_FILES = ("manage.py", "pyproject.toml")
SLOWEST, SLOWEST_WITH_DATABASE = 20, 120
"""Seconds of computing after which a mutant counts as noticed: it made something endless."""
MEMORY = 4 << 30

_ENGINE = "tests/engine/test_"
_TIME = [f"{_ENGINE}{name}.py" for name in ("limits", "spec", "calendar", "worked_deadlines", "walk")]
_FACTS = [f"{_ENGINE}{name}.py" for name in ("clock", "explain")]
TESTS: dict[str, list[str]] = {
    "slas/engine/instants.py": _TIME,
    "slas/engine/spec.py": [f"{_ENGINE}spec.py", *_TIME],
    "slas/engine/table.py": _TIME,
    "slas/engine/calendar.py": [f"{_ENGINE}calendar.py", *_TIME],
    "slas/engine/pauses.py": _TIME,
    "slas/engine/limits.py": _TIME,
    "slas/engine/policy.py": _FACTS,
    "slas/engine/clock.py": _FACTS,
    "slas/engine/explain.py": [f"{_ENGINE}explain.py"],
    "slas/engine/ledger.py": [f"{_ENGINE}ledger_edges.py", f"{_ENGINE}ledger.py"],
    "slas/engine/closings.py": [f"{_ENGINE}closings.py"],
    "slas/bulk.py": [f"{_ENGINE}bulk.py"],
    "slas/policies.py": [f"{_ENGINE}policies.py"],
    "tickets/states.py": ["tests/lifecycle/test_guards.py"],
    "lifecycle/guards.py": ["tests/lifecycle/test_guards.py"],
    "accounts/tenancy.py": [
        "tests/accounts/test_two_walls.py",
        "tests/accounts/test_tenant_context.py",
        "tests/accounts/test_actors.py",
    ],
}
"""Module → the tests that must notice when it breaks, the quickest first. Add a module here to have it broken too."""

BY_NAME: dict[str, list[str]] = {
    "lifecycle/services.py": [
        "tests/lifecycle/test_edits.py",
        "tests/lifecycle/test_filing.py",
        "tests/lifecycle/test_acts.py",
    ],
    "lifecycle/messages.py": ["tests/lifecycle/test_edits.py", "tests/lifecycle/test_acts.py"],
    "lifecycle/workarounds.py": ["tests/lifecycle/test_acts.py", "tests/lifecycle/test_contract_workflow.py"],
    "lifecycle/filing.py": ["tests/lifecycle/test_filing.py", "tests/lifecycle/test_environment_decides.py"],
    "lifecycle/inputs.py": ["tests/lifecycle/test_filing.py", "tests/lifecycle/test_edits.py"],
    "lifecycle/holds.py": ["tests/lifecycle/test_holds.py"],
    "lifecycle/duties.py": ["tests/lifecycle/test_duties.py"],
    "slas/duties.py": ["tests/slas/test_duties.py", "tests/lifecycle/test_duties.py"],
    "lifecycle/pipeline.py": [
        "tests/lifecycle/test_edits.py",
        "tests/lifecycle/test_sweep.py",
        "tests/lifecycle/test_acts.py",
    ],
}
"""Modules that are broken only when they are named: each try asks the database, and all of them take an hour."""

DEFAULT = tuple(TESTS)
TESTS |= BY_NAME
PURE = {module for module in TESTS if module.startswith("slas/")}
"""Modules whose tests above need neither Django nor a database."""


@dataclass(frozen=True)
class Mutant:
    """One change: where it is, what the statement was and became, and the whole text of the changed module."""

    module: str
    line: int
    place: str
    change: str
    text: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.module, self.place, self.change

    @property
    def brief(self) -> str:
        """The change, of long statements only what is around the difference."""
        before, _, after = self.change.partition(" -> ")
        same = len(os.path.commonprefix([before, after]))
        start = max(same - 40, 0)
        return f"{before[start : same + 60]} -> {after[start : same + 60]}"


# Making mutants -------------------------------------------------------------------------------------------------

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
DROPPED = (ast.Expr, ast.AugAssign, ast.Raise, ast.Break, ast.Continue)


def changes(node: ast.AST) -> Iterator[ast.AST | None]:
    """What a node can be turned into; None drops the statement."""
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            changed = copy.deepcopy(node)
            changed.ops[index] = COMPARISONS[type(operator)]()
            yield changed
    elif isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in OPERATORS:
        changed_operator = copy.deepcopy(node)
        changed_operator.op = OPERATORS[type(node.op)]()
        yield changed_operator
    elif isinstance(node, ast.BoolOp):
        for index in range(len(node.values)):
            changed_values = copy.deepcopy(node)
            del changed_values.values[index]
            yield changed_values if len(changed_values.values) > 1 else changed_values.values[0]
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), copy.deepcopy(node.values))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield copy.deepcopy(node.operand)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, bool):
        yield from _other_constants(node.value)
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(ast.UnaryOp(ast.Not(), copy.deepcopy(node.test)), node.body, node.orelse)
    elif isinstance(node, ast.If):
        yield ast.If(ast.UnaryOp(ast.Not(), copy.deepcopy(node.test)), node.body, node.orelse)
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield ast.Return(ast.Constant(None))
    if isinstance(node, DROPPED):
        yield None


def _other_constants(value: int | bool) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    else:
        yield from (ast.Constant(value + 1), ast.Constant(value - 1))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


class Site(ast.NodeVisitor):
    """Collects the nodes that may be changed, with the function and the statement around them."""

    def __init__(self) -> None:
        self.found: list[tuple[ast.AST, str, ast.stmt]] = []
        self.names: list[str] = []
        self.statement: ast.stmt = ast.Pass()

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            self._within(node)
            return
        if isinstance(node, (ast.Import, ast.ImportFrom)) or _is_docstring(node):
            return
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self.statement = node
                self.visit(node.value)
            return
        if isinstance(node, ast.stmt):
            self.statement = node
        self.found.append((node, ".".join(self.names), self.statement))
        self._children(node)

    def _within(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        """The body and the defaults of a function; neither annotations nor decorators."""
        self.names.append(node.name)
        outer, self.statement = self.statement, node
        if isinstance(node, ast.FunctionDef):
            for default in [*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)]:
                self.visit(default)
        for inner in node.body:
            self.visit(inner)
        self.statement = outer
        self.names.pop()

    def _children(self, node: ast.AST) -> None:
        statement = self.statement
        for child in ast.iter_child_nodes(node):
            self.statement = statement
            self.visit(child)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


class Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST | None) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self.old:
            return ast.Pass() if self.new is None else self.new
        return self.generic_visit(node)


def mutants_of(module: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    source = (ROOT / module).read_text(encoding="utf-8")
    tree = ast.parse(source)
    sites = Site()
    sites.visit(tree)
    made = []
    for number, (node, place, statement) in enumerate(sites.found):
        for index in range(sum(1 for _ in changes(node))):
            made.append(_mutant(module, source, number, index, place, _header(statement)))
    return sorted(made, key=lambda mutant: mutant.line)


def _mutant(module: str, source: str, number: int, index: int, place: str, before: str) -> Mutant:
    """A fresh tree with one node changed, so that mutants share nothing."""
    tree = ast.parse(source)
    sites = Site()
    sites.visit(tree)
    node, _, statement = sites.found[number]
    new = list(changes(node))[index]
    line = getattr(node, "lineno", statement.lineno if hasattr(statement, "lineno") else 1)
    replaced_statement = new if node is statement else statement
    changed = ast.fix_missing_locations(Replace(node, new).visit(tree))
    after = "pass" if replaced_statement is None else _header(replaced_statement)
    return Mutant(module, line, place, f"{before} -> {after}", ast.unparse(changed))


def _header(statement: ast.AST) -> str:
    """The first line of a statement, which for a compound one is its condition."""
    return ast.unparse(ast.fix_missing_locations(statement)).strip().splitlines()[0]


# Running them ---------------------------------------------------------------------------------------------------


def private_copy() -> Path:
    """A copy of everything that the tests read."""
    folder = Path(tempfile.mkdtemp(prefix="mutants-"))
    skipped = shutil.ignore_patterns("__pycache__", ".hypothesis")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=skipped)
    for name in COPIED_FILES:
        shutil.copy(ROOT / name, folder / name)
    (folder / "lean.ini").write_text(LEAN, encoding="utf-8")
    return folder


SERVER = """
import os, resource, sys
sys.path.insert(0, os.getcwd())
import django, holidays, hypothesis, numpy, pytest, yaml
import django.core.management, django.utils.translation, hypothesis.strategies, psycopg
import contracts.terms
print("ready", flush=True)
for line in sys.stdin:
    seconds, *arguments = line.split()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1), os.dup2(null, 2)
        os._exit(int(pytest.main(arguments)))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Imports what every run needs once, and forks for each run."""

QUICK = ["-x", "-q", "-p", "no:cacheprovider"]
LEAN = """[pytest]
pythonpath = .
addopts = --import-mode=importlib --confcutdir=tests/engine -p no:django -p no:xdist -p no:valkey --assert=plain
"""
"""Settings for tests of the pure modules: without Django's set-up and without the servers of tests/conftest.py."""


def arguments(modules: Iterable[str], tests: list[str]) -> list[str]:
    """For how long tests may compute, and what pytest is told."""
    if all(module in PURE for module in modules):
        return [str(SLOWEST), *QUICK, "-c", "lean.ini", "--rootdir", ".", *tests]
    return [str(SLOWEST_WITH_DATABASE), *QUICK, *tests]


@contextmanager
def database(modules: Iterable[str]) -> Iterator[None]:
    """Keep one test server up all along: started by a run, it would be bound by the run's own limits."""
    if all(module in PURE for module in modules):
        yield
        return
    sys.path.insert(0, str(ROOT))
    from tests.harness.database import Cluster  # noqa: PLC0415 (the pure modules are broken without Django)

    cluster = Cluster.acquire()
    cluster.clone().drop()
    try:
        yield
    finally:
        cluster.release()


def tests_of(module: str) -> list[str]:
    """Its test files, each once, in the order in which they are asked: most mutants do not get past the first."""
    return list(dict.fromkeys(TESTS[module]))


class Runner:
    """Runs tests on a private copy, one mutant after the other."""

    def __init__(self) -> None:
        self.folder = private_copy()
        self.written = 1_000_000_000
        # The copies share the test server of the checkout; each run has a database of its own there.
        data = os.environ.get("HELPDESK_DATA_DIR") or str(ROOT / ".data")
        environment = os.environ | {"HYPOTHESIS_PROFILE": "mutants", "HELPDESK_DATA_DIR": data}
        self.server = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        )
        assert self.server.stdout is not None
        self.server.stdout.readline()

    def passes(self, tests: list[str]) -> bool:
        """Whether the tests pass on the copy as it is now; one that takes too long does not."""
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(" ".join(tests) + "\n")
        self.server.stdin.flush()
        return self.server.stdout.readline().strip() == "0"

    def survives(self, mutant: Mutant) -> bool:
        target = self.folder / mutant.module
        original = target.read_text(encoding="utf-8")
        self._write(target, mutant.text)
        try:
            return all(self.passes(arguments([mutant.module], [test])) for test in tests_of(mutant.module))
        finally:
            self._write(target, original)

    def _write(self, target: Path, text: str) -> None:
        """Each text with a time of its own, since Python tells compiled files apart by the second."""
        target.write_text(text, encoding="utf-8")
        self.written += 1
        os.utime(target, (self.written, self.written))

    def close(self) -> None:
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def run_all(mutants: list[Mutant], workers: int, budget: float) -> dict[Mutant, bool]:
    """Each mutant and whether it survived; those for which the time did not suffice are missing."""
    queue: Queue[Mutant] = Queue()
    for mutant in mutants:
        queue.put(mutant)
    results: dict[Mutant, bool] = {}
    deadline = time.monotonic() + budget

    def work() -> None:
        runner = Runner()
        try:
            while time.monotonic() < deadline:
                mutant = queue.get_nowait()
                results[mutant] = runner.survives(mutant)
                if len(results) % 50 == 0:
                    print(f"{len(results)} of {len(mutants)} tried", flush=True)
                if results[mutant] and mutant.key not in allowed:
                    print(f"survived: {mutant.module}:{mutant.line} {mutant.place}: {mutant.brief}", flush=True)
        except Empty:
            pass
        finally:
            runner.close()

    allowed = equivalents()
    threads = [Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def equivalents() -> dict[tuple[str, str, str], str]:
    """Mutants that change nothing that can be seen, and why: ``module | function | change | reason``."""
    found = {}
    for line in EQUIVALENT.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            module, place, change, reason = (part.strip() for part in line.split(" | "))
            found[module, place, change] = reason
    return found


def report(mutants: list[Mutant], results: dict[Mutant, bool]) -> int:
    """Prints the figures; the number of survivors without a reason."""
    allowed = equivalents()
    survivors = [mutant for mutant in mutants if results.get(mutant)]
    unexplained = [mutant for mutant in survivors if mutant.key not in allowed]
    untested = [mutant for mutant in mutants if mutant not in results]
    killed = sum(not survived for survived in results.values())
    for mutant in unexplained:
        print(f"SURVIVED {mutant.module}:{mutant.line} {mutant.place}: {mutant.brief}")
    stale = {mutant.key for mutant in mutants if results.get(mutant) is False} & allowed.keys()
    for key in sorted(stale - {mutant.key for mutant in survivors}):
        print(f"LISTED AS EQUIVALENT BUT NOTICED {' | '.join(key)}")
    equal = len(survivors) - len(unexplained)
    print(
        f"{killed} noticed, {len(unexplained)} survived, {equal} equivalent (each with a reason), {len(mutants)} in all"
    )
    if untested:
        print(f"{len(untested)} were not tried: the time was up")
    return len(unexplained) + len(untested)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "modules", nargs="*", default=list(DEFAULT), help="modules to break (the pure ones and the walls)"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--budget", type=float, default=3600, help="seconds after which no new mutant is tried")
    parser.add_argument("--list", action="store_true", help="only list the mutants")
    options = parser.parse_args()
    mutants = [mutant for module in options.modules for mutant in mutants_of(module)]
    if options.list:
        for mutant in mutants:
            print(f"{mutant.module}:{mutant.line} {mutant.place}: {mutant.change}")
        return 0
    with database(options.modules):
        if failing := failing_tests(options.modules):
            print(f"Tests fail before anything is broken, mend them first: {', '.join(failing)}")
            return 2
        return min(report(mutants, run_all(mutants, options.workers, options.budget)), 1)


def failing_tests(modules: list[str]) -> list[str]:
    """Test files that fail while nothing is broken."""
    checker = Runner()
    asked = [(module, test) for module in modules for test in tests_of(module)]
    try:
        return [test for module, test in asked if not checker.passes(arguments([module], [test]))]
    finally:
        checker.close()


if __name__ == "__main__":
    sys.exit(main())
