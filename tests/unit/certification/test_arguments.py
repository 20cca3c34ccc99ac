"""The digest by which a retry is known: a command may gain fields, and what was asked before them stays the same request."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from audit.canonical import digest
from certification.acts import attach_evidence, give_opinion, record_decision, save_form
from certification.acts.listing import Choice
from certification.assessment import Found
from certification.following import Command as Follow
from certification.forms import Contact, content_hash
from certification.recording import arguments_digest
from tests.unit.certification.samples import HASH, named


def test_fields_that_a_command_gained_enter_only_when_they_are_given() -> None:
    command = give_opinion.Command(named("a"), "county", "agree", "同意", HASH)
    first = {
        "arguments": {
            "application_id": str(named("a")),
            "form_hash": HASH.hex(),
            "stage": "county",
            "text": "同意",
            "verdict": "agree",
        },
        "operation": "application.opinion_given",
    }
    given = arguments_digest("application.opinion_given", command)
    assert given == digest(first)
    for other in (
        replace(command, confirm_justification=True),
        replace(command, items=(Found("1.1", "meets"),)),
        replace(command, items=(Found("1.1", "meets", "齐全"),)),
    ):
        found = arguments_digest("application.opinion_given", other)
        assert found != given
        given = found


def test_a_contact_enters_no_digest_and_a_justification_does() -> None:
    command = save_form.Command(named("a"), "情况", "材料", Contact("张三", None, "13812345678"))
    other = replace(command, contact=Contact("李四", None, "13812345679"))
    assert arguments_digest("x", command) == arguments_digest("x", other)
    assert arguments_digest("x", command) != arguments_digest("x", replace(command, justification="理由"))


def test_a_form_without_justification_has_the_hash_that_it_had_before_there_were_any() -> None:
    content = {"form": "form-2", "situation": "情况", "narrative": "材料"}
    commitments = {"contact_name": HASH}
    known = digest(
        {
            "application": str(named("a")),
            "contact_name": HASH.hex(),
            "fixed_phone": None,
            "mobile_phone": None,
            "version": 1,
            **content,
        }
    )
    assert content_hash(named("a"), 1, commitments=commitments, **content) == known
    other = content_hash(named("a"), 1, commitments=commitments, justification="理由", **content)
    assert other != known


def test_what_was_asked_by_the_first_version_is_the_same_request_still() -> None:
    items = (Choice(3, named("a"), "certified", ""),)
    decision = record_decision.Command(named("c"), "provincial", named("r"), "1号", date(2022, 7, 15), items)
    # Both as the first version gave them.
    assert (
        arguments_digest("roster.decision", decision).hex()
        == "ad3d142f36a7f8714d156d5ab2e1fe3f0ac1879353ed1adb574e555b74917cf5"
    )
    assert (
        arguments_digest("application.followed", Follow(1, named("r"), named("a"))).hex()
        == "532403cd56e8cfc8550eeaa1e3cd35902d59b209df6328067cac6830ce26113a"
    )


def test_a_file_sent_again_behind_an_upgrade_is_the_request_that_it_was() -> None:
    command = attach_evidence.Command("unit", named("a"), None, "材料", "image/jpeg", 9, HASH)
    again = replace(command, received_sha256=bytes(32))
    assert arguments_digest("evidence.attached", again) == arguments_digest("evidence.attached", command)
