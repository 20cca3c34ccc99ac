"""`xingji evidence sweep`: remove the files that no row names, which only a killed process leaves behind. Servers may run meanwhile."""

import argparse
import asyncio
from pathlib import Path

from tenancy.database import Database
from xingji.commands import Commands
from xingji.databases import open_database
from xingji.errors import StoreFailedError
from xingji.evidence.errors import StoreUnavailableError
from xingji.service import open_keeper, read_registry
from xingji.settings import Settings


def add_parser(commands: Commands) -> None:
    """Add `evidence` and its one action."""
    text = "佐证材料文件 · the files of evidence"
    parser = commands.add_parser("evidence", help=text, description=text)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    sweep = actions.add_parser("sweep", help="删除无记录的文件 · remove files that no row names")
    sweep.add_argument(
        "--home", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="数据目录 · the data folder"
    )
    sweep.set_defaults(run=run_sweep)


def run_sweep(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Sweep; prints how many were removed. Raises StoreFailedError, SettingInvalidError."""

    async def run(url: str) -> int:
        database = await Database.connect(url, 1, 1)
        try:
            registry = await read_registry(database)
            return await open_keeper(settings, database, registry).sweep() if registry else 0
        finally:
            await database.close()

    with open_database(settings) as opened:
        try:
            removed = asyncio.run(run(opened.app_url))
        except (StoreUnavailableError, OSError) as error:
            raise StoreFailedError(reason=str(error.__cause__ or error)) from error
    print(f"{removed} 个文件 files")
    return 0
