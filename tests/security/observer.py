"""What an answer tells and what a request changed."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

SIDE_TABLES = frozenset(
    {
        "accounts_accessrecord",
        "accounts_ratewindow",
        "cache_entries",
        "django_migrations",
        "django_session",
        "usersessions_usersession",
    }
)
"""Bookkeeping that a refused request may write: denials, limits, the session's last sign of life (never its key)."""

_TOUCHES = """
SELECT coalesce(sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_deleted(oid)
                    + CASE WHEN relname IN ('django_session', 'usersessions_usersession') THEN 0
                           ELSE pg_stat_get_xact_tuples_updated(oid) END), 0)
FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
  AND relname NOT IN ('accounts_accessrecord', 'accounts_ratewindow', 'cache_entries', 'django_migrations')
"""
"""A new session key is an insertion; a session's last sign of life an update, which a refused request may write."""

_ONCE = (
    (re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"'), b"TOKEN"),
    (re.compile(rb'"X-CSRFToken": "[^"]*"'), b"TOKEN"),
    (re.compile(rb"csrf=[^;]+"), b"csrf=TOKEN"),
    (re.compile(rb"(?:Expires|expires)=[^;]+"), b"expires=THEN"),
    (re.compile(rb"messages=[^;]+"), b"messages=SOME"),
    (re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), b"IDENTIFIER"),
    (re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\"< ]*"), b"INSTANT"),
    (re.compile(rb"\d\d:\d\d(?::\d\d)?"), b"TIME"),
    (re.compile(rb"(RateLimit-(?:Remaining|Reset)): \d+"), rb"\1: SOME"),
    (re.compile(rb'"request_id": ?"[0-9a-f]{32}"'), b"REQUEST"),
)


def tables() -> list[str]:
    """Every table whose rows a request could change, but the bookkeeping."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        return [row[0] for row in cursor.fetchall() if row[0] not in SIDE_TABLES]


def question(names: Iterable[str]) -> str:
    """One statement that reads all rows of all tables into one digest."""
    parts = [
        f"(SELECT '{name}' || md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) FROM {name} t)"
        for name in names
    ]
    for table in ("django_session", "usersessions_usersession"):
        parts.append(f"(SELECT coalesce(string_agg(session_key, ',' ORDER BY session_key), '') FROM {table})")
    return f"SELECT {' || '.join(parts)}"


def touches() -> int:
    """How many rows this transaction has written or tried to; equal before and after spares reading every table."""
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHES)
        return int(cursor.fetchone()[0])


class Ledger:
    """The state of the whole database as a digest, read past every policy."""

    def __init__(self) -> None:
        self.question = question(tables())

    def digest(self) -> str:
        """Equal before and after means that nothing was written."""
        with as_superuser(), connection.cursor() as cursor:
            cursor.execute(self.question)
            return hashlib.sha256(cursor.fetchone()[0].encode()).hexdigest()


def become(login: str) -> None:
    """Work as ``login`` ("" is the superuser, to whom no policy applies) until told otherwise."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION AUTHORIZATION {login}" if login else "RESET SESSION AUTHORIZATION")


@contextmanager
def as_superuser() -> Iterator[None]:
    """Look past every policy for a moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        login = cursor.fetchone()[0]
        become("")
        yield
        cursor.execute(f'SET SESSION AUTHORIZATION "{login}"')


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def stored_files() -> int:
    """How many uploaded files lie on the disk."""
    root = Path(settings.ATTACHMENT_ROOT)
    return sum(1 for path in root.rglob("*") if path.is_file()) if root.is_dir() else 0


def body_of(answer: Any) -> bytes:
    """The whole body, also of a file."""
    if not getattr(answer, "streaming", False):
        return bytes(answer.content)
    return b"".join(answer.streaming_content)


def told(answer: Any, body: bytes, asked: Iterable[str] = ()) -> bytes:
    """Status, headers, cookies and body as one text; what is new in every answer and what was asked is taken out."""
    headers = [f"{name}: {value}" for name, value in sorted(answer.headers.items()) if name != "X-Request-ID"]
    cookies = [morsel.OutputString() for morsel in answer.cookies.values()]
    head = "\n".join([str(answer.status_code), *headers, *cookies]).encode()
    text = head + b"\n\n" + body
    for word in sorted(filter(None, asked), key=len, reverse=True):
        text = text.replace(word.encode(), b"IDENTIFIER")
    for pattern, placeholder in _ONCE:
        text = pattern.sub(placeholder, text)
    return text
