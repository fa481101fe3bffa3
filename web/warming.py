"""What every process of the web server would otherwise do during its first requests, done once before it begins."""

from pathlib import Path

from django.conf import settings
from django.template.loader import get_template
from django.urls import get_resolver
from django.utils.translation import override


def warm() -> None:
    """Import the views, and read every page's template in each language. Asks neither database nor network."""
    resolver = get_resolver()
    for language, _name in settings.LANGUAGES:
        with override(language):
            # The names of all addresses, which Django collects once per language.
            resolver.reverse_dict  # noqa: B018
            for name in _pages():
                get_template(name)


def _pages() -> list[str]:
    folders = [Path(folder) for one in settings.TEMPLATES for folder in one["DIRS"]]
    return sorted({str(path.relative_to(folder)) for folder in folders for path in folder.rglob("*.html")})
