"""Asking the witnesses: each checkpoint goes to all of them at once, and is published when enough have cosigned it.

The file that `XINGJI_WITNESSES` names, in the words of trust.json beside each witness's address:

    {"quorum": 2, "witnesses": [{"name": "witness.example/w1", "key": "witness.example/w1+…", "url": "https://w1.witness.example"}, …]}

A witness tells the size that it saw last when we do not know it, and is then given the path from there; at most three tries, each bounded.
Once the quorum is there the others have a moment more. A line is believed only when it holds under the witness's key. Who is
dead, slow or refuses is logged when that begins, and kept in `failing`.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from audit.checkpoint import Checkpoint
from audit.cosignature import WitnessKey, check_witnesses, find_cosignature
from audit.errors import AuditError, NoteMalformedError, QuorumMissingError
from audit.note import MAX_NOTE, Note, NoteSignature, format_note, parse_note
from audit.publishing import Prove
from audit.witness import SIZE_TYPE, Request, format_request
from xingji.errors import SettingInvalidError

TRIES: Final = 3
SECONDS: Final = 5.0
"""How long one answer may take."""
MOMENT: Final = 0.5
"""How long the others have once there are enough."""
_NAME: Final = "XINGJI_WITNESSES"
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Party:
    """A witness and where it is asked: the prefix before `/add-checkpoint`."""

    key: WitnessKey
    url: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Who is asked, and how many must say yes."""

    parties: tuple[Party, ...]
    quorum: int


class _RefusedError(Exception):
    """A witness gave no cosignature; says why."""


@dataclass(slots=True)
class Witnesses:
    """The witnesses of this installation: a `Cosign` of audit/publishing.py. Knows what each saw last, as far as it was told."""

    policy: Policy
    client: httpx.AsyncClient
    failing: dict[str, str] = field(default_factory=dict)
    _sizes: dict[tuple[str, str], int] = field(default_factory=dict)

    async def __call__(self, note: str, checkpoint: Checkpoint, prove: Prove) -> str:
        """The note with the lines of those who cosigned. Raises QuorumMissingError."""
        plain = parse_note(note.encode())
        asking = [
            asyncio.create_task(self._ask(party, plain, checkpoint, prove)) for party in self.policy.parties
        ]
        try:
            lines = await self._gather(asking)
        finally:
            for one in asking:
                one.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        if len(lines) < self.policy.quorum:
            raise QuorumMissingError(origin=checkpoint.origin, found=len(lines), wanted=self.policy.quorum)
        return format_note(Note(plain.text, (*plain.signatures, *lines)))

    async def _gather(self, asking: Sequence["asyncio.Task[NoteSignature | None]"]) -> list[NoteSignature]:
        """The lines in the order of the policy, of who answered in time."""
        pending, patience = set(asking), None
        while pending:
            done, pending = await asyncio.wait(pending, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                break
            if sum(one.done() and one.result() is not None for one in asking) >= self.policy.quorum:
                patience = MOMENT
        answers = [one.result() for one in asking if one.done()]
        return [line for line in answers if line is not None]

    async def _ask(
        self, party: Party, note: Note, checkpoint: Checkpoint, prove: Prove
    ) -> NoteSignature | None:
        name = party.key.name
        try:
            line = await self._try(party, note, checkpoint, prove)
        except (_RefusedError, AuditError, httpx.HTTPError, TimeoutError) as error:
            if name not in self.failing:
                _log.warning("the witness %s does not cosign %s: %r", name, checkpoint.origin, error)
            self.failing[name] = str(error) or type(error).__name__
            return None
        self.failing.pop(name, None)
        return line

    async def _try(self, party: Party, note: Note, checkpoint: Checkpoint, prove: Prove) -> NoteSignature:
        place = party.key.name, checkpoint.origin
        old = self._sizes.get(place, 0)
        for _ in range(TRIES):
            if old > checkpoint.size:
                self._sizes[place] = old
                raise _RefusedError(f"it has seen {old} entries, and is shown {checkpoint.size}")
            path = await prove(old) if old else ()
            request = Request(old, path, format_note(note).encode())
            status, kind, body = await self._post(party, format_request(request))
            if status == 200:
                line = _read_line(note, party.key, body)
                self._sizes[place] = checkpoint.size
                return line
            if status != 409 or kind != SIZE_TYPE or (told := _read_size(body)) == old:
                raise _RefusedError(f"{status} {body[:200].decode(errors='replace').strip()}")
            old = told
        raise _RefusedError(f"it told another size {TRIES} times")

    async def _post(self, party: Party, body: bytes) -> tuple[int, str, bytes]:
        """Status, content type and at most a note's length of the answer."""
        url = f"{party.url}/add-checkpoint"
        async with asyncio.timeout(SECONDS), self.client.stream("POST", url, content=body) as answer:
            data = b""
            async for chunk in answer.aiter_raw():
                data += chunk
                if len(data) > MAX_NOTE:
                    raise _RefusedError("too long an answer")
            return answer.status_code, answer.headers.get("content-type", ""), data


def read_policy(path: Path) -> Policy:
    """Read the file strictly. Raises SettingInvalidError."""
    try:
        data: Any = json.loads(path.read_bytes())
        if set(data) != {"quorum", "witnesses"} or type(data["quorum"]) is not int:
            raise ValueError("it has other fields than quorum and witnesses")
        parties = tuple(_read_party(one) for one in data["witnesses"])
        check_witnesses([party.key for party in parties], data["quorum"])
    except (OSError, ValueError, TypeError, KeyError, AuditError) as error:
        raise SettingInvalidError(name=_NAME, reason=f"{path}: {error}") from error
    return Policy(parties, data["quorum"])


@asynccontextmanager
async def open_witnesses(path: Path | None) -> AsyncIterator[Witnesses | None]:
    """The witnesses of a policy's file for as long as the block lasts; None without a file. Raises SettingInvalidError."""
    if path is None:
        yield None
        return
    policy = read_policy(path)
    async with httpx.AsyncClient(timeout=SECONDS, trust_env=False, follow_redirects=False) as client:
        yield Witnesses(policy, client)


def _read_party(data: Any) -> Party:
    if set(data) != {"name", "key", "url"}:
        raise ValueError("a witness has name, key and url")
    key, url = WitnessKey.parse(data["key"]), urlsplit(data["url"])
    if key.name != data["name"]:
        raise ValueError(f"the key of {data['name']} is {key.name}'s")
    if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment:
        raise ValueError(f"{data['url']} is not an address")
    return Party(key, data["url"].rstrip("/"))


def _read_line(note: Note, key: WitnessKey, body: bytes) -> NoteSignature:
    """The witness's line among those that came. Raises NoteMalformedError or NoteUnverifiedError."""
    answered = parse_note(note.text.encode() + b"\n" + body)
    if find_cosignature(answered, key) is None:
        raise NoteMalformedError(reason="no cosignature of this witness")
    return next(
        line for line in answered.signatures if (line.name, line.key_hash) == (key.name, key.key_hash)
    )


def _read_size(body: bytes) -> int:
    text = body.decode("ascii", "replace").removesuffix("\n")
    if not (text.isascii() and text.isdecimal() and str(int(text[:16])) == text):
        raise _RefusedError("it told no size")
    return int(text)
