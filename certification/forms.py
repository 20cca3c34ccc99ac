"""What a form version says, and its hash: that which an opinion binds.

    hash = SHA-256(JCS({"application", "contact_name", "fixed_phone", "form", "mobile_phone", "narrative", "situation",
                        "version"}))       and with "certified_on", "certified_by" and "reviews" where the form takes them from the ledger

and "justification" among them where a form has one (a village's), and "figures", the canonical JSON of the indicators that it states, where the three personal fields stand as the hex of their salted
commitments (audit/commitment.py), or null. The hash names the words of a form without holding a person's; anybody with the row can
recompute it. The day of certification and the annual reviews of a star form are content, taken from the ledger when it is saved; names
of the units and opinions are not: they are filled in when it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from audit.canonical import digest
from certification.errors import FieldRefusedError, JustificationMissingError, NarrativeTooLongError
from certification.model import KIND_OF_UNIT_ZH
from certification.narrative import count_characters
from certification.programme import Form, Programme

CONTACT_FIELDS: Final = ("contact_name", "fixed_phone", "mobile_phone")
OPINION_LIMIT: Final = 2000
REASON_LIMIT: Final = 500
_FIXED: Final = re.compile(r"(0[0-9]{2,3}-?)?[2-9][0-9]{6,7}(-[0-9]{1,6})?")
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Contact:
    """The contact person (社区联系人) with at least one telephone. Personal: never in an entry, never in a digest."""

    name: str
    fixed_phone: str | None
    mobile_phone: str | None

    def values(self) -> dict[str, str]:
        """The fields that are there, by name."""
        given = zip(CONTACT_FIELDS, (self.name, self.fixed_phone, self.mobile_phone), strict=True)
        return {field: value for field, value in given if value is not None}


def check_text(field: str, label: str, text: str, limit: int) -> None:
    """Raise FieldRefusedError unless `text` says something, in at most `limit` 字, without control characters."""
    if not text.strip():
        _refuse(field, label, "不能为空", "is blank")
    if _CONTROL.search(text):
        _refuse(field, label, "含有控制字符", "holds control characters")
    # A string of nothing but marks that count 0 must not be endless.
    if len(text) > 8 * limit or count_characters(text) > limit:
        _refuse(field, label, f"超过 {limit} 字", f"has more than {limit} 字")


def check_line(field: str, label: str, text: str, limit: int) -> None:
    """As `check_text`, for one line without blanks around it."""
    check_text(field, label, text, limit)
    if "\n" in text or text != text.strip():
        _refuse(field, label, "应为一行，首尾不留空格", "is one line without blanks around it")


def check_content(programme: Programme, form: Form, situation: str, narrative: str) -> None:
    """Raise FieldRefusedError or NarrativeTooLongError unless the two texts may stand in the form."""
    check_text("situation", "社区基本情况，创建工作情况", situation, form.situation_limit.value)
    limit = programme.narrative_limit
    count = count_characters(narrative)
    if count > limit.value:
        raise NarrativeTooLongError(clause=limit.ground.clause, count=count, limit=limit.value)
    check_text("narrative", "推荐材料", narrative, limit.value)


def check_contact(contact: Contact) -> None:
    """Raise FieldRefusedError unless there is a name and at least one telephone, each in its form."""
    check_line("contact_name", "社区联系人", contact.name, 30)
    if contact.fixed_phone is None and contact.mobile_phone is None:
        _refuse("mobile_phone", "联系方式", "固话、手机至少填一项", "a fixed or a mobile phone is needed")
    if contact.fixed_phone is not None and not _FIXED.fullmatch(contact.fixed_phone):
        _refuse("fixed_phone", "联系方式（固话）", "格式不符", "is not a fixed line's number")
    if contact.mobile_phone is not None and not _MOBILE.fullmatch(contact.mobile_phone):
        _refuse("mobile_phone", "联系方式（手机）", "格式不符", "is not a mobile number")


def check_justification(programme: Programme, kind: str | None, text: str | None) -> None:
    """A unit of a kind that the programme wants justified says why it applies, and no other does.

    Raises JustificationMissingError, FieldRefusedError.
    """
    asked = programme.justified
    if kind in asked.value:
        if text is None:
            raise JustificationMissingError(
                clause=asked.ground.clause, kind=kind, kind_zh=KIND_OF_UNIT_ZH[kind]
            )
        check_text("justification", "申报理由", text, REASON_LIMIT)
    elif text is not None:
        _refuse("justification", "申报理由", "仅行政村填写", "is for villages alone")


def content_hash(
    application_id: UUID,
    version: int,
    *,
    form: str,
    situation: str,
    narrative: str,
    commitments: Mapping[str, bytes],
    certified_on: date | None = None,
    reviews: str | None = None,
    justification: str | None = None,
    figures: str | None = None,
    certified_by: str | None = None,
) -> bytes:
    """The hash (32 bytes) of a form version; `commitments` by the names of CONTACT_FIELDS, absent ones null."""
    personal = {field: commitments[field].hex() if field in commitments else None for field in CONTACT_FIELDS}
    return digest(
        {
            "application": str(application_id),
            "form": form,
            "narrative": narrative,
            "situation": situation,
            "version": version,
            **personal,
            **({} if certified_on is None else {"certified_on": certified_on.isoformat()}),
            **({} if reviews is None else {"reviews": reviews}),
            **({} if figures is None else {"figures": figures}),
            **({} if certified_by is None else {"certified_by": certified_by}),
            **({} if justification is None else {"justification": justification}),
        }
    )


def _refuse(field: str, label: str, zh: str, en: str) -> None:
    raise FieldRefusedError(field=field, label=label, reason_zh=zh, reason_en=en)
