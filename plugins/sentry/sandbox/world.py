"""The organizations, projects and environments that the stand-in pretends to hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from plugins.sentry.sandbox.series import Profile

NO_ENVIRONMENT = ""


@dataclass(slots=True)
class Environment:
    """A named stream of events; the name ``""`` holds events that carry none."""

    id: str
    name: str
    profile: Profile
    is_hidden: bool = False


@dataclass(slots=True)
class Project:
    """A project of one organization; its ``former_slug`` answers with a redirect."""

    id: str
    slug: str
    name: str
    platform: str = "python"
    has_access: bool = True
    environments: dict[str, Environment] = field(default_factory=dict)
    former_slug: str = ""

    def listed_environments(self, visibility: str = "visible") -> list[Environment]:
        """Return the environments with a name, as the lists of the API show them."""
        wanted = {"visible": (False,), "hidden": (True,), "all": (False, True)}[visibility]
        return [e for e in self.environments.values() if e.name and e.is_hidden in wanted]


@dataclass(slots=True)
class Organization:
    """An organization; it lives in exactly one region.

    Its ``former_slug`` answers with a redirect.
    """

    id: str
    slug: str
    name: str
    region: str = "us"
    retention_days: int = 90
    status: str = "active"
    projects: list[Project] = field(default_factory=list)
    former_slug: str = ""

    def project(self, id_or_slug: str) -> Project | None:
        """Return the project of that numeric id or slug."""
        return next((p for p in self.projects if id_or_slug in (p.id, p.slug)), None)

    def knows_environment(self, name: str) -> bool:
        """Environment names are organization-wide, exact and case-sensitive."""
        return any(name in project.environments for project in self.projects)


@dataclass(slots=True)
class Habits:
    """How the service behaves where nobody knows for sure how the real one does.

    Args:
        lists_all_regions: The control silo lists the organizations of every region.
        checks_environments: An environment that the organization has not seen is 404, not
            zeros.
        tells_limits: Answers with counts carry rate limit headers.
    """

    lists_all_regions: bool = False
    checks_environments: bool = True
    tells_limits: bool = True


class World:
    """Everything the stand-in holds, built in code and the same at every start."""

    def __init__(self) -> None:
        self.habits = Habits()
        self.organizations = [_acme(), _globex(), _initech(), _hooli(), _lumen(), _atrium()]

    def organization(self, id_or_slug: str) -> Organization | None:
        """Return the organization of that numeric id or slug."""
        return next((o for o in self.organizations if id_or_slug in (o.id, o.slug)), None)

    def add_environment(
        self,
        organization: str,
        project: str,
        name: str,
        profile: Profile | None = None,
        *,
        is_hidden: bool = False,
    ) -> None:
        """Let a project receive events of an environment, or change how many.

        Raises:
            LookupError: no such organization or project.
        """
        owner = self.organization(organization)
        found = owner.project(project) if owner else None
        if found is None:
            raise LookupError(f"The sandbox has no project {organization}/{project}.")
        _add(found, name, profile or Profile(), is_hidden=is_hidden)


def _project(
    number: int,
    slug: str,
    environments: dict[str, Profile],
    *,
    platform: str = "python",
    hidden: tuple[str, ...] = (),
    has_access: bool = True,
) -> Project:
    name = slug.replace("-", " ").title()
    project = Project(str(number), slug, name, platform, has_access)
    for environment, profile in environments.items():
        _add(project, environment, profile, is_hidden=environment in hidden)
    return project


def _add(project: Project, name: str, profile: Profile, *, is_hidden: bool = False) -> None:
    known = project.environments.get(name)
    number = known.id if known else f"{project.id}{len(project.environments) + 1:02d}"
    project.environments[name] = Environment(number, name, profile, is_hidden)


def _acme() -> Organization:
    web = {
        "production": Profile(6, daily_swing=0.5, weekend_factor=0.6),
        "staging": Profile(0.8),
        "qa-2019": Profile(0.2),
        NO_ENVIRONMENT: Profile(0.5),
    }
    api = {"production": Profile(2.5, daily_swing=0.3), "staging": Profile(0.3)}
    mobile = {"production": Profile(1, daily_swing=0.7, late_share=0.15), "beta": Profile(0.4)}
    return Organization(
        "1001",
        "acme",
        "Acme",
        projects=[
            _project(4501, "web", web, platform="javascript", hidden=("qa-2019",)),
            _project(4502, "api", api),
            _project(4503, "mobile", mobile, platform="android"),
            _project(4504, "payroll", {"production": Profile(1)}, has_access=False),
            _project(4505, "greenfield", {}),
        ],
    )


def _globex() -> Organization:
    shop = {"Production": Profile(4, daily_swing=0.6), "Staging": Profile(0.5)}
    warehouse = {"Production": Profile(0.2)}
    projects = [_project(5101, "shop", shop), _project(5102, "warehouse", warehouse)]
    return Organization("1002", "globex", "Globex", region="de", projects=projects)


def _initech() -> Organization:
    """More projects than fit on one page, and a plan that keeps 30 days."""
    projects = list(_many_services(134))
    return Organization("1003", "initech", "Initech", retention_days=30, projects=projects)


def _many_services(count: int) -> Iterator[Project]:
    for number in range(1, count + 1):
        rates = {"prod": Profile(0.05 * (number % 17)), "test": Profile(0.05)}
        yield _project(6000 + number, f"service-{number:03d}", rates)


def _hooli() -> Organization:
    projects = [_project(7101, "nucleus", {"production": Profile(1)})]
    return Organization("1004", "hooli", "Hooli", status="pending_deletion", projects=projects)


def _lumen() -> Organization:
    """The organization of the demo."""
    storefront = {"production": Profile(5, daily_swing=0.5), "staging": Profile(0.08)}
    checkout = {"production": Profile(2, daily_swing=0.4), "staging": Profile(0.3)}
    worker = {"production": Profile(1.2), "staging": Profile(0.2)}
    projects = [
        _project(8001, "storefront", storefront, platform="javascript"),
        _project(8002, "checkout-api", checkout),
        _project(8003, "worker", worker),
    ]
    return Organization("1007", "lumen", "Lumen Works", projects=projects)


def _atrium() -> Organization:
    """An organization without a project."""
    return Organization("1008", "atrium", "Atrium")
