"""Logs in which keys come and go, whole and forged, as vectors: fixed keys, ids and times."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from audit.entry import Cite, Entry
from audit.keys import Ed25519Signer
from audit.rotation import draft_replacement, draft_rotation
from tests.unit.audit.kit import KEY, SIGNER
from tests.unit.audit.officers_kit import (
    ALICE,
    BOB,
    CAROL,
    CITY,
    OFFICER,
    ROBOT,
    SECOND,
    SYSTEM,
    THIRD,
    Log,
    Officer,
)

GIVEN = "opinion.given"


@dataclass(frozen=True, slots=True)
class Keyed:
    """Entries, who signs the head over them, what the log is pinned by, and what is wrong with it, if anything."""

    entries: tuple[Entry, ...]
    signer: Ed25519Signer
    pinned: Ed25519Signer = SIGNER
    wrong: str | None = None


def rotated() -> Log:
    """Two rotations, acts between them."""
    log = Log()
    for signer in (SECOND, THIRD):
        log.add("application.filed", OFFICER)
        log.take(draft_rotation(log.head, log.signer, signer, "年度换钥", signer is THIRD, SYSTEM, log.now))
        log.signer = signer
    log.add("application.filed", OFFICER)
    return log


def replaced() -> Log:
    """A key that was lost."""
    log = Log(SECOND)
    log.add("application.filed", OFFICER)
    log.take(draft_replacement(log.head, KEY, SECOND, "密钥文件损毁", SYSTEM, log.now), SECOND)
    log.signer = SECOND
    log.add("application.filed", OFFICER)
    return log


def signed() -> Log:
    """Certified, rotated, revoked, admitted from the city and withdrawn; a policy that is tightened and loosened."""
    log, fresh, city = Log(), OFFICER.next_key(), Officer(150, "city_officer", CITY)
    for one in (ALICE, BOB, CAROL, OFFICER):
        others = [other for other in (ALICE, BOB, CAROL) if other is not one]
        log.certify(one, *others[:2])
    log.add("signing_policy.set", ALICE, {"operations": ["a.b", GIVEN]})
    log.add(GIVEN, OFFICER, {"verdict": "同意"}, signed=OFFICER)
    log.add("officer_key.rotated", OFFICER, {**fresh.declares(), "replaces": OFFICER.key_id}, signed=OFFICER)
    log.add(GIVEN, OFFICER, signed=fresh)
    log.add("signing_policy.proposed", ALICE, {"operations": [GIVEN]}, signed=ALICE)
    log.add("signing_policy.set", BOB, {"operations": [GIVEN]}, signed=BOB)
    told = {"home": CITY, "key": city.key_id, "person": str(city.id), "public": city.declares()["public"]}
    log.add("officer_key.admitted", ROBOT, told, system=True, cites=(Cite(CITY, 3, bytes(32)),))
    log.add(GIVEN, city, signed=city)
    log.add(
        "officer_key.withdrawn", ROBOT, {"key": city.key_id}, system=True, cites=(Cite(CITY, 9, bytes(32)),)
    )
    revoked = {"key": CAROL.key_id, "person": str(CAROL.id), "reason": "调离"}
    log.add("officer_key.revoked", ALICE, revoked)
    log.add(GIVEN, OFFICER, signed=fresh)
    return log


def keyed() -> Mapping[str, Keyed]:
    """Every such vector by its folder's name."""
    turned, lost, office = rotated(), replaced(), signed()
    fresh = OFFICER.next_key()
    good = office.draft(GIVEN, OFFICER, {"verdict": "同意"}, signed=fresh)
    before = Log()
    before.entries = list(turned.entries[:3])
    forged = before.force(turned.draft(GIVEN, OFFICER, {}), SIGNER)

    def behind(log: Log, *entries: Entry) -> tuple[Entry, ...]:
        return (*log.entries, *entries)

    def wrong(code: str, entries: Iterable[Entry], signer: Ed25519Signer = SIGNER) -> Keyed:
        return Keyed(tuple(entries), signer, wrong=code)

    return {
        "log-rotated": Keyed(behind(turned), THIRD),
        "log-rotated-pinned-later": Keyed(behind(turned), THIRD, SECOND),
        "log-rotated-entry-by-the-old-key": wrong("entry_key_retired", (*before.entries, forged), SECOND),
        "log-rotated-head-by-the-old-key": wrong("head_key_retired", turned.entries),
        "log-replaced": Keyed(behind(lost), SECOND, SECOND),
        "log-replaced-not-pinned": wrong("entry_key_unknown", lost.entries, SECOND),
        "log-officers": Keyed(behind(office), SIGNER),
        "log-officers-unsigned": wrong(
            "officer_signature_missing", behind(office, office.force(office.draft(GIVEN, OFFICER, {})))
        ),
        "log-officers-other-verdict": wrong(
            "officer_signature_wrong",
            behind(office, office.force(replace(good, intent={**good.intent, "verdict": "不同意"}))),
        ),
        "log-officers-moved": wrong(
            "officer_signature_moved", behind(office, office.force(replace(good, request_id="another")))
        ),
        "log-officers-revoked-key": wrong(
            "officer_key_not_in_force",
            behind(office, office.force(office.draft(GIVEN, CAROL, {}, signed=CAROL))),
        ),
        "log-officers-loosened-by-one": wrong(
            "signing_policy_one_person",
            behind(
                office, office.force(office.draft("signing_policy.set", BOB, {"operations": []}, signed=BOB))
            ),
        ),
    }
