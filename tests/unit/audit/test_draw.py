"""A commitment is of one secret, party, draw and log; what has another length is refused."""

from __future__ import annotations

from uuid import UUID

import pytest

from audit.draw import commitment, derive, opens, sample, seed
from audit.inclusion import paths

ORIGIN, DRAW, SECRET = "xingji.test/411602", UUID(int=7), bytes(range(32))


@pytest.mark.parametrize(
    ("origin", "draw", "party", "secret"),
    [
        ("xingji.test/411603", DRAW, "county", SECRET),
        (ORIGIN, UUID(int=8), "county", SECRET),
        (ORIGIN, DRAW, "city", SECRET),
        (ORIGIN, DRAW, "county", bytes(32)),
    ],
)
def test_a_commitment_opens_nothing_else(origin: str, draw: UUID, party: str, secret: bytes) -> None:
    committed = commitment(ORIGIN, DRAW, "county", SECRET)
    assert opens(committed, ORIGIN, DRAW, "county", SECRET)
    assert not opens(committed, origin, draw, party, secret)


def test_a_seed_hangs_by_all_that_it_is_made_of() -> None:
    secrets = {"county": SECRET, "city": bytes(32)}
    made = {
        seed(ORIGIN, DRAW, bytes(32), secrets),
        seed("xingji.test/411603", DRAW, bytes(32), secrets),
        seed(ORIGIN, UUID(int=8), bytes(32), secrets),
        seed(ORIGIN, DRAW, SECRET, secrets),
        seed(ORIGIN, DRAW, bytes(32), {"county": bytes(32), "city": SECRET}),
        seed(ORIGIN, DRAW, bytes(32), {"auditor": SECRET, "city": bytes(32)}),
    }
    assert len(made) == 6
    assert derive(bytes(32), "places") != derive(bytes(32), "teams")


def test_what_is_not_whole_is_refused() -> None:
    with pytest.raises(ValueError, match="a secret has 32 bytes"):
        commitment(ORIGIN, DRAW, "county", bytes(31))
    with pytest.raises(ValueError, match="a secret has 32 bytes"):
        seed(ORIGIN, DRAW, bytes(32), {"county": SECRET, "city": bytes(33)})
    with pytest.raises(ValueError, match="a list's digest has 32 bytes"):
        seed(ORIGIN, DRAW, b"", {"county": SECRET, "city": SECRET})
    with pytest.raises(ValueError, match="one party alone"):
        seed(ORIGIN, DRAW, bytes(32), {"county": SECRET})
    with pytest.raises(ValueError, match="a seed has 32 bytes"):
        derive(bytes(16), "places")
    for n, k in ((3, 4), (3, -1), (2**64 + 1, 1)):
        with pytest.raises(ValueError, match="draws 0"):
            sample(bytes(32), n, k)
    with pytest.raises(IndexError):
        paths([bytes(32)], [1])
