"""tlog-scales, a published reader of C2SP logs: it accepts what we export, and rejects what was altered or rewritten."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from tlog_scales.backend import LocalBackend
from tlog_scales.tlog import ConsistencyProof, ConsistencyProofInvalid, InclusionProof, InclusionProofInvalid

from audit.consistency import consistency_path, is_consistent
from audit.export import export_log
from audit.inclusion import is_included, paths
from audit.tiles import tile_names, tile_path
from audit.tree import Frontier, leaf_hash
from tests.conformance.tlog import read_log
from tests.integration.audit.kit import OPENED_AT, World
from tests.integration.audit.test_publishing import grow, publish_now

SIZE, KEPT = 600, 257
LEAVES = [leaf_hash(bytes([number])) for number in range(21)]
ROOTS = [Frontier().extend(LEAVES[:size]).root() for size in range(len(LEAVES) + 1)]


async def export(world: World, directory: Path) -> Path:
    async with world.bound() as conn:
        await export_log(conn, world.tenant, world.signer, directory, as_published=True)
    return directory


async def published(world: World, size: int, directory: Path) -> tuple[Path, str]:
    """The log published and exported at a size, and its checkpoint."""
    await grow(world, size)
    await publish_now(world)
    folder = await export(world, directory)
    return folder, (folder / "checkpoint").read_text()


async def test_our_log_is_accepted_and_grows_from_an_older_checkpoint(world: World, tmp_path: Path) -> None:
    key = world.signer.verifier_key.format()
    kept = None
    for size in (1, 2, 255, 256, KEPT, 512, SIZE):
        folder, checkpoint = await published(world, size, tmp_path / str(size))
        entries = read_log(LocalBackend(folder), key, kept)
        kept = checkpoint
        assert len(entries) == size
        on_disk = {
            path.relative_to(folder).as_posix() for path in (folder / "tile").rglob("*") if path.is_file()
        }
        hashes = {tile_path(one.level, one.index, one.width).as_posix() for one in tile_names(size)}
        assert {path for path in on_disk if not path.startswith("tile/entries/")} == hashes


@pytest.fixture
async def exported(world: World, tmp_path: Path) -> tuple[Path, str, str]:
    """The exported log of 600 entries, its key, and the checkpoint kept at 257."""
    _, kept = await published(world, KEPT, tmp_path / "kept")
    folder, _ = await published(world, SIZE, tmp_path / "log")
    return folder, world.signer.verifier_key.format(), kept


@pytest.mark.parametrize(
    "file",
    [
        "tile/entries/000",
        "tile/0/000",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
        "checkpoint",
        "tile/entries/002.p/88",
    ],
)
def test_one_altered_bit_anywhere_is_rejected(exported: tuple[Path, str, str], file: str) -> None:
    folder, key, kept = exported
    path = folder / file
    whole = path.read_bytes()
    for place in (10, len(whole) // 2, len(whole) - 10):
        altered = bytearray(whole)
        altered[place] ^= 1
        path.write_bytes(altered)
        with pytest.raises(Exception):  # noqa: B017 - whatever it says
            read_log(LocalBackend(folder), key, kept)
    path.write_bytes(whole)
    assert len(read_log(LocalBackend(folder), key, kept)) == SIZE


def test_a_missing_file_is_rejected(exported: tuple[Path, str, str]) -> None:
    folder, key, kept = exported
    shutil.rmtree(folder / "tile" / "1")
    with pytest.raises(RuntimeError):
        read_log(LocalBackend(folder), key, kept)


async def test_a_rewritten_log_is_rejected_by_who_kept_a_checkpoint(
    world: World,
    exported: tuple[Path, str, str],
    tmp_path: Path,
) -> None:
    """Rewritten by whoever has the key and the database: in itself it is in order, but it does not grow from what was kept."""
    _, key, kept = exported
    async with world.tampering() as root:
        for table in ("ledger_entries", "ledger_heads", "ledger_tiles", "ledger_checkpoints"):
            await root.execute(f"DELETE FROM {table} WHERE tenant_id = $1", world.tenant)
    await world.open(OPENED_AT + timedelta(minutes=1))
    folder, _ = await published(world, SIZE + 10, tmp_path / "rewritten")
    assert len(read_log(LocalBackend(folder), key)) == SIZE + 10
    with pytest.raises(ConsistencyProofInvalid):
        read_log(LocalBackend(folder), key, kept)


async def test_another_key_is_rejected(exported: tuple[Path, str, str]) -> None:
    folder, key, _ = exported
    name, _, rest = key.partition("+")
    with pytest.raises(RuntimeError):
        read_log(LocalBackend(folder), f"{name}x+{rest}")


def damages(path: tuple[bytes, ...]) -> list[tuple[bytes, ...]]:
    """The path, and every small damage to it."""
    changed = [(*path[:at], bytes(32), *path[at + 1 :]) for at in range(len(path))]
    cut = [path[:at] + path[at + 1 :] for at in range(len(path))]
    return [path, *changed, *cut, path[::-1], (*path, bytes(32)), (bytes(32), *path)]


def test_both_judge_every_inclusion_proof_alike() -> None:
    """Our paths, damaged in every small way, at right and wrong places: the library's verdict is ours."""
    verdicts = {True: 0, False: 0}
    for size in range(1, len(LEAVES)):
        for position, path in paths(LEAVES[:size], range(size)).items():
            for one in damages(path):
                for place, claimed in (
                    (position, size),
                    (position + 1, size),
                    (position, size + 1),
                    (size, size),
                ):
                    ours = is_included(LEAVES[position], place, claimed, one, ROOTS[size])
                    theirs = True
                    try:
                        InclusionProof(place, claimed, list(one)).check(LEAVES[position], ROOTS[size])
                    except InclusionProofInvalid:
                        theirs = False
                    assert ours is theirs, (position, size, place, claimed)
                    verdicts[ours] += 1
    assert min(verdicts.values()) >= 200


def test_both_judge_every_consistency_proof_alike() -> None:
    verdicts = {True: 0, False: 0}
    for new in range(1, len(LEAVES)):
        for old in range(new + 1):
            path = consistency_path(LEAVES[:new], old)
            for one in damages(path):
                for small, large in ((old, new), (old + 1, new), (old, new + 1), (old - 1, new), (new, old)):
                    ours = is_consistent(small, large, ROOTS[old], ROOTS[new], one)
                    theirs = True
                    try:
                        ConsistencyProof(small, large, list(one)).check(ROOTS[old], ROOTS[new])
                    except ConsistencyProofInvalid:
                        theirs = False
                    assert ours is theirs, (old, new, small, large, len(one))
                    verdicts[ours] += 1
    assert min(verdicts.values()) >= 200
