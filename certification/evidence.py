"""What evidence may be about, and who may attach it: one row a kind of subject.

An application says it in its programme, by role and status (`Programme.evidence`): whoever has the application in hand. To a review
its team attaches, from when it is assigned until it is confirmed or cancelled: photos come after what was observed. The other
subjects are in `OFFICERS`: roles of the tenant that owns the subject or oversees it, whatever state it is in, but for a unit that has ended:
what is found of it later belongs to the unit that goes on. A kind of subject
that is to carry evidence adds its row there and a reader of its rows in `_READERS`.

The bytes are not here: a row names them by their SHA-256.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, Table, bindparam, func, select

from certification.errors import (
    CertificationError,
    EvidenceFullError,
    NotEntitledError,
    NotFoundError,
    WrongStatusError,
)
from certification.life import (
    Actor,
    ApplicationView,
    Availability,
    check_seen,
    find_role,
    sees_reviews_alone,
)
from certification.lineage.errors import UnitClosedError
from certification.model import ROLE_ZH, STATUS_ZH, Application, Status
from certification.planner import local_day
from certification.programme import Programme
from certification.reader import MOST_FILES
from certification.reading import FoundApplication, read_application
from certification.reviews.errors import ReviewStatusError
from certification.reviews.life import OBSERVE, TEAM, ReviewView, check_entitled
from certification.reviews.life import STATUS_ZH as REVIEW_ZH
from certification.reviews.model import AnnualReview, ReviewStatus
from certification.reviews.observing import items_of
from certification.reviews.reading import FoundReview, read_review
from certification.reviews.rule import FINAL
from certification.tables import evidence, legacy_records, rosters
from tenancy.database import TenantConnection
from tenancy.statements import Statement, statement
from tenancy.tables import units

ACTION: Final = "attach_evidence"
ZONE: Final = ZoneInfo("Asia/Shanghai")
NAME: Final = "上传佐证材料"
APPLICATION: Final = "application"
REVIEW: Final = "annual_review"
OFFICERS: Final[Mapping[str, tuple[str, ...]]] = {
    "unit": ("county_officer",),
    "legacy_record": ("county_officer",),
    "roster": ("city_officer",),
}
"""Kind of subject → the roles that attach evidence to it. A unit's: papers from before the platform (历史材料)."""

Reading = Callable[
    [TenantConnection, UUID, datetime], Awaitable[FoundApplication | FoundReview | UnitClosedError | None]
]
"""Finds a subject of the bound tenant, with what deciding needs if it is an application or a review; of a unit that has ended, the refusal. Raises NotFoundError."""

_TENANT: Final = bindparam("tenant_id", type_=Integer)


@dataclass(frozen=True, slots=True)
class FoundSubject:
    """What a file is to be attached to, and how many it has. `application` and `review` are there for one of that kind."""

    tenant_id: int
    type: str
    id: UUID
    files: int
    application: FoundApplication | None = None
    review: FoundReview | None = None
    ended: UnitClosedError | None = None

    @property
    def grows(self) -> Application | AnnualReview | None:
        """The row whose revision grows with every file."""
        if self.application is not None:
            return self.application.application
        return None if self.review is None else self.review.review

    @property
    def items(self) -> frozenset[str]:
        """The items of the standard that a file may show."""
        if self.application is not None:
            level = self.application.application.level
            return frozenset(one.code for one in self.application.programme.standard if level in one.levels)
        if self.review is not None:
            found = items_of(self.review.programme, self.review.review.level)
            return frozenset(one.code for one in found)
        return frozenset()


_FILES = statement(
    select(func.count()).where(
        evidence.c.tenant_id == _TENANT,
        evidence.c.subject_id == bindparam("subject"),
        evidence.c.subject_type == bindparam("kind"),
    )
)


_UNIT = statement(
    select(units.c.name, units.c.valid_to).where(
        units.c.tenant_id == _TENANT, units.c.id == bindparam("subject")
    )
)
_ATTACHED = statement(
    select(evidence.c.id)
    .where(
        evidence.c.tenant_id == _TENANT,
        evidence.c.subject_id == bindparam("subject"),
        evidence.c.subject_type == bindparam("kind"),
        evidence.c.sha256 == bindparam("sha256"),
    )
    .limit(1)
)


async def read_subject(tx: TenantConnection, kind: str, subject_id: UUID, now: datetime) -> FoundSubject:
    """The bound tenant's subject. Raises NotFoundError, also for a kind that takes no evidence."""
    read = _READERS.get(kind)
    if read is None:
        raise _missing()
    found = await read(tx, subject_id, now)
    files = int((await tx.one(_FILES, subject=subject_id, kind=kind))[0])
    if isinstance(found, FoundReview):
        return FoundSubject(tx.tenant_id, kind, subject_id, files, review=found)
    if isinstance(found, UnitClosedError):
        return FoundSubject(tx.tenant_id, kind, subject_id, files, ended=found)
    return FoundSubject(tx.tenant_id, kind, subject_id, files, found)


async def is_attached(tx: TenantConnection, kind: str, subject_id: UUID, sha256: bytes) -> bool:
    """Whether the bound tenant's subject has that file."""
    return await tx.first(_ATTACHED, kind=kind, subject=subject_id, sha256=sha256) is not None


def check_may_attach(subject: FoundSubject, actor: Actor) -> str:
    """The role in which the actor may attach evidence to this at all. Raises NotEntitledError, NotFoundError."""
    if subject.application is not None:
        return _check_reached(subject.application.programme, subject.application.view, actor)
    if subject.review is not None:
        return _check_inspects(subject.review.programme, subject.review.view, actor)
    names = OFFICERS[subject.type]
    near = actor.oversees or actor.home_tenant_id == subject.tenant_id
    found = next((role for role in actor.roles if near and role.name in names), None)
    if found is None:
        raise _missing() if sees_reviews_alone(actor) else _not_entitled(names)
    return str(found.name)


def check_attachable(subject: FoundSubject, actor: Actor) -> None:
    """Raise WrongStatusError, ReviewStatusError or UnitClosedError unless the actor may attach now; EvidenceFullError for no room."""
    if subject.ended is not None:
        raise subject.ended
    if subject.application is not None:
        _check_now(subject.application.programme, subject.application.view, subject.files, actor)
    elif subject.review is not None:
        _check_review_now(subject.review.view, subject.files)
    elif subject.files >= MOST_FILES:
        raise EvidenceFullError(limit=MOST_FILES)


def find_attaching(
    programme: Programme, view: ApplicationView, files: int, actor: Actor
) -> Availability | None:
    """Whether the actor may attach to an application that has so many files; None where the programme knows no evidence."""
    if programme.evidence is None:
        return None
    obstacle: CertificationError | None = None
    try:
        _check_reached(programme, view, actor)
        _check_now(programme, view, files, actor)
    except CertificationError as refused:
        obstacle = refused
    return Availability(ACTION, NAME, None, obstacle)


def find_attaching_to_review(
    programme: Programme, view: ReviewView, files: int, actor: Actor
) -> Availability:
    """Whether the actor may attach to a review that has so many files."""
    obstacle: CertificationError | None = None
    try:
        _check_inspects(programme, view, actor)
        _check_review_now(view, files)
    except CertificationError as refused:
        obstacle = refused
    return Availability(ACTION, NAME, None, obstacle)


def _check_inspects(programme: Programme, view: ReviewView, actor: Actor) -> str:
    """Who observes may attach; who does not is refused in the words of attaching."""
    try:
        return check_entitled(programme, OBSERVE, view, actor)
    except NotEntitledError:
        raise _not_entitled((TEAM,)) from None


def _check_review_now(view: ReviewView, files: int) -> None:
    if view.status in (ReviewStatus.PLANNED, *FINAL):
        raise ReviewStatusError(
            status=view.status, status_zh=REVIEW_ZH[ReviewStatus(view.status)], action=ACTION, name=NAME
        )
    if files >= MOST_FILES:
        raise EvidenceFullError(limit=MOST_FILES)


def _check_reached(programme: Programme, view: ApplicationView, actor: Actor) -> str:
    rule = programme.evidence
    names = () if rule is None else tuple(one.role for one in rule.attach)
    found = find_role(names, view, actor)
    if found is None:
        check_seen(view, actor)
        raise _not_entitled(names)
    return str(found.name)


def _check_now(programme: Programme, view: ApplicationView, files: int, actor: Actor) -> None:
    rule, status = programme.evidence, view.status
    assert rule is not None and status is not None  # noqa: S101 - who may attach was checked
    now = tuple(one.role for one in rule.attach if status in one.statuses)
    if find_role(now, view, actor) is None:
        raise WrongStatusError(status=status, status_zh=STATUS_ZH[Status(status)], action=ACTION, name=NAME)
    if files >= rule.files.value:
        raise EvidenceFullError(limit=rule.files.value)


def _not_entitled(names: tuple[str, ...]) -> NotEntitledError:
    listed = "、".join(ROLE_ZH[name] for name in names)
    return NotEntitledError(action=ACTION, name=NAME, role=" / ".join(names), role_zh=listed)


def _missing() -> NotFoundError:
    return NotFoundError(what="subject", what_zh="所附对象")


def _exists(table: Table) -> Reading:
    """A reader that only sees that the row is there."""
    found: Statement = statement(
        select(table.c.id).where(table.c.tenant_id == _TENANT, table.c.id == bindparam("subject"))
    )

    async def read(tx: TenantConnection, subject_id: UUID, _now: datetime) -> None:
        if await tx.first(found, subject=subject_id) is None:
            raise _missing()

    return read


async def _read_unit(tx: TenantConnection, subject_id: UUID, now: datetime) -> UnitClosedError | None:
    row = await tx.first(_UNIT, subject=subject_id)
    if row is None:
        raise _missing()
    ended = row["valid_to"]
    return UnitClosedError(name=row["name"], day=ended) if ended and ended <= local_day(now, ZONE) else None


async def _read_review(tx: TenantConnection, subject_id: UUID, _now: datetime) -> FoundReview:
    return await read_review(tx, subject_id)


_READERS: Final[Mapping[str, Reading]] = {
    APPLICATION: read_application,
    REVIEW: _read_review,
    "unit": _read_unit,
    "legacy_record": _exists(legacy_records),
    "roster": _exists(rosters),
}
