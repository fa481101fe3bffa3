"""Promises of the files that are not code: locks, ignore lists, make targets, hooks, translations."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from babel.messages.pofile import PoFileError
from django.utils.translation import gettext, override

from helpdesk.catalogues import compile_catalogues
from helpdesk.environment import BASE_DIR

LOCKS = ("runtime.txt", "dev.txt")
REQUIREMENT = re.compile(
    r"^([A-Za-z0-9_.-]+)(\[[^\]]*\])?==(\S+)(.*?)((?: \\\n {4}--hash=sha256:[0-9a-f]{64})+)$", re.M
)


def lock(name: str) -> str:
    """Text of a lock file."""
    return (BASE_DIR / "requirements" / name).read_text()


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_version_and_hashes(name: str) -> None:
    text = lock(name)
    packages = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(packages) > 40
    assert len(REQUIREMENT.findall(text)) == len(packages)


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_host_and_no_index(name: str) -> None:
    assert re.findall(r"https?:|://|--(?:extra-)?index-url|--find-links|--trusted-host|@ ", lock(name)) == []


def test_both_locks_agree() -> None:
    runtime = {package: version for package, _, version, *_ in REQUIREMENT.findall(lock("runtime.txt"))}
    development = {package: version for package, _, version, *_ in REQUIREMENT.findall(lock("dev.txt"))}
    assert runtime.items() <= development.items()


def test_lock_holds_for_the_oldest_python_of_debian() -> None:
    # A lock made for 3.11.7 alone would lack what 3.11.2 needs for redis.
    assert "async-timeout" in lock("runtime.txt")


def test_licences_that_would_bind_the_product_stay_out() -> None:
    names = {package.lower() for package, *_ in REQUIREMENT.findall(lock("runtime.txt"))}
    assert names.isdisjoint({"django-fsm", "viewflow", "django-viewflow"})


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize(
    "path",
    [
        ".data/run/postgres/x",
        ".data/test/x",
        ".venv/bin/python",
        "web/locale/fr/LC_MESSAGES/django.mo",
        "accounts/__pycache__/x.pyc",
        "screenshots/x.png",
    ],
)
def test_git_ignores_what_is_made_here(path: str, tmp_path: Path) -> None:
    # In a repository of its own, since an unpacked archive is none.
    shutil.copy(BASE_DIR / ".gitignore", tmp_path)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    answer = subprocess.run(["git", "check-ignore", "-q", path], cwd=tmp_path, check=False)
    assert answer.returncode == 0


def test_make_help_lists_every_target_for_people() -> None:
    text = subprocess.run(["make", "help"], cwd=BASE_DIR, capture_output=True, text=True, check=True).stdout
    listed = re.findall(r"^  make ([a-z-]+)", text, re.M)
    for target in ("run", "stop", "demo-reset", "test", "lint", "nightly", "mutants", "lock", "screenshots", "help"):
        assert target in listed


def test_hooks_are_local() -> None:
    hooks = yaml.safe_load((BASE_DIR / ".pre-commit-config.yaml").read_text())
    assert {repository["repo"] for repository in hooks["repos"]} == {"local"}


def test_continuous_integration_script_is_executable_and_calls_make_test() -> None:
    script = BASE_DIR / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "make test" in script.read_text()
    assert not re.search(r"https?://", script.read_text())


PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'


def catalogue(root: Path, body: str) -> Path:
    """A French catalogue of one app."""
    source = root / "app" / "locale" / "fr" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(PO + body)
    return source


def test_catalogue_is_compiled_once_per_change(tmp_path: Path) -> None:
    source = catalogue(tmp_path, 'msgid "Deadline"\nmsgstr "Échéance"\n')
    assert compile_catalogues(tmp_path) == 1
    assert compile_catalogues(tmp_path) == 0
    assert "Échéance".encode() in source.with_suffix(".mo").read_bytes()
    source.touch()
    later = source.with_suffix(".mo").stat().st_mtime + 5
    os.utime(source, (later, later))
    assert compile_catalogues(tmp_path) == 1


def test_fuzzy_translation_is_left_out(tmp_path: Path) -> None:
    source = catalogue(tmp_path, '#, fuzzy\nmsgid "Deadline"\nmsgstr "Ligne morte"\n')
    compile_catalogues(tmp_path)
    assert b"Ligne morte" not in source.with_suffix(".mo").read_bytes()


def test_broken_catalogue_stops_and_leaves_no_half_file(tmp_path: Path) -> None:
    source = catalogue(tmp_path, 'msgid "a"\nnonsense\n')
    with pytest.raises(PoFileError):
        compile_catalogues(tmp_path)
    assert not source.with_suffix(".mo").exists()


def test_product_speaks_french() -> None:
    compile_catalogues()
    with override("fr"):
        assert gettext("Password") != "Password"
