"""What a deadline would be: asked before anything is filed or changed. Writes nothing."""

from dataclasses import dataclass
from datetime import datetime

from accounts.tenancy import Actor
from contracts.models import Contract
from contracts.selectors import effective
from slas.clocks import Reckoning, policy_of, reckon
from slas.countable import uncountable
from slas.engine import EngineError, Fact, FactKind, fold
from slas.selectors import Receipt, receipt_of
from tickets.events import CLOCK_FACTS, Kind
from tickets.models import Event, Ticket


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


@dataclass(frozen=True, slots=True)
class SeverityPreview:
    """One clock of a ticket as it is and as it would be under another severity, with the reckoning of the latter."""

    before: Reckoning
    after: Reckoning
    receipt: Receipt


def preview_severity(
    *, actor: Actor, about: Ticket, severity: str, at: datetime, language: str
) -> list[SeverityPreview]:
    """What the clocks of a ticket would be if its severity were changed at ``at`` (R18): those that it has now and
    those that it would have. Refused where they cannot be counted.
    """
    rows = Event.objects.visible_to(actor).filter(ticket=about, kind__in=sorted(CLOCK_FACTS))
    events = list(rows.order_by("seq"))
    at = max(at, about.updated_at)
    told = {"severity": {"old": about.severity, "new": severity}}
    imagined = Event(ticket_id=about.pk, kind=Kind.SEVERITY_CHANGED, at=at, actor_side=actor.side, data=told)
    try:
        pairs = zip(reckon(about, events, at), reckon(about, [*events, imagined], at), strict=True)
        return [
            SeverityPreview(before, after, receipt_of(about, after, language=language, at=at))
            for before, after in pairs
            if {before.state.status, after.state.status} != {"none"}
        ]
    except EngineError as error:
        raise uncountable() from error
