"""The city's log beside the county's: what it recorded must be of this history, and it must itself hold."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.auditing import Question, answer
from audit.canonical import digest
from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.entry import GENESIS, Actor, Draft, Subject, seal
from audit.errors import UnusableInputError
from audit.keys import Ed25519Signer
from audit.trust import Trust, TrustedLog
from audit.witnessed import draft_witnessed
from tests.unit.audit.kit import KEY, ORIGIN, START, entries, head, write_log

CITY = Ed25519Signer("xingji.test/411600", Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32))
STRANGER = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([8]) * 32))
TRUST = Trust((TrustedLog(ORIGIN, (KEY,)), TrustedLog(CITY.origin, (CITY.verifier_key,))))
HASHES = [entry.hash for entry in entries(1300)]
OTHER = head([*HASHES[:699], bytes(32)]).decode()


def write_city(directory: Path, *notes: str) -> Path:
    declared = {"keys": [CITY.verifier_key.format()], "origin": CITY.origin}
    drafts = [
        Draft(
            "ledger.opened",
            "ledger.opened",
            START,
            Actor(UUID(int=0), "system", CITY.origin),
            Subject("ledger", UUID(int=1), 0),
            {"arguments": digest(declared).hex(), **declared},
        )
    ]
    for number, note in enumerate(notes, 1):
        time = START + timedelta(minutes=number)
        drafts.append(draft_witnessed([note], CITY.origin, number, UUID(int=0), time))
    chain = []
    for seq, one in enumerate(drafts):
        chain.append(seal(one, CITY.origin, seq, chain[-1].hash if chain else GENESIS, CITY))
    return write_log(directory, [one.leaf for one in chain], head([one.hash for one in chain], CITY))


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_log(tmp_path_factory.mktemp("county"), [one.leaf for one in entries(1300)], head(HASHES))


@pytest.mark.parametrize("processes", [1, 2])
def test_what_the_city_recorded_is_of_this_history(county: Path, tmp_path: Path, processes: int):
    city = write_city(tmp_path, *(head(HASHES[:size]).decode() for size in (1, 700, 1024, 1100, 1300)))
    verdict = answer(Question(county, TRUST, witnessed_by=city, processes=processes))
    assert (verdict.code, verdict.recorded, verdict.origin) == ("verified", 5, ORIGIN)


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize(
    ("note", "code"),
    [
        (OTHER, "witnessed_contradicted"),
        (head([*HASHES, bytes(32)]).decode(), "witnessed_beyond"),
        (head(HASHES[:700], STRANGER).decode(), "witnessed_unsigned"),
    ],
)
def test_another_history_than_the_city_saw_is_refuted(
    county: Path, tmp_path: Path, note: str, code: str, processes: int
):
    city = write_city(tmp_path, head(HASHES[:9]).decode(), note)
    verdict = answer(Question(county, TRUST, witnessed_by=city, processes=processes))
    assert (verdict.ok, verdict.code, verdict.seq) == (False, code, 2)


def test_a_city_that_does_not_hold_is_refuted_in_its_own_name(county: Path, tmp_path: Path):
    city = write_city(tmp_path / "city", head(HASHES[:9]).decode())
    (city / "checkpoint").write_text(sign_checkpoint(Checkpoint(CITY.origin, 2, bytes(32)), CITY))
    verdict = answer(Question(county, TRUST, witnessed_by=city))
    assert (verdict.code, verdict.origin) == ("root_wrong", CITY.origin)


def test_what_cannot_be_asked_together_is_unusable(county: Path, tmp_path: Path):
    city = write_city(tmp_path)
    for question in (
        Question(county, TRUST, witnessed_by=city, quick=True),
        Question(county, TRUST, witnessed_by=county),
        Question(county, Trust(TRUST.logs[:1]), witnessed_by=city),
    ):
        with pytest.raises(UnusableInputError):
            answer(question)
