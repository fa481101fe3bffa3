"""French for every string: the check itself, and that it finds what it should."""

import re
from io import StringIO
from pathlib import Path

import pytest
from babel.messages.pofile import write_po
from django.core.management import CommandError, call_command

from helpdesk import translations

CODE = """from django.utils.translation import gettext, ngettext

A = gettext("Good morning")
B = ngettext("%(n)s day", "%(n)s days", 2)
"""
TEMPLATE = (
    '{% load i18n %}<p>{% translate "Welcome" %}</p>\n  {% translate "End" context "session" %}\n'
    "{% blocktranslate with name=x trimmed %}\n  Hello {{ name }}\n{% endblocktranslate %}\n"
    "{% blocktranslate count n=n trimmed %}one case{% plural %}{{ n }} cases{% endblocktranslate %}{# it's fine #}\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("web", "shop"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    (tmp_path / "shop" / "greetings.py").write_text(CODE)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE)
    return tmp_path


def run(project: Path, **options: bool) -> str:
    out = StringIO()
    call_command("translations", root=project, stdout=out, **options)
    return out.getvalue()


def complete(project: Path) -> None:
    """Translate every string by itself."""
    for app in ("web", "shop"):
        catalogue = translations.extract(project, app)
        for message in catalogue:
            message.string = message.id
        path = translations.catalogue_path(project, app)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue)


def test_code_and_templates_are_both_read(project: Path):
    found = translations.apps_with_strings(project)
    assert {m.id for m in found["shop"] if m.id} == {"Good morning", ("%(n)s day", "%(n)s days")}
    assert {(m.context, m.id) for m in found["web"] if m.id} == {
        (None, "Welcome"),
        ("session", "End"),
        (None, "Hello %(name)s"),
        (None, ("one case", "%(n)s cases")),
    }


def test_a_string_without_french_fails_the_check(project: Path):
    with pytest.raises(CommandError, match="'Good morning' is not in the catalogue"):
        run(project, check=True)
    run(project)
    with pytest.raises(CommandError, match="'Good morning' has no translation"):
        run(project, check=True)


def test_a_complete_catalogue_passes(project: Path):
    complete(project)
    assert run(project, check=True) == "6 strings in 2 apps.\n"


def test_a_string_that_is_used_no_more_fails_the_check_and_goes(project: Path):
    complete(project)
    (project / "shop" / "greetings.py").write_text(CODE.replace("Good morning", "Good evening"))
    with pytest.raises(CommandError, match="'Good morning' is used nowhere any more"):
        run(project, check=True)
    run(project)
    assert "Good morning" not in translations.catalogue_path(project, "shop").read_text()
    assert '"%(n)s days"' in translations.catalogue_path(project, "shop").read_text()


def test_fuzzy_and_wrong_placeholders_fail_the_check(project: Path):
    complete(project)
    path = translations.catalogue_path(project, "shop")
    good = path.read_text()
    path.write_text(good.replace('msgid "Good morning"', '#, fuzzy\nmsgid "Good morning"'))
    with pytest.raises(CommandError, match="'Good morning' is marked fuzzy"):
        run(project, check=True)
    path.write_text(good.replace('msgstr[1] "%(n)s days"', 'msgstr[1] "%(m)s days"'))
    with pytest.raises(CommandError, match="has other placeholders"):
        run(project, check=True)


@pytest.mark.parametrize(
    ("french", "is_fine"),
    [
        ("L'heure", False),
        ("Aujourd'hui", False),
        ("Ce qu'%(name)s dit", False),
        ("L'« incident »", False),
        ("L’heure d’aujourd’hui", True),
        ("--filter 'state' --name='x'", True),
    ],
)
def test_a_typewriter_apostrophe_in_french_fails_the_check(project: Path, french: str, is_fine: bool):
    code = 'from django.utils.translation import gettext\n\nA = gettext("One %(name)s")\n'
    (project / "shop" / "greetings.py").write_text(code.replace(" %(name)s", "" if "%" not in french else " %(name)s"))
    complete(project)
    path = translations.catalogue_path(project, "shop")
    path.write_text(re.sub(r'msgstr "One.*"', f'msgstr "{french}"', path.read_text()))
    if is_fine:
        assert run(project, check=True)
    else:
        with pytest.raises(CommandError, match="has a straight apostrophe"):
            run(project, check=True)


def test_updating_twice_changes_nothing(project: Path):
    complete(project)
    run(project)
    first = translations.catalogue_path(project, "web").read_bytes()
    run(project)
    assert translations.catalogue_path(project, "web").read_bytes() == first


def test_compiling_writes_what_the_pages_read(project: Path):
    complete(project)
    assert run(project, compile=True) == "2 catalogues compiled.\n"
    assert translations.catalogue_path(project, "web").with_suffix(".mo").stat().st_size > 0


def test_every_string_of_the_product_has_its_french():
    call_command("translations", check=True, stdout=StringIO())
