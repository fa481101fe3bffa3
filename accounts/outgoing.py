"""Calls to addresses that somebody else named: to public ones only, bounded in time and size, never redirected.

A name is looked up once per connection, and the connection goes to the very address that was looked at: a name that
leads elsewhere the second time it is asked gains nothing. Proxies named in the environment are not used, because they
would look names up themselves.
"""

import ipaddress
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

SECONDS: Final = 5
"""How long one step of a call may take: connecting, or waiting for the next bytes."""
WHOLE_SECONDS: Final = 10
"""How long an answer may take from the connection to its last byte."""
LONGEST_ANSWER: Final = 256 * 1024
"""Bytes, unpacked; a set of keys has a few thousand."""
PORTS: Final = frozenset({443, 8443, 9443})
_GIVEN_OUT: Final = ipaddress.IPv6Network("2000::/3")
_TUNNELS: Final = tuple(ipaddress.IPv6Network(text) for text in ("2001::/32", "2002::/16"))
"""Teredo and 6to4: a public address around one that need not be."""


def is_callable(address: str, *, anywhere: bool = False) -> bool:
    """Whether ``address`` may be called, by its text: https on a usual port, a name or a public number, no credentials.

    Where a name leads is looked at when it is called. ``anywhere`` allows this network too, and no encryption: for
    trying out only.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.username or parts.password or parts.query or parts.fragment or not address.isascii():
        return False
    if anywhere:
        return parts.scheme in {"http", "https"}
    return parts.scheme == "https" and (port or 443) in PORTS and _may_be_public(host)


def is_public(number: str) -> bool:
    """Whether an address in numbers lies in the open internet, whatever it is wrapped in.

    Stricter than ``ipaddress`` about what is "global": that takes in multicast, addresses of IPv4 inside IPv6 and
    ranges that nobody was given. Raises ValueError for what is no address.
    """
    found: Address = ipaddress.ip_address(number.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if found not in _GIVEN_OUT or any(found in tunnel for tunnel in _TUNNELS):
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _may_be_public(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        bare = host.rstrip(".")
        return "." in bare and not bare.rpartition(".")[2].isdigit()


class NotCalled(OSError):
    """A name leads to an address that is not called."""


def _looked_up(host: str, port: int) -> list[str]:
    """The addresses of ``host``, in numbers. Raises ``NotCalled`` where one is not public, ``socket.gaierror``."""
    found = [str(place[4][0]) for place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not all(map(is_public, found)):
        raise NotCalled(f"{host} leads to an address that is not called")
    return found


class _Bounded:
    """A connection that is cut after a while whatever it is doing, also while the answer drips in byte by byte."""

    sock: socket.socket

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        end = threading.Timer(WHOLE_SECONDS, _cut, [self.sock])
        end.daemon = True
        end.start()


def _cut(line: socket.socket) -> None:
    with suppress(OSError):  # closed already
        socket.socket.shutdown(line, socket.SHUT_RDWR)


class _Pinned(_Bounded):
    """Connects to the address that was looked at; the certificate still has to be that of the name."""

    _dns_host: str
    port: int

    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        *others, last = _looked_up(name, self.port)
        try:
            for self._dns_host in others:
                with suppress(HTTPError):
                    return self._line()
            self._dns_host = last
            return self._line()
        finally:
            self._dns_host = name

    def _line(self) -> socket.socket:
        line: socket.socket = super()._new_conn()  # type: ignore[misc]
        return line


class _BoundedHttp(_Bounded, HTTPConnection):
    pass


class _BoundedHttps(_Bounded, HTTPSConnection):
    pass


class _PinnedHttps(_Pinned, HTTPSConnection):
    pass


class _LocalHttpPool(HTTPConnectionPool):
    ConnectionCls = _BoundedHttp


class _LocalHttpsPool(HTTPSConnectionPool):
    ConnectionCls = _BoundedHttps


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PinnedHttps


_Pools: TypeAlias = Mapping[str, type[HTTPConnectionPool]]
_LOCAL: Final[_Pools] = {"http": _LocalHttpPool, "https": _LocalHttpsPool}
_PUBLIC: Final[_Pools] = {"https": _PublicPool}


class _Adapter(HTTPAdapter):
    def __init__(self, pools: _Pools) -> None:
        self._pools = pools
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = dict(self._pools)


class OutgoingSession(requests.Session):
    """Calls what ``is_callable`` and the lookup allow. Raises ``requests.RequestException`` for everything else."""

    def __init__(self, *, anywhere: bool = False) -> None:
        super().__init__()
        self._anywhere = anywhere
        self.trust_env = False
        pools = _LOCAL if anywhere else _PUBLIC
        self.adapters.clear()
        for scheme in pools:
            self.mount(f"{scheme}://", _Adapter(pools))

    def get_redirect_target(self, resp: Any) -> None:
        """None is looked for, because looking reads the whole answer."""

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        """The whole answer, whatever its status."""
        if not is_callable(str(url).partition("?")[0], anywhere=self._anywhere):
            raise requests.exceptions.InvalidURL("this address is not called")
        bounds = {"timeout": SECONDS, "allow_redirects": False, "stream": True}
        response = super().request(method, url, *args, **options | bounds)
        response._content = _read(response)
        return response


def _read(response: requests.Response) -> bytes:
    """The whole answer. Raises ``requests.RequestException`` where it is too long, or was cut before its end."""
    body = bytearray()
    with response:
        for part in response.iter_content(8192):
            body += part
            if len(body) > LONGEST_ANSWER:
                raise requests.exceptions.ContentDecodingError("the answer is too long")
    return bytes(body)
