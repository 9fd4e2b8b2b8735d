"""Who and what the demo is about: a made-up company, its people, its projects."""

from __future__ import annotations

from dataclasses import dataclass

from sleuth.accounts.models import Role

ORGANIZATION = "Lumen Works"
SLUG = "lumen-works"
DOMAIN = "lumen.example"
"""No mail ever reaches a domain below ``example``, so nobody can own such an address."""

TRACKER_ORGANIZATION = "lumen"
"""What the tracker calls the company."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works at the company.

    Args:
        role: None for those who deploy but are no members.
    """

    name: str
    role: Role | None = None

    @property
    def email(self) -> str:
        """First name at the company's domain."""
        return f"{self.name.partition(' ')[0].lower()}@{DOMAIN}"


PEOPLE: dict[str, Person] = {
    "maya": Person("Maya Lindqvist", Role.OWNER),
    "tomas": Person("Tomas Rivera", Role.ADMINISTRATOR),
    "priya": Person("Priya Nair", Role.DEVELOPER),
    "jonas": Person("Jonas Weber", Role.OBSERVER),
    "aiko": Person("Aiko Tanaka"),
    "lena": Person("Lena Fischer"),
    "sam": Person("Sam Okafor"),
}
MEMBERS = {person.role: person for person in PEOPLE.values() if person.role}


@dataclass(frozen=True, slots=True)
class DemoProject:
    """A project with its code deployments.

    Args:
        tracker_slug: The tracker's name of the project.
        watched: Environments that have an impact source, by what the tracker calls them.
    """

    name: str
    tracker_slug: str
    code_deployments: tuple[str, ...]
    watched: dict[str, str]


ENVIRONMENTS = ("Production", "Staging")
PROJECTS: tuple[DemoProject, ...] = (
    DemoProject(
        "Storefront",
        "storefront",
        ("Web shop", "Search"),
        {"Production": "production", "Staging": "staging"},
    ),
    DemoProject("Checkout API", "checkout-api", ("Checkout",), {"Production": "production"}),
    DemoProject("Worker", "worker", ("Background jobs",), {"Production": "production"}),
)
