"""Replaying draws (重放抽取) from a log alone: whether each was drawn as docs/formats/draw.md says, by whoever has the entries.

    replay = Replay(RECOMPUTE)
    for entry in log: replay.feed(entry)            # entries whose chain and signatures were checked
    replay.draws[draw_id].finding                   # None: nothing speaks against it

Of each draw, in the order of the entries: what is drawn from stands whole in the opening under its digest, and is a list that the log
knows; nothing of the same stood before but void draws, of which the last is named; the parties are two persons of two tenants in
their roles; every commitment stands before any secret; who kept silent before reveals first; each secret opens its commitment; seed and
result follow; a void draw was so in time, and names who kept silent. The first thing that is wrong is a draw's finding.

Pure: reads no file, no clock, no database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from audit.canonical import digest
from audit.draw import opens, seed
from audit.entry import Entry
from certification.reviews.drawing import PARTY_ROLE, Conduct, Recompute, decide_first
from certification.reviews.model import DrawPurpose, DrawSide, DrawStatus

FINDINGS: Final[Mapping[str, tuple[str, str]]] = {
    "entry_malformed": (
        "第 {seq} 号账目缺少抽取所需的内容，或格式不符",
        "entry {seq} lacks what an entry of a draw says, or says it in another form",
    ),
    "draw_unknown": (
        "第 {seq} 号账目所属的抽取没有发起账目",
        "entry {seq} is of a draw that was never opened",
    ),
    "draw_repeated": (
        "第 {seq} 号账目：同一事项已有未作废的抽取，或同一抽取重复发起",
        "entry {seq} opens a draw of what is drawn already, or opens a draw twice",
    ),
    "replaced_wrong": (
        "第 {seq} 号账目未指明上一次作废的抽取",
        "entry {seq} does not name the void draw in whose place it is",
    ),
    "list_altered": (
        "第 {seq} 号账目：名单与其摘要、总数或所记名册不符",
        "the list of entry {seq} is not that of its digest, of its size, or of the register that the log knows",
    ),
    "first_wrong": (
        "第 {seq} 号账目：须先公开的一方不是曾逾期的一方",
        "entry {seq} names another party to reveal first than the one that kept silent",
    ),
    "party_wrong": (
        "第 {seq} 号账目：办理人不是“{party}”一方的人员，或双方不是两个单位的两名人员",
        "entry {seq}: the actor is no officer of the party {party}, or the parties are not two persons of two tenants",
    ),
    "order_wrong": (
        "第 {seq} 号账目：抽取当前为“{status}”，不应有此账目",
        "entry {seq} does not belong to a draw in the status {status}",
    ),
    "revealed_early": (
        "第 {seq} 号账目：双方承诺齐备之前已公开密数",
        "entry {seq} reveals a secret before both parties had committed",
    ),
    "revealed_twice": (
        "第 {seq} 号账目：“{party}”一方重复公开密数",
        "entry {seq}: the party {party} reveals once more",
    ),
    "turn_wrong": (
        "第 {seq} 号账目：曾逾期的一方尚未公开，另一方已公开",
        "entry {seq} reveals before the party that had kept silent",
    ),
    "secret_wrong": (
        "第 {seq} 号账目：“{party}”一方的密数与其承诺值不符",
        "entry {seq}: the secret of the party {party} does not open its commitment",
    ),
    "party_missing": (
        "第 {seq} 号账目宣布抽取结果，但“{party}”一方尚未公开密数",
        "entry {seq} declares a result without the secret of the party {party}",
    ),
    "result_missing": (
        "第 {seq} 号账目：双方均已公开，但未宣布结果",
        "entry {seq} holds no result although every secret was revealed",
    ),
    "seed_wrong": (
        "第 {seq} 号账目的种子不是由双方密数算出的",
        "the seed of entry {seq} does not follow from the secrets",
    ),
    "result_wrong": (
        "第 {seq} 号账目的结果不是由种子算出的",
        "the result of entry {seq} does not follow from the seed",
    ),
    "purpose_unknown": (
        "第 {seq} 号账目的抽取事项“{purpose}”无法识别，不能重算",
        "entry {seq} draws for {purpose}, which is not known here: it cannot be computed again",
    ),
    "void_early": (
        "第 {seq} 号账目：期限 {until} 未到即作废",
        "entry {seq} declares the draw void before {until}",
    ),
    "defaulted_wrong": (
        "第 {seq} 号账目所记逾期方与账本不符",
        "entry {seq} names others as silent than those who were",
    ),
}
"""Code → text in Chinese and English; {…} are the finding's details."""

OPENED, COMMITTED, REVEALED, VOIDED = "draw.opened", "draw.committed", "draw.revealed", "draw.voided"
REGISTERED: Final = "register.committed"


class ReplayError(Exception):
    """What is wrong with an entry of a draw. The details fill the finding's text."""

    def __init__(self, code: str, seq: int, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.seq = seq
        self.zh, self.en = (text.format(seq=seq, **details) for text in FINDINGS[code])


@dataclass(slots=True)
class Party:
    """A party as the log tells it. `committed` and `revealed` are sequences of entries."""

    name: str
    commitment: bytes
    person: UUID
    origin: str
    committed: int
    secret: bytes | None = None
    revealed: int | None = None


@dataclass(slots=True)
class Story:
    """A draw as the log tells it, up to the first thing that is wrong."""

    id: UUID
    purpose: str
    drawn_from: UUID
    list_value: Mapping[str, Any]
    list_digest: bytes
    picks: int
    second: str
    reveal_by: datetime
    reveals_first: str | None
    replaces: UUID | None
    opened: int
    status: str = DrawStatus.OPEN
    parties: dict[str, Party] = field(default_factory=dict)
    defaulted: tuple[str, ...] = ()
    seed: bytes | None = None
    result: object = None
    settled: int | None = None
    finding: ReplayError | None = None


@dataclass(slots=True)
class Replay:
    """Feed it a log's entries in order. `draws` are those that were opened; `strays` is what is wrong beside them, with the draw's id."""

    recompute: Mapping[str, Recompute]
    draws: dict[UUID, Story] = field(default_factory=dict)
    strays: list[tuple[UUID, ReplayError]] = field(default_factory=list)
    _lists: dict[UUID, tuple[str, int]] = field(default_factory=dict)
    _silent: dict[str, datetime] = field(default_factory=dict)
    _drawn: dict[str, datetime] = field(default_factory=dict)

    def feed(self, entry: Entry) -> None:
        """Take the next entry; what is of no draw is passed over."""
        operation, intent = entry.draft.operation, entry.draft.intent
        if operation == REGISTERED:
            self._lists[entry.draft.subject.id] = (str(intent.get("root")), _int(intent.get("size")))
            return
        step = _STEPS.get(operation)
        if step is None:
            return
        story = self.draws.get(entry.draft.subject.id)
        if story is not None and story.finding is not None:
            return
        try:
            step(self, entry, intent)
        except ReplayError as error:
            self._note(entry, story, error)
        except (KeyError, TypeError, ValueError, AttributeError):
            self._note(entry, story, ReplayError("entry_malformed", entry.seq))

    def _note(self, entry: Entry, story: Story | None, error: ReplayError) -> None:
        story = story or self.draws.get(entry.draft.subject.id)
        if story is None:
            self.strays.append((entry.draft.subject.id, error))
        else:
            story.finding = error

    def _open(self, entry: Entry, intent: Mapping[str, Any]) -> None:
        key, drawn_from, seq = entry.draft.subject.id, UUID(intent["drawn_from"]), entry.seq
        if key in self.draws:
            raise ReplayError("draw_repeated", seq)
        before = [one for one in self.draws.values() if one.drawn_from == drawn_from]
        story = Story(
            id=key,
            purpose=intent["purpose"],
            drawn_from=drawn_from,
            list_value=intent["list"],
            list_digest=bytes.fromhex(intent["list_digest"]),
            picks=_int(intent["picks"]),
            second=intent["second"],
            reveal_by=datetime.fromisoformat(intent["reveal_by"]),
            reveals_first=intent["reveals_first"],
            replaces=None if intent["replaces"] is None else UUID(intent["replaces"]),
            opened=seq,
        )
        self.draws[key] = story
        self._commit_party(story, entry, intent)
        if any(one.status != DrawStatus.VOID for one in before):
            raise ReplayError("draw_repeated", seq)
        if story.replaces != (before[-1].id if before else None):
            raise ReplayError("replaced_wrong", seq)
        if digest(story.list_value) != story.list_digest or not self._knows(story, _int(intent["size"])):
            raise ReplayError("list_altered", seq)
        if story.reveals_first != self._first((intent["party"], story.second)):
            raise ReplayError("first_wrong", seq)
        if story.second == intent["party"] or story.second not in PARTY_ROLE:
            raise ReplayError("party_wrong", seq, party=story.second)

    def _knows(self, story: Story, size: int) -> bool:
        """Whether the list of a spot check is one that was committed to before."""
        if not 0 < story.picks <= size:
            return False
        if story.purpose != DrawPurpose.SPOT_CHECK:
            return True
        root, listed = self._lists.get(story.drawn_from, ("", 0))
        return (
            story.list_value == {"list": str(story.drawn_from), "root": root, "size": listed}
            and size == listed
        )

    def _first(self, parties: tuple[str, str]) -> str | None:
        names = self._silent.keys() | self._drawn.keys()
        conduct = [Conduct(name, self._silent.get(name), self._drawn.get(name)) for name in sorted(names)]
        return decide_first(conduct, parties)

    def _commit(self, entry: Entry, intent: Mapping[str, Any]) -> None:
        story = self._get(entry)
        if story.status != DrawStatus.OPEN or intent["party"] != story.second:
            raise ReplayError("order_wrong", entry.seq, status=story.status)
        self._commit_party(story, entry, intent)
        story.status = DrawStatus.COMMITTED
        story.reveal_by = datetime.fromisoformat(intent["reveal_by"])

    def _commit_party(self, story: Story, entry: Entry, intent: Mapping[str, Any]) -> None:
        party, actor = intent["party"], entry.draft.actor
        _check_actor(entry, party)
        others = story.parties.values()
        if any(one.person == actor.id or one.origin == actor.origin for one in others):
            raise ReplayError("party_wrong", entry.seq, party=party)
        committed = bytes.fromhex(intent["commitment"])
        story.parties[party] = Party(party, committed, actor.id, actor.origin, entry.seq)

    def _reveal(self, entry: Entry, intent: Mapping[str, Any]) -> None:
        story, seq = self._get(entry), entry.seq
        if story.status == DrawStatus.OPEN:
            raise ReplayError("revealed_early", seq)
        if story.status != DrawStatus.COMMITTED or intent["party"] not in story.parties:
            raise ReplayError("order_wrong", seq, status=story.status)
        party = story.parties[intent["party"]]
        _check_actor(entry, party.name)
        if party.secret is not None:
            raise ReplayError("revealed_twice", seq, party=party.name)
        waited = story.parties.get(story.reveals_first or "")
        if waited is not None and waited is not party and waited.secret is None:
            raise ReplayError("turn_wrong", seq)
        secret = bytes.fromhex(intent["secret"])
        if not opens(party.commitment, entry.origin, story.id, party.name, secret):
            raise ReplayError("secret_wrong", seq, party=party.name)
        party.secret, party.revealed = secret, seq
        self._settle(story, entry, intent)

    def _settle(self, story: Story, entry: Entry, intent: Mapping[str, Any]) -> None:
        seq = entry.seq
        silent = sorted(one.name for one in story.parties.values() if one.secret is None)
        if silent:
            if intent["status"] != DrawStatus.COMMITTED or "result" in intent:
                raise ReplayError("party_missing", seq, party=silent[0])
            return
        if intent["status"] != DrawStatus.DRAWN or not {"seed", "result"} <= intent.keys():
            raise ReplayError("result_missing", seq)
        secrets = {one.name: one.secret for one in story.parties.values() if one.secret is not None}
        made = seed(entry.origin, story.id, story.list_digest, secrets)
        if intent["seed"] != made.hex():
            raise ReplayError("seed_wrong", seq)
        compute = self.recompute.get(story.purpose)
        if compute is None:
            raise ReplayError("purpose_unknown", seq, purpose=story.purpose)
        story.seed, story.result, story.settled = made, compute(story.list_value, made, story.picks), seq
        if intent["result"] != story.result:
            raise ReplayError("result_wrong", seq)
        story.status = DrawStatus.DRAWN
        for name in story.parties:
            self._drawn[name] = entry.draft.time

    def _void(self, entry: Entry, intent: Mapping[str, Any]) -> None:
        story, seq = self._get(entry), entry.seq
        if story.status not in (DrawStatus.OPEN, DrawStatus.COMMITTED):
            raise ReplayError("order_wrong", seq, status=story.status)
        if entry.draft.time < story.reveal_by:
            raise ReplayError("void_early", seq, until=story.reveal_by.isoformat())
        silent = sorted(one.name for one in story.parties.values() if one.secret is None)
        if story.status == DrawStatus.OPEN:
            silent = []
        elif story.reveals_first in silent:
            silent = [story.reveals_first]
        if intent["defaulted"] != silent:
            raise ReplayError("defaulted_wrong", seq)
        story.status, story.defaulted, story.settled = DrawStatus.VOID, tuple(silent), seq
        for name in silent:
            self._silent[name] = entry.draft.time

    def _get(self, entry: Entry) -> Story:
        story = self.draws.get(entry.draft.subject.id)
        if story is None:
            raise ReplayError("draw_unknown", entry.seq)
        return story


def _check_actor(entry: Entry, party: str) -> None:
    """The actor is in the party's role, at home or from another tenant as the party is."""
    actor = entry.draft.actor
    at_home = actor.origin == entry.origin
    if actor.role != PARTY_ROLE.get(party) or at_home != (party == DrawSide.COUNTY):
        raise ReplayError("party_wrong", entry.seq, party=party)


def _int(value: object) -> int:
    if type(value) is not int:
        raise TypeError("not a whole number")
    return value


_STEPS: Final[Mapping[str, Callable[[Replay, Entry, Mapping[str, Any]], None]]] = {
    OPENED: Replay._open,
    COMMITTED: Replay._commit,
    REVEALED: Replay._reveal,
    VOIDED: Replay._void,
}
