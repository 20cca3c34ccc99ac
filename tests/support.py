"""What fixtures hand to tests."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """One migrated database of a test's own, as each role; URLs for asyncpg."""

    name: str
    app: str = field(repr=False)
    owner: str = field(repr=False)
    superuser: str = field(repr=False)
