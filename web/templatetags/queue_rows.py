"""The rows of the queue. They are drawn here and not by a template, which would look some forty names up for each of
fifty rows: the list is the page that the desk asks for most often."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext

from web.presenters.queue import Column, QueueRow
from web.templatetags.moments import moment_ago
from web.templatetags.ui import clock, icon, person, severity, state_badge

register = template.Library()

_PLACE: Final = "PLACE-0"
"""Stands for a reference in what is made once and filled for every row."""
_CHOSEN: Final = "PLACE:0"
"""As that, for a reference with its version."""


@register.simple_tag(takes_context=True)
def queue_rows(context: Context, rows: Sequence[QueueRow]) -> SafeString:
    """The rows with the page's ``columns``; ``notice`` and ``was_taken`` tell how taking the only row ended."""
    return _Sheet.of(context).drawn(rows)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What all rows of a page have in common."""

    at: dt.datetime
    columns: Sequence[Column]
    pick: str
    nobody: str
    ticket_url: str
    take_form: str
    notice: str
    was_taken: bool

    @classmethod
    def of(cls, context: Context) -> "_Sheet":
        return cls(
            at=context["request"].at,
            columns=context["columns"],
            pick=_pick() if context["bulk_acts"] else "",
            nobody=gettext("Nobody yet"),
            ticket_url=reverse("ticket", args=[_PLACE]),
            take_form=_take_form(context),
            notice=str(context.get("notice") or ""),
            was_taken=bool(context.get("was_taken")),
        )

    def drawn(self, rows: Sequence[QueueRow]) -> SafeString:
        return mark_safe("".join(self._row(one) for one in rows))

    def _row(self, one: QueueRow) -> str:
        row = one.row
        chosen = f"{row.reference}:{one.version}"
        cells = "".join(_CELLS[column.code](self, one, column) for column in self.columns)
        head = f'<tr id="row-{row.reference}" class="{row.look}" data-row="{chosen}">'
        pick = self.pick.replace(_CHOSEN, chosen).replace(_PLACE, row.reference)
        return f"{head}{pick}{cells}</tr>\n"

    def _due(self, one: QueueRow, column: Column) -> str:
        row = one.row
        if not row.clock:
            return _cell(column, _faint(pgettext("deadline", "none")))
        badge = clock(row.clock, self.at, met_by=row.met_by, zone=row.zone, column=True)
        name = f'<br><span class="small muted">{escape(row.clock_name)}</span>' if row.clock_name else ""
        return _cell(column, f"{badge}{name}")

    def _ticket(self, one: QueueRow, column: Column) -> str:
        row = one.row
        address = self.ticket_url.replace(_PLACE, row.reference)
        return (
            f'<td class="w-main"><div class="cell-main"><a class="row-link truncate" href="{address}">'
            f'{escape(row.title)}</a><span class="cell-sub truncate">{row.reference} · {escape(row.customer)}</span>'
            f"{_flags(one)}</div></td>"
        )

    def _assignee(self, one: QueueRow, column: Column) -> str:
        row = one.row
        if row.can_take:
            return _cell(column, self.take_form.replace(_PLACE, row.reference) + self._result())
        return _cell(column, person(row.assignee, "provider", nobody=self.nobody) + self._result())

    def _result(self) -> str:
        if self.notice:
            told = '<p class="row-notice" role="alert">{}{}</p>'
            return format_html(told, icon("alert-triangle", css="icon--s"), self.notice)
        if self.was_taken:
            told = '<p class="row-notice row-notice--done" role="status">{}{}</p>'
            return format_html(told, icon("check", css="icon--s"), gettext("Taken"))
        return ""

    def _updated(self, one: QueueRow, column: Column) -> str:
        return _cell(column, moment_ago(one.row.updated_at, self.at, "muted small"), "nowrap")

    def _opened(self, one: QueueRow, column: Column) -> str:
        return _cell(column, moment_ago(one.row.opened_at, self.at, "muted small"), "nowrap")


def _pick() -> str:
    """The box that chooses a ticket, for the value ``_CHOSEN`` and the reference ``_PLACE``."""
    return format_html(
        '<td class="queue__pick"><label class="queue__tick"><input type="checkbox" form="bulk" name="chosen" '
        'value="{}" autocomplete="off"><span class="visually-hidden">{}</span></label></td>',
        _CHOSEN,
        gettext("Choose %(reference)s") % {"reference": _PLACE},
    )


def _take_form(context: Context) -> str:
    """The form that takes a ticket, for the reference ``_PLACE``."""
    return format_html(
        '<form method="post" action="{url}" hx-post="{url}" hx-target="closest tr" hx-swap="outerHTML" '
        'hx-disabled-elt="find button[type=submit]">'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{token}"><input type="hidden" name="from" '
        'value="queue"><input type="hidden" name="columns" value="{columns}">'
        '<button class="btn btn--s" type="submit" data-key-take>{icon}{take}<span class="visually-hidden"> {place}'
        "</span></button></form>",
        url=reverse("ticket_take", args=[_PLACE]),
        token=context.get("csrf_token", ""),
        columns=context["column_codes"],
        icon=icon("user-plus", css="icon--s"),
        take=gettext("Take it"),
        place=_PLACE,
    )


def _flags(one: QueueRow) -> str:
    """What lacks on the ticket, each with its clause."""
    told = '<span class="row-notice">{}{} ({})</span>'
    return "".join(format_html(told, icon("flag", css="icon--s"), flag.text, flag.clause) for flag in one.flags)


def _cell(column: Column, content: str, css: str = "") -> str:
    """``content`` is markup, made of parts that were escaped."""
    look = f' class="{css}"' if css else ""
    return f'<td data-label="{escape(str(column.label))}"{look}>{content}</td>'


def _faint(text: str = "—") -> str:
    return f'<span class="faint">{escape(text)}</span>'


def _words(read: Callable[[QueueRow], str], css: str = "") -> Callable[[_Sheet, QueueRow, Column], str]:
    """A cell of plain words; a dash where there are none."""
    return lambda sheet, one, column: _cell(column, escape(read(one)) or _faint(), css)


_CELLS: Final[Mapping[str, Callable[[_Sheet, QueueRow, Column], str]]] = {
    "due": _Sheet._due,
    "ticket": _Sheet._ticket,
    "customer": _words(lambda one: one.row.customer),
    "severity": lambda sheet, one, column: _cell(column, severity(one.row.severity_rank, one.row.severity_label)),
    "state": lambda sheet, one, column: _cell(column, state_badge(one.row.state, one.row.state_label)),
    "assignee": _Sheet._assignee,
    "team": _words(lambda one: one.team),
    "updated": _Sheet._updated,
    "opened": _Sheet._opened,
    "contract": _words(lambda one: one.contract, "nowrap small"),
    "environment": _words(lambda one: one.environment),
    "author": lambda sheet, one, column: _cell(column, person(one.author, "customer")),
}
"""Column → how its cell is drawn."""
