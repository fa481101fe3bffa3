"""A ticket's page as one side reads it. What the other side may not see never gets in here: the selectors ask for the
actor, and nothing below adds anything."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from accounts.tenancy import Actor
from contracts.terms import TargetTerms
from lifecycle.selectors import acts_offered, steps_offered
from lifecycle.services import version_for
from slas.models import Clock
from slas.selectors import clocks
from tickets.attachments import may_be_picture
from tickets.events import Kind
from tickets.models import Attachment, Comment, Event, Ticket
from tickets.selectors import conversation, filed_files, timeline
from web import markdown
from web.presenters.cases import leading_clock, waits_for
from web.presenters.contests import ContestsView, present_contests
from web.presenters.duties import PlanView, present_plan
from web.presenters.holds import HoldView, hold_acts, present_hold
from web.presenters.timeline import present_timeline
from web.presenters.vocabulary import SeverityWords, TargetFigure, Vocabulary
from web.presenters.watching import mentions_of

_SNAPSHOTS: Final = frozenset({"environment_kind", "overrides"})
"""Keys of ``Ticket.details`` that are not answers of the filing form."""


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock with its name, the clause of its figure, and the door to its reckoning."""

    row: Clock
    name: str
    met_by: str
    clause: str
    zone: str
    why_url: str


@dataclass(frozen=True, slots=True)
class AbsentTarget:
    """A target of the contract that this ticket does not have, and why, so that no deadline is missing in silence."""

    name: str
    why: str
    clause: str
    agreed: str = ""


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of the contract's own workflow, as a button."""

    code: str
    label: str
    clause: str


@dataclass(frozen=True, slots=True)
class TicketView:
    """Everything that the page of a ticket shows."""

    ticket: Ticket
    words: Vocabulary
    contract_name: str
    figures: list[TargetFigure]
    severity: SeverityWords
    state_label: str
    resolution: str
    waits_for_reader: bool
    clocks: list[ClockView]
    leading: ClockView | None
    absent: list[AbsentTarget]
    description: SafeString
    details: list[tuple[str, SafeString]]
    files: list[dict[str, Any]]
    comments: list[dict[str, Any]]
    events: list[dict[str, Any]]
    acts: frozenset[str]
    steps: list[StepView]
    contests: ContestsView
    hold: HoldView | None
    plan: PlanView | None
    journal: Sequence[Event]
    version: int


def present_ticket(actor: Actor, ticket: Ticket) -> TicketView:
    """Read and arrange a ticket for ``actor``: five questions to the database, however long its life was."""
    words = Vocabulary.of(ticket)
    rows = [_clock(row, ticket, words) for row in clocks(actor, ticket)]
    first = leading_clock([view.row for view in rows])
    journal = timeline(actor, ticket)
    mentions = mentions_of(journal)
    comments = [_comment(row, words, mentions.get(row.id, ())) for row in conversation(actor, ticket)]
    hold = present_hold(journal, words)
    return TicketView(
        ticket=ticket,
        words=words,
        contract_name=words.terms.name.text(words.language),
        figures=[row for row in words.target_figures(ticket.severity, _environment_kind(ticket)) if row.is_told],
        severity=words.severity(ticket.severity, ticket.severity_kind),
        state_label=words.state(ticket.contract_state, actor.side),
        resolution=words.resolution(ticket.resolution_type) if ticket.resolution_type else "",
        waits_for_reader=waits_for(actor.side, ticket, words),
        clocks=rows,
        leading=next((view for view in rows if view.row is first), None),
        absent=_absent(ticket, words, {view.row.target for view in rows}),
        description=markdown.render(ticket.description),
        details=_details(ticket, words),
        files=present_files(filed_files(actor, ticket)),
        comments=comments,
        events=present_timeline(journal, words)[::-1],
        acts=acts_offered(actor, ticket) | hold_acts(actor, ticket, words, hold),
        steps=[
            StepView(step.code, step.label.text(words.language), step.clauses[0])
            for step in steps_offered(actor, ticket)
        ],
        contests=present_contests(actor, ticket, journal, words, {row["id"]: row["html"] for row in comments}),
        hold=hold,
        plan=present_plan(journal, comments),
        journal=journal,
        version=version_for(actor, ticket),
    )


def _environment_kind(ticket: Ticket) -> str:
    return str(ticket.details.get("environment_kind") or "")


def _clock(row: Clock, ticket: Ticket, words: Vocabulary) -> ClockView:
    return ClockView(
        row=row,
        name=words.target(row.target),
        met_by=words.met_by(row.target),
        clause=words.target_clause(row.target, row.severity),
        zone=words.target_zone(row.target),
        why_url=reverse("clock_receipt", args=[ticket.reference, row.target]),
    )


def _absent(ticket: Ticket, words: Vocabulary, counted: Collection[str]) -> list[AbsentTarget]:
    """The targets of the contract without a clock here, each with the clause that says so."""
    found = (_why_absent(row, ticket, words) for row in words.terms.targets if row.code not in counted)
    return [one for one in found if one is not None]


def _why_absent(target: TargetTerms, ticket: Ticket, words: Vocabulary) -> AbsentTarget | None:
    name, kind = words.target(target.code), _environment_kind(ticket)
    if target.environments and kind not in target.environments:
        where = words.terms.environment(kind or target.environments[0])
        return AbsentTarget(name, _elsewhere(target, kind, words), where.clauses[0])
    figure = words.figure_words(target.code, ticket.severity, kind)
    if figure.text:
        return None
    return AbsentTarget(name, gettext("The contract sets no deadline for this severity."), figure.clause, figure.agreed)


def _elsewhere(target: TargetTerms, kind: str, words: Vocabulary) -> str:
    """The target is that of other environments, or nobody said which one is concerned."""
    told = {"environments": words.environments_of(target), "environment": words.environment(kind)}
    if not kind:
        return gettext("It holds for this environment only: %(environments)s. No environment was named here.") % told
    return gettext("It holds for this environment only: %(environments)s. This concerns: %(environment)s.") % told


def _details(ticket: Ticket, words: Vocabulary) -> list[tuple[str, SafeString]]:
    answers = {code: value for code, value in ticket.details.items() if code not in _SNAPSHOTS}
    order = [row.code for row in words.terms.filing]
    known = [code for code in order if code in answers] + [code for code in answers if code not in order]
    return [
        (words.filing_label(code), markdown.render(words.filing_answer(code, str(answers[code])))) for code in known
    ]


def present_files(files: Iterable[Attachment]) -> list[dict[str, Any]]:
    """Files as chips; with the address of a preview where the name promises an image that is not too big for one."""
    return [
        {
            "id": row.id,
            "url": reverse("attachment", args=[row.id]),
            "name": row.filename,
            "size": row.size,
            "picture": reverse("attachment_picture", args=[row.id]) if may_be_picture(row) else "",
        }
        for row in files
    ]


def _comment(row: Comment, words: Vocabulary, mentions: Sequence[str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "author": row.author_name,
        "side": row.author_side,
        "role": words.terms.provider.name if row.author_side == "provider" else "",
        "at": row.at,
        "visibility": row.visibility,
        "label": _comment_labels().get(row.kind, ""),
        "html": markdown.render(row.body, mentions),
        "source": row.body,
        "attachments": present_files(row.attachments.all()),
    }


def _comment_labels() -> dict[str, str]:
    return {
        Kind.INFORMATION_REQUESTED: gettext("Question to the customer"),
        Kind.ANSWERED: gettext("Answer to the question"),
        Kind.CALL_LOGGED: gettext("Telephone call"),
        Kind.ACTION_PLAN: gettext("Action plan"),
        Kind.WORKAROUND_OFFERED: gettext("Workaround"),
        Kind.WORKAROUND_ACCEPTED: gettext("Workaround accepted"),
        Kind.WORKAROUND_DECLINED: gettext("Workaround declined"),
        Kind.RESOLVED: gettext("Resolution"),
        Kind.REOPENED: gettext("Reopened"),
        Kind.CONTESTED: pgettext("comment", "Contest"),
        Kind.CONTEST_ACCEPTED: gettext("Contest agreed to"),
        Kind.CONTEST_DECLINED: gettext("Contest not agreed to"),
    }
