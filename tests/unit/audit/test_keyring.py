"""Keys of logs and officers, by hand-made logs: who may sign where, and what each forgery is called."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from audit.entry import Cite, Draft, OfficerSignature, Subject
from audit.keyring import Keyring
from audit.rotation import REPLACED, draft_replacement, draft_rotation
from audit.verdict import RefutedError
from tests.unit.audit.kit import KEY, ORIGIN, SIGNER, draft, entries
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
    sign,
)

GIVEN = "opinion.given"


def refuted(code: str, do: Callable[[], Any]) -> None:
    with pytest.raises(RefutedError) as caught:
        do()
    assert caught.value.code == code
    assert caught.value.verdict(ORIGIN).en


def rotate(log: Log, new: Any = SECOND) -> None:
    log.take(draft_rotation(log.head, log.signer, new, "a new year", False, SYSTEM, log.now))
    log.signer = new


def asking() -> Log:
    """A log whose policy asks for a key to give an opinion; three have one."""
    log = Log()
    for one in (ALICE, BOB, OFFICER):
        others = [other for other in (ALICE, BOB, CAROL) if other is not one]
        log.certify(one, *others[:2])
    log.add("signing_policy.set", ALICE, {"operations": [GIVEN]})
    return log


def test_a_log_without_events_keeps_its_ring():
    ring = Keyring.of(KEY)
    for entry in entries(5):
        ring.check(entry)
        after = ring.after(entry)
        assert entry.seq == 0 or after is ring
        ring = after
    ring.check_pinned()
    assert pickle.loads(pickle.dumps(ring)) == ring


def test_the_new_key_signs_behind_a_rotation_and_the_old_one_is_refuted_by_name():
    log = Log()
    rotate(log)
    log.take(draft(2))
    refuted("entry_key_retired", lambda: log.take(draft(3), SIGNER))
    refuted("entry_key_unknown", lambda: log.take(draft(3), THIRD))


@pytest.mark.parametrize("pinned", [SIGNER, SECOND, THIRD])
def test_any_key_of_the_chain_is_enough(pinned):
    log = Log(pinned)
    rotate(log)
    rotate(log, THIRD)
    log.ring.check_pinned()


def test_a_log_of_another_key_is_refuted_at_its_end():
    log = Log(THIRD)
    rotate(log)
    refuted("entry_key_unknown", log.ring.check_pinned)


def test_a_rotation_without_the_new_keys_proof_is_refuted():
    log = Log()
    whole = draft_rotation(log.head, SIGNER, SECOND, "x", False, SYSTEM, log.now)
    other = draft_rotation(replace(log.head, hash=bytes(32)), SIGNER, SECOND, "x", False, SYSTEM, log.now)
    for wrong in (
        replace(whole, intent={**whole.intent, "proof": other.intent["proof"]}),
        replace(whole, intent={**whole.intent, "new": THIRD.verifier_key.format()}),
        replace(whole, intent={**whole.intent, "old": THIRD.verifier_key.format()}),
        replace(whole, intent={**whole.intent, "compromised": 1}),
        replace(whole, intent={**whole.intent, "more": 1}),
    ):
        refuted("key_rotation_wrong", lambda wrong=wrong: log.take(wrong))
    rotate(log)
    refuted("key_rotation_wrong", lambda: rotate(log, SIGNER))


def test_a_replacement_is_believed_only_where_the_new_key_is_pinned():
    replaced = [Log(SIGNER), Log(SIGNER, SECOND), Log(SECOND)]
    for log in replaced[1:]:
        log.take(draft_replacement(log.head, KEY, SECOND, "lost", SYSTEM, log.now), SECOND)
        log.take(draft(2), SECOND)
        log.ring.check_pinned()
    first = replaced[0]
    lost = draft_replacement(first.head, KEY, SECOND, "lost", SYSTEM, first.now)
    refuted("entry_key_unknown", lambda: first.take(lost, SECOND))
    refuted("entry_key_unknown", lambda: first.take(lost, SIGNER))
    assert lost.operation == REPLACED


def test_an_officers_signature_holds_between_certification_and_end():
    log = Log()
    refuted("officer_key_unknown", lambda: log.add(GIVEN, OFFICER, signed=OFFICER))
    log.add("officer_key.enrolled", OFFICER, OFFICER.declares())
    refuted("officer_key_not_in_force", lambda: log.add(GIVEN, OFFICER, signed=OFFICER))
    log.add("officer_key.vouched", ALICE, {"key": OFFICER.key_id, "person": str(OFFICER.id)})
    refuted("officer_key_not_in_force", lambda: log.add(GIVEN, OFFICER, signed=OFFICER))
    log.add("officer_key.certified", BOB, {"key": OFFICER.key_id, "person": str(OFFICER.id)})
    log.add(GIVEN, OFFICER, signed=OFFICER)
    log.add(
        "officer_key.revoked",
        ALICE,
        {"key": OFFICER.key_id, "person": str(OFFICER.id), "reason": "lost"},
    )
    refuted("officer_key_not_in_force", lambda: log.add(GIVEN, OFFICER, signed=OFFICER))


def test_two_others_certify_and_nobody_twice():
    named = {"key": ALICE.key_id, "person": str(ALICE.id)}
    log = Log()
    log.add("officer_key.enrolled", ALICE, ALICE.declares())
    refuted("officer_key_one_person", lambda: log.add("officer_key.certified", BOB, named))
    refuted("officer_key_one_person", lambda: log.add("officer_key.vouched", ALICE, named))
    refuted("key_entry_wrong", lambda: log.add("officer_key.vouched", Officer(109), named))
    refuted("key_entry_wrong", lambda: log.add("officer_key.vouched", BOB, named, system=True))
    log.add("officer_key.vouched", BOB, named)
    refuted("officer_key_one_person", lambda: log.add("officer_key.certified", BOB, named))
    refuted("officer_key_one_person", lambda: log.add("officer_key.certified", ALICE, named))
    log.add("officer_key.certified", CAROL, named)
    refuted("key_entry_wrong", lambda: log.add("officer_key.certified", BOB, named))


@pytest.mark.parametrize(
    "change",
    [
        {"key": "0" * 64},
        {"public": "AAAA"},
        {"public": 1},
        {"proof": "A" * 86 + "=="},
        {"proof": None},
        {"more": 1},
    ],
)
def test_enrolling_needs_the_keys_own_proof(change):
    log = Log()
    wrong = {**OFFICER.declares(), **change}
    refuted("key_entry_wrong", lambda: log.add("officer_key.enrolled", OFFICER, wrong))


def test_nobody_enrols_anothers_key_or_one_that_was_declared():
    log = Log()
    refuted("key_entry_wrong", lambda: log.add("officer_key.enrolled", BOB, OFFICER.declares()))
    log.certify(OFFICER)
    refuted("key_entry_wrong", lambda: log.add("officer_key.enrolled", OFFICER, OFFICER.declares()))
    fresh = OFFICER.next_key()
    log.add("officer_key.enrolled", OFFICER, fresh.declares())
    named = {"key": fresh.key_id, "person": str(OFFICER.id)}
    log.add("officer_key.vouched", ALICE, named)
    refuted("key_entry_wrong", lambda: log.add("officer_key.certified", BOB, named))


def test_the_old_key_signs_its_successor_in():
    log, fresh = Log(), OFFICER.next_key()
    log.certify(OFFICER)
    told = {**fresh.declares(), "replaces": OFFICER.key_id}
    refuted("key_entry_wrong", lambda: log.add("officer_key.rotated", OFFICER, told))
    refuted("officer_key_unknown", lambda: log.add("officer_key.rotated", OFFICER, told, signed=fresh))
    log.add("officer_key.rotated", OFFICER, told, signed=OFFICER)
    log.add(GIVEN, OFFICER, signed=fresh)
    refuted("officer_key_not_in_force", lambda: log.add(GIVEN, OFFICER, signed=OFFICER))


def test_an_entry_that_the_policy_wants_signed_is_refuted_without():
    log = asking()
    log.add(GIVEN, OFFICER, signed=OFFICER)
    log.add("application.filed", OFFICER)
    refuted("officer_signature_missing", lambda: log.add(GIVEN, OFFICER))
    refuted("officer_signature_missing", lambda: log.add(GIVEN, OFFICER, system=True))
    named = log.draft(GIVEN, OFFICER, {})
    keyed = replace(named, actor=replace(named.actor, key=OFFICER.key_id))
    refuted("officer_signature_missing", lambda: log.take(keyed))


def test_a_policy_protects_the_keys_and_itself():
    log, carol = asking(), {"key": CAROL.key_id, "person": str(CAROL.id)}
    log.add("officer_key.enrolled", CAROL, CAROL.declares())
    refuted("officer_signature_missing", lambda: log.add("officer_key.vouched", ALICE, carol))
    refuted("officer_signature_missing", lambda: log.add("signing_policy.set", ALICE, {"operations": []}))
    log.add("officer_key.vouched", ALICE, carol, signed=ALICE)
    log.add("officer_key.certified", BOB, carol, signed=BOB)


def test_loosening_takes_two_persons_and_tightening_one():
    log = asking()
    refuted(
        "signing_policy_one_person",
        lambda: log.add("signing_policy.set", ALICE, {"operations": []}, signed=ALICE),
    )
    log.add("signing_policy.set", ALICE, {"operations": ["a.b", GIVEN]}, signed=ALICE)
    log.add("signing_policy.proposed", ALICE, {"operations": [GIVEN]}, signed=ALICE)
    for who, wanted in ((ALICE, [GIVEN]), (BOB, [])):
        refuted(
            "signing_policy_one_person",
            lambda who=who, wanted=wanted: log.add(
                "signing_policy.set", who, {"operations": wanted}, signed=who
            ),
        )
    log.add("signing_policy.set", BOB, {"operations": [GIVEN]}, signed=BOB)
    assert log.ring.officers.policy.operations == {GIVEN}


@pytest.mark.parametrize("wanted", [["b", "a"], ["a", "a"], "a", [1], ["a b"], None])
def test_a_policy_is_an_ascending_list_of_names(wanted):
    log = Log()
    refuted("key_entry_wrong", lambda: log.add("signing_policy.set", ALICE, {"operations": wanted}))


def moved(signed: Draft, **intent: Any) -> Draft:
    return replace(signed, intent={**signed.intent, **intent})


def test_a_signature_serves_one_act_alone():
    log = asking()
    signed = log.draft(GIVEN, OFFICER, {"verdict": "agree"}, signed=OFFICER)
    for code, forged in (
        ("officer_signature_moved", replace(signed, subject=Subject("thing", OFFICER.id, 1))),
        ("officer_signature_moved", replace(signed, subject=replace(signed.subject, revision=2))),
        ("officer_signature_moved", replace(signed, request_id="another")),
        ("officer_signature_moved", replace(signed, operation="opinion.else")),
        ("officer_signature_moved", moved(signed, origin=CITY)),
        ("officer_signature_wrong", moved(signed, verdict="refuse")),
        ("officer_signature_wrong", moved(replace(signed, request_id="another"), request="another")),
        ("officer_signature_expired", moved(signed, expires=None)),
        ("officer_signature_expired", replace(signed, time=signed.time + timedelta(minutes=6))),
        ("officer_key_foreign", replace(signed, actor=replace(signed.actor, id=BOB.id))),
        ("officer_key_foreign", replace(signed, actor=replace(signed.actor, origin=CITY))),
        ("officer_key_foreign", replace(signed, actor=replace(signed.actor, key=None))),
        ("officer_key_foreign", sign(log.draft(GIVEN, OFFICER, {}, signed=OFFICER), ALICE)),
        (
            "officer_signature_wrong",
            replace(signed, officer_sig=OfficerSignature(OFFICER.key_id, bytes(64))),
        ),
    ):
        refuted(code, lambda forged=forged: log.take(forged))
    log.take(signed)


def test_another_logs_officer_is_admitted_by_citing_it():
    log, city = Log(), Officer(150, "city_officer", CITY)
    cite = (Cite(CITY, 3, bytes(32)),)
    told = {
        "home": CITY,
        "key": city.key_id,
        "person": str(city.id),
        "public": city.declares()["public"],
    }
    for wrong in (
        {"system": False, "cites": cite},
        {"system": True},
        {"system": True, "cites": (Cite(ORIGIN, 3, bytes(32)),)},
    ):
        refuted("key_entry_wrong", lambda wrong=wrong: log.add("officer_key.admitted", ROBOT, told, **wrong))
    own = {**told, "home": ORIGIN}
    refuted(
        "key_entry_wrong",
        lambda: log.add("officer_key.admitted", ROBOT, own, system=True, cites=(Cite(ORIGIN, 3, bytes(32)),)),
    )
    log.add("officer_key.admitted", ROBOT, told, system=True, cites=cite)
    log.add(GIVEN, city, signed=city)
    fresh = city.next_key()
    after = {**told, "key": fresh.key_id, "public": fresh.declares()["public"]}
    log.add("officer_key.admitted", ROBOT, after, system=True, cites=cite)
    refuted("officer_key_not_in_force", lambda: log.add(GIVEN, city, signed=city))
    log.add(GIVEN, city, signed=fresh)
    log.add("officer_key.withdrawn", ROBOT, {"key": fresh.key_id}, system=True, cites=cite)
    refuted("officer_key_not_in_force", lambda: log.add(GIVEN, city, signed=fresh))


def test_used_by_names_what_a_judgement_relied_on():
    log, before = asking(), Log()
    entry = log.force(log.draft(GIVEN, OFFICER, {}, signed=OFFICER))
    assert log.ring.used_by(entry) == (KEY, log.ring.officers.keys[OFFICER.key_id], True, None)
    assert before.ring.used_by(entry) == (KEY, None, False, None)
