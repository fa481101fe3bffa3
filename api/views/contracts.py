"""Contracts, and what each promises as it holds now."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Invalid, NotFound
from accounts.tenancy import Actor
from api.base import ApiView
from api.openapi import problems
from api.paging import MOST, SIZE, size_of
from api.shapes import ContractDetailSerializer, ContractsSerializer
from contracts.models import Contract, Environment
from contracts.selectors import Effective, contracts, effective, effective_each, filing_right, zone_of
from contracts.terms import TargetTerms
from contracts.terms.overrides import Overrides, parse_overrides
from lifecycle.filing import environments_asked

PAGE: Final = MOST


class Contracts(ApiView):
    """GET /api/v1/contracts: those that the caller may see, by reference."""

    reads = "contracts:read"
    query_fields: ClassVar[frozenset[str]] = frozenset({"after", "size"})

    @extend_schema(
        operation_id="contracts",
        summary=gettext_lazy("List contracts"),
        description=gettext_lazy("The contracts that you may see, in the order of their references."),
        parameters=[
            OpenApiParameter(
                "after", str, description=gettext_lazy("Go on after this reference: next of the page before.")
            ),
            SIZE,
        ],
        responses={200: ContractsSerializer, **problems(400)},
    )
    def get(self, request: Request) -> Response:
        """One page."""
        size, after = size_of(request.query_params.get("size"), PAGE), _after(request.query_params.get("after"))
        rows = contracts(self.actor).order_by("reference").filter(reference__gt=after)[: size + 1]
        shown = list(rows)[:size]
        holding = effective_each(shown, self.at)
        return Response(
            {
                "contracts": [_card(row, holding[row.id], self.at, self.language) for row in shown],
                "next": shown[-1].reference if len(rows) > size else None,
            }
        )


class OneContract(ApiView):
    """GET /api/v1/contracts/<reference>."""

    reads = "contracts:read"

    @extend_schema(
        operation_id="contract",
        summary=gettext_lazy("Read a contract"),
        description=gettext_lazy(
            "Its terms as they hold now: targets with their figures, and what the contract changes."
        ),
        responses={200: ContractDetailSerializer, **problems(404)},
    )
    def get(self, request: Request, reference: str) -> Response:
        """The contract of that reference."""
        row = contracts(self.actor).filter(reference=reference).first()
        if row is None:
            raise NotFound
        holding = effective(row, self.at)
        changes = parse_overrides(holding.overrides, holding.terms)
        environments = list(row.environments.order_by("kind", "name"))
        return Response(
            {
                **_card(row, holding, self.at, self.language),
                "targets": [_target(one, holding, changes, self.language) for one in holding.terms.targets],
                "environments": [_environment(one) for one in environments],
                "filing": _filing(self.actor, row, holding, self.at, self.language, environments),
                "overrides": holding.overrides,
            }
        )


def _after(text: str | None) -> str:
    if text is not None and (not text.isprintable() or len(text) > 40):
        raise Invalid({"after": [_("The reference of a contract.")]})
    return text or ""


def _card(row: Contract, holding: Effective, at: datetime, language: str) -> dict[str, Any]:
    today = at.astimezone(zone_of(row)).date()
    terms = holding.terms
    return {
        "reference": row.reference,
        "customer": {"id": str(row.customer_id), "name": row.customer.name},
        "terms": {"code": terms.code, "version": terms.version, "name": terms.name.text(language)},
        "package": row.package,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat() if row.ends_on else None,
        "in_force": row.starts_on <= today and (row.ends_on is None or today <= row.ends_on),
        "url": reverse("api_contract", kwargs={"reference": row.reference}),
    }


def _environment(one: Environment) -> dict[str, Any]:
    return {"id": str(one.id), "kind": one.kind, "name": one.name, "release": one.release}


def _filing(
    actor: Actor, row: Contract, holding: Effective, at: datetime, language: str, platforms: Sequence[Environment]
) -> dict[str, Any]:
    """Whether the caller may file under the contract now, and what it asks then."""
    asked = environments_asked(holding.terms, platforms)
    right = filing_right(actor, row, at, holding)
    return {
        "allowed": right.allowed,
        "reason": right.reason,
        "clause": right.clause,
        "environment_kinds": _coded((one for one in holding.terms.environments if one.code in asked), language),
        "severities": [
            {"code": one.code, "label": one.label.text(language), "kinds": _coded(one.kinds, language)}
            for one in holding.terms.severities
        ],
        "questions": [
            {
                "code": one.code,
                "label": one.label.text(language),
                "hint": one.hint.text(language),
                "kind": one.kind,
                "required": one.required,
                "choices": _coded(one.choices, language),
                "severities": list(one.severities),
                "clause": one.clauses[0],
            }
            for one in holding.terms.filing
        ],
    }


def _coded(choices: Iterable[Any], language: str) -> list[dict[str, Any]]:
    return [{"code": one.code, "label": one.label.text(language)} for one in choices]


def _target(target: TargetTerms, holding: Effective, changes: Overrides, language: str) -> dict[str, Any]:
    return {
        "target": target.code,
        "label": target.label.text(language),
        "rules": target.rules,
        "calendar": target.calendar,
        "zone": ZoneInfo(holding.terms.calendar(target.calendar).zone).key,
        "pauses": target.pauses if changes.pausing is None else changes.pausing,
        "environments": list(target.environments),
        "figures": list(_figures(target, holding, changes, language)),
    }


def _figures(target: TargetTerms, holding: Effective, changes: Overrides, language: str) -> Iterable[dict[str, Any]]:
    for severity in holding.terms.severities:
        own, common = changes.figure(target.code, severity.code), target.figure(severity.code)
        chosen = own or common
        yield {
            "severity": severity.code,
            "label": severity.label.text(language),
            "amount": chosen.amount if chosen else None,
            "unit": chosen.unit if chosen else None,
            "clause": (common.clauses if common else target.clauses)[0],
            "reference": own.reference if own else "",
        }
