"""Rows of one or several tables in one statement: what an act writes belongs together, and every trip costs.

The rows travel as JSON and become columns in the database, which is the quickest way of many that row level security
allows (``COPY`` it does not).
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, models
from psycopg.sql import SQL, Composable, Identifier

Row = models.Model | Mapping[str, Any]
"""A row that is not saved yet, or the values of its columns by their attributes."""


@dataclass(frozen=True, slots=True)
class Rows:
    """New rows of one table. Where a row with the same ``unique`` columns is there already its ``update`` columns are
    replaced, else it is an error.

    With ``owner`` they are all that remains of some owners: rows that name one of ``owners`` there and are not among
    these by their ``unique`` columns are removed.
    """

    model: type[models.Model]
    rows: Sequence[Row]
    unique: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    owner: str = ""
    owners: Sequence[UUID] = ()


class _Column(NamedTuple):
    attribute: str
    name: str
    type: str


class _Part(NamedTuple):
    """What of ``Rows`` makes the text of the statement."""

    model: type[models.Model]
    unique: tuple[str, ...]
    update: tuple[str, ...]
    owner: str


def write(*parts: Rows) -> None:
    """Write all of it in one statement; references between the parts hold, whatever their order.

    Reads nothing back of a table without ``owner``, so the writer need not be allowed to. Raises ``IntegrityError`` and
    ``DataError`` as a plain insert does, ``TypeError`` for a table with a type of column that is not known here.
    """
    told = [part for part in parts if part.rows or part.owners]
    if not told:
        return
    shapes = tuple(_Part(part.model, part.unique, part.update, part.owner if part.owners else "") for part in told)
    given = [as_json(part.model, part.rows) for part in told]
    owners = [list(part.owners) for part in told if part.owners]
    with connection.cursor() as cursor:
        cursor.execute(_statement(shapes), [*given, *owners])
    for row in (row for part in told for row in part.rows if isinstance(row, models.Model)):
        row._state.adding, row._state.db = False, connection.alias


def as_json(model: type[models.Model], rows: Sequence[Row]) -> str:
    """The stored columns of rows, as a list of objects; what is NULL is left out."""
    return json.dumps([_told(row, _readers(model)) for row in rows])


_Reader = tuple[str, str, Callable[[Any], Any] | None]


def _told(row: Row, readers: Sequence[_Reader]) -> dict[str, Any]:
    # A row that is not saved yet has all of its columns among its own attributes.
    of = (row if isinstance(row, Mapping) else vars(row)).get
    return {name: read(value) if read else value for key, name, read in readers if (value := of(key)) is not None}


_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "uuid": lambda value: value.hex,
    "timestamp with time zone": lambda value: value.isoformat(),
    "date": lambda value: value.isoformat(),
}
"""Types that JSON has no value for → how each is told."""
_PLAIN: Final = frozenset({"integer", "bigint", "smallint", "boolean", "text", "jsonb"})


@lru_cache(maxsize=64)
def _readers(model: type[models.Model]) -> tuple[_Reader, ...]:
    return tuple((one.attribute, one.name, _READ.get(one.type)) for one in _columns(model))


@lru_cache(maxsize=64)
def _columns(model: type[models.Model]) -> tuple[_Column, ...]:
    found = [_Column(one.attname, str(one.column), str(one.db_type(connection))) for one in model._meta.concrete_fields]
    for column in found:
        if column.type not in _PLAIN | _READ.keys() and not column.type.startswith("varchar("):
            raise TypeError(f"{model.__name__}.{column.name}: a {column.type} cannot be written as JSON")
    return tuple(found)


@lru_cache(maxsize=64)
def _statement(parts: tuple[_Part, ...]) -> str:
    """Parameters: the rows of each part, then the owners of those that have some."""
    given = [SQL("{} AS (SELECT * FROM {})").format(_name(n), _recordset(part)) for n, part in enumerate(parts)]
    inserts = [_insert(part, _name(n)) for n, part in enumerate(parts)]
    removals = [_removal(part, _name(n)) for n, part in enumerate(parts) if part.owner]
    done = [SQL("{} AS ({})").format(Identifier(f"done{n}"), one) for n, one in enumerate([*removals, *inserts[:-1]])]
    return (SQL("WITH {} ").format(SQL(", ").join([*given, *done])) + inserts[-1]).as_string()


def _name(number: int) -> Identifier:
    return Identifier(f"given{number}")


def _recordset(part: _Part) -> Composable:
    types = SQL(", ").join(SQL("{} {}").format(Identifier(one.name), SQL(one.type)) for one in _columns(part.model))
    return SQL("json_to_recordset(%s) AS given ({})").format(types)


def _insert(part: _Part, given: Identifier) -> Composable:
    table, names = Identifier(part.model._meta.db_table), _listed(one.name for one in _columns(part.model))
    insert = SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(table, names, names, given)
    if not part.unique:
        return insert
    replaced = SQL(", ").join(SQL("{0} = EXCLUDED.{0}").format(Identifier(name)) for name in part.update)
    return insert + SQL(" ON CONFLICT ({}) DO UPDATE SET {}").format(_listed(part.unique), replaced)


def _removal(part: _Part, given: Identifier) -> Composable:
    same = SQL(" AND ").join(SQL("given.{0} = stored.{0}").format(Identifier(name)) for name in part.unique)
    return SQL("DELETE FROM {} stored WHERE {} = ANY (%s) AND NOT EXISTS (SELECT FROM {} given WHERE {})").format(
        Identifier(part.model._meta.db_table), Identifier(part.owner), given, same
    )


def _listed(names: Iterable[str]) -> Composable:
    return SQL(", ").join(map(Identifier, names))
