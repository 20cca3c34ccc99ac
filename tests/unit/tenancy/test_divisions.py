"""The data of the real divisions, and the units, codes and lineage made from it."""

import hashlib
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from tenancy.data import build_divisions
from tenancy.divisions import (
    Kind,
    divisions,
    get_division,
    get_tenancy,
    lineage,
    short_name,
    tenancies,
    tenant_rows,
    unit_id,
    units_of,
)
from tenancy.errors import UnknownDivisionError
from tenancy.tables import unit_codes, unit_lineages, units

LOWEST = (Kind.COMMUNITY, Kind.VILLAGE)


def test_counts_are_those_of_the_source() -> None:
    kinds = Counter(division.kind for division in divisions().values())
    assert kinds == {"city": 18, "county": 181, "street": 209, "community": 524, "village": 4589}
    rows = Counter(division.code[:6] for division in divisions().values() if division.kind in LOWEST)
    assert (len(rows), sum(rows.values()), rows["411671"]) == (11, 5113, 43)


def test_kind_follows_the_last_three_digits() -> None:
    for division in divisions().values():
        if division.kind in LOWEST:
            number = int(division.code[9:])
            assert (number < 200) == (division.kind is Kind.COMMUNITY), division
            assert number in range(1, 400) or number in range(500, 600)


def test_every_division_lies_beneath_one_of_the_kind_above() -> None:
    above = {"county": "city", "street": "county", "community": "street", "village": "street"}
    for division in divisions().values():
        if division.kind is not Kind.CITY:
            assert get_division(division.parent_code).kind == above[division.kind]


def test_tenants_are_the_city_ten_counties_and_the_zone() -> None:
    by_level = Counter(tenancy.level for tenancy in tenancies())
    assert by_level == {"city": 1, "county": 11}
    assert get_tenancy("411671").parent_id == get_tenancy("411600").id == 1
    assert len({tenancy.id for tenancy in tenancies()}) == 12
    rows = {row["code"]: row for row in tenant_rows("xingji.example")}
    assert rows["411602"]["origin"] == "xingji.example/411602"
    assert rows["411602"]["name"] == "川汇区"
    assert rows["411602"]["unit_id"] == unit_id("411602")


def test_the_street_that_changed_county_is_closed_there_and_opened_here() -> None:
    """李埠口街道: 411602200 (a 乡 in 2020), 411602013, then 411671013 in the zone."""
    old, new = units_of("411602"), units_of("411671")
    closed = next(row for row in old.units if row["id"] == unit_id("411602013000"))
    opened = next(row for row in new.units if row["id"] == unit_id("411671013000"))
    assert (closed["name"], closed["valid_from"], closed["valid_to"]) == (
        "李埠口街道",
        date(2020, 6, 30),
        date(2023, 6, 30),
    )
    assert (opened["name"], opened["valid_from"], opened["valid_to"]) == (
        "李埠口街道",
        date(2023, 6, 30),
        None,
    )
    assert closed["id"] == unit_id("411602200000")
    assert [(row["code"], row["valid_to"]) for row in old.codes if row["unit_id"] == closed["id"]] == [
        ("411602200000", date(2021, 10, 31)),
        ("411602013000", date(2023, 6, 30)),
    ]
    (led,) = [row for row in new.lineages if row["unit_id"] == opened["id"]]
    assert (led["kind"], led["predecessor_tenant_id"], led["predecessor_unit_id"], led["effective_on"]) == (
        "moved",
        get_tenancy("411602").id,
        closed["id"],
        date(2023, 6, 30),
    )
    assert len([row for row in old.units if row["parent_id"] == closed["id"]]) == 22
    assert len([row for row in new.lineages if row["kind"] == "moved"]) == 23


def test_what_split_names_every_street_it_came_from() -> None:
    rows = [row for row in units_of("411602").lineages if row["unit_id"] == unit_id("411602015000")]
    assert {row["predecessor_unit_id"] for row in rows} == {
        unit_id(code) for code in ("411602005000", "411602007000", "411602009000")
    }


def test_a_new_code_within_the_tenant_keeps_the_unit() -> None:
    assert unit_id("411623004000") == unit_id("411623200000")
    assert unit_id("411602015001") == unit_id("411602005001")


def test_rows_are_whole_unique_and_parents_come_first() -> None:
    open_units = 0
    seen: set[object] = set()
    codes = Counter[tuple[str, date]]()
    for tenancy in tenancies():
        rows = units_of(tenancy.code)
        for table, made in ((units, rows.units), (unit_codes, rows.codes), (unit_lineages, rows.lineages)):
            for row in made:
                assert row.keys() == set(table.columns.keys())
                assert row["tenant_id"] == tenancy.id
        mine: set[object] = set()
        for row in rows.units:
            assert row["parent_id"] in mine or row["kind"] in ("city", "county")
            assert row["valid_to"] is None or row["valid_from"] < row["valid_to"]
            mine.add(row["id"])
            open_units += row["kind"] in LOWEST and row["valid_to"] is None
        assert len(mine) == len(rows.units)
        assert not mine & seen
        seen |= mine
        assert {row["unit_id"] for row in rows.codes} == mine
        assert {row["unit_id"] for row in rows.lineages} <= mine
        codes.update((row["code"], row["valid_from"]) for row in rows.codes)
        assert len({row["sort_key"] for row in rows.units}) == len(rows.units)
    assert open_units == 5113
    assert max(codes.values()) == 1
    assert all(row["predecessor_unit_id"] in seen for t in tenancies() for row in units_of(t.code).lineages)


def test_officers_order_puts_communities_before_villages() -> None:
    beneath = [row for row in units_of("411602").units if row["parent_id"] == unit_id("411602010000")]
    kinds = [row["kind"] for row in sorted(beneath, key=lambda row: row["sort_key"])]
    assert kinds == sorted(kinds)
    assert set(kinds) == {"community", "village"}


def test_lineage_files_facts_name_codes_of_their_time() -> None:
    for fact in lineage():
        assert fact.last_seen < fact.first_seen
        assert fact.new_code not in divisions() or fact.kind != "vanished"
        assert (fact.old_code == "") == (fact.kind == "appeared")
        assert (fact.new_code == "") == (fact.kind == "vanished")
        if fact.kind == "moved":
            assert fact.old_code[:6] != fact.new_code[:6]


@pytest.mark.parametrize("code", ["410100", "411699", "", "4116"])
def test_what_is_no_tenant_is_refused(code: str) -> None:
    with pytest.raises(UnknownDivisionError):
        units_of(code)


@pytest.mark.parametrize(
    ("official", "short"),
    [
        ("陈州社区居民委员会", "陈州社区"),
        ("柴堂村民委员会", "柴堂村"),
        ("秀水社区居委会", "秀水社区"),
        ("南关居民委员会", "南关居民委员会"),
    ],
)
def test_forms_carry_the_short_name(official: str, short: str) -> None:
    assert short_name(official) == short


def test_files_are_those_that_the_readme_names() -> None:
    folder = Path(build_divisions.__file__).parent
    readme = (folder / "README.md").read_text("utf-8")
    for name in ("divisions.tsv.xz", "lineage.tsv"):
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() in readme, name
    for version, on, digest in build_divisions.RELEASES:
        assert f"| {version} | {on} |" in readme
        assert digest in readme


def test_lineage_follows_names_and_never_guesses_between_two() -> None:
    """Two villages of one name in a county are left alone; the rest follow, also into another county."""
    gone = {
        "411602001201": "王庄村民委员会",
        "411602001202": "李庄村民委员会",
        "411602001203": "赵庄村民委员会",
    }
    came = {"411602002201": "王庄社区居委会", "411671001202": "李庄村委会", "411602002203": "赵庄村民委员会"}
    twice = came | {"411602002204": "赵庄居委会"}
    assert build_divisions.follow_villages(gone, came) == dict(zip(gone, came, strict=True))
    assert "411602001203" not in build_divisions.follow_villages(gone, twice)
