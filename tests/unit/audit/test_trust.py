"""The trust file is read strictly, and printed as it is read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.cosignature import WitnessKey
from audit.errors import UnusableInputError
from audit.note import VerifierKey
from audit.trust import MAX_TRUST, Trust, TrustedLog, format_trust, parse_trust
from tests.unit.audit.kit import KEY, ORIGIN

OTHER = VerifierKey("xingji.test/411600", bytes(range(32)))
WITNESSES = (WitnessKey("w.test/1", bytes([1]) * 32), WitnessKey("w.test/2", bytes([2]) * 32))
PEM = (Path(__file__).parents[2] / "vectors" / "timestamp" / "root.pem").read_text()
TRUST = Trust((TrustedLog(ORIGIN, (KEY,)), TrustedLog(OTHER.name, (OTHER,))), WITNESSES, 2, (PEM,))


def whole() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(format_trust(TRUST))
    return found


def test_what_is_printed_reads_back():
    for trust in (TRUST, Trust(TRUST.logs[:1])):
        assert parse_trust(format_trust(trust).encode()) == trust


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.update(version=2),
        lambda t: t.update(version=True),
        lambda t: t.update(version="1"),
        lambda t: t.update(comment="x"),
        lambda t: t.pop("logs"),
        lambda t: t.update(logs=[]),
        lambda t: t.update(logs=t["logs"] + t["logs"][:1]),
        lambda t: t["logs"][0].update(keys=[]),
        lambda t: t["logs"][0].update(keys=[KEY.format(), KEY.format()]),
        lambda t: t["logs"][0].update(keys=[OTHER.format()]),
        lambda t: t["logs"][0].update(keys=KEY.format()),
        lambda t: t["logs"][0].update(keys=[7]),
        lambda t: t["logs"][0].update(keys=[KEY.format() + "\n"]),
        lambda t: t["logs"][0].update(origin="Xingji"),
        lambda t: t["logs"][0].update(extra=1),
        lambda t: t.update(witnesses=t["witnesses"][:1] * 2),
        lambda t: t["witnesses"][0].update(name="w.test/9"),
        lambda t: t["witnesses"][0].update(key=KEY.format()),
        lambda t: t["witnesses"].append(
            {"name": "w.test/3", "key": WitnessKey("w.test/3", bytes([1]) * 32).format()}
        ),
        lambda t: t.pop("quorum"),
        lambda t: t.update(quorum=0),
        lambda t: t.update(quorum=3),
        lambda t: t.update(quorum=-1),
        lambda t: t.update(quorum=True),
        lambda t: t.update(quorum="2"),
        lambda t: t.pop("witnesses"),
        lambda t: t.update(time_authorities=["x"]),
        lambda t: t.update(time_authorities=[PEM + PEM]),
        lambda t: t.update(time_authorities=PEM),
        lambda t: t.update(time_authorities=[PEM.replace("MII", "MIJ", 1)]),
    ],
)
def test_anything_else_is_refused(change: Callable[[dict[str, Any]], object]):
    changed = whole()
    change(changed)
    with pytest.raises(UnusableInputError):
        parse_trust(json.dumps(changed).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff",
        b'{"version":1,"version":1,"logs":[]}',
        b"[" * 5000,
        b" " * (MAX_TRUST + 1),
    ]
    + [format_trust(TRUST).replace('"quorum": 2', f'"quorum": {n}').encode() for n in ("2.0", "NaN", "1e0")]
    + [format_trust(TRUST).encode() + b"x", b"\xef\xbb\xbf" + format_trust(TRUST).encode()],
)
def test_bytes_that_are_no_trust_are_refused(data: bytes):
    with pytest.raises(UnusableInputError):
        parse_trust(data)


def test_a_log_is_found_by_what_its_head_says():
    assert TRUST.get_log(b"xingji.test/411600\n3\n").keys == (OTHER,)
    with pytest.raises(UnusableInputError):
        TRUST.get_log(b"xingji.test/411699\n3\n")
    assert Trust(TRUST.logs[:1]).get_log(b"anything").origin == ORIGIN
