"""Curves over tenants as an SVG of small panels, in plain text: readable on paper, on a dark page, and in a diff.

One panel a case; milliseconds upwards from zero, tenants along a logarithmic axis, two curves with points and their last values. It knows
nothing of what is measured. Colours are told apart by those who do not see red and green, and the 99th percentile is dashed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from typing import Final

WIDTH, HEIGHT = 360, 230
LEFT, RIGHT, TOP, BOTTOM = 52, 44, 34, 44
COLUMNS: Final = 2
HEAD: Final = 58
STYLES: Final = (("#0072b2", ""), ("#d55e00", "6 3"))


@dataclass(frozen=True, slots=True)
class Panel:
    """A case: its curves by name, each of (tenants, milliseconds), tenants ascending."""

    title: str
    curves: Mapping[str, Sequence[tuple[float, float]]]


def draw(title: str, panels: Sequence[Panel]) -> str:
    """The whole picture."""
    lines = -(-len(panels) // COLUMNS)
    width, height = WIDTH * COLUMNS, HEAD + HEIGHT * lines
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="sans-serif" font-size="11" fill="#222">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="16" font-weight="bold">{escape(title)}</text>',
        *_legend(list(panels[0].curves)),
    ]
    for number, panel in enumerate(panels):
        x, y = number % COLUMNS * WIDTH, HEAD + number // COLUMNS * HEIGHT
        parts += [f'<g transform="translate({x} {y})">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend(names: Sequence[str]) -> list[str]:
    parts = []
    for number, (name, (colour, dash)) in enumerate(zip(names, STYLES, strict=True)):
        x = LEFT + number * 90
        parts += [
            f'<path d="M{x} 42h28" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>',
            f'<text x="{x + 34}" y="46">{escape(name)}</text>',
        ]
    return parts


def _panel(panel: Panel) -> list[str]:
    points = [point for curve in panel.curves.values() for point in curve]
    tenants = sorted({x for x, _ in points})
    step = tick(max(y for _, y in points))
    top = step * (int(max(y for _, y in points) / step) + 1)
    low, high = log10(tenants[0]), log10(tenants[-1])

    def across(x: float) -> float:
        return LEFT + (log10(x) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def up(y: float) -> float:
        return HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)

    parts = [f'<text x="{LEFT}" y="20" font-size="13">{escape(panel.title)}</text>']
    for number in range(round(top / step) + 1):
        y, value = up(number * step), number * step
        parts += [
            f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>',
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>',
        ]
    for x in tenants:
        parts.append(
            f'<text x="{across(x):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{x:,.0f}</text>'
        )
    parts += [
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.1f}" y="{HEIGHT - 10}" text-anchor="middle">tenants (log)</text>',
        f'<text transform="translate(14 {(TOP + HEIGHT - BOTTOM) / 2:.1f}) rotate(-90)" text-anchor="middle">ms</text>',
    ]
    for curve, (colour, dash) in zip(panel.curves.values(), STYLES, strict=True):
        parts += _curve([(across(x), up(y)) for x, y in curve], colour, dash)
        parts.append(
            f'<text x="{across(curve[-1][0]) + 7:.1f}" y="{up(curve[-1][1]) + 4:.1f}" fill="{colour}">{curve[-1][1]:.1f}</text>'
        )
    return parts


def _curve(points: Sequence[tuple[float, float]], colour: str, dash: str) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    line = f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
    return [line, *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points)]


def tick(largest: float) -> float:
    """The distance of an axis's lines: 1, 2 or 5 times a power of ten, so that there are three to seven of them."""
    power = 10.0 ** int(log10(largest) - (largest < 1))
    return next(step for step in (power / 5, power / 2, power, power * 2) if largest / step < 6)
