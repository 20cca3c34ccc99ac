"""`xingji history …`: rebuild what is folded from the ledgers; show a community's history from an exported one.

`rebuild` compares every row of `history_facts` and `standings` of every tenant with what the ledgers' entries say, names each that differs, and puts
it right; with `--check` it changes nothing. `show` folds the history of a community from an exported log, with no database and no network: on
any day, as it was known at any moment.
Exit codes: 0 nothing differed, or shown; 1 something differed (or the log is refuted); 2 unusable input.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

from audit.commands import read_verifier_key, report_unusable, report_verdict
from audit.errors import AuditError, UnusableInputError
from audit.verify import verify_log
from certification.errors import InvariantError, ProgrammeRefusedError
from certification.exported import describe_history, read_exported
from certification.history import fold
from certification.reader import load_programme
from certification.shelf import Shelf
from tenancy.database import Database
from xingji.commands import Commands
from xingji.databases import open_database
from xingji.errors import TenantUnknownError
from xingji.folding import compare_tenant
from xingji.service import read_registry
from xingji.settings import Settings


def add_parser(commands: Commands) -> None:
    """Add `history` and its subcommands."""
    text = "认定与复查历史：重建投影、离线查看 · rebuild what is folded, show a history"
    parser = commands.add_parser("history", help=text, description=text)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    again = actions.add_parser("rebuild", help="由账本重建并比对 · fold anew from the ledgers, and compare")
    again.add_argument("--check", action="store_true", help="只比对，不改动 · compare, change nothing")
    again.add_argument("--tenant", metavar="CODE", help="只限此租户 · this tenant alone")
    again.set_defaults(run=run_rebuild)
    show = actions.add_parser("show", help="由导出的账本查看 · fold a community from an exported log")
    show.add_argument("directory", metavar="DIR", type=Path)
    show.add_argument("--community", required=True, type=UUID, metavar="ID")
    show.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="某日（默认今天）· on this day")
    show.add_argument(
        "--known-at", type=_moment, metavar="TIME", help="当时所知 · by what was recorded until then"
    )
    show.add_argument(
        "--programme", required=True, metavar="CODE", help="方案 · by the rules of this programme"
    )
    show.add_argument("--for", dest="level", metavar="LEVEL", help="拟申报级别 · as this level asks for it")
    show.add_argument("--key", type=Path, metavar="FILE", help="公钥：先行验证 · verify with this key first")
    show.set_defaults(run=run_show)
    for action in (again, show):
        action.add_argument("--json", action="store_true", help="以 JSON 输出 · print JSON")
        action.add_argument(
            "--home", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="数据目录 · the data folder"
        )


def run_rebuild(arguments: argparse.Namespace, settings: Settings) -> int:
    """Compare, and put right; prints every row that differed."""

    async def run(url: str) -> int:
        database = await Database.connect(url, min_size=1, max_size=1)
        try:
            return await _rebuild(database, arguments)
        finally:
            await database.close()

    with open_database(settings) as opened:
        return asyncio.run(run(opened.app_url))


async def _rebuild(database: Database, arguments: argparse.Namespace) -> int:
    registry = await read_registry(database)
    chosen = [one for one in registry if arguments.tenant in (None, one.code)]
    if not chosen:
        raise TenantUnknownError(tenant=arguments.tenant)
    number = 0
    for tenant in chosen:
        compared = compare_tenant(
            database, tenant, repair=not arguments.check, progress=_progress(tenant.code)
        )
        try:
            async for one in compared:
                number += 1
                line = {"tenant": tenant.code, **asdict(one)}
                print(json.dumps(line) if arguments.json else " ".join(line.values()), flush=True)
        except InvariantError as error:
            number += 1
            print(f"{tenant.code} ALARM {error}", file=sys.stderr)
    done = "changed nothing" if arguments.check else "put right"
    if not arguments.json:
        print("一致 · all as the entries say" if number == 0 else f"{number} 处不符 · differed, {done}")
    return 0 if number == 0 else 1


def run_show(arguments: argparse.Namespace, settings: Settings) -> int:
    """Fold and print."""
    try:
        if arguments.key is not None:
            verdict = verify_log(arguments.directory, read_verifier_key(arguments.key))
            if not verdict.ok:
                return report_verdict(verdict, as_json=arguments.json)
        programme = load_programme(arguments.programme, Shelf((settings.home,)))
        asking = [one for one in programme.levels.values() if arguments.level in (None, one.code)]
        requires = next((one.requires for one in asking if one.requires is not None), None)
        if requires is None:
            raise UnusableInputError(reason="no such level of the programme asks for a history")
        exported = read_exported(arguments.directory, arguments.community)
    except (AuditError, ProgrammeRefusedError, OSError) as error:
        return report_unusable(error, as_json=arguments.json)
    if exported.untold:
        listed = ", ".join(map(str, exported.untold))
        reason = f"entries {listed} are from before entries said facts: ask the installation"
        print(f"注意 note: {reason}", file=sys.stderr)
    if arguments.key is None:
        print("注意 note: the log was not verified; give --key", file=sys.stderr)
    day = arguments.on or datetime.now(UTC).date()
    history = fold(exported.facts, requires.certified, day, programme.history, arguments.known_at)
    shown = describe_history(history, requires.annual_passes)
    print(json.dumps(shown, ensure_ascii=False, indent=None if arguments.json else 2))
    return 0


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise UnusableInputError(reason=f"{text} has no zone")
    return found


def _progress(code: str) -> Callable[[int], None] | None:
    if not sys.stderr.isatty():
        return None
    return lambda done: print(f"{code} {done}", end="\r", file=sys.stderr, flush=True)
