"""Who there is (``world``) and how one comes in (``doors``)."""

from accounts.models.doors import (
    AccessRecord,
    ApiToken,
    DemoAccount,
    IdentityProvider,
    Invitation,
    Letter,
    PasswordReset,
    RateWindow,
)
from accounts.models.world import (
    LANGUAGES,
    AuditEntry,
    Customer,
    Membership,
    PartnerGrant,
    Provider,
    Team,
    TeamMember,
    TicketCounter,
    User,
    UserManager,
)

__all__ = [
    "LANGUAGES",
    "AccessRecord",
    "ApiToken",
    "AuditEntry",
    "Customer",
    "DemoAccount",
    "IdentityProvider",
    "Invitation",
    "Letter",
    "Membership",
    "PartnerGrant",
    "PasswordReset",
    "Provider",
    "RateWindow",
    "Team",
    "TeamMember",
    "TicketCounter",
    "User",
    "UserManager",
]
