"""A log in files, made without a database: the same bytes every time."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.bundle import bundle_path, bundle_widths, format_bundle
from audit.canonical import digest
from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.entry import ASCENDING, GENESIS, OPENED, Actor, Draft, Entry, RowDigest, Subject, seal
from audit.head import Head
from audit.incarnation import draft_incarnation
from audit.keys import Ed25519Signer
from audit.tree import Frontier
from audit.verify import CHECKPOINT

ORIGIN = "xingji.test/411602"
SIGNER = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
KEY = SIGNER.verifier_key
START = datetime(2022, 4, 25, 1, tzinfo=UTC)


def opening(**declares: str) -> Draft:
    """The draft of entry 0; it promises nothing of times unless told."""
    declared = {"keys": [KEY.format()], "origin": ORIGIN, **declares}
    return Draft(
        operation=OPENED,
        request_id=OPENED,
        time=START,
        actor=Actor(UUID(int=0), "system", ORIGIN),
        subject=Subject("ledger", UUID(int=1), 0),
        intent={"arguments": digest(declared).hex(), **declared},
    )


def draft(number: int) -> Draft:
    """The draft of entry `number`."""
    subject = UUID(int=number + 10_000)
    return Draft(
        operation="application.recommended",
        request_id=f"request-{number}",
        time=START + timedelta(minutes=number, microseconds=number),
        actor=Actor(UUID(int=number % 7 + 100), "county_officer", ORIGIN),
        subject=Subject("application", subject, number),
        intent={"arguments": digest(number).hex(), "verdict": "同意", "note": "\x7f\u2028\n"},
        rows=(RowDigest("applications", str(subject), digest([number])),),
    )


def entries(size: int) -> list[Entry]:
    """A chain of `size` entries."""
    chain: list[Entry] = []
    for seq in range(size):
        prev = chain[-1].hash if chain else GENESIS
        chain.append(seal(draft(seq) if seq else opening(), ORIGIN, seq, prev, SIGNER))
    return chain


def head(leaf_hashes: list[bytes], signer: Ed25519Signer = SIGNER) -> bytes:
    """The signed checkpoint over leaves."""
    root = Frontier().extend(leaf_hashes).root()
    return sign_checkpoint(Checkpoint(signer.origin, len(leaf_hashes), root), signer).encode()


def write_log(directory: Path, leaves: list[bytes], note: bytes) -> Path:
    """Write leaves as bundles with a head."""
    for index, width in bundle_widths(len(leaves)):
        path = directory / bundle_path(index, width)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(format_bundle(leaves[index * 256 : index * 256 + width]))
    directory.mkdir(parents=True, exist_ok=True)
    (directory / CHECKPOINT).write_bytes(note)
    return directory


def chain(drafts: Iterable[Draft]) -> list[Entry]:
    """A chain of these drafts, whatever they say."""
    made: list[Entry] = []
    for seq, one in enumerate(drafts):
        made.append(seal(one, ORIGIN, seq, made[-1].hash if made else GENESIS, SIGNER))
    return made


def state(made: Sequence[Entry]) -> Head:
    """The head behind these entries."""
    return Head(1, ORIGIN, made[-1].hash, Frontier().extend(one.hash for one in made), made[-1].draft.time)


def incarnated(size: int, given_up: int, after: int = 5) -> tuple[list[Entry], list[Entry]]:
    """A history of `given_up` entries, and the one that was put back to `size` of them, incarnated, and went on."""
    lost = chain([opening(times=ASCENDING), *(draft(seq) for seq in range(1, given_up))])
    kept = Checkpoint(ORIGIN, given_up, state(lost).frontier.root())
    stored = state(lost[:size])
    owned = draft_incarnation(
        kept, stored, SIGNER, "硬盘损坏，恢复昨夜备份", UUID(int=0), lost[size - 1].draft.time
    )
    drafts = [one.draft for one in lost[:size]]
    return lost, chain([*drafts, owned, *(draft(seq + 1000) for seq in range(size, size + after))])
