"""The demo sign-ins that the sign-in page offers in demo mode."""

from accounts.models import DemoAccount


def demo_accounts() -> list[DemoAccount]:
    """Accounts in the order in which they are shown; empty where no demo data was loaded."""
    return list(DemoAccount.objects.select_related("user"))
