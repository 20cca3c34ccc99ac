"""The programme (方案) as data: what a round allows.

The rule upheld here: each rule of a programme names the clause of the notice that says it, or says `decided` with a
reason. What may be done when is `Programme.life` (status × action × role → status) and `Programme.round` (the city's
lists); certification/life.py and certification/rosters.py read them, and certification/objections.py reads what becomes of an
objection. Programmes are read by certification/reader.py and checked as a whole by certification/shape.py; these are the
values alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, NoReturn, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from certification.errors import LevelUnknownError, NoSuchActionError
from certification.model import Campaign, CampaignLevel, CampaignWindow, StandardClause
from certification.reviews.rule import ReviewRule
from certification.standard import Indicator, Item, Standard

T = TypeVar("T")
CampaignRow = Campaign | CampaignLevel | CampaignWindow | StandardClause


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a rule holds: the clause that says it, or the reason why it was decided."""

    clause: str | None
    decided: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """A value with its ground."""

    value: T
    ground: Ground


@dataclass(frozen=True, slots=True)
class Document:
    """An official document."""

    number: str
    title: str


@dataclass(frozen=True, slots=True)
class IssuedDocument:
    """The document that issues the programme, its issuer and day."""

    number: str
    title: str
    issuer: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a level asks of a community's history: a certification, and annual passes in succession since."""

    certified: str
    annual_passes: int
    ground: Ground


@dataclass(frozen=True, slots=True)
class LevelRule:
    """A level of the round: batch, form, quotas (`county_quota` None: no cap), required history.

    `code` is what rows and the API hold, `short` what a sentence calls it (省级).
    `lost`: what whoever loses it goes `back` to is the level that it requires, or it loses `both`.
    """

    code: str
    name: str
    short: str
    batch: int
    form: str
    city_quota: Setting[int]
    county_quota: Setting[int | None]
    requires: Requirement | None
    lost: Setting[str]


@dataclass(frozen=True, slots=True)
class HistoryRule:
    """How a community's history is read (certification/history.py): `checked` names the actions that look at it again.

    `certified_again`: who is certified as a level may apply for it once more. `cycle_years`: how many calendar years make a cycle.
    """

    checked: Setting[tuple[str, ...]]
    rectified_counts: Setting[bool]
    suspended_stands: Setting[bool]
    certified_again: Setting[bool]
    cycle_years: Setting[int]


@dataclass(frozen=True, slots=True)
class Window:
    """When a stage may act: aware UTC, `closes_at` exclusive."""

    stage: str
    name: str
    opens_at: datetime
    closes_at: datetime
    ground: Ground

    def until(self, extended: Mapping[str, datetime]) -> datetime:
        """When it closes, with what extends it."""
        return max(self.closes_at, extended.get(self.stage, self.closes_at))


@dataclass(frozen=True, slots=True)
class PublicityRule:
    """How a publicity counts (公示): see certification/planner.py."""

    window: str
    working_days: Setting[int]
    starts_on_working_day: Setting[bool]
    first_day_counts: Setting[bool]
    days_to_report: Setting[int]
    upheld: str | None = None
    """The step that follows an objection which the city upheld (异议成立)."""


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form; `source` is `typed` or `ledger` (filled from what is recorded)."""

    code: str
    label: str
    source: str
    personal: bool


@dataclass(frozen=True, slots=True)
class Form:
    """A form (附件) with its fields in order; `situation_limit` in 字."""

    code: str
    name: str
    fields: tuple[FormField, ...]
    situation_limit: Setting[int]
    ground: Ground


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the life of an application. `start` None: the act makes it.

    `by_roster`: it follows a city's list, or an objection upheld. `window`: only inside it. `after`: only once that window is
    over.
    """

    action: str
    name: str
    start: str | None
    to: str
    role: str
    window: str | None
    stage: str | None
    verdict: str | None
    levels: tuple[str, ...]
    by_roster: bool
    ground: Ground
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RosterStep:
    """A row of the city's lists: what it rests on and makes, and which step of an application follows which verdict.

    `again`: it may be made anew until another list rests on it. `of`: the status of what it lists, where no step follows.
    `corrects`: it changes what a running publicity says.
    """

    action: str
    name: str
    rests_on: str | None
    makes: str | None
    again: bool
    of: str | None
    verdicts: tuple[str, ...]
    follows: Mapping[str, str]
    role: str
    window: str | None
    ground: Ground
    corrects: bool = False


@dataclass(frozen=True, slots=True)
class ObjectionStep:
    """A row of the life of an objection (异议). `start` None: the act makes it; the role `public` is anybody."""

    action: str
    name: str
    start: str | None
    to: str
    role: str
    ground: Ground


@dataclass(frozen=True, slots=True)
class AttachRule:
    """Who may attach evidence to an application while it is in one of these statuses."""

    role: str
    statuses: tuple[str, ...]
    ground: Ground


@dataclass(frozen=True, slots=True)
class EvidenceRule:
    """Evidence (佐证材料) of an application: how many files, and who attaches them when."""

    files: Setting[int]
    attach: tuple[AttachRule, ...]


@dataclass(frozen=True, slots=True)
class FiguresRule:
    """The indicators that a community states with its form: actions before which all are stated, and at which they must qualify."""

    stated: Setting[tuple[str, ...]]
    qualifying: Setting[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme whole. `canonical` is its RFC 8785 JSON; `digest` the SHA-256 of it (32 bytes)."""

    code: str
    name: str
    tenant_code: str
    time_zone: str
    document: IssuedDocument
    legal_basis: Document
    levels: Mapping[str, LevelRule]
    scope: Setting[tuple[str, ...]]
    justified: Setting[tuple[str, ...]]
    windows: Mapping[str, Window]
    publicity: PublicityRule
    narrative_limit: Setting[int]
    separation: Setting[tuple[str, ...]]
    holds_county_place: Setting[tuple[str, ...]]
    holds_city_place: Setting[tuple[str, ...]]
    ranking_complete: Setting[bool]
    ranking_in_order: Setting[bool]
    history: HistoryRule
    ranking_highest_score: Setting[int]
    ranking_ties_argued: Setting[bool]
    extension_days: Setting[int]
    returned_anew: Setting[bool]
    assessed_stages: Setting[tuple[str, ...]]
    assessed_parts: Setting[tuple[str, ...]]
    forms: Mapping[str, Form]
    initial: str
    final: tuple[str, ...]
    life: tuple[Step, ...]
    round: tuple[RosterStep, ...]
    edition: Standard
    evidence: EvidenceRule | None
    canonical: bytes
    digest: bytes
    objections: tuple[ObjectionStep, ...] = ()
    reviews: ReviewRule | None = None
    figures: FiguresRule | None = None

    @property
    def standard(self) -> tuple[Item, ...]:
        """The items of its standard, in order."""
        return self.edition.items

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """The indicators of its standard, in order."""
        return self.edition.indicators

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which its days begin and end."""
        return ZoneInfo(self.time_zone)

    def get_level(self, code: str) -> LevelRule:
        """The level of that code. Raises LevelUnknownError."""
        if code not in self.levels:
            raise LevelUnknownError(level=code, levels=", ".join(self.levels))
        return self.levels[code]

    def get_roster_step(self, action: str) -> RosterStep:
        """The row of an action of the city. Raises NoSuchActionError when the programme has none."""
        return next((row for row in self.round if row.action == action), None) or _none(action)

    def items_of(self, level: str, stage: str) -> tuple[Item, ...]:
        """The items of the standard that a stage assesses for a level, in order."""
        if stage not in self.assessed_stages.value:
            return ()
        parts = self.assessed_parts.value
        return tuple(item for item in self.standard if item.part in parts and level in item.levels)

    def get_maker(self, kind: str) -> RosterStep:
        """The row whose action makes a list of that kind. Raises NoSuchActionError."""
        return next((row for row in self.round if row.makes == kind), None) or _none(kind)

    def campaign_rows(
        self, tenant_id: int, campaign_id: UUID, opened_at: datetime
    ) -> tuple[CampaignRow, ...]:
        """The campaign, its levels, windows and standard clauses: the rows that derive from the programme."""
        campaign = Campaign(
            tenant_id=tenant_id,
            id=campaign_id,
            code=self.code,
            name=self.name,
            document_number=self.document.number,
            issued_on=self.document.issued_on,
            programme=self.canonical.decode(),
            programme_digest=self.digest,
            opened_at=opened_at,
        )
        levels = (
            CampaignLevel(
                tenant_id, campaign_id, one.code, one.batch, one.city_quota.value, one.county_quota.value
            )
            for one in self.levels.values()
        )
        windows = (
            CampaignWindow(tenant_id, campaign_id, one.stage, one.opens_at, one.closes_at)
            for one in self.windows.values()
        )
        clauses = (
            StandardClause(tenant_id, campaign_id, level, item.code, item.part, position, item.wording)
            for position, (level, item) in enumerate(
                ((level, item) for level in self.levels for item in self.standard if level in item.levels),
                start=1,
            )
        )
        return (campaign, *levels, *windows, *clauses)


def _none(name: str) -> NoReturn:
    raise NoSuchActionError(stage=name, verdict="-")
