"""Questions that every page asks the database in the same form.

Django builds a query and turns it into SQL each time it is asked, which takes longer than what PostgreSQL then does for
a row or two. A question does so once for each form that it takes (whose eyes it is seen with, which values are given)
and afterwards only fills the values in. It stays a query set, with the predicate of its actor in it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import ForeignKey, Lookup, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from accounts.tenancy import Actor

Row = TypeVar("Row")


class Question(Generic[Row]):
    """What ``build`` asks. Its arguments are actors, identifiers, texts, instants, tuples of them, and lists of
    identifiers (for ``among``, whatever their number). None is looked at while the query is built, except for what an
    actor may do, what is given at all and how long a tuple is."""

    _all: Final[list["Question[Any]"]] = []

    def __init__(self, build: Callable[..., QuerySet[Any, Row]]):
        self._build = build
        self._forms: dict[Any, _Form | None] = {}
        self._all.append(self)
        self.__doc__ = build.__doc__

    def __call__(self, *given: Any) -> list[Row]:
        """The rows for these values."""
        key = tuple(_shape(one) for one in given)
        if key not in self._forms:
            self._forms[key] = self._compiled(given)
        form = self._forms[key]
        return list(form.rows([value for one in given for value in _parts(one)])) if form else []

    def one(self, *given: Any) -> Row | None:
        """The first row, if there is one."""
        return next(iter(self(*given)), None)

    def _compiled(self, given: Sequence[Any]) -> "_Form | None":
        places = _Places()
        rows = self._build(*(places.instead_of(one) for one in given))
        if rows._prefetch_related_lookups:  # type: ignore[attr-defined]
            raise TypeError("A question reads its own rows only: ask for what belongs to them by itself.")
        compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        try:
            # Left by Django for whoever reads the rows: columns, and how they are converted.
            sql, values = compiler.as_sql()
        except EmptyResultSet:
            return None
        return _Form(rows, compiler, sql, places.found_in(sql, values))

    @classmethod
    def forget(cls) -> None:
        """Build all questions anew: for tests that change what is asked."""
        for one in cls._all:
            one._forms.clear()


def question(build: Callable[..., QuerySet[Any, Row]]) -> Question[Row]:
    """Make a question of a function that returns a query set."""
    return Question(build)


def _shape(given: Any) -> Any:
    """What of an argument can change the form of the query."""
    if isinstance(given, Actor):
        known = given.membership_id is not None, given.user_id is not None
        return given.provider_id is not None, given.role, len(given.customer_ids), known
    return tuple(map(type, given)) if isinstance(given, tuple) else type(given)


def _parts(given: Any) -> Iterator[Any]:
    """The values of an argument, always in the same order."""
    if isinstance(given, tuple):
        yield from given
        return
    if not isinstance(given, Actor):
        yield given
        return
    for name in _VALUES:
        yield getattr(given, name)
    yield from given.customer_ids


_VALUES: Final = tuple(one.name for one in fields(Actor) if one.name not in {"role", "customer_ids"})


class _Places:
    """Values that stand for those of later askings while a query is built."""

    def __init__(self) -> None:
        self._places: list[Any] = []

    def instead_of(self, given: Any) -> Any:
        if isinstance(given, tuple):
            return tuple(map(self._place, given))
        if not isinstance(given, Actor):
            return self._place(given)
        values = {name: self._place(getattr(given, name)) for name in _VALUES}
        return replace(given, **values, customer_ids=tuple(map(self._place, given.customer_ids)))

    def _place(self, given: Any) -> Any:
        number = len(self._places)
        match given:
            case list():
                made: Any = [self._identifier(number)]
            case None:
                made = None
            case UUID():
                made = self._identifier(number)
            case str():
                made = f"place-{0xF0F0}-{number}"
            case datetime():
                made = datetime(_YEAR, 8, 8, tzinfo=UTC) + timedelta(seconds=number)
            case _:
                raise TypeError(f"A question takes no {type(given).__name__}.")
        self._places.append(made)
        return made

    @staticmethod
    def _identifier(number: int) -> UUID:
        return UUID(int=(0xF0F0 << 112) + number)

    def found_in(self, sql: str, values: Iterable[Any]) -> list[tuple[int | None, Any]]:
        """For each value of the statement: which of the given ones goes there, or the value itself."""
        at = {_name(place): number for number, place in enumerate(self._places) if place is not None}
        found: list[tuple[int | None, Any]] = []
        for value in values:
            number = at.get(_name(value))
            found.append((number, None if number is not None else value))
        rest = f"{sql} {[value for number, value in found if number is None]}"
        used = {number for number, _value in found}
        changed = any(isinstance(value, date) and value.year >= _YEAR - 1 for _number, value in found)
        unused = any(isinstance(place, datetime) and at[_name(place)] not in used for place in self._places)
        if changed or unused or any(str(one) in rest for place in self._places for one in _members(place) if one):
            raise TypeError("A value was worked into the statement: such a query cannot be kept.")
        return found


_YEAR: Final = 8888
"""Of instants that stand for others: far from every real one."""


def _name(value: Any) -> str:
    """Two values of one name are the same value."""
    return f"{type(value).__name__} {value}"


def _members(place: Any) -> Sequence[Any]:
    return place if isinstance(place, list) else [place]


@ForeignKey.register_lookup
class Among(Lookup):
    """``ticket__among=[…]``: as ``in``, but one value for the database whatever the number, so that the statement stays
    the same."""

    lookup_name = "among"

    def get_prep_lookup(self) -> Any:
        return self.rhs

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        """``column = ANY(array)``."""
        column, values = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::uuid[])", [*values, self.rhs]


class _Form:
    """A statement that only lacks its values, and how its rows are read."""

    def __init__(
        self, rows: QuerySet[Any, Any], compiler: SQLCompiler, sql: str, places: Sequence[tuple[int | None, Any]]
    ):
        self._rows, self._compiler, self._sql, self._places = rows, compiler, sql, places

    def rows(self, given: Sequence[Any]) -> Any:
        values = tuple(value if number is None else given[number] for number, value in self._places)
        compiler = copy(self._compiler)
        compiler.connection = connections[DEFAULT_DB_ALIAS]
        compiler.as_sql = lambda *_: (self._sql, values)  # type: ignore[method-assign]
        asked: Any = _Asked(self._rows, compiler)
        return self._rows._iterable_class(asked)


class _Asked:
    """As much of a query set as reading its rows needs."""

    def __init__(self, rows: QuerySet[Any, Any], compiler: SQLCompiler):
        self.db = DEFAULT_DB_ALIAS
        self.model = rows.model
        self.query = self
        self._known_related_objects = rows._known_related_objects  # type: ignore[attr-defined]
        self._compiler = compiler

    def get_compiler(self, *_: Any, **__: Any) -> SQLCompiler:
        """The one that knows the statement already."""
        return self._compiler
