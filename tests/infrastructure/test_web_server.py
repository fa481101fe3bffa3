"""The web server as browsers use it."""

import socket
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.harness.servers import WebProcess


def seconds_to_answer(address: str) -> float:
    """How long a request for a page takes."""
    began = time.monotonic()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(address, timeout=60)
    return time.monotonic() - began


def test_connections_that_browsers_open_in_advance_hold_up_nobody(live_server_process: WebProcess) -> None:
    place = (urlsplit(live_server_process.base_url).hostname, urlsplit(live_server_process.base_url).port)
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(socket.create_connection(place))
        slowest = max(seconds_to_answer(f"{live_server_process.base_url}/static/none") for _ in range(6))
    assert slowest < 3


def test_a_visitor_who_is_slow_to_speak_is_heard(live_server_process: WebProcess) -> None:
    place = (urlsplit(live_server_process.base_url).hostname, urlsplit(live_server_process.base_url).port)
    with socket.create_connection(place, timeout=30) as slow:
        time.sleep(4)
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: slow.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_killed_web_server_can_be_started_again_at_its_address(live_server_process: WebProcess) -> None:
    address = live_server_process.base_url
    live_server_process.kill()
    assert not live_server_process.answers()
    live_server_process.start()
    assert live_server_process.base_url == address
    assert live_server_process.answers()
