"""Why a clause comes to what it comes to, and what would change it, in Chinese and English.

    劳动力资源登记率：3199/4000（79.97…%），低于 80%        还需登记 1 人，即达到 80%
    labour force registered electronically: 3199/4000 (79.97… %), below 80 %     1 more registered would reach 80 %

The rule upheld here: a percentage is cut off after two places, never rounded, and says by “…” that something was cut. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from certification.figures import Figure, name_figure
from certification.standard import (
    AT_LEAST,
    AT_MOST,
    COUNT,
    EXACTLY,
    NONE,
    YES,
    Group,
    Indicator,
    Item,
    Result,
)

_SIGNS: Final = {100: ("%", " %"), 1000: ("‰", " ‰")}
_PASSES: Final = {
    AT_LEAST: ("达到 {}", "reaches {}"),
    AT_MOST: ("不超过 {}", "within {}"),
    EXACTLY: ("等于 {}", "is {}"),
    NONE: ("符合要求", "as asked"),
}
_FAILS: Final = {
    AT_LEAST: ("低于 {}", "below {}"),
    AT_MOST: ("超过 {}", "above {}"),
    EXACTLY: ("不等于 {}", "is not {}"),
    NONE: ("应为 0", "must be 0"),
}
_ENDS: Final = {
    AT_LEAST: ("即达到 {}", "would reach {}"),
    AT_MOST: ("即不超过 {}", "would be within {}"),
    EXACTLY: ("即等于 {}", "would be exactly {}"),
    NONE: ("即为 0", "would leave 0"),
}
_LOOKED: Final = {
    Result.PASS: ("符合", "met"),
    Result.FAIL: ("不符合", "not met"),
    Result.NOT_APPLICABLE: ("不适用", "does not apply"),
    Result.MISSING: ("尚未评定", "not assessed"),
}


class Texts(NamedTuple):
    """What it is, and what would change it."""

    zh: str
    en: str
    change_zh: str | None = None
    change_en: str | None = None


def format_share(numerator: int, denominator: int, per: int) -> tuple[str, str]:
    """A fraction of a hundred or a thousand, cut off after two places: 3199/4000 → ("79.97…%", "79.97… %")."""
    hundredths, rest = divmod(numerator * per * 100, denominator)
    digits = f"{hundredths // 100}.{hundredths % 100:02}"
    shown = digits + "…" if rest else digits.rstrip("0").rstrip(".")
    zh, en = _SIGNS[per]
    return shown + zh, shown + en


def format_threshold(indicator: Indicator) -> tuple[str, str]:
    """What is asked for: 80%, or 50 平方米."""
    number = str(indicator.threshold or 0)
    if indicator.per is None:
        return f"{number} {indicator.unit}".rstrip(), f"{number} {indicator.unit_en}".rstrip()
    zh, en = _SIGNS[indicator.per]
    return number + zh, number + en


def explain_item(item: Item, result: Result) -> Texts:
    """Of an item that somebody looks at."""
    zh, en = _LOOKED[result]
    name_zh, name_en = f"{item.code} {item.label}".rstrip(), f"{item.code} {item.label_en}".rstrip()
    if result is Result.MISSING:
        return Texts(f"{name_zh}：{zh}", f"{name_en}: {en}", "须逐条评定", "it must be assessed")
    if result is Result.FAIL:
        return Texts(
            f"{name_zh}：{zh}",
            f"{name_en}: {en}",
            "须整改到位并重新评定",
            "it must be put right and assessed anew",
        )
    return Texts(f"{name_zh}：{zh}", f"{name_en}: {en}")


def explain_history(indicator: Indicator, wants: Sequence[tuple[str, str]] | None) -> Texts:
    """Of an indicator that the ledger answers; `wants` is what is missing, None when no history was at hand."""
    name_zh, name_en = indicator.label, indicator.label_en
    if wants is None:
        return Texts(f"{name_zh}：未取得历史记录", f"{name_en}: no history at hand")
    if not wants:
        return Texts(f"{name_zh}：符合", f"{name_en}: met")
    return Texts(
        f"{name_zh}：{'；'.join(zh for zh, _ in wants)}",
        f"{name_en}: {'; '.join(en for _, en in wants)}",
        "须待连续年度复查合格，以账本记录为准",
        "annual passes in succession, as the ledger records them",
    )


def explain(
    indicator: Indicator, group: Group | None, figure: Figure | None, result: Result, change: int | None
) -> Texts:
    """Of a figure: the fraction beside what is asked for; `change` as certification/judging.py decided it."""
    name_zh, name_en = name_figure(indicator, group)
    if figure is None:
        return Texts(f"{name_zh}：未填报", f"{name_en}: not stated", "须填报", "it must be stated")
    if indicator.comparison == YES:
        if result is Result.PASS:
            return Texts(f"{name_zh}：是", f"{name_en}: yes")
        return Texts(f"{name_zh}：否", f"{name_en}: no", "须做到此项", "this must be done")
    told_zh, told_en = _tell(indicator, figure, result)
    zh, en = f"{name_zh}：{told_zh}", f"{name_en}: {told_en}"
    if result is not Result.FAIL:
        return Texts(zh, en)
    return Texts(zh, en, *_tell_change(indicator, change, figure.denominator == 0))


def _tell(indicator: Indicator, figure: Figure, result: Result) -> tuple[str, str]:
    asked_zh, asked_en = format_threshold(indicator)
    as_zh, as_en = (_PASSES if result is Result.PASS else _FAILS)[indicator.comparison]
    as_zh, as_en = as_zh.format(asked_zh), as_en.format(asked_en)
    if indicator.per is None:
        return f"{figure.count} {indicator.unit}，{as_zh}", f"{figure.count} {indicator.unit_en}, {as_en}"
    if not figure.denominator:
        zh, en = f"{indicator.denominator}为 0", f"{indicator.denominator_en}: 0"
        if result is Result.NOT_APPLICABLE:
            return f"{zh}，不适用", f"{en}, does not apply"
        return f"{zh}，不予认可", f"{en}, which does not pass"
    numerator = figure.numerator or 0
    share_zh, share_en = format_share(numerator, figure.denominator, indicator.per)
    fraction = f"{numerator}/{figure.denominator}"
    return f"{fraction}（{share_zh}），{as_zh}", f"{fraction} ({share_en}), {as_en}"


def _tell_change(indicator: Indicator, change: int | None, empty: bool) -> tuple[str, str]:
    asked_zh, asked_en = format_threshold(indicator)
    if empty:
        return f"{indicator.denominator}须大于 0", f"there must be some: {indicator.denominator_en}"
    if change is None:
        return f"按此分母无法恰为 {asked_zh}", f"with this denominator nothing is exactly {asked_en}"
    end_zh, end_en = _ENDS[indicator.comparison]
    end_zh, end_en = end_zh.format(asked_zh), end_en.format(asked_en)
    count, expected = abs(change), 1 if indicator.comparison in (AT_LEAST, EXACTLY) else -1
    if indicator.change is not None and indicator.change_en is not None and change * expected > 0:
        zh, en = (text.replace(COUNT, str(count)) for text in (indicator.change, indicator.change_en))
    else:
        more_zh, more_en = ("增加", "more") if change > 0 else ("减少", "fewer")
        zh = f"“{indicator.numerator}”须{more_zh} {count} {indicator.unit}".rstrip()
        en = f"{count} {more_en} ({indicator.numerator_en})"
    return f"{zh}，{end_zh}", f"{en} {end_en}"
