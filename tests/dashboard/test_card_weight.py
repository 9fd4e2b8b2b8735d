"""How heavy a card is on its way, when its page hears that it changed."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import Any

from sleuth.extensions import db, write
from sleuth.health.by_hand.overriding import set_override
from sleuth.health.by_hand.people import Person
from sleuth.health.models import NewErrors
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import words

LIMIT = 4096
LEVEL = 6
COMMITS = [
    {
        "revision": number * 5,
        "date": (NOW - timedelta(hours=9)).isoformat(),
        "author": {"name": who},
    }
    for number, who in (("a17e0c3d", "Ada"), ("b450349f", "Ben"))
]
FULL = {
    "revision": "b450349f00ba82c9d1e6f7a3" + "5" * 16,
    "branch": "main",
    "author_name": "Priya Nair",
    "author_email": "priya@acme.test",
    "commits": COMMITS,
    "files": [{"path": f"shop/{name}.py", "additions": 40} for name in ("cart", "tax", "orders")],
    "pull_requests": [{"number": 418}],
    "tags": ["feature", "payments"],
    "links": {"Pipeline": "https://ci.acme.test/web-shop/runs/374000"},
    "deployed_at": NOW - timedelta(hours=6),
}
TITLES = (
    "TypeError: Cannot read properties of undefined (reading 'price')",
    "KeyError: 'voucher'",
    "HTTPError: 422 Unprocessable Entity for /basket/merge",
    "ValueError: basket 3f9c has no currency",
)


def an_error(number: int, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "url": f"https://acme.sentry.io/issues/{673794966 + number * 7919}/",
        "first_seen": int(NOW.timestamp()),
        "count": 37 - number,
        "users": 25 - number,
    }


def an_ordinary_card_at_its_fullest(cast: Any, shop: Any, sentry: Any) -> str:
    """Store a deploy that two sources saw, one of them with new errors; return its public id."""
    with write():
        deploy = seed.add_deploy(shop.web, **FULL)
        for name, health in (("Sentry errors", "unhealthy"), ("Sentry checkout", "ailing")):
            source = seed.add_source(sentry, shop.production, name)
            verdict = seed.add_verdict(deploy, source, health)
        found = [an_error(number, title) for number, title in enumerate(TITLES)]
        asked = {"asked_at": NOW, "asked_until": NOW, "total": len(found), "events": 142}
        listed = {"errors": found, "top": found[:3]}
        db.session.add(NewErrors(verdict_id=verdict.id, **asked, **listed))
        seed.add_deploy(shop.web, revision="c0ffee", deployed_at=NOW - timedelta(hours=1))
    by = Person.of(cast.developer)
    set_override(deploy.id, "healthy", "A load test, announced the day before.", by, seen="")
    return str(deploy.public_id)


def test_a_card_at_its_fullest_is_sent_in_four_kilobytes(read, cast, shop, sentry) -> None:
    public_id = an_ordinary_card_at_its_fullest(cast, shop, sentry)
    page = read(f"/deploys/{public_id}/card", htmx=True)
    for part in ("2 authors", "set by", "4 new kinds", "first commit", "replaced after"):
        assert part in words(page)
    assert page.count('class="impact-line"') == 2
    assert len(gzip.compress(page.encode(), LEVEL)) < LIMIT
