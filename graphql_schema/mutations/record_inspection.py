"""`recordInspection`: a team records what it observed and concludes the round, at once or in pieces (现场复查)."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from uuid import UUID

import strawberry

from certification.acts.record_inspection import ACT, Command
from certification.reviews.concluding import Conclusion
from certification.reviews.observing import About, ItemSaid, NoteSaid, PhotoSaid, Place, Said
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act
from graphql_schema.mutations.figures import FigureInput, figures_of
from graphql_schema.mutations.findings import ItemFindingInput
from graphql_schema.scalars import Hex
from graphql_schema.session import Session


@strawberry.enum(description="What a team may conclude (复查结论).")
class InspectionVerdict(Enum):
    """合格, 限期整改, 复核, 不合格."""

    PASS = "pass"  # noqa: S105 - a verdict
    RECTIFY = "rectify"
    RECHECK = "recheck"
    FAIL = "fail"


@strawberry.input(description="Words under a name that the device gives them (文字记录).")
class NoteInput:
    """At most 500 字."""

    word: str = strawberry.field(
        description="Name: letters, digits, _ and -, at most 40; a note superseded keeps it (名称)."
    )
    text: str = strawberry.field(description="What was seen (记录).")


@strawberry.input(description="A photo that was taken; send the file to /evidence (照片).")
class PhotoInput:
    """By its hash."""

    sha256: Hex = strawberry.field(description="SHA-256 of the file as it was taken (哈希).")
    caption: str = strawberry.field(default="", description="What it shows, at most 100 字 (说明).")
    item: str | None = strawberry.field(default=None, description="The item of the standard (条款号).")


@strawberry.input(description="Where it was observed (位置).")
class PlaceInput:
    """WGS 84."""

    latitude_e6: int = strawberry.field(description="Latitude, millionths of a degree (纬度).")
    longitude_e6: int = strawberry.field(description="Longitude, likewise (经度).")
    accuracy_m: int | None = strawberry.field(default=None, description="How exact, in metres (精度).")


@strawberry.input(description="One thing observed: exactly one of item, figure, note and photo (查看记录).")
class ObservationInput:
    """Never changed; another takes its place by naming it."""

    id: UUID = strawberry.field(description="Made by the device; sent again it is kept once (编号).")
    observed_at: datetime = strawberry.field(description="By the device's clock (查看时间).")
    item: ItemFindingInput | None = strawberry.field(default=None, description="An item (条款).")
    figure: FigureInput | None = strawberry.field(default=None, description="An indicator's figure (指标).")
    note: NoteInput | None = strawberry.field(default=None, description="Words (文字).")
    photo: PhotoInput | None = strawberry.field(default=None, description="A photo (照片).")
    supersedes: list[UUID] = strawberry.field(
        default_factory=list, description="Those of the same key that it takes the place of (替代)."
    )
    place: PlaceInput | None = strawberry.field(default=None, description="Where (位置).")

    def decode(self) -> Said:
        """As the act takes it."""
        place = self.place
        return Said(
            self.id,
            self.observed_at,
            self._about(),
            tuple(self.supersedes),
            None if place is None else Place(place.latitude_e6, place.longitude_e6, place.accuracy_m),
        )

    def _about(self) -> About | None:
        """The one thing; None if it is not one."""
        found: list[About] = []
        if self.item is not None:
            found.append(ItemSaid(self.item.code, self.item.verdict.value, self.item.note, self.item.score))
        found += () if self.figure is None else figures_of([self.figure])
        if self.note is not None:
            found.append(NoteSaid(self.note.word, self.note.text))
        if self.photo is not None:
            found.append(PhotoSaid(self.photo.sha256, self.photo.caption, self.photo.item))
        return found[0] if len(found) == 1 else None


@strawberry.input(description="What the team concludes of the round (复查结论).")
class ConclusionInput:
    """Every item and figure looked at, nothing contradicted."""

    verdict: InspectionVerdict = strawberry.field(description="The verdict (结论).")
    text: str = strawberry.field(description="Reasons (意见).")
    clauses: list[str] = strawberry.field(
        default_factory=list,
        description="RECTIFY: items and indicators to put right; RECHECK: those to see anew (条款).",
    )
    due_on: date | None = strawberry.field(
        default=None, description="RECTIFY and RECHECK: the last day, within the reviewed year (期限)."
    )

    def decode(self) -> Conclusion:
        """As the act takes it."""
        return Conclusion(self.verdict.value, self.text, tuple(self.clauses), self.due_on)


@strawberry.input(description="What was observed at a community, and what it comes to (现场复查).")
class RecordInspectionInput:
    """At most 100 observations a call, in any order and any pieces; each piece may be sent again."""

    review_id: strawberry.ID = strawberry.field(description="The review (年度复查).")
    observations: list[ObservationInput] = strawberry.field(
        default_factory=list, description="What was observed (查看记录)."
    )
    conclusion: ConclusionInput | None = strawberry.field(
        default=None, description="Null: more is to come (复查结论)."
    )


async def record_inspection(
    root: Session, request_id: strawberry.ID, input: RecordInspectionInput
) -> Outcome:
    """Contradictions are shown, and stop the conclusion."""
    review = parse_id(input.review_id, "AnnualReview")
    said = tuple(one.decode() for one in input.observations)
    concluded = None if input.conclusion is None else input.conclusion.decode()
    command = Command(review.uuid, said, concluded)
    answer = ("AnnualReviewRecorded", "review", "AnnualReview")
    return await answer_act(root, ACT, command, review.tenant, request_id, answer)
