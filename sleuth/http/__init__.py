"""The outbound HTTP client that every plugin is given.

Time limits, a cap on size, no redirects to strangers, no cookies, and failures as
sentences for people. Proxies and certificate bundles are taken from the environment as
requests does (``HTTPS_PROXY``, ``NO_PROXY``, ``REQUESTS_CA_BUNDLE``); ``.netrc`` is not
read, because it would replace the credentials of the user.
"""

from sleuth.http.answer import Answer
from sleuth.http.client import Client, Limits, Session
from sleuth.http.deadline import expendable
from sleuth.http.hosts import AllowedHosts, is_host_within
from sleuth.http.pace import Pace, Unpaced
from sleuth.http.posting import post
from sleuth.http.public import public_refusal

__all__ = [
    "AllowedHosts",
    "Answer",
    "Client",
    "Limits",
    "Pace",
    "Session",
    "Unpaced",
    "expendable",
    "is_host_within",
    "post",
    "public_refusal",
]
