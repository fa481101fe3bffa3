"""`manage.py demo_accounts`: the sign-ins of the demo, for the terminal."""

from itertools import groupby
from operator import attrgetter
from typing import Any

from django.core.management.base import BaseCommand

from accounts.demo import demo_accounts
from helpdesk.demo.stage import PASSWORD


class Command(BaseCommand):
    """Prints what the sign-in page offers in demo mode."""

    help = "List the demo accounts and their common password."

    def handle(self, *args: Any, **options: Any) -> None:
        """One line each, by organisation."""
        accounts = demo_accounts()
        if not accounts:
            self.stdout.write("There are no demo accounts. `manage.py load_demo` makes them.")
            return
        self.stdout.write(f"Demo sign-ins: one click on the sign-in page, or the password {PASSWORD}")
        for organisation, members in groupby(accounts, key=attrgetter("organisation")):
            self.stdout.write(f"  {organisation}")
            for account in members:
                role = str(account.get_role_display())
                self.stdout.write(f"    {account.name:<22} {role:<20} {account.user.email}")
