"""Remove the second factor of somebody who has lost both the device and the recovery codes."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import Act
from accounts.models import User
from accounts.passwords import end_sessions


class Command(BaseCommand):
    """``manage.py second_factor remove ADDRESS``: told to each provider in whose world the person has a place."""

    help = "Remove a second factor whose owner cannot give it any more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["remove"])
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        with transaction.atomic():
            user = User.objects.filter(email=email).first()
            if user is None:
                raise CommandError(f"Nobody signs in as {email}.")
            removed, _by_kind = Authenticator.objects.filter(user=user).delete()
            if not removed:
                raise CommandError(f"{email} has no second factor.")
            audit.record_of_account(user, timezone.now(), Act.SECOND_FACTOR_REMOVED)
            end_sessions(user)
        self.stdout.write(f"{email} signs in with the password alone and is signed out everywhere.")
