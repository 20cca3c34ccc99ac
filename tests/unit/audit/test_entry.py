"""The envelope: what is sealed reads back, and nothing else is read."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import orjson
import pytest

from audit.canonical import encode
from audit.entry import (
    GENESIS,
    MAX_ENTRY,
    Actor,
    Cite,
    OfficerSignature,
    RowDigest,
    Subject,
    parse_entry,
    seal,
)
from audit.errors import AuditError, EntryMalformedError, EntryTooLargeError, NotCanonicalError
from tests.unit.audit.kit import KEY, ORIGIN, SIGNER, draft, entries

WHOLE = replace(
    draft(5),
    cites=(Cite("xingji.test/411600", 3, bytes(32)),),
    rows=(RowDigest("b", "1", bytes(32)), RowDigest("a", "2", bytes(32)), RowDigest("a", "1", bytes(32))),
    officer_sig=OfficerSignature("officer-1", bytes(64)),
)


def test_a_sealed_entry_reads_back_with_its_rows_in_order():
    sealed = seal(WHOLE, ORIGIN, 5, bytes(32), SIGNER)
    read = parse_entry(sealed.leaf)
    assert [(row.table, row.key) for row in read.draft.rows] == [("a", "1"), ("a", "2"), ("b", "1")]
    assert replace(read, draft=sealed.draft) == sealed
    assert replace(read.draft, rows=WHOLE.rows) == WHOLE


@pytest.mark.parametrize("one", [draft(3), WHOLE])
def test_the_server_signs_body_and_officers_signature(one):
    entry = seal(one, ORIGIN, 3, GENESIS, SIGNER)
    whole = orjson.loads(entry.leaf)
    del whole["server_sig"]
    assert encode(whole) == entry.signed
    assert KEY.holds(entry.signed, entry.signature)


def test_an_entry_without_officers_signature_says_so_by_its_absence():
    assert "officer_sig" not in orjson.loads(entries(1)[0].leaf)


def edited(change) -> bytes:
    whole = orjson.loads(seal(WHOLE, ORIGIN, 5, bytes(32), SIGNER).leaf)
    change(whole)
    return encode(whole)


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e.update(extra=1),
        lambda e: e.pop("body"),
        lambda e: e.pop("server_sig"),
        lambda e: e.update(body=[]),
        lambda e: e["body"].update(extra=1),
        lambda e: e["body"].pop("cites"),
        lambda e: e["body"].update(version=True),
        lambda e: e["body"].update(version=2),
        lambda e: e["body"].update(suite="sm2-sm3"),
        lambda e: e["body"].update(seq=-1),
        lambda e: e["body"].update(seq="5"),
        lambda e: e["body"].update(prev="A" * 64),
        lambda e: e["body"].update(prev="a" * 63),
        lambda e: e["body"].update(time="2022-04-25T01:00:00Z"),
        lambda e: e["body"].update(time="2022-04-25T24:00:00.000000Z"),
        lambda e: e["body"].update(time="2022-02-30T01:00:00.000000Z"),
        lambda e: e["body"].update(time="2022-04-25T01:00:00.000000+00:00"),
        lambda e: e["body"].update(operation="has space"),
        lambda e: e["body"].update(operation="x\n"),
        lambda e: e["body"].update(request=""),
        lambda e: e["body"].update(origin="Upper"),
        lambda e: e["body"]["actor"].update(id=e["body"]["actor"]["id"].replace("-", "")),
        lambda e: e["body"]["actor"].update(name="somebody"),
        lambda e: e["body"]["actor"].update(key=""),
        lambda e: e["body"]["subject"].update(revision=None),
        lambda e: e["body"]["intent"].pop("arguments"),
        lambda e: e["body"]["cites"][0].update(seq=-1),
        lambda e: e["body"]["cites"].append({}),
        lambda e: e["body"]["rows"].reverse(),
        lambda e: e["body"]["rows"].append(e["body"]["rows"][-1]),
        lambda e: e["body"]["rows"][0].update(key=""),
        lambda e: e["body"]["rows"][0].update(table="Upper"),
        lambda e: e["server_sig"].update(key="0"),
        lambda e: e["server_sig"].update(sig="AA=="),
        lambda e: e["server_sig"].update(extra=1),
        lambda e: e.update(officer_sig=None),
        lambda e: e["officer_sig"].update(sig=""),
    ],
)
def test_a_field_outside_the_schema_is_refused(change):
    with pytest.raises(EntryMalformedError):
        parse_entry(edited(change))


def test_a_signature_with_spare_bits_is_refused():
    with pytest.raises(NotCanonicalError):
        parse_entry(edited(lambda e: e["officer_sig"].update(sig="A" * 85 + "B==")))


@pytest.mark.parametrize(
    "changes",
    [
        {"operation": "has space"},
        {"request_id": ""},
        {"intent": {}},
        {"actor": Actor(UUID(int=1), "", ORIGIN)},
        {"subject": Subject("s", UUID(int=1), -1)},
        {"rows": (RowDigest("a", "1", bytes(32)), RowDigest("a", "1", bytes(31) + b"\1"))},
        {"rows": (RowDigest("a", "1", bytes(31)),)},
        {"intent": {"arguments": "0" * 64, "ratio": 0.5}},
        {"officer_sig": OfficerSignature("k", bytes(63))},
    ],
)
def test_what_a_reader_would_refuse_is_never_sealed(changes):
    with pytest.raises(AuditError):
        seal(replace(draft(1), **changes), ORIGIN, 1, bytes(32), SIGNER)


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        seal(replace(draft(1), time=datetime(2022, 1, 1)), ORIGIN, 1, bytes(32), SIGNER)  # noqa: DTZ001


def test_the_size_is_bounded_to_the_byte():
    def padded(size: int):
        return replace(draft(1), intent={"arguments": "0" * 64, "pad": "x" * size})

    spare = MAX_ENTRY - len(seal(padded(0), ORIGIN, 1, bytes(32), SIGNER).leaf)
    assert len(seal(padded(spare), ORIGIN, 1, bytes(32), SIGNER).leaf) == MAX_ENTRY
    with pytest.raises(EntryTooLargeError, match="65536"):
        seal(padded(spare + 1), ORIGIN, 1, bytes(32), SIGNER)
