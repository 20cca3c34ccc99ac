"""Who plays: for the city and each county, real units of the division file and people who are plainly made up.

In each county communities of one street take part: the nominee, a rival, and one that is provincial since years and may apply for
star; in one county a village. All demo logins share one password and are refused by
a server that is not the demonstration's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID, uuid5

from certification.founding import Founding, Login, Person
from tenancy import divisions
from tenancy.divisions import Tenancy, UnitRows, get_division, short_name, units_of
from xingji.founding import make_founding

PASSWORD: Final = "xingji-demo-2022"  # noqa: S105 - the demonstration's, refused elsewhere
CITY: Final = "411600"
FORMED_LATER: Final = "411671"
"""The statistical zone: a tenant that takes no part in 2022."""
DOUBLE: Final = "both"
"""A login in the first county that is both street and county officer, to show that nobody endorses twice."""

RETURNED: Final = "411622"
"""The county whose street returns the nominee's application once."""
WITHDRAWN: Final = "411621"
"""The county whose nominee withdraws; the rival takes the place."""
LATE: Final = "411623"
"""The county whose nominee comes too late and is admitted by an extension."""
VILLAGE: Final = "411681"
"""The county that recommends a village; its community never hands in the draft."""
STARS: Final = ("411602", "411625", "411627", "411628")
"""The counties with a community that has three years of reviews on paper."""
GAP: Final = "411624"
"""The county whose community lacks one of the three years."""

STEADY: Final = "411602"
"""The county whose new provincial community passes every year."""
MENDED: Final = "411603"
"""The county whose community must put something right, then merges with its neighbour."""
FAILED: Final = "411621"
"""The county whose community fails a year."""
MISSED: Final = "411622"
"""The county that leaves a year out."""
TAKER: Final = "411681"
"""The county that a street of the county `GAP` goes to."""

_PEOPLE: Final = UUID("5b1f2d3c-8f0e-5a52-9d59-0d3c4c1c7d11")
_ROLES: Final[Mapping[str, tuple[str, str]]] = {
    "clerk": ("社区经办员", "community_clerk"),
    "rival": ("社区经办员（二）", "community_clerk"),
    "star": ("社区经办员（星级）", "community_clerk"),
    "village": ("行政村经办员", "community_clerk"),
    "street": ("街道经办员", "street_officer"),
    "county": ("县级经办员", "county_officer"),
    "county2": ("县级经办员（二）", "county_officer"),
    "admin": ("租户管理员", "tenant_administrator"),
    "reviewer": ("市级初审员", "city_officer"),
    "visitor": ("市级考察员", "city_officer"),
    "leader": ("市级负责人", "city_officer"),
    "auditor": ("审计员", "auditor"),
    "inspector": ("复查员", "review_team"),
    "inspector2": ("复查员（二）", "review_team"),
}
_COUNTY: Final = (
    "clerk",
    "rival",
    "star",
    "street",
    "county",
    "county2",
    "admin",
    "inspector",
    "inspector2",
)
_CITY: Final = ("reviewer", "visitor", "leader", "auditor", "admin", "inspector")


@dataclass(frozen=True, slots=True)
class Place:
    """A community that takes part."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class County:
    """A county that takes part, with its street and the communities beneath it; `village` None: none there."""

    tenant_id: int
    code: str
    name: str
    unit_id: UUID
    street: Place
    nominee: Place
    rival: Place
    star: Place
    village: Place | None

    @property
    def recommended(self) -> tuple[str, Place]:
        """Whom the county recommends in the end, with the login of its clerk."""
        if self.code == VILLAGE and self.village is not None:
            return "village", self.village
        return ("rival", self.rival) if self.code == WITHDRAWN else ("clerk", self.nominee)


@cache
def counties() -> tuple[County, ...]:
    """The ten counties of 2022, in order of their codes."""
    return tuple(
        _county(one, units_of(one.code))
        for one in divisions.tenancies()
        if one.level == "county" and one.code != FORMED_LATER
    )


def founding_of(tenant: Tenancy, password_hash: str) -> Founding:
    """What a tenant of the demonstration begins with: units, people, and the grants to its city."""
    rows = units_of(tenant.code)
    return make_founding(tenant, rows, _people(tenant, rows, password_hash))


def person_id(tenant_code: str, login: str) -> UUID:
    """The pseudonym of a demo person."""
    return uuid5(_PEOPLE, f"{tenant_code}/{login}")


def _people(tenant: Tenancy, rows: UnitRows, password_hash: str) -> list[Person]:
    own = divisions.unit_id(tenant.code)
    if tenant.level == "city":
        places = dict.fromkeys(_CITY, own)
    elif tenant.code == FORMED_LATER:
        places = {"admin": own}
    else:
        county = _county(tenant, rows)
        places = {
            **dict.fromkeys(_COUNTY, own),
            "clerk": county.nominee.id,
            "rival": county.rival.id,
            "star": county.star.id,
            "street": county.street.id,
        }
        if county.code == VILLAGE and county.village is not None:
            places["village"] = county.village.id
    name = get_division(tenant.code).name
    people = [
        Person(
            person_id(tenant.code, login),
            f"{name}{_ROLES[login][0]}（演示）",
            ((_ROLES[login][1], unit),),
            Login(login, password_hash, True),
        )
        for login, unit in places.items()
    ]
    if tenant.code == counties()[0].code:
        roles = (("street_officer", places["street"]), ("county_officer", own))
        double = Login(DOUBLE, password_hash, True)
        people.append(Person(person_id(tenant.code, DOUBLE), f"{name}兼任经办员（演示）", roles, double))
    return people


def _county(tenant: Tenancy, rows: UnitRows) -> County:
    """The first street with three communities, in officers' order."""
    ordered = sorted(rows.units, key=lambda row: str(row["sort_key"]))
    for street in ordered:
        beneath = [row for row in ordered if row["parent_id"] == street["id"] and row["kind"] == "community"]
        if street["kind"] == "street" and street["valid_to"] is None and len(beneath) > 2:
            name = short_name(get_division(tenant.code).name)
            own = divisions.unit_id(tenant.code)
            villages = [
                row for row in ordered if row["parent_id"] == street["id"] and row["kind"] == "village"
            ]
            nominee, rival, star = (_place(row) for row in beneath[:3])
            village = _place(villages[0]) if villages else None
            return County(tenant.id, tenant.code, name, own, _place(street), nominee, rival, star, village)
    raise LookupError(tenant.code)


def _place(row: Mapping[str, Any]) -> Place:
    return Place(row["id"], row["name"])
