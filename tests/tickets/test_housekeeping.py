"""What nobody sent goes away after a day, and nothing else does."""

import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections, transaction

from accounts.errors import Invalid
from accounts.tenancy import Actor, acting_as
from lifecycle import tasks
from tests.accounts.populated import FILED, upload
from tests.lifecycle.scenes import MONDAY, do
from tests.worlds import World, as_system, build_world, user_of
from tickets import attachments, drafts, housekeeping
from tickets.attachments import unbound_uploads
from tickets.housekeeping import UNSENT_FOR, purge_uploads
from tickets.models import Attachment
from web.forms.uploads import KEPT

SECOND = timedelta(seconds=1)
DAY_AFTER = FILED + UNSENT_FOR + SECOND


@pytest.fixture
def world(worker_db) -> World:
    """As the worker, who alone may ask which providers there are."""
    return build_world()


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings) -> None:
    """Files of this test alone."""
    settings.ATTACHMENT_ROOT = tmp_path / "attachments"


def _path(row: Attachment) -> Path:
    return Path(settings.ATTACHMENT_ROOT) / row.stored_as


def _keys(world: World) -> set:
    with as_system(world):
        return set(Attachment.objects.values_list("pk", flat=True))


def _stray(world: World, at: datetime, name: str = "0" * 32) -> Path:
    """A file that no row knows, last written at ``at``: its unit of work was rolled back."""
    path = Path(settings.ATTACHMENT_ROOT) / str(world.provider.id) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left behind")
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def test_an_upload_that_nobody_sent_goes_after_a_day_with_its_file(world):
    mine, theirs = upload(world.customers[0].contact), upload(world.staff["engineer"])
    assert purge_uploads(at=FILED + UNSENT_FOR) == 0
    assert _keys(world) == {mine.pk, theirs.pk}
    assert purge_uploads(at=DAY_AFTER) == 2
    assert _keys(world) == set()
    assert not _path(mine).exists() and not _path(theirs).exists()
    assert purge_uploads(at=DAY_AFTER) == 0


def test_what_was_sent_stays_for_ever(world):
    filed, private = upload(world.customers[0].contact), upload(world.staff["engineer"])
    ticket = world.file(MONDAY, attachment_ids=[filed.pk])
    do(world, world.staff["engineer"], "note", ticket, attachment_ids=[private.pk])
    for path in (_path(filed), _path(private)):
        os.utime(path, (0, 0))
    assert purge_uploads(at=FILED + timedelta(days=4000)) == 0
    assert _keys(world) == {filed.pk, private.pk}
    assert _path(filed).exists() and _path(private).exists()


def test_every_provider_has_its_turn_and_a_batch_its_measure(world, monkeypatch):
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    other = build_world("octipas", "Octipas", "OCTI")
    for _ in range(5):
        upload(world.customers[0].contact)
    upload(other.staff["engineer"])
    strays = [_stray(owner, FILED, f"{number:032x}") for owner in (world, other) for number in range(3)]
    assert purge_uploads(at=DAY_AFTER) == 6 + 6
    assert (_keys(world), _keys(other)) == (set(), set())
    assert not any(path.exists() for path in strays)


def test_a_file_without_a_row_goes_after_a_day(world):
    kept = upload(world.customers[0].contact)
    os.utime(_path(kept), (FILED.timestamp(), FILED.timestamp()))
    old, young = _stray(world, FILED, "a" * 32), _stray(world, FILED + 2 * SECOND, "b" * 32)
    foreign = _stray(world, FILED, "notes.txt")
    with as_system(world):
        Attachment.objects.update(uploaded_at=DAY_AFTER)
    assert purge_uploads(at=DAY_AFTER) == 1
    assert not old.exists()
    assert young.exists() and foreign.exists() and _path(kept).exists()
    assert purge_uploads(at=DAY_AFTER) == 0


def test_a_file_that_is_gone_already_stops_nothing(world):
    first, second = upload(world.customers[0].contact), upload(world.customers[0].contact)
    _path(first).unlink()
    assert purge_uploads(at=DAY_AFTER) == 2
    assert not _path(second).exists()


def test_what_a_draft_of_its_uploader_names_stays_while_the_draft_counts(world):
    contact, colleague = world.customers[0].contact, world.customers[0].people["colleague"]
    mine, dropped, theirs = upload(contact), upload(contact), upload(colleague)
    assert KEPT == drafts.FILES
    with acting_as(contact):
        named = {"title": "Import", drafts.FILES: f"{mine.pk} {theirs.pk} nonsense"}
        drafts.save_draft(actor=contact, at=FILED, form="new-case", data=named)
        drafts.save_draft(actor=contact, at=FILED, form="reply:MEGA-1001", data={"body": "no files"})
    assert purge_uploads(at=DAY_AFTER) == 2
    assert _keys(world) == {mine.pk}
    assert not _path(dropped).exists() and not _path(theirs).exists()
    assert purge_uploads(at=FILED + drafts.KEPT_FOR) == 0
    assert purge_uploads(at=FILED + drafts.KEPT_FOR + SECOND) == 1


def test_a_provider_that_fails_stops_no_other(world):
    others = [build_world(slug, slug.title(), slug.upper()) for slug in ("aaa", "zzz")]
    rows = [upload(one.customers[0].contact) for one in (world, *others)]
    _path(rows[0]).unlink()
    _path(rows[0]).mkdir()
    with pytest.raises(OSError):
        purge_uploads(at=DAY_AFTER)
    assert [_keys(one) for one in (world, *others)] == [set(), set(), set()]
    assert not _path(rows[1]).exists() and not _path(rows[2]).exists()


def test_the_task_reads_the_databases_clock(world):
    row = upload(world.customers[0].contact)
    fresh = upload(world.customers[0].contact)
    with as_system(world):
        Attachment.objects.filter(pk=fresh.pk).update(uploaded_at=datetime.now(FILED.tzinfo))
    tasks.purge_uploads()
    assert _keys(world) == {fresh.pk}
    assert not _path(row).exists() and _path(fresh).exists()


# Real commits: beside people who send ---------------------------------------------------------------------------------
def _in_thread(work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_an_upload_that_is_just_being_sent_is_passed_over(committed_db, database_login):
    world = build_world()
    row = upload(world.customers[0].contact)
    bound, release, in_time = threading.Event(), threading.Event(), []

    def send() -> None:
        with transaction.atomic():
            world.file(DAY_AFTER, attachment_ids=[row.pk])
            bound.set()
            in_time.append(release.wait(10))

    with database_login("worker"):
        thread = _in_thread(send)
        assert bound.wait(10)
        assert purge_uploads(at=DAY_AFTER) == 0
        release.set()
        thread.join()
        assert in_time == [True], "the removal waited for the message"
        assert purge_uploads(at=DAY_AFTER) == 0
        with as_system(world):
            assert Attachment.objects.get().ticket_id is not None
    assert _path(row).exists()


def test_a_message_that_comes_while_its_file_is_removed_is_refused_as_a_whole(committed_db, database_login):
    world = build_world()
    row = upload(world.customers[0].contact)
    removed, release = threading.Event(), threading.Event()
    errors: list[dict] = []

    def purge() -> None:
        with transaction.atomic():
            assert housekeeping._purge_rows(world.provider.id, DAY_AFTER) == 1
            removed.set()
            release.wait(20)

    def send() -> None:
        try:
            world.file(DAY_AFTER, attachment_ids=[row.pk])
        except Invalid as refused:
            errors.append(refused.errors)

    with database_login("worker"):
        purging = _in_thread(purge)
        assert removed.wait(10)
        sending = _in_thread(send)
        sending.join(0.5)
        assert sending.is_alive()
        release.set()
        purging.join()
        sending.join()
        assert [list(one) for one in errors] == [["files"]]
        assert _keys(world) == set()
        with as_system(world):
            assert not world.provider.ticket_set.exists()


def test_two_at_once_remove_everything_once(committed_db, database_login, monkeypatch):
    monkeypatch.setattr(housekeeping, "BATCH", 3)
    world = build_world()
    rows = [upload(world.customers[0].contact) for _ in range(10)]
    counts: list[int] = []
    barrier = threading.Barrier(2)

    def purge() -> None:
        barrier.wait()
        counts.append(purge_uploads(at=DAY_AFTER))

    with database_login("worker"):
        for thread in [_in_thread(purge) for _ in range(2)]:
            thread.join()
        rest = purge_uploads(at=DAY_AFTER)
        assert (len(counts), sum(counts) + rest) == (2, 10)
        assert _keys(world) == set()
    assert not any(_path(row).exists() for row in rows)


# How much may wait ----------------------------------------------------------------------------------------------------
def _refused(actor: Actor, content: bytes = b"x") -> str:
    with pytest.raises(Invalid) as refusal:
        upload(actor, content=content)
    assert list(refusal.value.errors) == ["files"]
    return refusal.value.errors["files"][0]


def test_the_measure_is_a_hundred_files_and_one_full_message():
    assert (attachments.MAX_UNSENT_FILES, attachments.MAX_UNSENT_BYTES) == (100, 200 * 1024 * 1024)


def test_each_person_has_his_own_measure_of_files(world, monkeypatch):
    monkeypatch.setattr(attachments, "MAX_UNSENT_FILES", 2)
    contact, colleague = world.customers[0].contact, world.customers[0].people["colleague"]
    rows = [upload(contact), upload(contact)]
    assert "at most 2" in _refused(contact)
    assert len(list(Path(settings.ATTACHMENT_ROOT).rglob("*"))) == 1 + 2
    upload(colleague)
    upload(world.staff["engineer"])
    world.file(MONDAY, attachment_ids=[rows[0].pk])
    upload(contact)
    _refused(contact)


def test_each_person_has_his_own_measure_of_bytes(world, monkeypatch):
    monkeypatch.setattr(attachments, "MAX_UNSENT_BYTES", 10)
    contact = world.customers[0].contact
    upload(contact, content=b"x" * 6)
    upload(contact, content=b"x" * 4)
    _refused(contact)
    upload(world.customers[0].people["colleague"], content=b"x" * 10)
    assert purge_uploads(at=DAY_AFTER) == 3
    assert upload(contact, content=b"x" * 10).size == 10


def test_the_refusal_is_a_4xx_in_the_readers_language(world, monkeypatch, client):
    monkeypatch.setattr(attachments, "MAX_UNSENT_FILES", 1)
    contact = world.customers[0].contact
    kept = upload(contact)
    client.force_login(user_of(contact))
    for language, words in (("en", "Too many of your files wait"), ("fr", "Trop de vos fichiers attendent")):
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        answer = client.post("/attachments/upload/", {"files": SimpleUploadedFile("a.log", b"x")})
        assert answer.status_code == 422
        assert words in answer.content.decode()
    with acting_as(contact):
        assert [row.pk for row in unbound_uploads(contact, [kept.pk])] == [kept.pk]
    assert _keys(world) == {kept.pk}


def test_two_uploads_at_once_do_not_pass_the_measure_together(committed_db, monkeypatch):
    """The second is counted when the first is done; a colleague waits for nobody."""
    monkeypatch.setattr(attachments, "MAX_UNSENT_FILES", 1)
    world = build_world()
    contact, colleague = world.customers[0].contact, world.customers[0].people["colleague"]
    stored, release, outcomes = threading.Event(), threading.Event(), []

    def first() -> None:
        with transaction.atomic():
            upload(contact)
            stored.set()
            release.wait(20)

    def second() -> None:
        try:
            upload(contact)
        except Invalid:
            outcomes.append("refused")
        else:
            outcomes.append("kept")

    holding = _in_thread(first)
    assert stored.wait(10)
    waiting = _in_thread(second)
    waiting.join(0.5)
    assert (waiting.is_alive(), outcomes) == (True, [])
    upload(colleague)
    release.set()
    holding.join()
    waiting.join()
    assert outcomes == ["refused"]
