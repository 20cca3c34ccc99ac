"""What an observation (查看记录) may say, and the row that it becomes: one strict form a kind.

    item:<code>             {"note"?, "score"?, "verdict"}              what was found of an item of the standard
    figure:<code>[:<group>] {"numerator", "denominator"} | {"count"} | {"holds"}
    note:<word>             {"text"}                                    `word` is the device's own
    photo:<sha256>          {"caption"?, "item"?}                       hex of the file as it was taken; it comes later

The rule upheld here: what is kept is what the standard of the review knows, in whole numbers and bounded texts, with the place and time
that the device says. A device's clock decides nothing; it is kept as said, unless it is ahead of ours by more than `skew_minutes` or
before the first day of the cycle: then the clock is wrong, and the device says the observation anew. Which observation holds is
certification/reviews/rounds.py. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from re import compile as pattern
from typing import Final, NoReturn
from uuid import UUID

from audit.canonical import encode
from certification.errors import CertificationError, FieldRefusedError, FigureRefusedError
from certification.figures import Figure, check_figures
from certification.forms import check_text
from certification.model import Finding
from certification.planner import local_day
from certification.programme import Programme
from certification.reviews.errors import (
    ObservationDiffersError,
    ObservationRefusedError,
    ObservationsTooManyError,
)
from certification.reviews.model import Observation
from certification.standard import Item

MOST: Final = 100
"""Observations a call: with their digests they stay within one entry of the ledger."""
MOST_OF_A_REVIEW: Final = 2000
MOST_SUPERSEDED: Final = 20
NOTE_LIMIT: Final = 500
CAPTION_LIMIT: Final = 100
LATITUDE: Final = 90_000_000
LONGITUDE: Final = 180_000_000
FARTHEST: Final = 100_000
_WORD: Final = pattern(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True, slots=True)
class ItemSaid:
    """What was found of an item: a Finding, a note (needed unless it is met), points where the standard gives them."""

    code: str
    verdict: str
    note: str = ""
    score: int | None = None


@dataclass(frozen=True, slots=True)
class NoteSaid:
    """Words under a name that the device gives them."""

    word: str
    text: str


@dataclass(frozen=True, slots=True)
class PhotoSaid:
    """A photo by the SHA-256 (32 bytes) of the file as it was taken."""

    sha256: bytes
    caption: str = ""
    item: str | None = None


About = ItemSaid | Figure | NoteSaid | PhotoSaid


@dataclass(frozen=True, slots=True)
class Place:
    """Where: millionths of a degree (WGS 84), and how exactly, in metres."""

    latitude_e6: int
    longitude_e6: int
    accuracy_m: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One observation as a device sends it. `about` None: it did not say exactly one thing, and is refused.

    `supersedes`: those of its key that it takes the place of.
    """

    id: UUID
    observed_at: datetime
    about: About | None
    supersedes: tuple[UUID, ...] = ()
    place: Place | None = None


def key_of(about: About) -> str:
    """The key under which it is kept."""
    match about:
        case ItemSaid():
            return f"item:{about.code}"
        case Figure():
            return f"figure:{about.code}" + ("" if about.group is None else f":{about.group}")
        case NoteSaid():
            return f"note:{about.word}"
        case PhotoSaid():
            return f"photo:{about.sha256.hex()}"


def value_of(about: About) -> str:
    """What is kept under the key: canonical JSON of all but the key's own parts; what was not said stays out."""
    unsaid, own = (None, ""), ("code", "group", "word", "sha256")
    said = {one.name: getattr(about, one.name) for one in fields(about) if one.name not in own}
    return encode({name: value for name, value in said.items() if value not in unsaid}).decode()


def content_of(row: Observation) -> tuple[object, ...]:
    """What makes an observation what it is: the same id with the same content is a retry, whoever sends it and whenever."""
    where = (row.latitude_e6, row.longitude_e6, row.accuracy_m)
    return row.review_id, row.key, row.value, row.supersedes, row.observed_at, where


def keep_new(known: Mapping[UUID, Observation], given: Iterable[Observation]) -> tuple[Observation, ...]:
    """What of `given` is not known yet, in the order of ids. Raises ObservationDiffersError for an id that has other content."""
    new: dict[UUID, Observation] = {}
    for one in given:
        before = known.get(one.id) or new.setdefault(one.id, one)
        if content_of(before) != content_of(one):
            raise ObservationDiffersError(id=one.id)
    return tuple(new[id_] for id_ in sorted(new, key=str))


def check_said(
    programme: Programme, level: str, given: tuple[Said, ...], opens_on: date, now: datetime
) -> None:
    """Raise ObservationsTooManyError or ObservationRefusedError unless each of them may be kept."""
    if len(given) > MOST:
        raise ObservationsTooManyError(limit=MOST)
    for one in given:
        _check_frame(programme, one, opens_on, now)
        try:
            _check_about(programme, level, one)
        except (FieldRefusedError, FigureRefusedError) as refused:
            _refuse(one, refused.zh, refused.en, refused)


def _check_frame(programme: Programme, one: Said, opens_on: date, now: datetime) -> None:
    """Time, place and what it supersedes."""
    assert programme.reviews is not None  # noqa: S101 - a review has a rule
    skew = timedelta(minutes=programme.reviews.skew_minutes.value)
    if one.observed_at > now + skew or local_day(one.observed_at, programme.zone) < opens_on:
        _refuse(
            one,
            "查看时间晚于现在或早于复查周期，请校准设备时钟后重新记录",
            "its time is in the future or before the cycle: set the device's clock and say it anew",
        )
    if len(one.supersedes) > MOST_SUPERSEDED or len(set(one.supersedes)) != len(one.supersedes):
        _refuse(
            one,
            f"至多替代 {MOST_SUPERSEDED} 条且不得重复",
            f"supersedes at most {MOST_SUPERSEDED}, each once",
        )
    if one.id in one.supersedes:
        _refuse(one, "不能替代自身", "supersedes itself")
    place = one.place
    if place is not None and not (
        abs(place.latitude_e6) <= LATITUDE
        and abs(place.longitude_e6) <= LONGITUDE
        and (place.accuracy_m is None or 0 <= place.accuracy_m <= FARTHEST)
    ):
        _refuse(one, "位置超出范围", "its place is out of range")


def _check_about(programme: Programme, level: str, one: Said) -> None:
    match one.about:
        case None:
            _refuse(one, "须且只须说明一项内容", "says exactly one thing")
        case ItemSaid():
            _check_item(programme, level, one, one.about)
        case Figure():
            check_figures(programme, level, [one.about])
        case NoteSaid(word, text):
            if not _WORD.fullmatch(word):
                _refuse(one, "记录名称有误", "the name of its note is malformed")
            check_text("text", "记录", text, NOTE_LIMIT)
        case PhotoSaid(sha256, caption, item):
            if len(sha256) != 32:
                _refuse(one, "照片哈希有误", "its photo's hash has not 32 bytes")
            if caption:
                check_text("caption", "照片说明", caption, CAPTION_LIMIT)
            if item is not None and all(found.code != item for found in items_of(programme, level)):
                _refuse(one, "认定标准中没有此条", "names no item of the standard")


def _check_item(programme: Programme, level: str, one: Said, said: ItemSaid) -> None:
    item = next((found for found in items_of(programme, level) if found.code == said.code), None)
    if item is None:
        _refuse(one, "认定标准中没有此条", "names no item of the standard")
    if said.score is not None and (item.points is None or not 0 <= said.score <= item.points):
        _refuse(one, "得分超出范围", "its score is out of range")
    if said.verdict not in tuple(Finding):
        _refuse(one, "评定有误", "has no such verdict")
    if said.note or said.verdict != Finding.MEETS:
        check_text("note", f"条款 {said.code}", said.note, NOTE_LIMIT)


def items_of(programme: Programme, level: str) -> tuple[Item, ...]:
    """The items of a level that a review judges."""
    parts = () if programme.reviews is None else programme.reviews.parts.value
    return tuple(one for one in programme.standard if level in one.levels and one.part in parts)


def _refuse(one: Said, zh: str, en: str, cause: CertificationError | None = None) -> NoReturn:
    raise ObservationRefusedError(id=one.id, reason_zh=zh, reason_en=en) from cause
