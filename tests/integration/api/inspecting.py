"""Inspections for tests through the front door: what is sent, and a community that meets the whole standard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import uuid4

from certification.reader import load_programme
from certification.standard import EXACTLY, MEASURED, YES
from tests.integration.api.kit import Caller, Stage
from tests.integration.api.reviews import COUNTY
from tests.integration.api.star import mutation
from xingji.demo.cast import CITY

STATE: Final = """id status round revision result rectified dueOn overdue confirmedAt
  verdicts { id round stage verdict text clauses dueOn judgement observationsDigest authorTenant { code } }
  observations(first: 100) { totalCount edges { node { id key value round supersedes observedAt latitudeE6 } } }
  findings { key value round } conflicts { key sides { observationId value authorId observedAt recordedAt supersedes } }
  judgement { qualifies outcomes { code group result numerator denominator explanation } }
  missingPhotos { sha256 caption item } evidence { id receivedSha256 sha256 itemCode label }
  availableActions { action name allowed obstacle { code message } }"""
_RECORDED: Final = (
    f"... on AnnualReviewRecorded {{ review {{ {STATE} }} receipt {{ sequence hash replayed }} }}"
)
INSPECT, CONFIRM, RETURN = (
    mutation(name, _RECORDED) for name in ("recordInspection", "confirmReview", "returnReview")
)
NODE: Final = f"query($id: ID!) {{ node(id: $id) {{ ... on AnnualReview {{ {STATE} }} }} }}"
CORRECTION: Final = (
    "id level year result documentNumber reason confirmedAt declinedAt declineReason community { id }"
)
_CORRECTED: Final = (
    f"... on ReviewCorrectionRecorded {{ correction {{ {CORRECTION} }} receipt {{ sequence }} }}"
)
PROPOSE_CORRECTION, CONFIRM_CORRECTION, DECLINE_CORRECTION = (
    mutation(f"{name}ReviewCorrection", _CORRECTED) for name in ("propose", "confirm", "decline")
)
NOON: Final = "2022-05-05T04:00:00Z"


def observed(at: str = NOON, **about: Any) -> dict[str, Any]:
    """One observation with a new id."""
    return {"id": str(uuid4()), "observedAt": at, **about}


def item(code: str, verdict: str = "MEETS", note: str = "", **more: Any) -> dict[str, Any]:
    return observed(item={"code": code, "verdict": verdict, "note": note}, **more)


def figure(code: str, group: str | None = None, *, at: str = NOON, **values: Any) -> dict[str, Any]:
    return observed(at, figure={"code": code, "group": group, **values})


def everything(at: str = NOON) -> list[dict[str, Any]]:
    """A provincial community that meets every clause."""
    return [*_items(at), *_figures(at)]


def _items(at: str) -> Iterator[dict[str, Any]]:
    programme = load_programme("zhoukou-2022")
    assert programme.reviews is not None
    for one in programme.standard:
        if "provincial" in one.levels and one.part in programme.reviews.parts.value:
            yield observed(at, item={"code": one.code, "verdict": "MEETS"})


def _figures(at: str) -> Iterator[dict[str, Any]]:
    for one in load_programme("zhoukou-2022").indicators:
        if one.level == "provincial" and one.is_stated:
            for group in one.group_codes:
                if one.comparison == YES:
                    yield figure(one.code, group, at=at, holds=True)
                elif one.per and one.comparison in MEASURED:
                    part = 100 if one.comparison != EXACTLY else one.threshold
                    yield figure(one.code, group, at=at, numerator=part, denominator=100)
                else:
                    yield figure(one.code, group, at=at, count=one.threshold or 0)


def concluding(verdict: str = "PASS", text: str = "现场查看，逐条核对。", **more: Any) -> dict[str, Any]:
    return {"verdict": verdict, "text": text, **more}


async def inspect(
    caller: Caller,
    review: str,
    observations: Sequence[dict[str, Any]] = (),
    conclusion: dict[str, Any] | None = None,
    request: str | None = None,
) -> dict[str, Any]:
    """Ask to record it; the review, or the refusal."""
    given = {"reviewId": review, "observations": list(observations), "conclusion": conclusion}
    return await caller.act(INSPECT, given, request)


async def state(caller: Caller, review: str) -> dict[str, Any]:
    return dict((await caller.get(NODE, id=review))["node"])


def last_verdict(review: dict[str, Any]) -> str:
    """The id of the team's conclusion that stands last."""
    given = [one for one in review["verdicts"] if one["stage"] == "INSPECTION"]
    return str(given[-1]["id"])


async def settle(
    stage: Stage, review: str, login: str = "county", code: str = COUNTY.code, reason: str | None = None
) -> dict[str, Any]:
    """Confirm the conclusion that stands, or return it with a reason, as an officer of the county or the city."""
    caller = await stage.person(code, login)
    given = {"reviewId": review, "conclusionId": last_verdict(await state(caller, review))}
    if reason is None:
        return await caller.act(CONFIRM, given)
    return await caller.act(RETURN, {**given, "reason": reason})


async def confirmed(stage: Stage, review: str) -> dict[str, Any]:
    """Confirmed by the county and by the city."""
    first = await settle(stage, review)
    assert "review" in first, first
    second = await settle(stage, review, "leader", CITY)
    assert "review" in second, second
    return dict(second["review"])


def allowed(review: dict[str, Any]) -> set[str]:
    """What the reader may do now."""
    return {one["action"] for one in review["availableActions"] if one["allowed"]}
