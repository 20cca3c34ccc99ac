"""`xingji vault rotate`: a new key for each tenant, under which the data keys of personal values are wrapped anew.

Values are not touched. The key before the new one is kept, for a backup made before; a second rotation deletes it, and
then no older backup gives up what has been erased since. A server of this home notices by itself.

`xingji vault sweep`: the tables' files anew, without the rows that were deleted, which PostgreSQL else leaves there for a while.
"""

import argparse
import asyncio
import sys
from pathlib import Path

import asyncpg

from audit.errors import LedgerMissingError
from audit.ledger import lock_head
from tenancy.database import Database, Scope
from tenancy.errors import TenancyError, UnopenableError
from tenancy.personal import find_kek_ids, rewrap_keys
from tenancy.tables import credentials, personal_keys, personal_values
from tenancy.vault import FileVault
from xingji.commands import Commands
from xingji.databases import open_database
from xingji.service import Tenant, open_vault, read_registry
from xingji.settings import Settings


def add_parser(commands: Commands) -> None:
    """Add `vault` and its one action."""
    text = "个人信息的密钥库 · the vault of personal values"
    parser = commands.add_parser("vault", help=text, description=text)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    rotate = actions.add_parser(
        "rotate", help="换用新密钥，重新包装数据密钥 · wrap all data keys under a new key"
    )
    rotate.add_argument(
        "--home", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="数据目录 · the data folder"
    )
    rotate.set_defaults(run=run_rotate)
    sweep = actions.add_parser("sweep", help="清除表文件中已删除的行 · rid the tables' files of deleted rows")
    sweep.add_argument(
        "--home", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="数据目录 · the data folder"
    )
    sweep.set_defaults(run=run_sweep)


def run_sweep(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Write the tables of personal values and logins anew, without what was deleted, and take the pages to the disk.

    Locks each table while it is written. Older WAL, replicas and backups are untouched.
    """

    async def run(url: str) -> None:
        owner = await asyncpg.connect(url)
        try:
            for table in (personal_values, personal_keys, credentials):
                await owner.execute(f"VACUUM (FULL) {table.name}")
        finally:
            await owner.close()

    with open_database(settings) as opened:
        asyncio.run(run(opened.get_owner_url()))
    return 0


def run_rotate(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Rotate every tenant's; prints a line each: code, new key, data keys wrapped."""
    vault = open_vault(settings.home)

    async def run(url: str) -> None:
        database = await Database.connect(url, 1, 1, vault=vault)
        try:
            for tenant in await read_registry(database):
                await rotate(database, vault, tenant)
        finally:
            await database.close()

    try:
        with open_database(settings) as opened:
            asyncio.run(run(opened.app_url))
    except TenancyError as error:
        sys.stderr.write(f"错误：{error.zh}\nerror: {error.en}\n")
        return 1 if isinstance(error, UnopenableError) else 2
    return 0


async def rotate(database: Database, vault: FileVault, tenant: Tenant) -> None:
    """Rotate one tenant's key. The head's lock keeps out whoever would wrap meanwhile (ADR 0003)."""
    async with database.write(Scope(tenant.id)) as tx:
        try:
            await lock_head(tx.raw, tx.tenant_id)
        except LedgerMissingError:
            return
        # First, and behind the lock: a key goes only when no row that anybody could commit is wrapped under it.
        vault.forget(tenant.id, await find_kek_ids(tx))
        kek_id = vault.rotate(tenant.id)
        number = await rewrap_keys(tx)
    print(f"{tenant.code}  {kek_id}  {number}")
