"""Who may know of which row, written down a second time and by hand: the tests compare both walls with it.

A new tenant model that is not in ``RULES`` fails the test that walks the models.
"""

from typing import Any

from django.apps import apps
from django.db import models

from accounts.roles import EXTERNAL
from accounts.tenancy import Actor

SHARED, CUSTOMER, MESSAGE, STAFF, OWN, HELD = "shared", "customer", "message", "staff", "own", "held"

RULES: dict[str, tuple[str, str]] = {
    "accounts.Provider": (SHARED, "id"),
    "accounts.TicketCounter": (SHARED, "provider_id"),
    "contracts.TermsVersion": (SHARED, "provider_id"),
    "accounts.Customer": (CUSTOMER, "id"),
    "accounts.Membership": (CUSTOMER, "customer_id"),
    "accounts.PartnerGrant": (CUSTOMER, "customer_id"),
    "contracts.CalendarChange": (SHARED, "provider_id"),
    "contracts.Contract": (CUSTOMER, "customer_id"),
    "contracts.ContractAmendment": (CUSTOMER, "customer_id"),
    "contracts.ContractCalendarChange": (CUSTOMER, "customer_id"),
    "contracts.ContractChange": (CUSTOMER, "customer_id"),
    "contracts.Environment": (CUSTOMER, "customer_id"),
    "contracts.EnvironmentRecord": (CUSTOMER, "customer_id"),
    "contracts.ContractContact": (CUSTOMER, "customer_id"),
    "tickets.Ticket": (CUSTOMER, "customer_id"),
    "slas.Clock": (CUSTOMER, "customer_id"),
    "slas.TicketDuty": (CUSTOMER, "customer_id"),
    "tickets.Comment": (MESSAGE, "customer_id"),
    "tickets.Event": (MESSAGE, "customer_id"),
    "tickets.Attachment": (MESSAGE, "customer_id"),
    "slas.SweepFailure": (STAFF, "provider_id"),
    "notifications.OutboxEntry": (STAFF, "provider_id"),
    "accounts.AuditEntry": (STAFF, "provider_id"),
    "accounts.IdentityProvider": (STAFF, "provider_id"),
    "accounts.Invitation": (STAFF, "provider_id"),
    "accounts.Team": (STAFF, "provider_id"),
    "accounts.TeamMember": (STAFF, "provider_id"),
    "accounts.ApiToken": (OWN, "membership_id"),
    "api.KeptAnswer": (OWN, "membership_id"),
    "tickets.Draft": (OWN, "owner_id"),
    "tickets.SavedView": (OWN, "owner_id"),
    "tickets.SharedView": (STAFF, "provider_id"),
    "tickets.QueuePreference": (OWN, "owner_id"),
    "tickets.CannedReply": (HELD, "owner_id"),
    "notifications.Delivery": (OWN, "recipient_id"),
    "notifications.Watcher": (MESSAGE, "customer_id"),
    "notifications.WatchingPreference": (OWN, "owner_id"),
}


def tenant_models() -> list[type[models.Model]]:
    """Every model that says whose its rows are, without proxies."""
    return [model for model in apps.get_models() if hasattr(model, "scope") and not model._meta.proxy]


def is_allowed(actor: Actor, row: Any) -> bool:
    """Whether ``actor`` may know of ``row``."""
    rule, column = RULES[row._meta.label]
    provider = row.id if row._meta.label == "accounts.Provider" else row.provider_id
    if provider != actor.provider_id:
        return False
    if actor.role is None:
        return True
    if rule == OWN:
        return getattr(row, column) == actor.membership_id
    if rule == HELD:
        return actor.role not in EXTERNAL and getattr(row, column) in (None, actor.membership_id)
    if rule == SHARED or actor.role not in EXTERNAL:
        return True
    if rule == STAFF:
        return False
    if rule == MESSAGE and row.visibility != "public":
        return False
    return getattr(row, column) in actor.customer_ids


def is_lent(actor: Actor, row: Any) -> bool:
    """What the policies add for one person alone: his own memberships and tokens anywhere, his own grants."""
    label = row._meta.label
    if label in {"accounts.Membership", "accounts.ApiToken"}:
        return actor.user_id is not None and row.user_id == actor.user_id
    if label == "accounts.PartnerGrant":
        return actor.membership_id is not None and row.membership_id == actor.membership_id
    return False


def is_withheld(actor: Actor, row: Any) -> bool:
    """What the policies hide on top: an upload that no message has bound is its uploader's alone."""
    if row._meta.label != "tickets.Attachment" or row.ticket_id is not None or actor.role is None:
        return False
    return row.uploader_id != actor.membership_id
