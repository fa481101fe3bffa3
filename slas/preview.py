"""What a deadline would be: asked before anything is filed or changed. Writes nothing."""

from datetime import datetime

from accounts.tenancy import Actor
from contracts.models import Contract
from contracts.selectors import effective
from slas.clocks import Reckoning, policy_of
from slas.countable import uncountable
from slas.engine import EngineError, Fact, FactKind, fold
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
) -> list[Receipt]:
    """The deadlines of a ticket filed under ``contract`` at ``at``, one for each target that the severity has there.

    Refused where they cannot be counted.
    """
    holding = effective(contract, at)
    details = {"overrides": holding.overrides, "environment_kind": environment_kind}
    imagined = Ticket(provider_id=actor.provider_id, contract=contract, terms_id=holding.terms_id, details=details)
    facts = [Fact(FactKind.STARTED, at, severity=severity)]
    found = []
    for target in holding.terms.target_names:
        try:
            policy = policy_of(imagined, target)
            state = fold(policy, facts, at)
        except EngineError as error:
            raise uncountable() from error
        if state.status != "none":
            found.append(receipt_of(imagined, Reckoning(target, policy, facts, state), language=language, at=at))
    return found
