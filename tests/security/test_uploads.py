"""Files of ill will: refused, or given back as a download that no browser opens."""

import logging
import re
import socket
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.harness.servers import WebProcess
from tests.security.observer import as_superuser, body_of, undone
from tests.security.stage import Stage
from tests.security.uploads import Bait, baits
from tickets.models import Attachment

SAFE_NAME = re.compile(r"[^\x00-\x1f\x7f/\\\"<>:|?*;]{1,150}")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def client(stage: Stage) -> Client:
    made = Client(raise_request_exception=False)
    made.cookies["session"] = stage.people["contact_a"].session_key
    return made


def _raw(bait: Bait) -> tuple[bytes, str]:
    """The request as a program could send it: the name untouched by any library's good manners."""
    name = bait.name.replace("\\", "\\\\").replace('"', '\\"').encode()
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="' + name + b'"\r\n'
    head += b"Content-Type: " + bait.kind.encode() + b"\r\n\r\n"
    return head + bait.content + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"


def _put(client: Client, bait: Bait) -> Any:
    body, kind = _raw(bait)
    return client.generic("POST", "/attachments/upload/", body, content_type=kind)


def _latest() -> Attachment | None:
    with as_superuser():
        return Attachment.objects.order_by("-id").first()


def test_there_are_enough_of_them():
    assert len(baits()) >= 60


@pytest.mark.parametrize("bait", baits(), ids=lambda bait: ascii(bait.name)[:40])
def test_a_bait_is_refused_or_comes_back_as_a_harmless_download(stage: Stage, client: Client, bait: Bait):
    before = _latest()
    assert before is not None
    with undone():
        answer = _put(client, bait)
        after = _latest()
        assert answer.status_code in {200, 400, 422}, answer.status_code
        if after is None or after.pk == before.pk:
            return
        assert not bait.refused, after.filename
        _judge_name(after)
        _judge_download(client, after, bait)


def _judge_name(row: Attachment) -> None:
    assert SAFE_NAME.fullmatch(row.filename), row.filename
    assert not any(unicodedata.category(character)[0] == "C" for character in row.filename)
    assert not row.filename.startswith(".") and ".." not in row.filename.split("/")
    assert re.fullmatch(r"[0-9a-f-]{36}/[0-9a-f]{32}", row.stored_as)
    path = Path(django_settings.ATTACHMENT_ROOT) / row.stored_as
    assert path.is_file() and path.stat().st_mode & 0o777 == 0o600


def _judge_download(client: Client, row: Attachment, bait: Bait) -> None:
    answer = client.get(f"/attachments/{row.pk}/")
    assert answer.status_code == 200
    assert body_of(answer) == bait.content
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"] and "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"
    assert "X-Injected" not in answer
    message = Message()
    message["Content-Disposition"] = answer["Content-Disposition"]
    assert message.get_content_disposition() == "attachment"
    assert message.get_filename()


def test_programs_are_refused_with_words_that_help(stage: Stage, client: Client):
    for bait in baits():
        if bait.refused:
            with undone():
                answer = _put(client, bait)
            assert answer.status_code == 422, bait.name
            assert "programs cannot be attached" in answer.content.decode(), bait.name


def test_twenty_megabytes_and_ten_files_are_the_limit(stage: Stage, client: Client):
    with undone():
        big = SimpleUploadedFile("big.log", b"\0" * (20 * 1024 * 1024 + 1))
        answer = client.post("/attachments/upload/", {"files": big})
        assert answer.status_code == 422
        assert "at most 20 MB" in answer.content.decode()
    with undone():
        many = [SimpleUploadedFile(f"{n}.log", b"x") for n in range(11)]
        answer = client.post("/attachments/upload/", {"files": many})
        assert answer.status_code == 422
        assert "At most 10 files at once." in answer.content.decode()
    with undone():
        crowd = [SimpleUploadedFile(f"{n}.log", b"x") for n in range(30)]
        assert client.post("/attachments/upload/", {"files": crowd}).status_code == 413


@pytest.mark.processes
@pytest.mark.parametrize("path", ["/attachments/upload/", "/sign-in/", "/cases/new/"])
def test_two_gigabytes_are_refused_unread(live_server_process: WebProcess, path: str):
    """Also of somebody who is not signed in: the body of a form is read before it is known who sends it."""
    place = urlsplit(live_server_process.base_url)
    before = _memory_of(live_server_process)
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="big.log"\r\n\r\n'
    with socket.create_connection((place.hostname, place.port), timeout=30) as link:
        link.sendall(
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {2 * 1024**3}\r\n"
            f"Cookie: {django_settings.CSRF_COOKIE_NAME}={'a' * 32}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n\r\n".encode()
        )
        link.sendall(head + b"\0" * 65_536)
        status = link.recv(65_536).split(b"\r\n", 1)[0]
    assert status.startswith(b"HTTP/1.1 413 ")
    assert _memory_of(live_server_process) - before < 50 * 1024


def _memory_of(server: WebProcess) -> int:
    """Kilobytes of the server and its children."""
    assert server.process is not None
    found = 0
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            text = (folder / "stat").read_text() if folder.name.isdigit() else ""
            if text and server.process.pid in {int(folder.name), int(text.rpartition(")")[2].split()[1])}:
                found += int(re.findall(r"VmRSS:\s+(\d+)", (folder / "status").read_text())[0])
    return found


@pytest.mark.parametrize(
    "path", ["/attachments/", "/media/", "/.data/", "/static/../manage.py", "/static/%2e%2e/manage.py"]
)
def test_no_file_has_an_address_of_its_own(stage: Stage, client: Client, path: str):
    row = stage.customers["a"].files["public"]
    for address in (path, path + row.stored_as, path + row.filename):
        assert client.get(address).status_code == 404, address
