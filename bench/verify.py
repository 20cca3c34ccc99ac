"""Verification, as ratios to what signatures cost: every signature, by checkpoints, and the memory of a log that grows.

`openssl speed ed25519` gives the limit of each round. What one core does is measured in processor time on both sides, for other programs take their share
of the clock; what all cores do, by the clock on both sides. Full verification is that of one process over the first entries of a log, with libsodium and without; the quick look,
with a kept head every 1,000 entries, is over all of it. Its limit is one signature an entry. Peak memory is that of a fresh process and of its workers, over a fifth of the
log and over all of it. The log is made once, in `bench` beneath the home; `--entries` says how long it is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import ed25519
from audit.bundle import WIDTH, bundle_path, format_bundle
from audit.canonical import digest
from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.entry import ASCENDING, GENESIS, OPENED, Actor, Draft, RowDigest, Subject, seal
from audit.keys import Ed25519Signer
from audit.tree import Frontier
from audit.verify import CHECKPOINT, verify_log
from bench.rounds import Measure, Row, Table, make_row

ORIGIN: Final = "xingji.bench/411602"
SIGNER: Final = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
EVERY: Final = 1_000
START: Final = datetime(2022, 4, 25, 1, tzinfo=UTC)
Say = Callable[[str], None]
_MEMORY: Final = """\
import re, resource, sys
from pathlib import Path
from audit.note import VerifierKey
from audit.verify import verify_log
key = VerifierKey.parse(sys.argv[2])
assert verify_log(Path(sys.argv[1]), key, processes=int(sys.argv[3]), quick=sys.argv[4] == "quick").ok
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
print(peak, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def bench_verify(home: Path, rounds: int, entries: int, say: Say) -> Table:
    """Measure. Raises RuntimeError where there is no openssl command."""
    log, kept = make_log(home / f"log-{entries}", entries, say)
    sample, _ = make_log(home / f"log-{min(entries, 20_000)}", min(entries, 20_000), say)
    cores = os.cpu_count() or 1
    pairs: dict[str, list[tuple[Measure, Measure]]] = {}
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        limit, limit_all = openssl_rate(), openssl_rate("-elapsed", "-multi", str(cores))
        for name, per_core in (
            ("signatures alone, `cryptography`", _signatures(ed25519.is_signed_by_openssl)),
            ("signatures alone, PyNaCl", _signatures(ed25519.with_libsodium(ed25519.is_signed_by_openssl))),
            ("every entry in full, `cryptography`", _full(sample, ed25519.is_signed_by_openssl)),
            (
                "every entry in full, PyNaCl",
                _full(sample, ed25519.with_libsodium(ed25519.is_signed_by_openssl)),
            ),
        ):
            pairs.setdefault(f"{name}, one core", []).append((Measure(limit), Measure(per_core)))
        for count, most, clock in ((1, limit, process_time), (cores, limit_all, perf_counter)):
            rate = _rate(lambda count=count: _quick(log, kept, count), entries, clock)
            name = f"by checkpoints every {EVERY:,}, {entries:,} entries, {count} process{'es' * (count > 1)}"
            pairs.setdefault(name, []).append((Measure(most), Measure(rate)))
    return Table(
        "Verification",
        "openssl speed ed25519",
        tuple(_rows(pairs)),
        _memory(home, log, entries, say),
    )


def _rows(pairs: dict[str, list[tuple[Measure, Measure]]]) -> list[Row]:
    return [make_row(name, "1/s", measured) for name, measured in pairs.items()]


def _quick(log: Path, kept: list[bytes], processes: int) -> None:
    if not verify_log(log, SIGNER.verifier_key, kept, quick=True, processes=processes).ok:
        raise RuntimeError("the log does not hold")


def openssl_rate(*options: str) -> float:
    """Verifications a second by `openssl speed`, of processor time on one core unless told."""
    found = subprocess.run(
        ["openssl", "speed", "-seconds", "2", *options, "ed25519"], check=True, capture_output=True, text=True
    )
    match = re.search(r"\(Ed25519\).*\s([0-9.]+)\s*$", found.stdout, re.MULTILINE)
    if match is None:
        raise RuntimeError("openssl speed does not say how fast it verifies")
    return float(match[1])


def _rate(work: Callable[[], object], count: int, clock: Callable[[], float] = process_time) -> float:
    begun = clock()
    work()
    return count / (clock() - begun)


def _signatures(check: ed25519.Check) -> float:
    message = bytes(800)
    signature = SIGNER.sign(message)
    count = 10_000
    return _rate(lambda: [check(SIGNER.public_key, message, signature) for _ in range(count)], count)


def _full(log: Path, check: ed25519.Check) -> float:
    """By one process, with this library."""
    from audit import note

    usual, note.is_signed = note.is_signed, check
    try:
        size = int((log / CHECKPOINT).read_text().split("\n")[1])
        return _rate(lambda: verify_log(log, SIGNER.verifier_key), size)
    finally:
        note.is_signed = usual


def _memory(home: Path, log: Path, entries: int, say: Say) -> dict[str, str]:
    notes = {}
    fifth, _ = make_log(home / f"log-{entries // 5}", entries // 5, say)
    for mode in ("full", "quick"):
        peaks = []
        for directory in (fifth, log):
            say(f"memory, {mode}, {directory.name}")
            arguments = [str(directory), SIGNER.verifier_key.format(), str(os.cpu_count() or 1), mode]
            found = subprocess.run(
                [sys.executable, "-c", _MEMORY, *arguments], check=True, capture_output=True, text=True
            )
            peaks.append(" + ".join(f"{int(one) / 1024:.0f}" for one in found.stdout.split()))
        notes[f"peak memory, {mode}"] = (
            f"{peaks[0]} MiB over {entries // 5:,} entries, {peaks[1]} MiB over {entries:,} (asker + largest worker)"
        )
    return notes


def make_log(directory: Path, size: int, say: Say) -> tuple[Path, list[bytes]]:
    """A log of so many entries, made if it is not there, and its heads at every `EVERY`th entry."""
    heads = directory / "heads"
    if not (directory / CHECKPOINT).exists():
        say(f"making a log of {size:,} entries")
        heads.mkdir(parents=True, exist_ok=True)
        frontier, prev, leaves, index = Frontier(), GENESIS, [], 0
        for seq in range(size):
            entry = seal(_draft(seq), ORIGIN, seq, prev, SIGNER)
            prev, frontier = entry.hash, frontier.extend((entry.hash,))
            leaves.append(entry.leaf)
            if len(leaves) == WIDTH or seq == size - 1:
                path = directory / bundle_path(index, len(leaves))
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(format_bundle(leaves))
                index, leaves = index + 1, []
            if (seq + 1) % EVERY == 0:
                (heads / str(seq + 1)).write_text(_head(frontier), encoding="utf-8")
        (directory / CHECKPOINT).write_text(_head(frontier), encoding="utf-8")
    return directory, [path.read_bytes() for path in sorted(heads.iterdir())]


def _head(frontier: Frontier) -> str:
    return sign_checkpoint(Checkpoint(ORIGIN, frontier.size, frontier.root()), SIGNER)


def _draft(seq: int) -> Draft:
    if seq == 0:
        told: dict[str, object] = {
            "keys": [SIGNER.verifier_key.format()],
            "origin": ORIGIN,
            "times": ASCENDING,
        }
        system, log = Actor(UUID(int=0), "system", ORIGIN), Subject("ledger", UUID(int=1), 0)
        return Draft(OPENED, OPENED, START, system, log, {"arguments": digest(told).hex(), **told})
    subject, opinion = UUID(int=seq), UUID(int=seq + 2**64)
    arguments = digest(seq)
    return Draft(
        operation="application.endorsed",
        request_id=str(opinion),
        time=START + timedelta(seconds=seq),
        actor=Actor(UUID(int=seq % 40), "county_officer", ORIGIN),
        subject=Subject("application", subject, seq % 7),
        intent={"arguments": arguments.hex(), "opinion": arguments.hex(), "verdict": "agree"},
        rows=(
            RowDigest("applications", str(subject), arguments),
            RowDigest("endorsements", str(opinion), arguments),
        ),
    )
