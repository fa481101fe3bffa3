"""Lists of tickets for programs: filters that must all be understood, and an order that pages can go on in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter

from accounts.tenancy import Actor
from api.paging import AFTER, SIZE, aware, cursor, position, wrong
from tickets.models import Ticket
from tickets.queue import STATE_FILTERS, Cut, Filters, matching
from tickets.selectors import tickets
from tickets.text import is_storable

ORDERS: Final[Mapping[str, tuple[str, bool]]] = {
    "-opened": ("opened_at", True),
    "opened": ("opened_at", False),
    "-updated": ("updated_at", True),
    "updated": ("updated_at", False),
    "due": ("due_at", False),
}
"""Order → column, and whether the latest comes first."""
USUAL: Final = "-opened"
LONGEST: Final = 100
_CODE: Final = 40
_CODES: Final = frozenset({"severity", "contract"})
"""Filters by a code or a reference, which are short."""


def _about(name: str, schema: Any, text: Any) -> OpenApiParameter:
    return OpenApiParameter(name, schema, description=text)


_INSTANT: Final = {"type": "string", "format": "date-time"}
PARAMETERS: Final = (
    _about("state", {"type": "string", "enum": list(STATE_FILTERS)}, gettext_lazy("all unless said.")),
    _about("severity", {"type": "string", "maxLength": _CODE}, gettext_lazy("Code of a severity.")),
    _about("assignee", str, gettext_lazy("me, none, or the identifier of somebody of the desk.")),
    _about("team", str, gettext_lazy("mine, none, or the identifier of a team.")),
    _about("customer", {"type": "string", "format": "uuid"}, gettext_lazy("Identifier of a customer.")),
    _about("contract", {"type": "string", "maxLength": _CODE}, gettext_lazy("Reference of a contract.")),
    _about("due_before", _INSTANT, gettext_lazy("With the earliest deadline still owed before this instant.")),
    _about("due_after", _INSTANT, gettext_lazy("With the earliest deadline still owed at or after this instant.")),
    _about("updated_since", _INSTANT, gettext_lazy("Changed at or after this instant.")),
    _about(
        "q",
        {"type": "string", "maxLength": LONGEST},
        gettext_lazy(
            "A reference, or words of the title; of very many with that state and customer, those changed last."
        ),
    ),
    _about(
        "order",
        {"type": "string", "enum": list(ORDERS)},
        gettext_lazy("-opened unless said. With updated, what changes meanwhile comes later and is not missed."),
    ),
    AFTER,
    SIZE,
)
FIELDS: Final = frozenset(str(parameter.name) for parameter in PARAMETERS)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and where they go on; None on the last page. ``is_cut``: a search left some out."""

    rows: list[Ticket]
    next: str | None
    is_cut: bool


def page_of(actor: Actor, asked: Mapping[str, str], size: int) -> Page:
    """The page that was asked for; raises ``Unfit`` for a filter, order or cursor that is none."""
    rows = _filtered(actor, asked)
    cut = Cut(_searched(asked))
    order = asked.get("order", USUAL)
    if order not in ORDERS:
        raise wrong("order", "invalid_choice", _("One of: %(choices)s.") % {"choices": ", ".join(ORDERS)})
    column, is_descending = ORDERS[order]
    column = _seen(actor, column)
    place = [F(column).desc(), "-id"] if is_descending else [_ascending(column), "id"]
    after = asked.get("after")
    parts = [rows] if after is None else _behind(rows, column, is_descending, *position(after, order))
    found = list(cut.with_rows(_first(parts, place, size + 1)))
    shown = found[:size]
    more = cursor(order, getattr(shown[-1], column), shown[-1].id) if len(found) > size else None
    return Page(shown, more, cut.told(found))


def _seen(actor: Actor, column: str) -> str:
    """For customers private work is no change."""
    return "public_updated_at" if column == "updated_at" and not actor.sees_private else column


def _ascending(column: str) -> OrderBy:
    return F(column).asc(nulls_last=True) if column == "due_at" else F(column).asc()


def _first(parts: Sequence[QuerySet[Ticket]], place: Sequence[Any], number: int) -> QuerySet[Ticket]:
    """The first rows of a list in parts, with what they are related to. Each part is cut off before anything is joined:
    the planner would otherwise join all of them first."""
    keys, *others = [part.order_by(*place).values("pk")[:number] for part in parts]
    rows = Ticket.objects.filter(pk__in=keys.union(*others, all=True) if others else keys)
    rows = rows.select_related("customer", "contract", "environment", "team")
    return rows.defer("description", "details", "contract__overrides").order_by(*place)[:number]


def _behind(
    rows: QuerySet[Ticket], column: str, is_descending: bool, value: datetime | None, key: UUID
) -> list[QuerySet[Ticket]]:
    """What comes behind a place, in parts that each lie together in an index; what has no deadline comes last."""
    undated = rows.filter(**{f"{column}__isnull": True})
    if value is None:
        return [undated.filter(id__gt=key)]
    comparison = TupleLessThan if is_descending else TupleGreaterThan
    later = rows.filter(comparison(Tuple(F(column), F("id")), (value, key)))
    return [later, undated] if column == "due_at" else [later]


# Filters --------------------------------------------------------------------------------------------------------------
def _filtered(actor: Actor, asked: Mapping[str, str]) -> QuerySet[Ticket]:
    rows = tickets(actor)
    for name, condition in _CONDITIONS.items():
        if (text := asked.get(name)) is not None:
            rows = rows.filter(condition(actor, _plain(name, text)))
    if "q" in asked:
        _plain("q", asked["q"])
        rows = rows.filter(pk__in=matching(actor, _searched(asked)).values("pk"))
    return rows


def _searched(asked: Mapping[str, str]) -> Filters:
    """What a search looks at; the other filters are understood before it."""
    customer = asked.get("customer")
    return Filters(
        asked.get("state", "all"), search=asked.get("q", ""), customer_id=UUID(customer) if customer else None
    )


def _plain(name: str, text: str) -> str:
    most = _CODE if name in _CODES else LONGEST
    if not text or len(text) > most or not is_storable(text):
        raise wrong(name, "invalid", _("1 to %(most)d characters.") % {"most": most})
    return text


def _state(actor: Actor, text: str) -> Q:
    if text not in STATE_FILTERS:
        raise wrong("state", "invalid_choice", _("One of: %(choices)s.") % {"choices": ", ".join(STATE_FILTERS)})
    states = STATE_FILTERS[text]
    return Q() if states is None else Q(state__one_of=states)


def _assignee(actor: Actor, text: str) -> Q:
    if text == "none":
        return Q(assignee__isnull=True)
    return Q(assignee_id=actor.membership_id if text == "me" else _uuid("assignee", text))


def _team(actor: Actor, text: str) -> Q:
    if text == "none":
        return Q(team__isnull=True)
    if text == "mine":
        return Q(pk__in=matching(actor, Filters(state="all", team="mine")).values("pk"))
    return Q(team_id=_uuid("team", text))


def _uuid(name: str, text: str) -> UUID:
    try:
        found = UUID(text)
    except ValueError:
        found = None
    if found is None or str(found) != text.lower():
        raise wrong(name, "invalid", _("A UUID with its hyphens."))
    return found


def _instant(name: str, lookup: str) -> Callable[[Actor, str], Q]:
    def condition(actor: Actor, text: str) -> Q:
        try:
            at = aware(text)
        except (ValueError, OverflowError) as error:
            raise wrong(name, "invalid", _("An instant with its zone, such as 2026-05-04T08:00:00Z.")) from error
        column, _underscores, comparison = lookup.partition("__")
        return Q(**{f"{_seen(actor, column)}__{comparison}": at})

    return condition


_CONDITIONS: Final[Mapping[str, Callable[[Actor, str], Q]]] = {
    "state": _state,
    "severity": lambda actor, text: Q(severity=text),
    "assignee": _assignee,
    "team": _team,
    "customer": lambda actor, text: Q(customer_id=_uuid("customer", text)),
    "contract": lambda actor, text: Q(contract__reference=text),
    "due_before": _instant("due_before", "due_at__lt"),
    "due_after": _instant("due_after", "due_at__gte"),
    "updated_since": _instant("updated_since", "updated_at__gte"),
}
