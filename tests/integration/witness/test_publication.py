"""A server publishes what its witnesses have cosigned, and nothing without them."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from audit.checkpoint import open_checkpoint
from audit.cosignature import WitnessKey, check_quorum
from audit.keys import Ed25519Signer
from audit.note import VerifierKey, parse_note
from audit.trust import parse_trust
from tests.integration.api import kit as api
from tests.integration.witness.kit import WitnessProcess
from tests.support import DatabaseUrls, clone_database
from xingji.demo.cast import CITY
from xingji.demo.run import BEGINS
from xingji.postgres import EmbeddedPostgres
from xingji.service import open_keys
from xingji.settings import Settings


async def check_trust(urls: DatabaseUrls, home: Path, folder: Path, witness: WitnessKey) -> None:
    """The trust file names the witness, and holds an export to its cosignature."""
    told = await api.command(urls, home, "ledger", "trust")
    trust = parse_trust(told.out.encode())
    assert (trust.witnesses, trust.quorum) == ((witness,), 1)
    assert "PRIVATE" not in told.out and len(trust.logs) == 12
    (folder / "trust.json").write_text(told.out)
    export = ["ledger", "export", str(folder / "log"), "--tenant", CITY, "--published"]
    assert (await api.command(urls, home, *export)).code == 0
    verify = ["ledger", "verify", str(folder / "log"), "--trust", str(folder / "trust.json"), "--json"]
    ran = await api.command(urls, home, *verify)
    assert (ran.code, ran.json["cosigned"]) == (0, 1), ran
    head = folder / "log" / "checkpoint"
    head.write_text(head.read_text().partition(f"\u2014 {witness.name}")[0])
    ran = await api.command(urls, home, *verify)
    assert (ran.code, ran.json["code"]) == (1, "quorum_missing"), ran


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
        monkeypatch.setenv("XINGJI_WITNESSES", str(policy))
        await check_trust(urls, founded.home, tmp_path, key)
    signer = next(one for one in signers if one.origin.endswith(CITY))
    assert open_checkpoint(note, VerifierKey(signer.origin, signer.public_key)).size > 0
    assert [one.witness for one in check_quorum(parse_note(note), [key], 1)] == [key]
