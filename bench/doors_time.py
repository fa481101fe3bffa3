"""The sign-in page, asked by those who have an account and those who have none: how long each waits for its refusal.

A program of its own, started by doors.py under the web server's login: ``doors_time.py RESULT ROUNDS``.
"""

import json
import os
import random
import re
import sys
import time
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
django.setup()

from django.conf import settings
from django.core.cache import cache
from django.test import Client

from accounts.models import User

WARM = 10
PASSWORD, WRONG = "four quiet green herons", "another grey and noisy heron"
ATTEMPTS = {
    "known, wrong password": ("known@door.example", WRONG),
    "unknown address": ("nobody@door.example", WRONG),
    "disabled, wrong password": ("closed@door.example", WRONG),
    "disabled, right password": ("closed@door.example", PASSWORD),
}
_ONCE = re.compile(rb'value="[^"]*"|"X-CSRFToken": "[^"]*"|[0-9a-f]{32}|data-now="[^"]*"')


Taken = tuple[float, float]
"""Milliseconds that somebody waits, and of the processor: the latter hardly depends on what else the machine does."""


def measured(rounds: int) -> dict[str, list[Taken]]:
    """What every attempt took, by its kind. Raises SystemExit where two kinds are answered otherwise."""
    found: dict[str, list[Taken]] = {name: [] for name in ATTEMPTS}
    answers: dict[str, bytes] = {}
    chance = random.Random(2026)
    for number in range(WARM + rounds):
        for name in chance.sample(list(ATTEMPTS), len(ATTEMPTS)):
            taken, answers[name] = _attempt(*ATTEMPTS[name])
            if number >= WARM:
                found[name].append(taken)
    _require_same(answers)
    return found


def _require_same(answers: dict[str, bytes]) -> None:
    first, *others = answers.items()
    for name, text in others:
        at = next((n for n, (a, b) in enumerate(zip(first[1], text, strict=False)) if a != b), None)
        if at is not None or len(text) != len(first[1]):
            cut = slice(max((at or 0) - 60, 0), (at or 0) + 60)
            raise SystemExit(f"The page tells apart {first[0]} and {name}: {first[1][cut]!r}, {text[cut]!r}")


def _attempt(email: str, password: str) -> tuple[Taken, bytes]:
    """Each is the first, so that none is one too many."""
    cache.clear()
    client = Client()
    began, worked = time.perf_counter(), time.process_time()
    answer = client.post("/sign-in/", {"email": email, "password": password})
    taken = ((time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000)
    if answer.status_code != 400:
        raise SystemExit(f"{email} was answered with {answer.status_code}.")
    return taken, _ONCE.sub(b"", answer.content).replace(email.encode(), b"")


def main() -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    User.objects.create_user("known@door.example", PASSWORD)
    User.objects.create_user("closed@door.example", PASSWORD, is_active=False)
    Path(sys.argv[1]).write_text(json.dumps(measured(int(sys.argv[2]))))


if __name__ == "__main__":
    main()
