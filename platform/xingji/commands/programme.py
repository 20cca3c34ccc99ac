"""`xingji programme check FILE|CODE`: whether a programme holds together, and what it says.

A code is looked for where `openCampaign` looks: among those delivered and in `programmes/` of the home. A file's standard may also lie
in `standards/` beside it or beside its folder. Printed are its levels, windows, days and standard, and everything that it decides by
itself, with the reason: what a notice does not say is here for its readers to see.
Exit codes: 0 it holds together, 1 it does not, and says where, 2 there is nothing to read.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from certification.errors import ProgrammeRefusedError, ProgrammeUnreadableError
from certification.programme import LevelRule, Programme
from certification.reader import load_programme, parse_toml
from certification.shelf import Shelf, read_file
from xingji.commands import Commands
from xingji.settings import Settings


def add_parser(commands: Commands) -> None:
    """Add `programme` and its one action."""
    text = "方案 · programmes"
    parser = commands.add_parser("programme", help=text, description=text)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="检查方案并列出要点 · check a programme and say what it holds")
    check.add_argument(
        "programme", metavar="FILE|CODE", help="方案文件（.toml）或代码 · a file (.toml), or a code"
    )
    check.add_argument("--json", action="store_true", help="以 JSON 输出 · print JSON")
    check.add_argument(
        "--home", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="数据目录 · the data folder"
    )
    check.set_defaults(run=run_check)


def run_check(arguments: argparse.Namespace, settings: Settings) -> int:
    """Read it, check it, and print what it says."""
    try:
        programme = _read(arguments.programme, settings.home)
    except ProgrammeRefusedError as error:
        if arguments.json:
            answer = {"ok": False, "code": error.code, "zh": error.zh, "en": error.en, **error.details}
            print(json.dumps(answer, ensure_ascii=False))
        sys.stderr.write(f"错误：{error.zh}\nerror: {error.en}\n")
        return 2 if isinstance(error, ProgrammeUnreadableError) else 1
    if arguments.json:
        print(json.dumps({"ok": True, **describe(programme)}, ensure_ascii=False, indent=2))
    else:
        print("\n".join(format_programme(programme)))
    return 0


def _read(name: str, home: Path) -> Programme:
    path = Path(name)
    if path.suffix != ".toml":
        return load_programme(name, Shelf((home,)))
    beside = path.absolute().parent
    programme = parse_toml(read_file(path), Shelf((home, beside, beside.parent)))
    if programme.code != path.stem:
        raise ProgrammeRefusedError(
            where="code", reason=f"the file of {programme.code} is {programme.code}.toml"
        )
    return programme


def describe(programme: Programme) -> dict[str, Any]:
    """What a reader wants to know of it, as JSON values."""
    standard, publicity = programme.edition, programme.publicity
    return {
        "code": programme.code,
        "name": programme.name,
        "document": {
            "number": programme.document.number,
            "issuer": programme.document.issuer,
            "issued_on": programme.document.issued_on.isoformat(),
        },
        "tenant": programme.tenant_code,
        "levels": [_level(programme, one) for one in programme.levels.values()],
        "windows": [
            {
                "stage": one.stage,
                "name": one.name,
                "opens_at": one.opens_at.astimezone(programme.zone).isoformat(),
                "closes_at": one.closes_at.astimezone(programme.zone).isoformat(),
            }
            for one in programme.windows.values()
        ],
        "publicity_working_days": publicity.working_days.value,
        "cycle_years": programme.history.cycle_years.value,
        "reviews": programme.reviews is not None,
        "standard": {
            "code": standard.code,
            "version": standard.version,
            "items": len(standard.items),
            "indicators": len({one.code for one in standard.indicators}),
            "scored": standard.scoring is not None,
        },
        "digest": programme.digest.hex(),
        "decided": [dict(one) for one in decisions(json.loads(programme.canonical))],
    }


def _level(programme: Programme, level: LevelRule) -> dict[str, Any]:
    asked, scoring = level.requires, programme.edition.scoring
    return {
        "code": level.code,
        "name": level.name,
        "batch": level.batch,
        "city_quota": level.city_quota.value,
        "county_quota": level.county_quota.value,
        "requires": None if asked is None else asked.certified,
        "annual_passes": None if asked is None else asked.annual_passes,
        "mark": None if scoring is None else scoring.marks[level.code].value,
    }


def decisions(value: Any, where: str = "") -> Iterator[Mapping[str, str]]:
    """Every place of a programme that decides what its notice does not say, with the reason."""
    if isinstance(value, dict):
        if value.get("decided") is True:
            yield {"where": where, "reason": value["reason"]}
        for key, item in value.items():
            yield from decisions(item, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            name = (
                next((item[key] for key in ("code", "action", "stage") if key in item), number)
                if isinstance(item, dict)
                else number
            )
            yield from decisions(item, f"{where}[{name}]")


def format_programme(programme: Programme) -> Iterator[str]:
    """The same for people."""
    found = describe(programme)
    document, standard = found["document"], found["standard"]
    yield f"方案 programme   {found['code']}  {found['name']}"
    yield f"文件 document    {document['number']}  {document['issuer']}  {document['issued_on']}"
    yield f"租户 tenant      {found['tenant']}  {programme.time_zone}"
    for one in found["levels"]:
        county = "不限 no cap" if one["county_quota"] is None else one["county_quota"]
        line = f"级别 level       {one['code']}  {one['name']}  批次 batch {one['batch']}"
        line += f"  名额 places：市 city {one['city_quota']}，县 county {county}"
        if one["requires"] is not None:
            line += f"  须为 asks for {one['requires']}，复查 reviews {one['annual_passes']}"
        if one["mark"] is not None:
            line += f"  合格分 mark {one['mark']}"
        yield line
    for one in found["windows"]:
        yield f"窗口 window      {one['stage']}  {one['name']}  {one['opens_at']} – {one['closes_at']}"
    yield f"公示 publicity   {found['publicity_working_days']} 个工作日 working days"
    reviewed = "有规定 planned" if found["reviews"] else "未规定 not planned"
    yield f"复查 reviews     {reviewed}，周期 cycle {found['cycle_years']} 年 year(s)"
    scored = "计分 scored" if standard["scored"] else "逐条 clause by clause"
    yield (
        f"标准 standard    {standard['code']} v{standard['version']}  条目 items {standard['items']}"
        f"，指标 indicators {standard['indicators']}，{scored}"
    )
    yield f"摘要 digest      {found['digest']}"
    yield f"自行决定 decided {len(found['decided'])}"
    for one in found["decided"]:
        yield f"  {one['where']}：{one['reason']}"
