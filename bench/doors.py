"""Whether a refused sign-in tells by its time who has an account: ``make bench-doors``, or ``python bench/doors.py``.

It starts a PostgreSQL and a Valkey of its own under ``.data/bench`` and asks the sign-in page in one process, in an
order drawn anew each round: a wrong password of somebody known, an address that nobody has, and somebody disabled with
a wrong and with the right password. The medians may lie 5 ms apart; on a busy machine look at those of the processor.
Nothing of it is kept.
"""

import argparse
import json
import signal
import statistics
import sys

from desk import BARE, Bar, Figure, Ground, compile_catalogues, data_dir, machine, say, step

ROUNDS = 500
APART_MS = 5.0


def figures_of(told: dict[str, list[tuple[float, float]]]) -> list[Figure]:
    """The medians of each kind, and how far the farthest two are apart."""
    found = []
    for place, what in enumerate(("wait", "processor")):
        medians = {name: statistics.median(one[place] for one in times) for name, times in told.items()}
        found += [Figure("doors", f"{name}: {what}", 0, value, "ms") for name, value in medians.items()]
        apart = max(medians.values()) - min(medians.values())
        found.append(Figure("doors", f"medians apart: {what}", 0, apart, "ms", Bar(APART_MS)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="attempts of each kind")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    say(f"load {machine()['load']}")
    ground = Ground(data_dir() / "bench")
    result = ground.folder / "doors.json"
    try:
        with step("Making an empty database"):
            ground.start(durable=True)
            ground.valkey.start()
            compile_catalogues()
            ground.make_bare()
        with step(f"{options.rounds} attempts of each kind"):
            ground.run_part("web", BARE, "doors_time.py", str(result), str(options.rounds))
        figures = figures_of(json.loads(result.read_text()))
    finally:
        ground.stop()
    for one in figures:
        say(one.line())


if __name__ == "__main__":
    main()
