"""Two versions of a form side by side (版本比对): field by field, and within a text word by word.

    compare(form, {"situation": "专职2名"}, {"situation": "专职3名"})
    → situation: changed, segments  =专职  −2  +3  =名

The rule upheld here: what stands in one version and not in the other is shown whole; joining equal and deleted segments gives
the earlier text, equal and inserted ones the later. Personal fields are never opened here: their commitments are salted anew
with each version, so of two that are both there nothing is said. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby
from typing import Final

from certification.figures import Figure, name_figure, parse_figures
from certification.programme import Form
from certification.standard import Indicator

TEXTS: Final = ("situation", "narrative", "justification", "certified_on", "reviews")
PERSONAL: Final = ("contact_name", "fixed_phone", "mobile_phone")
LABELS: Final[Mapping[str, str]] = {"narrative": "推荐材料", "justification": "申报理由"}
"""Of what is handed in beside the form."""
_CODES: Final[Mapping[str, str]] = {"certified_on": "certified_at", "reviews": "three_reviews"}
"""What a form calls a field where the version's row calls it otherwise."""
# A run of Latin letters or of digits is one word; every other character is one.
_WORD: Final = re.compile(r"[A-Za-z]+|[0-9]+|.", re.DOTALL)
_SENTENCE: Final = re.compile(r"[^。；！？\n]*[。；！？\n]|[^。；！？\n]+")
MOST: Final = 1_000_000
"""Words of one changed run times those of the other, up to which they are compared word by word."""


class Kind(StrEnum):
    """What became of a segment."""

    EQUAL = "equal"
    DELETED = "deleted"
    INSERTED = "inserted"


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class FieldComparison:
    """A field in both versions. A personal one shows neither; `changed` None: not told."""

    field: str
    label: str
    personal: bool
    changed: bool | None
    before: str | None
    after: str | None
    segments: tuple[Segment, ...]


def compare(
    form: Form | None,
    before: Mapping[str, str | None],
    after: Mapping[str, str | None],
    indicators: Sequence[Indicator] = (),
) -> tuple[FieldComparison, ...]:
    """The typed and filled-in fields that either version has, in the form's order of reading; absent ones are None.

    A personal field stands by its commitment. `form` and `indicators` give the labels, where they are known. Behind the fields comes each
    figure that either version states, as `figure:<code>` or `figure:<code>:<group>`.
    """
    labels = {} if form is None else {one.code: one.label for one in form.fields}
    found = []
    for field in (*PERSONAL, *TEXTS):
        old, new = before.get(field), after.get(field)
        if old is None and new is None:
            continue
        code = _CODES.get(field, field)
        label = labels.get(field) or labels.get(code) or LABELS.get(field, field)
        if field in PERSONAL:
            told = None if old is not None and new is not None else True
            found.append(FieldComparison(field, label, True, told, None, None, ()))
        else:
            segments = tuple(_segments(old or "", new or ""))
            found.append(FieldComparison(field, label, False, old != new, old, new, segments))
    return (*found, *_compare_figures(before.get("figures"), after.get("figures"), indicators))


def _compare_figures(
    before: str | None, after: str | None, indicators: Sequence[Indicator]
) -> Iterator[FieldComparison]:
    old, new = ({_key(one): _show(one) for one in parse_figures(text)} for text in (before, after))
    labels = {
        _key(Figure(one.code, None if group is None else group.code)): name_figure(one, group)[0]
        for one in indicators
        for group in one.groups or (None,)
    }
    keys = [*labels, *sorted(old.keys() | new.keys())]
    for key in dict.fromkeys(one for one in keys if one in old or one in new):
        was, now = old.get(key), new.get(key)
        segments = tuple(_segments(was or "", now or ""))
        yield FieldComparison(f"figure:{key}", labels.get(key, key), False, was != now, was, now, segments)


def _key(figure: Figure) -> str:
    return figure.code if figure.group is None else f"{figure.code}:{figure.group}"


def _show(figure: Figure) -> str:
    """A figure as text: 3200/4000, 2, 是."""
    if figure.holds is not None:
        return "是" if figure.holds else "否"
    return str(figure.count) if figure.denominator is None else f"{figure.numerator}/{figure.denominator}"


def _segments(before: str, after: str) -> Iterator[Segment]:
    """By sentences, and within those that changed by words; neighbours of a kind as one."""
    for kind, run in groupby(_pieces(before, after), key=lambda piece: piece[0]):
        yield Segment(kind, "".join(text for _, text in run))


def _pieces(before: str, after: str) -> Iterator[tuple[Kind, str]]:
    for kind, gone, come in _differ(_SENTENCE.findall(before), _SENTENCE.findall(after)):
        old, new = _WORD.findall(gone), _WORD.findall(come)
        # Two long texts of few words, turned round, would keep a processor busy: they are shown as one change.
        small = kind is None and len(old) * len(new) <= MOST
        for part, was, now in _differ(old, new) if small else [(kind, gone, come)]:
            if part is not None:
                yield part, was
                continue
            yield from ((one, text) for one, text in ((Kind.DELETED, was), (Kind.INSERTED, now)) if text)


def _differ(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Kind | None, str, str]]:
    """Runs of both: EQUAL, or None for a change from the one to the other."""
    for tag, i, j, m, n in SequenceMatcher(None, old, new).get_opcodes():
        yield Kind.EQUAL if tag == "equal" else None, "".join(old[i:j]), "".join(new[m:n])
