"""A server publishes what its witnesses have cosigned, and nothing without them."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from audit.checkpoint import open_checkpoint
from audit.cosignature import check_quorum
from audit.keys import Ed25519Signer
from audit.note import VerifierKey, parse_note
from tests.integration.api import kit as api
from tests.integration.witness.kit import WitnessProcess
from tests.support import clone_database
from xingji.demo.cast import CITY
from xingji.demo.run import BEGINS
from xingji.postgres import EmbeddedPostgres
from xingji.service import open_keys
from xingji.settings import Settings


async def test_a_checkpoint_waits_for_its_quorum_and_comes_with_it(
    postgres: EmbeddedPostgres, founded: api.World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = open_keys(founded.home)
    origins = [path.stem.replace("_", "/") for path in (founded.home / "keys").glob("*.pem")]
    signers: list[Ed25519Signer] = [keys.get(origin) for origin in origins]
    witness = WitnessProcess(tmp_path)
    key = witness.make_key([])
    (tmp_path / "logs").write_text("".join(f"{one.verifier_key.format()}\n" for one in signers))
    party = {"name": key.name, "key": key.format(), "url": witness.url}
    policy = tmp_path / "witnesses.json"
    policy.write_text(json.dumps({"quorum": 1, "witnesses": [party]}))
    plain = api.make_settings

    def with_witnesses(*arguments: object, **named: object) -> Settings:
        return replace(plain(*arguments, **named), witnesses=policy)  # type: ignore[arg-type]

    monkeypatch.setattr(api, "make_settings", with_witnesses)
    async with (
        clone_database(postgres, founded.template) as urls,
        api.serve_world(urls, founded.home, BEGINS) as stage,
    ):
        async with asyncio.timeout(20):
            while "unwitnessed" not in (await stage.http.get("/readyz")).text:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert (await stage.http.get(f"/ledger/{CITY}/checkpoint")).status_code == 404
        try:
            await asyncio.to_thread(witness.start)
            note = (await stage.published(CITY)).encode()
        finally:
            await asyncio.to_thread(witness.stop)
    signer = next(one for one in signers if one.origin.endswith(CITY))
    assert open_checkpoint(note, VerifierKey(signer.origin, signer.public_key)).size > 0
    assert [one.witness for one in check_quorum(parse_note(note), [key], 1)] == [key]
