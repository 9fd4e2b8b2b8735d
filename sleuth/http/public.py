"""Which addresses are public, and connections that reach no others.

Names are resolved when the connection is made, and what was looked at is what is connected
to: a name that means something else a moment later does not help.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError

from sleuth.http.hosts import is_address, is_unambiguous
from sleuth.plugin_api import TrackerError

NOT_VALID = "that is not a valid address"
OF_THIS_NETWORK = ("localhost", "local", "internal", "localdomain", "home.arpa")
LONGEST_LABEL = 63
"""Of a name's parts: https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4"""

_TRANSLATED = ip_network("64:ff9b::/96")
_NOT_PUBLIC = tuple(map(ip_network, ("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "fec0::/10")))
"""IPv4 addresses in forms of old or of a network's own, which only look global."""

_NUMBER = re.compile(r"(0x[0-9a-f]*|\d+)", re.IGNORECASE)


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the internet at large.

    What wraps an IPv4 address is as public as that.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _wrapped(found) if isinstance(found, IPv6Address) else None
    if inner is not None:
        return is_public(str(inner))
    is_of_old = isinstance(found, IPv6Address) and any(found in each for each in _NOT_PUBLIC)
    return found.is_global and not found.is_multicast and not is_of_old


def public_refusal(url: str) -> str:
    """Return why nothing is sent to this URL, as the end of a sentence, or "".

    Tells what can be told without asking anybody; names are resolved when it is called.
    """
    try:
        parts = urlsplit(url)
        host, _port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return NOT_VALID
    if not is_unambiguous(url, parts):
        return NOT_VALID
    if parts.scheme != "https":
        return "it has to begin with https://"
    if is_address(host):
        return "" if is_public(host) else _not_public(host)
    *_, last = labels = host.split(".")
    if not all(0 < len(each) <= LONGEST_LABEL for each in labels) or _NUMBER.fullmatch(last):
        return NOT_VALID
    is_of_this_network = any(f".{host}".endswith(f".{each}") for each in OF_THIS_NETWORK)
    return _not_public(host) if is_of_this_network or last == host else ""


class PublicAdapter(HTTPAdapter):
    """Connects to public addresses only, over TLS, and through no proxy."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Let every connection look where it leads."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"https": _PublicPool}


class _PublicConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        """Connect to the first of the host's addresses that answers."""
        name = self._dns_host
        failure: NewConnectionError | None = None
        try:
            for address in self._addresses(name):
                self._dns_host = address
                try:
                    return super()._new_conn()
                except NewConnectionError as error:
                    failure = error
        finally:
            self._dns_host = name
        raise failure or NewConnectionError(self, "The name has no address.")

    def _addresses(self, name: str) -> Iterator[str]:
        """Return the host's addresses, if every one of them is public.

        Raises:
            TrackerError: ``forbidden``: one is not.
        """
        try:
            found = socket.getaddrinfo(name, self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(name, self, error) from error
        except UnicodeError as error:  # what is no name, which the form should have refused
            raise NewConnectionError(self, f"{name!r} is no name of a host.") from error
        addresses = [str(address[0]) for *_, address in found]
        if not all(map(is_public, addresses)):
            raise forbidden(_not_public(name))
        return iter(addresses)


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


def forbidden(refusal: str) -> TrackerError:
    """Return the error of an address to which nothing is sent."""
    return TrackerError(
        f"Nothing was sent: {refusal}. An operator can allow hosts with SLEUTH_WEBHOOK_HOSTS.",
        permanent=True,
        reason="forbidden",
    )


def _not_public(host: str) -> str:
    return f"{host} is not a public address"


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
