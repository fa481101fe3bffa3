"""Roles and what each may do: one table, read by guards, faces and the access review alike."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ENGINEER_N1 = "engineer_n1", _("Support engineer N1")
    ENGINEER_N2 = "engineer_n2", _("Support engineer N2")
    ENGINEER_N3 = "engineer_n3", _("Support engineer N3")
    SUPPORT_MANAGER = "support_manager", _("Support manager")
    ACCOUNT_MANAGER = "account_manager", _("Account manager")
    PRODUCT_MANAGER = "product_manager", _("Product manager")
    ADMINISTRATOR = "administrator", _("Administrator")
    AUDITOR = "auditor", _("Auditor")
    CONTACT = "contact", _("Contact")
    ANIMATOR = "animator", _("Space animator")
    SECURITY_OFFICER = "security_officer", _("Security officer")
    DPO = "dpo", _("Data protection officer")
    VIEWER = "viewer", _("Viewer")
    PARTNER = "partner", _("Partner")


ENGINEERS = frozenset({Role.ENGINEER_N1, Role.ENGINEER_N2, Role.ENGINEER_N3})
STAFF = ENGINEERS | {
    Role.SUPPORT_MANAGER,
    Role.ACCOUNT_MANAGER,
    Role.PRODUCT_MANAGER,
    Role.ADMINISTRATOR,
    Role.AUDITOR,
}
CUSTOMER = frozenset({Role.CONTACT, Role.ANIMATOR, Role.SECURITY_OFFICER, Role.DPO, Role.VIEWER})
EXTERNAL = CUSTOMER | {Role.PARTNER}

_DESK = ENGINEERS | {Role.SUPPORT_MANAGER}
_SIGNERS = frozenset({Role.ACCOUNT_MANAGER, Role.ADMINISTRATOR})
_MANAGERS = frozenset({Role.SUPPORT_MANAGER, Role.ACCOUNT_MANAGER})
_FILERS = frozenset({Role.CONTACT, Role.ANIMATOR, Role.SECURITY_OFFICER})

PERMISSIONS: dict[str, frozenset[Role]] = {
    "ticket.file": _FILERS,
    "ticket.take": _DESK,
    "ticket.assign": _DESK,
    "ticket.team": _DESK,
    "ticket.be_assigned": _DESK,
    "ticket.reply": _DESK | {Role.ACCOUNT_MANAGER} | _FILERS,
    "ticket.note": STAFF - {Role.AUDITOR},
    "ticket.watch": (STAFF - {Role.AUDITOR}) | _FILERS,
    "ticket.ask": _DESK,
    "ticket.call": _DESK,
    "ticket.plan": _DESK,
    "ticket.resolve": _DESK,
    "ticket.workaround": _DESK,
    "ticket.accept_workaround": _FILERS,
    "ticket.decline_workaround": _FILERS,
    "ticket.move": _DESK | _FILERS,
    "ticket.reopen": _DESK | _FILERS,
    "ticket.close": _DESK | _FILERS,
    "ticket.severity": _DESK,
    "ticket.exclude": _MANAGERS,
    "ticket.hold": _MANAGERS,
    "ticket.contest": _DESK | _MANAGERS | _FILERS,
    "ticket.agree": _MANAGERS | _FILERS,
    "contract.propose": _SIGNERS | {Role.SUPPORT_MANAGER, Role.CONTACT, Role.ANIMATOR},
    "contract.sign": _SIGNERS,
    "contract.end": _SIGNERS,
    "contract.approve": _SIGNERS | {Role.CONTACT, Role.ANIMATOR},
    "contract.replay": _MANAGERS,
    "environment.record": _DESK | _SIGNERS | _FILERS,
    "calendar.change": _SIGNERS | {Role.SUPPORT_MANAGER},
    "people.manage": frozenset({Role.ADMINISTRATOR}),
    "audit.read": frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
    "queue.keep": STAFF,
    "queue.share": STAFF - {Role.AUDITOR},
    "queue.curate": frozenset({Role.SUPPORT_MANAGER, Role.ADMINISTRATOR}),
    "canned.keep": STAFF - {Role.AUDITOR},
    "canned.curate": frozenset({Role.SUPPORT_MANAGER, Role.ADMINISTRATOR}),
    "attachment.upload": (STAFF - {Role.AUDITOR}) | _FILERS,
}
"""Permission → roles. A role that is absent may not; nobody inherits anything."""
