"""The plot draws what it is given, to scale."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from bench.plot import Panel, draw, tick

SVG = "{http://www.w3.org/2000/svg}"
CURVES = {
    "p50": [(10.0, 2.0), (100.0, 2.0), (1000.0, 4.0)],
    "p99": [(10.0, 6.0), (100.0, 5.0), (1000.0, 8.0)],
}


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def points(svg: str) -> list[list[tuple[float, float]]]:
    lines = [one.get("points", "") for one in ElementTree.fromstring(svg).iter(f"{SVG}polyline")]
    return [[(float(x), float(y)) for x, y in (pair.split(",") for pair in line.split())] for line in lines]


def test_every_panel_has_its_title_its_curves_and_both_axes() -> None:
    svg = draw("Latency & size", [Panel("one", CURVES), Panel("two <3", CURVES), Panel("three", CURVES)])
    said = texts(svg)
    assert {"Latency & size", "one", "two <3", "three", "p50", "p99"} <= set(said)
    assert said.count("tenants (log)") == said.count("ms") == said.count("1,000") == 3
    assert len(points(svg)) == 6


def test_tenants_are_logarithmic_and_milliseconds_linear_from_zero() -> None:
    p50, p99 = points(draw("t", [Panel("one", CURVES)]))
    (x10, y2), (x100, other), (x1000, y4) = p50
    assert x100 - x10 == pytest.approx(x1000 - x100, abs=0.2)
    assert other == y2
    y8 = p99[2][1]
    assert y2 - y4 == pytest.approx((y4 - y8) / 2, abs=0.2)
    assert y4 < y2


@pytest.mark.parametrize("largest", [0.04, 0.9, 1.0, 7.5, 10, 49, 300, 9_999])
def test_an_axis_has_a_handful_of_round_lines(largest: float) -> None:
    step = tick(largest)
    assert 2 <= largest / step < 6
    assert f"{step:.0e}"[0] in "125"
