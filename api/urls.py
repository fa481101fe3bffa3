"""Addresses of the API, version 1. Each view carries its own access mark."""

from django.urls import path, register_converter

from api.converters import ContractReference, TargetCode, TicketReference
from api.views.attachments import Download, TicketFiles, Upload
from api.views.clocks import ClockReceipt, Clocks
from api.views.compute import Compute
from api.views.contracts import Contracts, OneContract
from api.views.reference import openapi, reference
from api.views.talk import Comments, Events
from api.views.tickets import OneTicket, Tickets
from api.views.transitions import VIEWS, Transitions
from api.views.watchers import OneWatcher, Watchers

register_converter(TicketReference, "ticket_reference")
register_converter(TargetCode, "target_code")
register_converter(ContractReference, "contract_reference")

_V1 = "api/v1/"
_ONE = f"{_V1}tickets/<ticket_reference:reference>"
_TICKET = f"{_ONE}/"

urlpatterns = [
    path(_V1, reference, name="api_reference"),
    path(f"{_V1}openapi.json", openapi, name="api_openapi"),
    path(f"{_V1}sla/compute", Compute.as_view(), name="api_compute"),
    path(f"{_V1}contracts", Contracts.as_view(), name="api_contracts"),
    path(f"{_V1}contracts/<contract_reference:reference>", OneContract.as_view(), name="api_contract"),
    path(f"{_V1}tickets", Tickets.as_view(), name="api_tickets"),
    path(_ONE, OneTicket.as_view(), name="api_ticket"),
    path(f"{_TICKET}comments", Comments.as_view(), name="api_comments"),
    path(f"{_TICKET}events", Events.as_view(), name="api_events"),
    path(f"{_TICKET}attachments", TicketFiles.as_view(), name="api_ticket_files"),
    path(f"{_TICKET}watchers", Watchers.as_view(), name="api_watchers"),
    path(f"{_TICKET}watchers/<uuid:watcher_id>", OneWatcher.as_view(), name="api_watcher"),
    path(f"{_V1}attachments", Upload.as_view(), name="api_upload"),
    path(f"{_V1}attachments/<uuid:attachment_id>", Download.as_view(), name="api_attachment"),
    path(f"{_TICKET}transitions", Transitions.as_view(), name="api_transitions"),
    *(path(f"{_TICKET}transitions/{name}", view, name=f"api_{name}") for name, view in VIEWS.items()),
    path(f"{_TICKET}clocks", Clocks.as_view(), name="api_clocks"),
    path(f"{_TICKET}clocks/<target_code:target>/receipt", ClockReceipt.as_view(), name="api_clock_receipt"),
]
