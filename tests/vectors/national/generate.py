"""Writes `log-sm2-rotated/`, where there is none: an SM2 signature has a fresh nonce, so it is never the same again.

Entry 2 declares an SM2 key, entry 4 has it hand over to another; entries 3 and 5 are ordinary ones under each.
"""

from pathlib import Path

from audit.head import Head
from audit.ledger import seal_batch
from audit.national import NationalKey, NationalSigner, draft_suite
from audit.tree import Frontier
from tests.unit.audit.kit import ORIGIN, SIGNER, START, draft, entries, head, write_log

FOLDER = Path(__file__).parent / "log-sm2-rotated"


class Both:
    """Signs by both; SM2 keys by their public half."""

    origin, key_id, public_key = SIGNER.origin, SIGNER.key_id, SIGNER.public_key
    sign = staticmethod(SIGNER.sign)

    def __init__(self, *signers: NationalSigner) -> None:
        self.signers = {one.key: one for one in signers}

    def find_national(self, key: NationalKey) -> NationalSigner | None:
        return self.signers.get(key)


def main() -> None:
    old, new = NationalSigner.generate(ORIGIN), NationalSigner.generate(ORIGIN)
    chain, by, actor = entries(2), Both(old, new), draft(1).actor.id
    at = Head(1, ORIGIN, chain[-1].hash, Frontier().extend(one.hash for one in chain))
    at, first = seal_batch(at, by, (draft_suite(at, old.key, actor, START), draft(3)))
    _, second = seal_batch(at, by, (draft_suite(at, new.key, actor, START, old), draft(5)))
    chain += [*first, *second]
    write_log(FOLDER, [one.leaf for one in chain], head([one.hash for one in chain]))


if __name__ == "__main__":
    main()
