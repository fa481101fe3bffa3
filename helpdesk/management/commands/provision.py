"""`manage.py provision`: roles, database and rights on a PostgreSQL server of yours."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk import provisioning
from helpdesk.environment import DATABASE_VARIABLES, with_secret_files

_LOGIN_OF = {"web": provisioning.APP, "worker": provisioning.WORKER, "migrate": provisioning.OWNER}


class Command(BaseCommand):
    """Reads the passwords from the addresses that the product will use, so that both always agree."""

    help = (
        "Create or refresh roles, database, extensions and default rights on an external PostgreSQL server. "
        "The logins' passwords are taken from DATABASE_URL, DATABASE_WORKER_URL and DATABASE_MIGRATE_URL, "
        "that of the backup role from HELPDESK_BACKUP_PASSWORD (none is set without it)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """One option."""
        parser.add_argument(
            "--admin-url",
            default=with_secret_files().get("DATABASE_ADMIN_URL", ""),
            help="postgresql://… of a role that may create roles and databases (or DATABASE_ADMIN_URL)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Provision, and say what was done."""
        if not options["admin_url"]:
            raise CommandError("Name the administrator's address with --admin-url or DATABASE_ADMIN_URL.")
        database, passwords = wanted_logins(with_secret_files())
        try:
            report = provisioning.provision(options["admin_url"], database, passwords)
        except provisioning.ProvisioningError as error:
            raise CommandError(str(error)) from error
        for line in report.lines:
            self.stdout.write(line)


def wanted_logins(environ: Any) -> tuple[str, dict[str, str]]:
    """Database name and password per role, from the three addresses; raises CommandError where they disagree."""
    passwords, databases = {}, set()
    for kind, variable in DATABASE_VARIABLES.items():
        parts = urlsplit(environ.get(variable, ""))
        if not parts.password:
            raise CommandError(f"{variable} must be postgresql://{_LOGIN_OF[kind]}:password@host:port/database.")
        if parts.username != _LOGIN_OF[kind]:
            raise CommandError(f"{variable} must use the login {_LOGIN_OF[kind]}, not {parts.username}.")
        passwords[_LOGIN_OF[kind]] = unquote(parts.password)
        databases.add(unquote(parts.path.lstrip("/")))
    if len(databases) != 1:
        raise CommandError(f"The three addresses name different databases: {', '.join(sorted(databases))}.")
    if backup := environ.get("HELPDESK_BACKUP_PASSWORD"):
        passwords[provisioning.BACKUP] = backup
    return databases.pop(), passwords
