"""What a deadline would be: asked before anything is filed or changed. Writes nothing."""

from datetime import datetime

from accounts.tenancy import Actor
from contracts.models import Contract
from contracts.selectors import terms_of
from slas.clocks import Reckoning, policy_of
from slas.engine import Fact, FactKind, fold
from slas.selectors import Receipt, receipt_of
from tickets.models import Ticket


def preview_due(
    *,
    actor: Actor,
    contract: Contract,
    severity: str,
    at: datetime,
    language: str,
    environment_kind: str = "",
) -> Receipt | None:
    """The response deadline of a ticket filed under ``contract`` at ``at``; None where the severity has no target."""
    details = {"overrides": contract.overrides, "environment_kind": environment_kind}
    imagined = Ticket(provider_id=actor.provider_id, contract=contract, terms_id=contract.terms_id, details=details)
    if "response" not in terms_of(contract).target_names:
        return None
    policy = policy_of(imagined, "response")
    facts = [Fact(FactKind.STARTED, at, severity=severity)]
    state = fold(policy, facts, at)
    if state.status == "none":
        return None
    return receipt_of(imagined, Reckoning("response", policy, facts, state), language=language, at=at)
