#!/usr/bin/env python
"""Django's command line, connected under the database login that the command needs."""

import os
import sys

from django.core.management import execute_from_command_line

# The app login may neither change the schema nor see rows without a tenant, so these commands choose another one
# unless HELPDESK_PROCESS already says who is running.
PROCESS_OF_COMMAND = {
    "createcachetable": "migrate",
    "makemigrations": "migrate",
    "migrate": "migrate",
    "showmigrations": "migrate",
    "sqlmigrate": "migrate",
    "terms": "migrate",
    "demo_accounts": "worker",
    "load_demo": "worker",
    "rebuild_clocks": "worker",
}


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    os.environ.setdefault("HELPDESK_PROCESS", PROCESS_OF_COMMAND.get(command, "web"))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
