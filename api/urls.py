"""Addresses of the API, version 1. Each view carries its own access mark."""

from django.urls import path, register_converter

from api.converters import ContractReference, TargetCode, TicketReference
from api.views.clocks import ClockReceipt, Clocks
from api.views.compute import Compute
from api.views.contracts import Contracts, OneContract
from api.views.reference import openapi, reference

register_converter(TicketReference, "ticket_reference")
register_converter(TargetCode, "target_code")
register_converter(ContractReference, "contract_reference")

_V1 = "api/v1/"
_TICKET = f"{_V1}tickets/<ticket_reference:reference>/"

urlpatterns = [
    path(_V1, reference, name="api_reference"),
    path(f"{_V1}openapi.json", openapi, name="api_openapi"),
    path(f"{_V1}sla/compute", Compute.as_view(), name="api_compute"),
    path(f"{_V1}contracts", Contracts.as_view(), name="api_contracts"),
    path(f"{_V1}contracts/<contract_reference:reference>", OneContract.as_view(), name="api_contract"),
    path(f"{_TICKET}clocks", Clocks.as_view(), name="api_clocks"),
    path(f"{_TICKET}clocks/<target_code:target>/receipt", ClockReceipt.as_view(), name="api_clock_receipt"),
]
