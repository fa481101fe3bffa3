"""Addresses of cases, queue, tickets, attachments, drafts and contracts."""

from django.urls import path, register_converter

from web.converters import ReferenceConverter, TargetConverter
from web.views import acts, attachments, cases, contests, contracts, drafts, queue, tickets

register_converter(ReferenceConverter, "reference")
register_converter(TargetConverter, "target")

_TICKET = "tickets/<reference:reference>/"

urlpatterns = [
    path("cases/", cases.cases, name="cases"),
    path("cases/new/", cases.new_case, name="new_case"),
    path("cases/new/due/", cases.new_case_due, name="new_case_due"),
    path("queue/", queue.queue, name="queue"),
    path(_TICKET, tickets.ticket, name="ticket"),
    path(f"{_TICKET}live/", tickets.ticket_live, name="ticket_live"),
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
    path(f"{_TICKET}exclude/", contests.exclude, name="ticket_exclude"),
    path(f"{_TICKET}reinstate/", contests.reinstate, name="ticket_reinstate"),
    path(f"{_TICKET}contest/", contests.contest, name="ticket_contest"),
    path(f"{_TICKET}accept-contest/", contests.accept, name="ticket_accept_contest"),
    path(f"{_TICKET}decline-contest/", contests.decline, name="ticket_decline_contest"),
    path(f"{_TICKET}withdraw-contest/", contests.withdraw, name="ticket_withdraw_contest"),
    path("attachments/upload/", attachments.upload, name="upload"),
    path("attachments/<uuid:attachment_id>/", attachments.attachment, name="attachment"),
    path("preview/", drafts.markdown_preview, name="markdown_preview"),
    path("drafts/", drafts.save_draft, name="save_draft"),
    path("contracts/<uuid:contract_id>/", contracts.contract, name="contract"),
    path("contracts/<uuid:contract_id>/clauses/", contracts.clauses, name="contract_clauses"),
    path("contracts/<uuid:contract_id>/amendments/", contracts.decide, name="contract_decide"),
    path("contracts/<uuid:contract_id>/what-if/", contracts.what_if, name="contract_what_if"),
]
