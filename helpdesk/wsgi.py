"""Entry point of the web server. It refuses to start without a key and a database."""

import os

from django.core.wsgi import get_wsgi_application

from helpdesk.environment import require_configuration

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

require_configuration()
application = get_wsgi_application()
