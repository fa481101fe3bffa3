"""Addresses of cases, queue, tickets, attachments, drafts and contracts."""

from django.urls import path, register_converter

from web.converters import ReferenceConverter, TargetConverter
from web.views import (
    acts,
    amendments,
    attachments,
    bulk,
    cases,
    contests,
    contracts,
    drafts,
    environments,
    queue,
    saved_views,
    tickets,
)

register_converter(ReferenceConverter, "reference")
register_converter(TargetConverter, "target")

_TICKET = "tickets/<reference:reference>/"

urlpatterns = [
    path("cases/", cases.cases, name="cases"),
    path("cases/new/", cases.new_case, name="new_case"),
    path("cases/new/due/", cases.new_case_due, name="new_case_due"),
    path("queue/", queue.queue, name="queue"),
    path("queue/counts/", queue.queue_counts, name="queue_counts"),
    path("queue/live/", queue.queue_live, name="queue_live"),
    path("queue/file/", queue.queue_file, name="queue_file"),
    path("queue/bulk/", bulk.queue_bulk, name="queue_bulk"),
    path("queue/views/", saved_views.queue_views, name="queue_views"),
    path("queue/views/new/", saved_views.queue_view_new, name="queue_view_new"),
    path("queue/views/<uuid:view_id>/", saved_views.queue_view, name="queue_view"),
    path("queue/views/<uuid:view_id>/delete/", saved_views.queue_view_delete, name="queue_view_delete"),
    path(_TICKET, tickets.ticket, name="ticket"),
    path(f"{_TICKET}live/", tickets.ticket_live, name="ticket_live"),
    path(f"{_TICKET}print/", tickets.ticket_print, name="ticket_print"),
    path(f"{_TICKET}clocks/<target:target>/", tickets.clock_receipt, name="clock_receipt"),
    path(f"{_TICKET}take/", acts.take, name="ticket_take"),
    path(f"{_TICKET}assign/", acts.assign, name="ticket_assign"),
    path(f"{_TICKET}reply/", acts.reply, name="ticket_reply"),
    path(f"{_TICKET}note/", acts.note, name="ticket_note"),
    path(f"{_TICKET}ask/", acts.ask, name="ticket_ask"),
    path(f"{_TICKET}call/", acts.call, name="ticket_call"),
    path(f"{_TICKET}resolve/", acts.resolve, name="ticket_resolve"),
    path(f"{_TICKET}workaround/", acts.workaround, name="ticket_workaround"),
    path(f"{_TICKET}accept-workaround/", acts.accept_workaround, name="ticket_accept_workaround"),
    path(f"{_TICKET}decline-workaround/", acts.decline_workaround, name="ticket_decline_workaround"),
    path(f"{_TICKET}move/", acts.move, name="ticket_move"),
    path(f"{_TICKET}reopen/", acts.reopen, name="ticket_reopen"),
    path(f"{_TICKET}close/", acts.close, name="ticket_close"),
    path(f"{_TICKET}severity/", acts.severity, name="ticket_severity"),
    path(f"{_TICKET}severity/due/", tickets.severity_due, name="ticket_severity_due"),
    path(f"{_TICKET}hold/", acts.hold, name="ticket_hold"),
    path(f"{_TICKET}release/", acts.release, name="ticket_release"),
    path(f"{_TICKET}exclude/", contests.exclude, name="ticket_exclude"),
    path(f"{_TICKET}reinstate/", contests.reinstate, name="ticket_reinstate"),
    path(f"{_TICKET}contest/", contests.contest, name="ticket_contest"),
    path(f"{_TICKET}accept-contest/", contests.accept, name="ticket_accept_contest"),
    path(f"{_TICKET}decline-contest/", contests.decline, name="ticket_decline_contest"),
    path(f"{_TICKET}withdraw-contest/", contests.withdraw, name="ticket_withdraw_contest"),
    path("attachments/upload/", attachments.upload, name="upload"),
    path("attachments/<uuid:attachment_id>/", attachments.attachment, name="attachment"),
    path("attachments/<uuid:attachment_id>/picture/", attachments.picture, name="attachment_picture"),
    path("preview/", drafts.markdown_preview, name="markdown_preview"),
    path("drafts/", drafts.save_draft, name="save_draft"),
    path("environments/<uuid:environment_id>/", environments.environment, name="environment"),
    path("contracts/<uuid:contract_id>/", contracts.contract, name="contract"),
    path("contracts/<uuid:contract_id>/clauses/", contracts.clauses, name="contract_clauses"),
    path("contracts/<uuid:contract_id>/amendments/", contracts.decide, name="contract_decide"),
    path("contracts/<uuid:contract_id>/amendments/new/", amendments.propose, name="contract_propose"),
    path("contracts/<uuid:contract_id>/days/new/", amendments.announce, name="contract_announce"),
    path("contracts/<uuid:contract_id>/what-if/", contracts.what_if, name="contract_what_if"),
]
