"""Which hosts may be sent a user's credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from sleuth.plugin_api import TrackerError

_ODDITIES = re.compile(r"[\x00-\x20\\]")


def is_host_within(host: str, base: str) -> bool:
    """Return whether a host name is the base or below it: ``us.example.com`` in ``example.com``."""
    host, base = _normal(host), _normal(base)
    if not host or not base:
        return False
    return host == base or (not is_address(base) and host.endswith(f".{base}"))


class AllowedHosts:
    """The hosts that one plugin may call, on any port.

    Args:
        hosts: Host names, to be called over https only, or absolute URLs. An ``http``
            URL allows plain http as well, to that host and those below it.
    """

    def __init__(self, hosts: Iterable[str]) -> None:
        pairs = [_scheme_and_host(entry) for entry in hosts]
        self._hosts = [host for _, host in pairs]
        self._plain_hosts = [host for scheme, host in pairs if scheme == "http"]

    def refusal(self, url: str) -> str:
        """Return why this URL must not be called, as the end of a sentence, or ""."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return "that is not a valid address"
        host = parts.hostname or ""
        if not is_unambiguous(url, parts):
            return "that is not a valid address"
        if not _is_within_any(host, self._hosts):
            return f"calling {host} is not allowed"
        if parts.scheme != "https" and not _is_within_any(host, self._plain_hosts):
            return f"calling {host} without https is not allowed"
        return ""

    def check(self, url: str, name: str) -> None:
        """Refuse a URL that a plugin asked for.

        Raises:
            TrackerError: ``forbidden``, because of the host or the scheme.
        """
        refusal = self.refusal(url)
        if refusal:
            raise TrackerError(
                f"The {name} plugin asked for an address it may not call: {refusal}. "
                "An operator can allow hosts with SLEUTH_OUTBOUND_HOSTS.",
                permanent=True,
                reason="forbidden",
            )


def _scheme_and_host(entry: str) -> tuple[str, str]:
    if "://" in entry:
        parts = urlsplit(entry)
        return parts.scheme, parts.hostname or ""
    return "https", entry


def is_unambiguous(url: str, parts: SplitResult) -> bool:
    """Return whether there is no user info and nothing that two parsers read as two hosts."""
    has_oddities = bool(_ODDITIES.search(url)) or "@" in parts.netloc
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not has_oddities


def _is_within_any(host: str, bases: Iterable[str]) -> bool:
    return any(is_host_within(host, base) for base in bases)


def _normal(host: str) -> str:
    return host.strip().rstrip(".").lower()


def is_address(host: str) -> bool:
    """Return whether a host is an IP address rather than a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
