"""Business time for many instants at once: the answers of ``Calendar`` and of a limit, in numpy arrays.

Instants and amounts are int64 arrays of whole seconds (since 1970 for instants); a ``datetime64`` array becomes one by
``.astype("datetime64[s]").astype("int64")``. Every answer equals the scalar one, to the second. What the scalar
engine refuses for one element is refused here for the whole array, with the same errors.

A report or a replay of many tickets goes like this::

    bulk = BulkCalendar(policy.calendar)
    due = bulk.due(limit, filed)                  # base due instants of all tickets under one limit
    breached = (met > due) | ((met < 0) & (now > due))
    spent = bulk.elapsed(filed, met)              # opening seconds from filing to answer

One call serves the tickets that share a limit, so they are sorted by severity first. The few tickets with pauses,
holds or a change of severity go through ``clock.fold``, or through ``pauses.moved`` from the base found here.

Instants in no order are looked up without searching: an index by buckets of time says where each bucket begins among
the openings, and one comparison settles the rest. It takes 8 bytes a bucket: some 100 kB for 16 years of office hours,
at most 512 kB for whatever calendar. Arrays are worked through in blocks that stay in the processor's cache, so that
hardly any memory is needed beside the result.
"""

from collections.abc import Callable
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slas.engine.calendar import Calendar
from slas.engine.errors import BadAmount
from slas.engine.instants import DAY, HOUR
from slas.engine.limits import CLOCK_SECONDS, OPENING_SECONDS, Limit, Rules, window
from slas.engine.table import Table, stretches

Ints = NDArray[np.int64]

_IN_HOURS = frozenset({*CLOCK_SECONDS, *OPENING_SECONDS})

BLOCK = 16_384
MOST_BUCKETS = 65_536


class Ranks:
    """How many of some edges lie at or before a value (``bisect_right``), for many values from ``first`` to ``last``.

    A bucket is at most as wide as the closest two edges are apart, so that it holds one edge or none; where that would
    take too many buckets they are wider, and more than one comparison settles the rank.
    """

    def __init__(self, edges: ArrayLike, first: int, last: int) -> None:
        sorted_edges = _whole(edges)
        closest = int(np.diff(sorted_edges).min(initial=last - first + 1))
        self.first = first
        self.shift = max(closest.bit_length() - 1, ((last - first) // MOST_BUCKETS).bit_length())
        starts = first + (np.arange(((last - first) >> self.shift) + 1) << self.shift)
        self.at_start = np.searchsorted(sorted_edges, starts, side="right")
        before_next = np.searchsorted(sorted_edges, starts + (1 << self.shift), side="left")
        self.comparisons = int((before_next - self.at_start).max())
        self.edges = np.append(sorted_edges, np.iinfo(np.int64).max)

    def of(self, values: Ints) -> Ints:
        found: Ints = self.at_start.take((values - self.first) >> self.shift)
        for _ in range(self.comparisons):
            found += self.edges.take(found) <= values
        return found


class Lattice:
    """A compiled table as arrays. ``closes`` and ``through`` begin with a stretch that ends where the table starts."""

    def __init__(self, table: Table, zone: ZoneInfo) -> None:
        self.table, self.zone = table, zone
        self.opens = Ranks(table.opens, table.first, table.last)
        self.closes = _whole([table.first, *table.closes])
        self.through = _whole([0, *table.through])
        self.total = int(self.through[-1])
        self.totals = Ranks(table.through, 0, self.total)

    def count(self, at: Ints) -> Ints:
        """``Table.count`` of instants within the table."""
        index = self.opens.of(at)
        return self.through.take(index) - np.maximum(self.closes.take(index) - at, 0)

    def after(self, starts: Ints, amounts: Ints) -> Ints:
        """The counts at which these amounts of opening time have passed; beyond ``total`` only that they are beyond."""
        beyond = self.total + 1
        return _in_blocks(lambda at, more: self.count(at) + np.minimum(more, beyond), starts, amounts)

    def first_reaching(self, totals: Ints) -> Ints:
        """``Table.first_reaching`` of totals of at least 1 that the table holds."""
        index = self.totals.of(totals - 1) + 1
        return self.closes.take(index) - (self.through.take(index) - totals)

    def clock_start(self, at: Ints, period: int) -> Ints:
        """Where the local clock last stood at a whole hour (or day), were there no change of clocks in between.

        Instants for which it is the same lie in the same hour (or day).
        """
        changes, offsets = self._offsets
        return at - (at + offsets.take(changes.of(at))) % period

    @cached_property
    def _offsets(self) -> tuple[Ranks, Ints]:
        """The instants at which the UTC offset changes, and the offsets before, between and after them."""
        found = list(stretches(self.zone, self.table.first, self.table.last))
        starts, offsets = [start for start, _, _ in found[1:]], [offset for _, _, offset in found]
        return Ranks(starts, self.table.first, self.table.last), _whole(offsets)


class BulkCalendar:
    """A calendar that answers for arrays of instants. It grows with its calendar, and never changes what it says."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._lattice: Lattice | None = None

    def elapsed(self, starts: ArrayLike, ends: ArrayLike) -> Ints:
        """Seconds of opening time between pairs of instants; 0 where the end is before the start.

        Raises OutsideCalendar, and BadAmount for anything but whole numbers.
        """
        first, last = _paired(starts, ends)
        if not first.size:
            return first
        lattice = self._covering(first, last)
        return _in_blocks(lambda start, end: np.maximum(lattice.count(end) - lattice.count(start), 0), first, last)

    def add(self, starts: ArrayLike, seconds: ArrayLike) -> Ints:
        """The earliest instants by which these amounts of opening time have passed; one amount may serve them all.

        Raises BadAmount, OutsideCalendar, NoOpenTime.
        """
        at, amounts = _paired(starts, seconds)
        if not at.size:
            return at
        lattice = self._covering(at)
        if amounts.min() < 0:
            raise BadAmount("an amount of time cannot be negative")
        if not amounts.any():
            return at.copy()
        while (totals := lattice.after(at, amounts)).max() > lattice.total:
            lattice = self._of(self.calendar.later(lattice.table))
        return _in_blocks(
            lambda one, more, total: np.where(more > 0, lattice.first_reaching(np.maximum(total, 1)), one),
            at, amounts, totals,
        )  # fmt: skip

    def due(self, limit: Limit, events: ArrayLike) -> Ints:
        """When a limit ends that starts with each of these events, pauses left aside: ``limits.window(...).base``.

        Where whole hours or days decide, each is reckoned once. Raises every EngineError that ``limits.due`` raises.
        """
        at = _whole(events)
        if not at.size:
            return at
        lattice = self._covering(at)
        to_the_second = limit.rules != Rules.MEGA and not limit.day_after
        if to_the_second and limit.unit in CLOCK_SECONDS:
            return at + limit.amount * CLOCK_SECONDS[limit.unit]
        if to_the_second and limit.unit in OPENING_SECONDS:
            return self.add(at, limit.amount * OPENING_SECONDS[limit.unit])
        if to_the_second and limit.rules == Rules.OPENING:
            return self.add(at, limit.amount * self.calendar.spec.standard_seconds)
        by_hour = not limit.day_after and limit.unit in _IN_HOURS
        since = lattice.clock_start(at, HOUR if by_hour else DAY)
        _, examples, which = np.unique(since, return_index=True, return_inverse=True)
        return _whole([window(limit, self.calendar, event).base for event in at[examples].tolist()])[which]

    def _covering(self, *instants: Ints) -> Lattice:
        low, high = min(int(some.min()) for some in instants), max(int(some.max()) for some in instants)
        return self._of(self.calendar.covering(low, high))

    def _of(self, table: Table) -> Lattice:
        if self._lattice is None or self._lattice.table is not table:
            self._lattice = Lattice(table, self.calendar.zone)
        return self._lattice


def _in_blocks(work: Callable[..., Ints], *arrays: Ints) -> Ints:
    """The work done on arrays of one shape, block by block."""
    result = np.empty(arrays[0].shape, np.int64)
    for start in range(0, len(result), BLOCK):
        block = slice(start, start + BLOCK)
        result[block] = work(*(array[block] for array in arrays))
    return result


def _paired(left: ArrayLike, right: ArrayLike) -> tuple[Ints, Ints]:
    first, second = np.broadcast_arrays(_whole(left), _whole(right))
    return first, second


def _whole(values: ArrayLike) -> Ints:
    """Values as whole numbers; BadAmount where they are not, so that no fraction is dropped unseen."""
    array = np.atleast_1d(np.asarray(values))
    if array.size and not np.can_cast(array.dtype, np.int64):
        raise BadAmount(f"instants and amounts are whole seconds, not {array.dtype}")
    return array.astype(np.int64, copy=False)
