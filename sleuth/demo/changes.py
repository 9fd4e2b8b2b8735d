"""What the company has been working on: one merged pull request after the other."""

from __future__ import annotations

from dataclasses import dataclass

SHOP, SEARCH, CHECKOUT, WORKER = "web-shop", "search", "checkout", "background-jobs"


@dataclass(frozen=True, slots=True)
class Change:
    """What a deploy brings: one merged pull request.

    Args:
        deployment: Slug of the code deployment.
        author: Key of :data:`sleuth.demo.cast.PEOPLE`.
        helper: The same, of who wrote the first commit; the author if empty.
        commits: Their messages; the pull request's title if there is but one.
        files: Paths.
    """

    deployment: str
    title: str
    author: str
    commits: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    helper: str = ""


CHANGES: dict[int, Change] = {
    381: Change(
        SHOP,
        "Show the delivery date on the product page",
        "priya",
        ("Ask the carrier for delivery dates", "Show the date below the price", "Add tests"),
        ("shop/delivery.py", "shop/product.py", "templates/product.html"),
        ("frontend",),
    ),
    384: Change(
        SHOP,
        "Load pictures below the fold later",
        "lena",
        ("Load pictures when they come into view", "Measure the largest paint"),
        ("static/pictures.js", "templates/product.html"),
        ("frontend", "performance"),
    ),
    385: Change(
        SHOP,
        "Load the first picture at once again",
        "lena",
        (),
        ("static/pictures.js",),
        ("frontend", "hotfix"),
    ),
    390: Change(
        SHOP,
        "New page header",
        "lena",
        ("Draw the new header", "Keep the old one for print", "Fix the menu on small screens"),
        ("static/header.css", "templates/base.html", "templates/_header.html"),
        ("frontend",),
    ),
    393: Change(
        SHOP,
        "Prices with tax for business customers",
        "priya",
        ("Read the tax number from the account", "Show both prices", "Explain the difference"),
        ("shop/prices.py", "shop/tax.py", "templates/basket.html", "tests/test_tax.py"),
        ("pricing",),
    ),
    394: Change(
        SHOP,
        "Round tax per line, not per order",
        "priya",
        (),
        ("shop/tax.py", "tests/test_tax.py"),
        ("pricing", "hotfix"),
    ),
    396: Change(
        SHOP,
        "Wish list",
        "sam",
        ("Store wish lists", "Add the heart to product cards", "Share a list by link"),
        ("shop/wishes.py", "shop/models.py", "templates/wishes.html", "static/heart.js"),
        ("feature",),
        helper="lena",
    ),
    397: Change(SHOP, "Wish list: wait for the session", "sam", (), ("shop/wishes.py",)),
    401: Change(SHOP, "Update dependencies", "tomas", (), ("requirements.txt",), ("chore",)),
    403: Change(
        SHOP,
        "Faster category pages",
        "priya",
        ("Fetch products and prices in one query", "Cache the category tree"),
        ("shop/categories.py", "shop/prices.py"),
        ("performance",),
    ),
    405: Change(
        SHOP,
        "Checkout in two steps",
        "lena",
        ("Split address and payment", "Keep the basket visible", "Drop the old page"),
        ("shop/checkout.py", "templates/checkout.html", "static/checkout.js"),
        ("feature", "frontend"),
    ),
    407: Change(
        SHOP,
        "Checkout in two steps, second try",
        "lena",
        ("Bring back the two steps", "Accept orders that were begun on the old page"),
        ("shop/checkout.py", "templates/checkout.html"),
        ("feature", "frontend"),
        helper="priya",
    ),
    410: Change(
        SHOP,
        "Stop asking for pictures that are gone",
        "aiko",
        ("Remember which pictures are missing",),
        ("shop/pictures.py", "tests/test_pictures.py"),
        ("reliability",),
    ),
    413: Change(SHOP, "Say what is out of stock", "priya", (), ("templates/product.html",)),
    416: Change(
        SHOP,
        "Vouchers in the basket",
        "sam",
        ("Accept a voucher code", "Show the discount per line"),
        ("shop/vouchers.py", "shop/basket.py", "templates/basket.html"),
        ("feature",),
        helper="lena",
    ),
    418: Change(
        SHOP,
        "Do not look up vouchers of empty baskets",
        "sam",
        (),
        ("shop/vouchers.py",),
        ("hotfix",),
    ),
    57: Change(
        SEARCH, "Rank by sales of the last week", "tomas", (), ("search/ranking.py",), ("search",)
    ),
    58: Change(
        SEARCH,
        "Index pages in batches",
        "tomas",
        ("Send 200 pages at a time", "Continue where the last run ended"),
        ("search/indexing.py", "search/cursor.py"),
        ("search", "performance"),
    ),
    60: Change(SEARCH, "Understand plural forms", "aiko", (), ("search/words.py",), ("search",)),
    61: Change(
        SEARCH,
        "Suggest while typing",
        "aiko",
        ("Answer prefixes", "Limit suggestions to eight"),
        ("search/suggest.py", "static/search.js"),
        ("search", "feature"),
    ),
    62: Change(SEARCH, "Ignore prefixes of one letter", "aiko", (), ("search/suggest.py",)),
    203: Change(
        CHECKOUT,
        "Guest checkout behind a flag",
        "aiko",
        ("Orders without an account", "Flag guest_checkout, off", "Ask guests for an e-mail"),
        ("api/orders.py", "api/flags.py", "tests/test_guests.py"),
        ("feature",),
    ),
    207: Change(
        CHECKOUT,
        "Ask the payment provider only once",
        "aiko",
        ("Keep the answer for the length of the request",),
        ("api/payments.py",),
        ("reliability",),
    ),
    210: Change(
        CHECKOUT,
        "Store addresses once",
        "sam",
        ("Move addresses to a table of their own", "Migrate the old ones"),
        ("api/addresses.py", "migrations/0042_addresses.py"),
        ("database",),
    ),
    212: Change(CHECKOUT, "Check card numbers earlier", "priya", (), ("api/cards.py",)),
    213: Change(CHECKOUT, "Ask again after a refused card", "priya", (), ("api/cards.py",)),
    216: Change(CHECKOUT, "Update dependencies", "tomas", (), ("requirements.txt",), ("chore",)),
    219: Change(
        CHECKOUT,
        "Pay with a wallet",
        "aiko",
        ("Accept wallet tokens", "Show the wallet's button where there is one"),
        ("api/wallets.py", "api/payments.py"),
        ("feature", "payments"),
        helper="sam",
    ),
    221: Change(
        CHECKOUT,
        "Refunds by the line",
        "sam",
        ("Refund single lines", "Tell the warehouse"),
        ("api/refunds.py", "api/warehouse.py"),
        ("feature", "payments"),
        helper="aiko",
    ),
    222: Change(
        CHECKOUT,
        "Do not refund what was not paid",
        "sam",
        (),
        ("api/refunds.py", "tests/test_refunds.py"),
        ("payments", "hotfix"),
    ),
    118: Change(
        WORKER,
        "Retry e-mails with a growing pause",
        "sam",
        (),
        ("jobs/mail.py", "jobs/retry.py"),
        ("reliability",),
    ),
    121: Change(
        WORKER,
        "Thumbnails on a queue of their own",
        "tomas",
        ("Name the queue", "Start two more workers"),
        ("jobs/thumbnails.py", "deploy/workers.yaml"),
        ("infrastructure",),
    ),
    122: Change(
        WORKER,
        "Give thumbnails their memory back",
        "tomas",
        (),
        ("deploy/workers.yaml",),
        ("infrastructure", "hotfix"),
    ),
    125: Change(WORKER, "Send invoices at night", "sam", (), ("jobs/invoices.py",)),
    130: Change(
        WORKER,
        "Close connections of the nightly report",
        "aiko",
        (),
        ("jobs/report.py",),
        ("reliability",),
    ),
    133: Change(WORKER, "Python 3.13", "tomas", (), ("Dockerfile",), ("chore",)),
    135: Change(WORKER, "Count what each job costs", "maya", (), ("jobs/metrics.py",)),
    137: Change(WORKER, "Delete old exports", "sam", (), ("jobs/exports.py",), ("chore",)),
}
