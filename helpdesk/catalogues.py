"""Compiles the translations with Babel, since msgfmt is missing on bare machines."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from helpdesk.environment import BASE_DIR


def compile_catalogues(root: Path = BASE_DIR) -> int:
    """Compile each `<app>/locale/<language>/LC_MESSAGES/django.po` that is newer than its .mo; returns how many.

    Fuzzy entries are left out: a guessed translation is worse than the English text. A broken file raises
    babel.messages.pofile.PoFileError with its line.
    """
    compiled = 0
    for source in sorted(root.glob("*/locale/*/LC_MESSAGES/django.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parent.parent.name, abort_invalid=True)
        unfinished = target.with_suffix(".mo.unfinished")
        with unfinished.open("wb") as file:
            write_mo(file, catalogue, use_fuzzy=False)
        unfinished.replace(target)
        compiled += 1
    return compiled


if __name__ == "__main__":
    compile_catalogues()
