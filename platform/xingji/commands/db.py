"""`xingji db`: which database this is, without its passwords."""

import argparse
import asyncio
import json

import asyncpg

from xingji import migrate
from xingji.commands import Commands
from xingji.databases import Database, mask_url, open_database
from xingji.settings import Settings


def add_parser(commands: Commands) -> None:
    text = "显示数据库信息（不含口令）· show the database, without passwords"
    parser = commands.add_parser("db", help=text, description=text)
    parser.add_argument("--json", action="store_true", help="以 JSON 输出 · print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    with open_database(settings) as database:
        facts = _collect(database)
    if arguments.json:
        print(json.dumps(facts))
    else:
        for name, value in facts.items():
            print(f"{name:<10} {value}")
    return 0


def _collect(database: Database) -> dict[str, str | None]:
    return {
        "app": mask_url(database.app_url),
        "owner": mask_url(database.owner_url) if database.owner_url else None,
        "server": asyncio.run(_fetch_version(database.app_url)),
        "revision": migrate.find_revision(database.owner_url) if database.owner_url else None,
    }


async def _fetch_version(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        version: str = await connection.fetchval("SHOW server_version")
        return version
    finally:
        await connection.close()
