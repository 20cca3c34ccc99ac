"""Endorse an application, whatever happens on the way, and keep the receipt.

    python endorse.py RECEIPT.json --application ID --form-hash HASH --stage COUNTY [--text 同意。] [--key OFFICER.pem]

The file is written twice. First, before anything is sent, with the `requestId` and the whole input: run it again after a crash, and it sends
the very same request, which is recorded once and answered with one receipt. Then with the receipt, and with its proof once there is one.
With `--key` it signs where the tenant's policy asks for the officer's signature; the passphrase stands in XINGJI_OFFICER_PASSPHRASE.
"""

import argparse
import asyncio
import json
import sys
import uuid
from pathlib import Path
from typing import Any

from county import County
from keeping import keep
from signing import sign_intent
from xingji_client import (
    EntriesNodeApplication,
    GiveOpinionGiveOpinionApplicationRecorded,
    GiveOpinionGiveOpinionRefusal,
    GiveOpinionInput,
)


async def endorse(county: County, kept: dict[str, Any], key: Path | None) -> dict[str, Any]:
    """The receipt. Ends the program when it is refused."""
    asked, given = kept["requestId"], GiveOpinionInput.model_validate(kept["input"])
    answer = (await county.give_opinion(asked, given)).give_opinion
    if isinstance(answer, GiveOpinionGiveOpinionRefusal) and answer.code == "signature.required" and key:
        signed = sign_intent(key, answer.intent or "", given.application_id, asked)
        answer = (await county.give_opinion(asked, given, extensions=signed)).give_opinion
    if isinstance(answer, GiveOpinionGiveOpinionApplicationRecorded):
        return answer.receipt.model_dump()
    raise SystemExit(f"{answer.code}: {answer.message}" + (f" ({answer.clause})" if answer.clause else ""))


async def prove(county: County, application_id: str, sequence: int, tries: int = 60) -> dict[str, str]:
    """The entry's text and its proof, once a published checkpoint covers it; nothing when none did in time."""
    for _ in range(tries):
        node = (await county.entries(application_id)).node
        edges = node.ledger_entries.edges if isinstance(node, EntriesNodeApplication) else []
        for entry in (edge.node for edge in edges):
            if entry.seq == sequence and entry.proof is not None:
                return {"leaf": entry.leaf, "proof": entry.proof}
        await asyncio.sleep(0.5)
    return {}


async def main(arguments: argparse.Namespace) -> None:
    path: Path = arguments.receipt
    if path.exists():
        kept = json.loads(path.read_text("utf-8"))
    else:
        given = {
            "applicationId": arguments.application,
            "formHash": arguments.form_hash,
            "stage": arguments.stage,
            "verdict": "AGREE",
            "text": arguments.text,
        }
        kept = {"requestId": str(uuid.uuid4()), "input": given}
        keep(path, kept)
    async with County() as county:
        kept["receipt"] = await endorse(county, kept, arguments.key)
        keep(path, kept)
        kept.update(await prove(county, kept["input"]["applicationId"], kept["receipt"]["sequence"]))
        keep(path, kept)
    print(json.dumps(kept["receipt"]))
    if "proof" not in kept:
        print("no proof yet: run it again", file=sys.stderr)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("receipt", type=Path)
    parser.add_argument("--application")
    parser.add_argument("--form-hash")
    parser.add_argument("--stage", choices=["STREET", "COUNTY"])
    parser.add_argument("--text", default="同意。")
    parser.add_argument("--key", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(parse()))
