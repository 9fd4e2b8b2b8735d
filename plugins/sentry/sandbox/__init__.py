"""A stand-in for sentry.io: for the demo, for tests, and for authors of plugins.

It answers the endpoints that the Sentry plugin uses, in the documented shapes, on
loopback, with made-up organizations whose counts go on in real time. Standard library only
(but for what the contract test kit is told), and nothing of the plugin itself, so that a
mistake in one is not hidden by the same mistake in the other. ``docs/sandbox.md`` lists
tokens, projects and orders.
"""

from plugins.sentry.sandbox.contract import SANDBOX
from plugins.sentry.sandbox.faults import KINDS, Fault
from plugins.sentry.sandbox.kinds import Kind
from plugins.sentry.sandbox.series import Incident, Profile
from plugins.sentry.sandbox.server import Sandbox, SeenRequest
from plugins.sentry.sandbox.situations import SITUATIONS
from plugins.sentry.sandbox.tokens import TOKENS, Token

__all__ = [
    "KINDS",
    "SANDBOX",
    "SITUATIONS",
    "TOKENS",
    "Fault",
    "Incident",
    "Kind",
    "Profile",
    "Sandbox",
    "SeenRequest",
    "Token",
]
