"""How fast the desk is on data that this makes itself: ``make bench-desk``, or ``python bench/desk.py``.

It starts a PostgreSQL and a Valkey of its own under ``.data/bench``, makes one database for each size (10,000 and
100,000 tickets unless ``--sizes`` says otherwise), and measures on each of them in one run: the sweep, what each page
asks of the database, and what the web server answers to eight visitors at once. Nothing of it is kept.

The bars are what the desk wants to hold: on two processors, whatever the size. Beside each figure stands its bar, how
many times the bar it is, and whether that is ok.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import psycopg
from psycopg import sql

from helpdesk import provisioning, stack
from helpdesk.catalogues import compile_catalogues
from helpdesk.embedded.instance import Instance
from helpdesk.embedded.postgres import PostgresServer
from helpdesk.embedded.processes import free_port, wait_until
from helpdesk.embedded.secrets import load_or_make
from helpdesk.embedded.supervision import Child
from helpdesk.embedded.valkey import ValkeyServer
from helpdesk.environment import data_dir

SIZES = (10_000, 100_000)
GROUPS = ("sweep", "queue", "ticket", "search", "home", "api", "filing", "memory")
BARE = "desk_bare"
PARTS = Path(__file__).resolve().parent
MEGABYTE = 1024


@dataclass(frozen=True)
class Bar:
    """What is wanted of a figure: at most ``limit``, or at least."""

    limit: float
    at_least: bool = False

    def ratio(self, value: float) -> float:
        return value / self.limit if self.limit else 0.0

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True)
class Figure:
    """One line of the report. ``tickets`` is the size of the database; 0 for what compares two sizes."""

    group: str
    name: str
    tickets: int
    value: float
    unit: str
    bar: Bar | None = None

    def line(self) -> str:
        told = f"  {self.name:44} {self.value:10,.1f} {self.unit:11}"
        if self.bar is None:
            return told
        word = "ok" if self.bar.holds(self.value) else "over"
        side = "at least" if self.bar.at_least else "at most "
        return f"{told} {side} {self.bar.limit:9,.1f}   {self.bar.ratio(self.value):5.2f} ×   {word}"


STATEMENTS = {"queue": 10.0, "ticket": 15.0, "search": 10.0, "api": 10.0}
SQL_MS = {"queue": 5.0}
WHOLE_MS = {"search": 50.0, "home": 100.0}
PER_SECOND = {"queue by due": 100.0, "ticket page": 100.0, "filing by the form": 150.0, "filing by the API": 150.0}
SWEPT_PER_SECOND, NOTHING_DUE_MS = 1_500.0, 5.0
GROWTH = 1.5
"""Times the smaller size's: the same but for the noise of the machine."""
WEB_MB, OTHER_MB = 200.0, 250.0


def say(text: str) -> None:
    print(text, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a part of the work and say how long it took."""
    say(f"{title} …")
    began = time.monotonic()
    yield
    say(f"    {time.monotonic() - began:.0f} s")


class Ground:
    """The servers of a run, and the databases in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        run_dir = folder / "run"
        run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Two runs at once would take each other's servers away.
        self.instance = Instance(run_dir)
        self.instance.hold()
        secrets = load_or_make(run_dir / "secrets.json")
        self.postgres = PostgresServer(run_dir / "postgres", secrets["superuser"], run_dir / "logs" / "postgres.log")
        self.valkey = ValkeyServer(run_dir / "valkey", secrets["valkey"], run_dir / "logs" / "valkey.log")
        self.stack = stack.Stack(run_dir, secrets, self.postgres, self.valkey, demo=False)

    def start(self, *, durable: bool) -> None:
        """Start PostgreSQL; while data is made it need not survive a power cut."""
        self.postgres.stop()
        self.postgres.durable = durable
        self.postgres.start()

    def stop(self) -> None:
        self.valkey.stop()
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.instance.release()

    def environment(self, process: str, database: str) -> dict[str, str]:
        """Variables of a process of the product that meets ``database``."""
        known = self.stack.environment(process)
        for name in ("DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_MIGRATE_URL", "DATABASE_BACKUP_URL"):
            known[name] = provisioning.at_database(known[name], database)
        return known | {"BENCH_ADMIN_URL": self.postgres.url(database=database)}

    def make_bare(self) -> None:
        """A database with the schema and nothing in it, from which the others are copied."""
        provisioning.provision(self.postgres.url(), BARE, self.stack.passwords())
        self._manage("migrate", "prepare", "schema", "static", "--total=2")

    def make(self, tickets: int, note: Path) -> str:
        """A database with so many tickets."""
        name = f"desk_{tickets}"
        with psycopg.connect(self.postgres.url(), autocommit=True) as link:
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
            link.execute(copy.format(*map(sql.Identifier, (name, BARE, provisioning.OWNER))))
        provisioning.provision(self.postgres.url(), name, self.stack.passwords())
        self.run_part("worker", name, "desk_data.py", str(tickets), str(note))
        return name

    def run_part(self, process: str, database: str, program: str, *arguments: str) -> None:
        """One of the programs beside this one, quietly but for what it says itself."""
        known = self.environment(process, database) | {"HELPDESK_LOG_LEVEL": "ERROR"}
        subprocess.run([sys.executable, str(PARTS / program), *arguments], env=known, cwd=ROOT, check=True)

    def _manage(self, process: str, *arguments: str) -> None:
        command = stack.manage(*arguments)
        subprocess.run(command, env=self.environment(process, BARE), cwd=ROOT, check=True)

    @contextmanager
    def child(self, name: str, command: list[str], process: str, database: str) -> Iterator[Child]:
        """A server process of the product, as `make run` starts it."""
        log = self.stack.log(name)
        child = Child(command, self.environment(process, database), ROOT, log)
        child.start()
        try:
            yield child
        finally:
            child.stop()


# What is measured ----------------------------------------------------------------------------------------------------
def measure(ground: Ground, tickets: int, groups: Sequence[str], seconds: float) -> list[Figure]:
    """Every figure of one size."""
    folder = ground.folder
    note, result = folder / f"note-{tickets}.json", folder / "result.json"
    name = f"desk_{tickets}"
    found: list[Figure] = []
    if "sweep" in groups:
        with step(f"Sweeping what is due among {tickets:,} tickets"):
            ground.run_part("worker", name, "desk_sweep.py", str(result))
        found += swept(json.loads(result.read_text()), tickets)
    asked = [group for group in groups if group not in {"sweep", "memory"}]
    if asked:
        with step(f"Asking page by page among {tickets:,} tickets"):
            ground.run_part("web", name, "desk_pages.py", str(note), str(result), *asked)
        found += pages(json.loads(result.read_text()), tickets)
        found += loaded(serve(ground, tickets, asked, seconds), tickets)
    return found


def serve(ground: Ground, tickets: int, groups: Sequence[str], seconds: float) -> list[dict[str, Any]]:
    """Requests per second through gunicorn with its two processes."""
    folder, name, port = ground.folder, f"desk_{tickets}", free_port()
    note, result, sessions = folder / f"note-{tickets}.json", folder / "result.json", folder / "sessions.json"
    ground.stack.serve_at("127.0.0.1", port)
    ground.run_part("web", name, "desk_pages.py", "--sessions", str(note), str(sessions))
    with (
        step(f"Eight visitors at once among {tickets:,} tickets"),
        ground.child("web", stack.web_command("127.0.0.1", port), "web", name) as web,
    ):
        wait_for(web, port)
        told = [str(note), str(sessions), str(port), str(result), str(seconds), *groups]
        subprocess.run([sys.executable, str(PARTS / "desk_load.py"), *told], check=True)
    found: list[dict[str, Any]] = json.loads(result.read_text())
    return found


def wait_for(web: Child, port: int) -> None:
    """Until the web server answers with a page; raises SystemExit where it never does."""
    # No proxy of the surroundings knows our own address.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def answers() -> bool:
        try:
            direct.open(f"http://127.0.0.1:{port}/sign-in/", timeout=30).close()
        except OSError:
            return not web.is_running()
        return True

    if not wait_until(answers, seconds=120, every=0.2) or not web.is_running():
        raise SystemExit(f"The web server does not answer; see {web.log}.")


def swept(told: dict[str, Any], tickets: int) -> list[Figure]:
    speed = Bar(SWEPT_PER_SECOND, at_least=True)
    return [
        Figure("sweep", f"sweep of {told['tickets']:,} tickets that are due", tickets, told["per_second"], "tickets/s")
        if not told["tickets"]
        else Figure("sweep", "sweep of tickets that are due", tickets, told["per_second"], "tickets/s", speed),
        Figure("sweep", "tickets that were due", tickets, told["tickets"], "tickets"),
        Figure("sweep", "sweep, processor time", tickets, told["processor_seconds"] * 1000, "ms"),
        Figure("sweep", "sweep when nothing is due", tickets, told["nothing_due_ms"], "ms", Bar(NOTHING_DUE_MS)),
    ]


def pages(told: list[dict[str, Any]], tickets: int) -> list[Figure]:
    found = []
    for one in told:
        group, name = one["group"], one["name"]
        found += [
            Figure(group, f"{name}: statements", tickets, one["statements"], "SQL", _bar(STATEMENTS, group)),
            Figure(group, f"{name}: in the database", tickets, one["sql_ms"], "ms", _bar(SQL_MS, group)),
            Figure(group, f"{name}: processor", tickets, one["cpu_ms"], "ms"),
            Figure(group, f"{name}: in all", tickets, one["wall_ms"], "ms", _bar(WHOLE_MS, group)),
        ]
    return found


def loaded(told: list[dict[str, Any]], tickets: int) -> list[Figure]:
    found = []
    for one in told:
        group, name = one["group"], one["name"]
        bar = Bar(PER_SECOND[name], at_least=True) if name in PER_SECOND else None
        found.append(Figure(group, f"{name}: eight at once", tickets, one["per_second"], "requests/s", bar))
        found += [
            Figure(group, f"{name}: {cut} of the waits", tickets, one[f"{cut}_ms"], "ms")
            for cut in ("p50", "p95", "p99")
        ]
    return found


def _bar(bars: dict[str, float], group: str) -> Bar | None:
    return Bar(bars[group]) if group in bars else None


def growth(figures: Sequence[Figure], sizes: Sequence[int]) -> list[Figure]:
    """What the largest size costs, in times of the smallest, for lists and pages that are to stay the same."""
    if len(sizes) < 2:
        return []
    first = {one.name: one for one in figures if one.tickets == min(sizes)}
    last = [one for one in figures if one.tickets == max(sizes) and one.name.endswith("eight at once")]
    return [
        Figure(one.group, f"{one.name}, fewer by", 0, first[one.name].value / one.value, "times", Bar(GROWTH))
        for one in last
        if one.name in first and one.value and one.group in {"queue", "ticket"}
    ]


# Memory --------------------------------------------------------------------------------------------------------------
def memory(ground: Ground, tickets: int) -> list[Figure]:
    """Megabytes of each process, where shared ones are shared out, while everything runs and has something to do."""
    name, port = f"desk_{tickets}", free_port()
    ground.stack.serve_at("127.0.0.1", port)
    with (
        step("Memory of web, worker and beat"),
        ground.child("web", stack.web_command("127.0.0.1", port), "web", name) as web,
        ground.child("worker", stack.worker_command(), "worker", name) as worker,
        ground.child("beat", stack.beat_command(ground.stack.run_dir), "worker", name) as beat,
    ):
        wait_for(web, port)
        _let_work(ground, tickets, port)
        limits = {"web": WEB_MB, "worker": OTHER_MB, "beat": OTHER_MB}
        found = []
        for kind, child in {"web": web, "worker": worker, "beat": beat}.items():
            sizes = family_sizes(child)
            found.append(Figure("memory", f"{kind}: largest process", tickets, max(sizes), "MB", Bar(limits[kind])))
            found.append(Figure("memory", f"{kind}: all {len(sizes)} processes", tickets, sum(sizes), "MB"))
    return found


def _let_work(ground: Ground, tickets: int, port: int) -> None:
    """Some seconds of every page, so that caches are filled, and a few rounds of the periodic tasks."""
    folder = ground.folder
    note, sessions = folder / f"note-{tickets}.json", folder / "sessions.json"
    ground.run_part("web", f"desk_{tickets}", "desk_pages.py", "--sessions", str(note), str(sessions))
    told = [str(note), str(sessions), str(port), str(folder / "result.json"), "1"]
    subprocess.run([sys.executable, str(PARTS / "desk_load.py"), *told], check=True, stdout=subprocess.DEVNULL)


def family_sizes(child: Child) -> list[float]:
    """The proportional set size of a process and of all below it, in megabytes."""
    assert child.process is not None
    parents = {int(path.name): _parent(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    family = {child.process.pid}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return [size for pid in sorted(family) if (size := _proportional(pid))]


def _parent(path: Path) -> int:
    try:
        return int((path / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def _proportional(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / MEGABYTE for line in lines if line.startswith("Pss:")), 0.0)


# The report ----------------------------------------------------------------------------------------------------------
def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    return {
        "processors": os.cpu_count(),
        "load": [round(one, 1) for one in os.getloadavg()],
        "machine": platform.machine(),
        "python": platform.python_version(),
        "date": time.strftime("%Y-%m-%d %H:%M:%S%z"),
    }


def report(figures: Sequence[Figure], sizes: Sequence[int]) -> None:
    for tickets in (*sizes, 0):
        told = [one for one in figures if one.tickets == tickets]
        if told:
            say(f"\n{f'{tickets:,} tickets' if tickets else f'{max(sizes):,} beside {min(sizes):,} tickets'}")
        for one in told:
            say(one.line())
    barred = [one for one in figures if one.bar]
    over = [one for one in barred if one.bar and not one.bar.holds(one.value)]
    say(f"\n{len(barred) - len(over)} of {len(barred)} bars hold.")


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="tickets of each database, such as 1000000")
    parser.add_argument("--only", default=",".join(GROUPS), help=f"some of {','.join(GROUPS)}")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long visitors ask for each page")
    parser.add_argument("--json", type=Path, help="a file that receives all figures")
    options = parser.parse_args()
    options.sizes = sorted(int(one.replace("_", "")) for one in options.sizes.split(","))
    options.only = options.only.split(",")
    if unknown := set(options.only) - set(GROUPS):
        parser.error(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}.")
    return options


def everything(ground: Ground, options: argparse.Namespace) -> list[Figure]:
    with step("Making an empty database"):
        ground.start(durable=False)
        ground.valkey.start()
        compile_catalogues()
        ground.make_bare()
    for tickets in options.sizes:
        with step(f"Making {tickets:,} tickets"):
            ground.make(tickets, ground.folder / f"note-{tickets}.json")
    ground.start(durable=True)
    figures = [one for size in options.sizes for one in measure(ground, size, options.only, options.seconds)]
    if "memory" in options.only:
        figures += memory(ground, max(options.sizes))
    return figures + growth(figures, options.sizes)


def main() -> None:
    options = parsed()
    # Ended from outside, it takes its servers with it too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    facts = machine()
    say(f"{facts['processors']} processors, load {facts['load']}, Python {facts['python']}")
    ground = Ground(data_dir() / "bench")
    try:
        figures = everything(ground, options)
    finally:
        ground.stop()
    report(figures, options.sizes)
    say(f"load now {machine()['load']}")
    if options.json:
        told = [asdict(one) | {"holds": one.bar.holds(one.value) if one.bar else None} for one in figures]
        options.json.write_text(json.dumps({"machine": facts, "figures": told}, indent=1))


if __name__ == "__main__":
    main()
