"""`manage.py api_token`: make, list and revoke the tokens of programs. The secret is shown once, when it is made."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.errors import Invalid
from accounts.models import ApiToken, Membership
from accounts.services import provider_id_for
from accounts.tenancy import Actor, acting_as
from accounts.tokens import SCOPES, create_token, revoke_token

DAYS = 90


class Command(BaseCommand):
    help = "Make, list or revoke tokens with which programs call the API in the name of a person."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        create = acts.add_parser("create", help="make a token and print its secret, which is shown only now")
        listed = acts.add_parser("list", help="the tokens of a person")
        revoke = acts.add_parser("revoke", help="end a token at once")
        for act in (create, listed, revoke):
            act.add_argument("--provider", required=True, help="short name of the provider")
            act.add_argument("--email", required=True, help="address of the person in whose name it acts")
        create.add_argument("--customer", help="name of the customer, for a person with several places")
        create.add_argument("--name", required=True, help="what the token is for")
        create.add_argument("--scope", action="append", required=True, choices=SCOPES, help="may be given repeatedly")
        create.add_argument("--days", type=int, default=DAYS, help=f"how long it is good, {DAYS} unless given")
        revoke.add_argument("--token", required=True, help="how the token begins, as list shows it")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting_as(Actor.system(provider_id_for(options["provider"]))):
            getattr(self, f"_{options['act']}")(options)

    def _create(self, options: dict[str, Any]) -> None:
        membership = _membership(options)
        try:
            token, secret = create_token(
                membership=membership,
                name=options["name"],
                scopes=options["scope"],
                at=timezone.now(),
                lasts=timedelta(days=options["days"]),
            )
        except Invalid as error:
            raise CommandError("; ".join(line for lines in error.errors.values() for line in lines)) from error
        except OverflowError as error:
            raise CommandError("--days is too large.") from error
        self.stdout.write(secret)
        self.stderr.write(f"Good until {token.expires_at:%Y-%m-%d %H:%M} UTC for {membership}. It is not shown again.")

    def _list(self, options: dict[str, Any]) -> None:
        for token in _tokens(options):
            end = f"revoked {token.revoked_at:%Y-%m-%d}" if token.revoked_at else f"until {token.expires_at:%Y-%m-%d}"
            used = f"last used {token.last_used_on}" if token.last_used_on else "never used"
            self.stdout.write(f"{token.prefix}…  {token.name}  {', '.join(token.scopes)}  {end}  {used}")

    def _revoke(self, options: dict[str, Any]) -> None:
        start = options["token"].rstrip("…")
        found = [token for token in _tokens(options) if token.prefix == start]
        if len(found) != 1:
            raise CommandError("No token begins like that. `manage.py api_token list` shows how each begins.")
        revoke_token(provider_id=found[0].provider_id, token_id=found[0].id, at=timezone.now())
        self.stdout.write(f"{found[0]} opens nothing any more.")


def _membership(options: dict[str, Any]) -> Membership:
    rows = Membership.objects.filter(user__email=options["email"].strip().lower(), is_active=True)
    if options["customer"]:
        rows = rows.filter(customer__name=options["customer"])
    found = list(rows[:2])
    if len(found) != 1:
        raise CommandError(
            "This person has several places there: name the --customer."
            if found
            else "Nobody with this address has an active place there. Check --provider and --email."
        )
    return found[0]


def _tokens(options: dict[str, Any]) -> list[ApiToken]:
    rows = ApiToken.objects.filter(user__email=options["email"].strip().lower())
    return list(rows.order_by("created_at"))
