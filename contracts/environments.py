"""Environments and their technical records: what runs where, as the customer keeps it up to date (HOP-11, JAL-29)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.errors import Invalid, NotFound, Refused
from accounts.tenancy import Actor
from contracts import log
from contracts.models import Contract, ContractChange, Environment, EnvironmentRecord
from contracts.selectors import terms_at, zone_of

FACTS = (
    "software",
    "modules",
    "operating_system",
    "hardware",
    "database",
    "web_server",
    "browsers",
    "sign_on",
    "integrations",
    "backups",
    "remarks",
)
"""What a record may say, in the order in which it is shown. The codes are stored, so they never change meaning."""

FACT_LENGTH = 2_000
HISTORY = 50


@dataclass(frozen=True, slots=True)
class RecordedEnvironment:
    """An environment with the record that holds; None while nobody has written one."""

    environment: Environment
    record: EnvironmentRecord | None


@dataclass(frozen=True, slots=True)
class RecordFile:
    """One environment with its records, the latest first: at most ``HISTORY`` of them, and whether there are more."""

    environment: Environment
    contract: Contract
    records: Sequence[EnvironmentRecord]
    has_older: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The number of the record that holds; 0 while there is none."""
        return self.records[0].number if self.records else 0


def environments_of(actor: Actor, contract_ids: Sequence[UUID]) -> dict[UUID, list[RecordedEnvironment]]:
    """The environments of contracts with their present records, by contract: two queries however many there are."""
    rows = Environment.objects.visible_to(actor).filter(contract_id__in=contract_ids).order_by("-kind", "name")
    platforms = list(rows)
    latest = EnvironmentRecord.objects.visible_to(actor).filter(environment_id__in=[row.id for row in platforms])
    holding = {
        row.environment_id: row for row in latest.order_by("environment_id", "-number").distinct("environment_id")
    }
    found: dict[UUID, list[RecordedEnvironment]] = {key: [] for key in contract_ids}
    for row in platforms:
        found[row.contract_id].append(RecordedEnvironment(row, holding.get(row.id)))
    return found


def record_file(actor: Actor, environment_id: UUID) -> RecordFile:
    """An environment with its records. Raises ``NotFound`` where it does not exist for the actor."""
    row = Environment.objects.visible_to(actor).select_related("contract__customer").filter(pk=environment_id).first()
    if row is None:
        raise NotFound
    records = list(EnvironmentRecord.objects.visible_to(actor).filter(environment=row)[: HISTORY + 1])
    facts = dict(records[0].facts) if records else {}
    return RecordFile(row, row.contract, records[:HISTORY], len(records) > HISTORY, facts)


def why_closed(contract: Contract, at: datetime) -> Refused | None:
    """Why nothing is recorded under a contract any more; None while it runs or has yet to start."""
    if contract.ends_on is None or at.astimezone(zone_of(contract)).date() <= contract.ends_on:
        return None
    clause = terms_at(contract, at).period.end_clause or ""
    return Refused(_("This contract has ended: its records stay as they are."), code="contract_ended", clause=clause)


def record_environment(
    *, actor: Actor, at: datetime, environment_id: UUID, facts: Mapping[str, str], number: int
) -> EnvironmentRecord | None:
    """Write down what runs in an environment; what was written before stays in the history (HOP-11).

    ``number`` is that of the record from which the writer started, 0 for none. None where nothing is otherwise. Raises
    ``Forbidden``, ``NotFound``, ``Invalid`` by the code of a fact, and ``Refused`` once the contract has ended or where
    somebody else has recorded something since (``record_changed``).
    """
    actor.require("environment.record")
    row = Environment.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=environment_id).first()
    if row is None:
        raise NotFound
    found = record_file(actor, environment_id)
    closed = why_closed(found.contract, at)
    if closed:
        raise closed
    told = _told(facts)
    if found.number != number:
        raise Refused(_("Somebody else has changed this record meanwhile."), code="record_changed")
    return _written(actor, at, found, told) if told != found.facts else None


def _told(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts that say something, trimmed, in the order of ``FACTS``."""
    unknown = facts.keys() - set(FACTS)
    if unknown:
        raise Invalid({"": [_("This record has no such field.")]})
    errors: dict[str, list[str]] = {}
    for code, text in facts.items():
        if len(text) > FACT_LENGTH:
            errors[code] = [_("At most %(most)d characters.") % {"most": FACT_LENGTH}]
        elif "\x00" in text:
            errors[code] = [_("This text contains characters that cannot be stored. Type it again.")]
    if errors:
        raise Invalid(errors)
    return {code: facts[code].strip() for code in FACTS if facts.get(code, "").strip()}


def _written(actor: Actor, at: datetime, found: RecordFile, told: Mapping[str, str]) -> EnvironmentRecord:
    row = found.environment
    made = EnvironmentRecord.objects.create(
        provider_id=row.provider_id,
        customer_id=row.customer_id,
        environment=row,
        number=found.number + 1,
        facts=dict(told),
        author_id=actor.person,
        author_name=actor.name,
        author_side=actor.side,
        at=at,
    )
    changed = changed_facts(found.facts, told)
    kept = {"environment": str(row.id), "name": row.name, "number": made.number, "changed": changed}
    log.write(found.contract, actor, at, ContractChange.Kind.ENVIRONMENT_RECORDED, kept)
    return made


def changed_facts(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The codes of the facts in which two records differ, in the order of ``FACTS``."""
    return [code for code in FACTS if before.get(code, "") != after.get(code, "")]
