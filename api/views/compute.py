"""Deadlines on demand."""

from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Invalid
from api.base import ApiView
from api.computing import MAX_CASES, Computer
from api.openapi import problems
from api.problems import Problem
from api.shapes import AnswerSerializer, AnswersSerializer, BatchSerializer, CaseSerializer

_EXAMPLE: Final = {
    "op": "due",
    "contract": "C-2026-17",
    "severity": "critical",
    "target": "response",
    "environment": "production",
    "at": "2026-05-04T10:00:00+02:00",
}


class Compute(ApiView):
    """POST /api/v1/sla/compute: one case, or up to a thousand of them."""

    reads = "sla:compute"
    http_method_names = ["post"]

    @extend_schema(
        operation_id="compute",
        summary=gettext_lazy("Compute deadlines"),
        description=gettext_lazy(
            "add, elapsed, limit and due, under a contract that you may see or the terms of one. "
            "One case is answered by one answer; a batch by one answer to each case, in order, "
            "and a wrong case there answers with its error and stops no other. "
            "A batch may bring up to 20 calendars of its own; cases that would take too long together are told so."
        ),
        request=PolymorphicProxySerializer(
            component_name="ComputeBody", serializers=[CaseSerializer, BatchSerializer], resource_type_field_name=None
        ),
        responses={
            200: PolymorphicProxySerializer(
                component_name="ComputeAnswer",
                serializers=[AnswerSerializer, AnswersSerializer],
                resource_type_field_name=None,
            ),
            **problems(400, 413, 415, 422),
        },
        examples=[OpenApiExample("due", value=_EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Answer the case or the batch."""
        computer = Computer(self.actor, self.at, self.language)
        body = request.data
        if isinstance(body, dict) and "cases" in body:
            return Response({"answers": computer.answers(_cases_of(body))})
        if not isinstance(body, dict):
            raise Invalid({"": [_("Send one case as an object, or an object with a list of cases.")]})
        answer = computer.answers([body])[0]
        if "error" in answer:
            raise Problem("bad_case", detail=answer["error"])
        return Response(answer)


def _cases_of(body: dict[str, Any]) -> list[Any]:
    if unknown := sorted(body.keys() - {"cases"}):
        raise Invalid({name[:80]: [_("A batch holds cases and nothing else.")] for name in unknown[:10]})
    cases = body["cases"]
    if not isinstance(cases, list) or not 1 <= len(cases) <= MAX_CASES:
        raise Invalid({"cases": [_("Send a list of 1 to %(most)d cases.") % {"most": MAX_CASES}]})
    return cases
