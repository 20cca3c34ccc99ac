"""Verify a kept receipt without any network: that what you sent stands in the log, under a checkpoint that a trusted key signed.

python verify_receipt.py RECEIPT.json TRUST.json        0 verified, 1 refuted, 2 there is no proof yet
"""

import json
import sys
from pathlib import Path

from proofs import check, check_inclusion, leaf_hash, read_keys


def main(kept_at: Path, trust: Path) -> int:
    kept = json.loads(kept_at.read_text("utf-8"))
    receipt = kept["receipt"]
    if "proof" not in kept:
        print("no proof yet: run endorse.py again")
        return 2
    try:
        keys = read_keys(trust, receipt["origin"])
        hashed = leaf_hash(kept["leaf"])
        check(hashed.hex() == receipt["hash"], "the entry is not the receipt's")
        said = json.loads(kept["leaf"])["body"]["intent"]
        check(said["request"] == kept["requestId"], "the entry is of another request")
        meant = kept["input"]
        same = said["form_hash"] == meant["formHash"] and said["verdict"] == meant["verdict"].lower()
        check(
            same and meant["applicationId"].endswith(said["subject"]["id"]), "the entry says something else"
        )
        checkpoint = check_inclusion(hashed, receipt["sequence"], kept["proof"], keys)
    except (KeyError, ValueError) as refuted:
        print(f"refuted: {refuted}")
        return 1
    print(f"verified: entry {receipt['sequence']} of {checkpoint.origin}, under {checkpoint.size} entries")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
