"""Keep a log's signed head, and see each time that the log has only grown since the one that was kept.

    python keep_head.py HEAD.txt TRUST.json        0 kept, 1 refuted: keep both heads and tell the auditor

Whoever may read the whole log is given the proof of growth: officers and administrators of the tenant.
"""

import asyncio
import base64
import sys
from pathlib import Path

from county import County
from keeping import keep_text
from proofs import RefutedError, check, check_growth, open_checkpoint, read_keys


async def main(kept_at: Path, trust: Path) -> int:
    async with County() as county:
        viewer = (await county.home()).viewer
        if viewer is None:
            raise SystemExit("not signed in")
        tenant = viewer.tenant
        try:
            keys = read_keys(trust, tenant.origin)
            if not kept_at.exists():
                answer = await county.http.get(f"{county.base}/ledger/{tenant.code}/checkpoint")
                answer.raise_for_status()
                print(f"first head: {open_checkpoint(answer.text, keys).size} entries")
                keep_text(kept_at, answer.text)
                return 0
            old = open_checkpoint(kept_at.read_text("utf-8"), keys)
            growth = (await county.growth(tenant.id, old.size)).ledger_consistency
            if growth is None:
                raise RefutedError(f"no proof of growth from {old.size} entries")
            new = open_checkpoint(growth.checkpoint, keys)
            check(new.size == growth.to_size, "a checkpoint of another size")
            check_growth(old, new, [base64.b64decode(one, validate=True) for one in growth.path])
        except ValueError as refuted:
            print(f"refuted: {refuted}")
            return 1
    print(f"grown from {old.size} to {new.size} entries")
    keep_text(kept_at, growth.checkpoint)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]))))
