"""`manage.py first_administrator`: the one person whom nobody can invite."""

import sys
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.errors import Invalid
from accounts.models import LANGUAGES, Membership, Provider, User
from accounts.passwords import checked
from accounts.roles import Role
from accounts.services import add_membership, provider_id_for
from accounts.tenancy import Actor, acting_as


class Command(BaseCommand):
    """The password is asked for, or read from standard input: a command line can be read by everybody."""

    help = (
        "Make the first administrator of a provider, who then invites everybody else in the portal. "
        "Refused once the provider has an active administrator."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider", required=True, help="short name of the provider, as its terms give it")
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True, help="how others see this person")
        parser.add_argument("--language", choices=[code for code, _name in LANGUAGES], default="en")
        parser.add_argument("--password-stdin", action="store_true", help="read it from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        at, email = timezone.now(), options["email"].strip().lower()
        provider_id = provider_id_for(options["provider"])
        with acting_as(Actor.system(provider_id)):
            self._require_place(provider_id, options["provider"], email)
            try:
                password = checked(self._password(options), User(email=email), names=(options["name"],))
            except Invalid as error:
                raise CommandError("; ".join(line for lines in error.errors.values() for line in lines)) from error
            user = User.objects.create_user(email, password, language=options["language"], created_at=at)
            add_membership(
                provider_id=provider_id, user=user, role=Role.ADMINISTRATOR, display_name=options["name"], at=at
            )
        self.stdout.write(f"{email} administers {options['provider']}. Sign in and invite the others.")

    def _require_place(self, provider_id: Any, slug: str, email: str) -> None:
        if not Provider.objects.filter(pk=provider_id).exists():
            known = "Publish its terms first: HELPDESK_PROCESS=migrate manage.py prepare terms."
            raise CommandError(f"There is no provider {slug}. {known}")
        administrators = Membership.objects.filter(role=Role.ADMINISTRATOR, is_active=True)
        if first := administrators.first():
            raise CommandError(f"{slug} is administered by {first.display_name}, who can invite others in the portal.")
        if User.objects.filter(email=email).exists():
            raise CommandError(f"{email} has an account already. Name another address.")

    def _password(self, options: dict[str, Any]) -> str:
        if options["password_stdin"]:
            return sys.stdin.readline().rstrip("\n")
        first, again = getpass("Password: "), getpass("Once more: ")
        if first != again:
            raise CommandError("The two are not equal. Nothing was made.")
        return first
