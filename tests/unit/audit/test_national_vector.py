"""The frozen log with SM2 signatures: verified here, by OpenSSL alone, and without SM2; a handover forged, an old key gone on with."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from audit.bundle import parse_bundle
from audit.entry import Entry, parse_entry, seal
from audit.head import Head
from audit.ledger import seal_batch
from audit.national import NationalSigner, draft_suite, encode_dss_signature
from audit.note import decode_base64, encode_base64
from audit.tree import Frontier
from audit.verify import verify_log
from tests.unit.audit.kit import KEY, ORIGIN, SIGNER, START, draft, entries, head, write_log
from tests.unit.audit.test_national import SPKI, openssl, pem
from tests.vectors.national.generate import FOLDER, Both


def frozen() -> list[Entry]:
    (bundle,) = (path for path in (FOLDER / "tile" / "entries").rglob("*") if path.is_file())
    return [parse_entry(leaf) for leaf in parse_bundle(bundle.read_bytes(), 6)]


def test_the_frozen_log_is_verified() -> None:
    verdict = verify_log(FOLDER, KEY)
    assert (verdict.code, verdict.size, verdict.sm2_checked) == ("verified", 6, True)


def test_openssl_verifies_every_signature_and_the_handover_by_the_page_alone(tmp_path: Path) -> None:
    """Written from docs/formats/ledger.md, section 10."""
    key: str | None = None
    checked = 0

    def holds(public: str, message: bytes, signature: bytes) -> bool:
        (tmp_path / "pub").write_text(pem("PUBLIC KEY", SPKI + bytes.fromhex(public)))
        (tmp_path / "m").write_bytes(message)
        r, s = (int.from_bytes(half) for half in (signature[:32], signature[32:]))
        (tmp_path / "sig").write_bytes(encode_dss_signature(r, s))
        how = ("-in", str(tmp_path / "m"), "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")
        by = ("-pubin", "-inkey", str(tmp_path / "pub"), "-sigfile", str(tmp_path / "sig"))
        return openssl("pkeyutl", "-verify", *by, *how).returncode == 0

    for entry in frozen():
        intent, was = entry.draft.intent, key
        key = str(intent.get("sm2", key or "")) or None
        if key is None:
            assert entry.sm2 is None
            continue
        assert entry.sm2 is not None and holds(key, entry.signed, entry.sm2.sig)
        checked += 1
        if "old" in intent:
            lines = ("xingji-sm2-rotation 1", ORIGIN, "4", entry.prev.hex(), str(was), key)
            text = "".join(f"{line}\n" for line in lines).encode()
            assert intent["old"] == was and holds(str(was), text, decode_base64(str(intent["proof"])))
            assert not holds(str(was), text + b" ", decode_base64(str(intent["proof"])))
    assert checked == 4


def test_without_gmssl_it_says_that_sm2_was_not_checked(tmp_path: Path) -> None:
    (tmp_path / "gmssl_pyx.py").write_text("raise ImportError('not installed')")
    program = (
        "import sys, json; from pathlib import Path; from audit.note import VerifierKey; from audit.verify import verify_log\n"
        "found = verify_log(Path(sys.argv[1]), VerifierKey.parse(sys.argv[2]))\n"
        "print(json.dumps([found.code, found.sm2_checked, 'SM2 signatures were NOT checked' in found.en]))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(FOLDER), KEY.format()],
        capture_output=True,
        check=True,
        timeout=30,
        env={"PYTHONPATH": f"{tmp_path}:{Path.cwd()}"},
    )
    assert json.loads(ran.stdout) == ["verified", False, True]


OLD, NEW = NationalSigner.generate(ORIGIN), NationalSigner.generate(ORIGIN)


def changed(alter: Callable[[dict[str, object]], dict[str, object]], last: NationalSigner) -> list[Entry]:
    """Declared, then changed by an altered entry, and one entry under `last`."""
    chain, by = entries(1), Both(OLD, NEW)
    at = Head(1, ORIGIN, chain[-1].hash, Frontier().extend(one.hash for one in chain))
    at, first = seal_batch(at, by, (draft_suite(at, OLD.key, draft(1).actor.id, START),))
    turn = draft_suite(at, NEW.key, draft(1).actor.id, START, OLD)
    turn = replace(turn, intent=alter(dict(turn.intent)))
    handed = seal(turn, ORIGIN, 2, at.hash, SIGNER, NEW)
    return [*chain, *first, handed, seal(draft(3), ORIGIN, 3, handed.hash, SIGNER, last)]


@pytest.mark.parametrize(
    ("alter", "last", "code"),
    [
        (lambda intent: intent, NEW, "verified"),
        (lambda intent: {name: intent[name] for name in ("arguments", "sm2")}, NEW, "verified"),
        (lambda intent: intent, OLD, "sm2_key_unknown"),
        (lambda intent: intent | {"proof": encode_base64(bytes(64))}, NEW, "sm2_handover_wrong"),
        (lambda intent: intent | {"proof": "AAAA"}, NEW, "sm2_handover_wrong"),
        (lambda intent: intent | {"proof": 1}, NEW, "suite_wrong"),
        (lambda intent: intent | {"old": NEW.key.public_key.hex()}, NEW, "suite_wrong"),
        (lambda intent: intent | {"more": ""}, NEW, "suite_wrong"),
    ],
)
def test_who_forges_a_handover_or_goes_on_with_the_old_key_is_refuted(
    tmp_path: Path,
    alter: Callable[[dict[str, object]], dict[str, object]],
    last: NationalSigner,
    code: str,
) -> None:
    chain = changed(alter, last)
    shutil.rmtree(tmp_path / "log", ignore_errors=True)
    folder = write_log(tmp_path / "log", [one.leaf for one in chain], head([one.hash for one in chain]))
    assert verify_log(folder, KEY).code == code
