"""Failures of the network, as sentences that say whose side they are on."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from http.client import IncompleteRead

import requests
import urllib3.exceptions

from sleuth.plugin_api import TrackerError

FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError)
UNREACHABLE = "{name} could not be reached: "
EXPLANATIONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    (
        (requests.exceptions.ProxyError, urllib3.exceptions.ProxyError),
        UNREACHABLE + "the proxy this server is told to use does not work. Tell your operator.",
    ),
    (
        (ssl.SSLCertVerificationError,),
        UNREACHABLE + "the certificate of {host} was not accepted. Nothing was sent to it.",
    ),
    (
        (requests.exceptions.SSLError, urllib3.exceptions.SSLError),
        UNREACHABLE + "{host} does not speak TLS as expected. Nothing was sent to it.",
    ),
    (
        (urllib3.exceptions.NameResolutionError, socket.gaierror),
        UNREACHABLE + "the name {host} could not be resolved (DNS). Is this server online?",
    ),
    (
        (ConnectionRefusedError,),
        UNREACHABLE + "{host} refused the connection.",
    ),
    (
        (requests.exceptions.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError),
        UNREACHABLE + "{host} did not take the connection in time.",
    ),
    (
        (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError, TimeoutError),
        "{name} took too long to answer.",
    ),
    (
        (IncompleteRead, urllib3.exceptions.IncompleteRead),
        "The answer of {name} broke off before its end.",
    ),
    (
        (ConnectionResetError, ConnectionAbortedError, BrokenPipeError),
        "{name} closed the connection before it had answered.",
    ),
    (
        (requests.exceptions.ContentDecodingError, urllib3.exceptions.DecodeError),
        "{name} sent an answer that could not be unpacked.",
    ),
)
OTHERWISE = UNREACHABLE + "the connection to {host} failed."


def explain(error: Exception, name: str, host: str) -> TrackerError:
    """Return what a person should know of a failed exchange, without any detail of it."""
    chain = list(_causes(error))
    for kinds, sentence in EXPLANATIONS:
        if any(isinstance(cause, kinds) for cause in chain):
            return TrackerError(sentence.format(name=name, host=host))
    return TrackerError(OTHERWISE.format(name=name, host=host))


def was_reset(error: Exception) -> bool:
    """Return whether the other side hung up, as idle connections may at any time."""
    return any(isinstance(cause, ConnectionResetError) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what it wraps; urllib3 hides causes in three different places."""
    pending, seen = [error], set[int]()
    while pending:
        current = pending.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        wrapped = (*current.args, getattr(current, "reason", None), current.__cause__)
        pending += [item for item in wrapped if isinstance(item, BaseException)]
