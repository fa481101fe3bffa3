"""Calls to addresses that somebody else named: where they may go, and that they go where was looked."""

import socket
import threading

import pytest
import requests
import urllib3.util.connection

from accounts import outgoing
from accounts.outgoing import OutgoingSession, is_callable, is_public

INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "0.0.0.0",
    "192.0.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2001:0:7f00:1::1",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "100::1",
    "4000::1",
]
OUTSIDE = ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "2a00:1450:4007:80e::2004", "::ffff:1.1.1.1"]


@pytest.mark.parametrize("number", INSIDE)
def test_an_address_that_is_not_in_the_open_internet_is_not_public(number: str):
    assert not is_public(number)


@pytest.mark.parametrize("number", OUTSIDE)
def test_an_address_of_the_open_internet_is_public(number: str):
    assert is_public(number)


@pytest.mark.parametrize(
    "address",
    [
        *(f"https://[{number}]/" if ":" in number else f"https://{number}/" for number in INSIDE),
        "http://sign-on.example/",
        "ftp://sign-on.example/",
        "https://a@sign-on.example/",
        "https://127.0.0.1@sign-on.example/",
        "https://localhost/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://①②⑦.0.0.1/",
        "https://sign-on.example:22/",
        "https://sign-on.example:6379/",
        "https://sign-on.example:99999/",
        "https:///path",
        "https://[::1/",
        "",
    ],
)
def test_an_address_that_says_where_it_must_not_go_is_not_called(address: str):
    assert not is_callable(address)
    with pytest.raises(requests.RequestException):
        OutgoingSession().get(address)


@pytest.mark.parametrize("address", ["https://sign-on.example/", "https://sign-on.example:8443/x", "https://1.1.1.1"])
def test_an_address_outside_may_be_called(address: str):
    assert is_callable(address)


def test_for_trying_out_this_network_may_be_called():
    assert is_callable("http://127.0.0.1:8080/", anywhere=True)
    assert not is_callable("file:///etc/passwd", anywhere=True)


class Names:
    """Answers for names, one list of numbers after the other, and the connections that were then tried."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.tried: list[str] = []
        self.far: list[socket.socket] = []
        self.refused: set[str] = set()
        monkeypatch.setattr(outgoing.socket, "getaddrinfo", self.look_up)
        monkeypatch.setattr(urllib3.util.connection, "create_connection", self.connect)

    def look_up(self, host, port, **_options):
        return [(0, 0, 0, "", (number, port)) for number in self.answers.pop(0)]

    def connect(self, where, *_args, **_options):
        self.tried.append(where[0])
        if where[0] in self.refused:
            raise ConnectionRefusedError
        near, far = socket.socketpair()
        self.far.append(far)
        return near


@pytest.mark.parametrize("number", ["127.0.0.1", "169.254.169.254", "::1", "64:ff9b::7f00:1", "10.0.0.1"])
def test_a_name_that_leads_inside_is_not_called(monkeypatch, number: str):
    names = Names(monkeypatch, ["1.1.1.1", number])
    with pytest.raises(requests.ConnectionError, match="not called"):
        OutgoingSession().get("https://sign-on.example/")
    assert names.tried == []


def test_a_connection_goes_where_was_looked_and_asks_for_the_name(monkeypatch):
    """The second answer would lead inside; nobody asks for it. The certificate asked for is that of the name."""
    names = Names(monkeypatch, ["1.1.1.1"], ["127.0.0.1"])
    told: list[bytes] = []

    def hear() -> None:
        while not names.far:
            pass
        told.append(names.far[0].recv(4096))
        names.far[0].close()

    listener = threading.Thread(target=hear, daemon=True)
    listener.start()
    with pytest.raises(requests.ConnectionError):
        OutgoingSession().get("https://sign-on.example/")
    listener.join(5)
    assert names.tried == ["1.1.1.1"]
    assert names.answers == [["127.0.0.1"]]
    assert b"sign-on.example" in told[0]


def test_the_next_address_of_a_name_is_tried_where_one_does_not_answer(monkeypatch):
    names = Names(monkeypatch, ["2606:4700::1111", "1.1.1.1"])
    names.refused = {"2606:4700::1111", "1.1.1.1"}
    with pytest.raises(requests.ConnectionError):
        OutgoingSession().get("https://sign-on.example/")
    assert names.tried == ["2606:4700::1111", "1.1.1.1"]


def test_a_proxy_named_in_the_environment_is_not_used(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    names = Names(monkeypatch, ["1.1.1.1"])
    names.refused = {"1.1.1.1"}
    with pytest.raises(requests.ConnectionError):
        OutgoingSession().get("https://sign-on.example/")
    assert names.tried == ["1.1.1.1"]
