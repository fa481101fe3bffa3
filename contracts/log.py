"""The log of a contract: one row for each act on it, written in the transaction of the act, never rewritten."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.tenancy import Actor
from contracts.models import Contract, ContractAmendment, ContractChange


def write(
    contract: Contract,
    actor: Actor,
    at: datetime,
    kind: str,
    data: Mapping[str, Any],
    amendment: ContractAmendment | None = None,
) -> ContractChange:
    """Who did what, when, for which side."""
    return ContractChange.objects.create(
        provider_id=contract.provider_id,
        customer_id=contract.customer_id,
        contract=contract,
        amendment=amendment,
        kind=kind,
        actor_id=actor.membership_id,
        actor_name=actor.name,
        actor_side=actor.side,
        at=at,
        data=dict(data),
    )
