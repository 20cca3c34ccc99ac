"""`xingji vault rotate`: a new passphrase of the vault, a new key for each tenant under it, and the data keys of personal values
wrapped anew under that. Values are not touched.

What lay under the passphrase before opens with that one alone, so a backup made before gives up nothing to who has only the
passphrase of today. The one before is kept beside it, as are the keys, for such a backup; a second rotation deletes them.

`xingji vault forget`: deletes them at once, when a backup has been made behind the rotation. Refused while anything needs them.

`xingji vault sweep`: the tables' files anew, without the rows that were deleted, which PostgreSQL else leaves there for a while.

A server of this home notices by itself. Cut anywhere, each is called again and goes on; meanwhile everything opens.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
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
from xingji.errors import VaultNotRenewedError
from xingji.service import Tenant, open_vault, read_registry, vault_passphrase
from xingji.settings import Settings


def add_parser(commands: Commands) -> None:
    """Add `vault` and its actions."""
    text = "个人信息的密钥库 · the vault of personal values"
    parser = commands.add_parser("vault", help=text, description=text)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, run, told in (
        (
            "rotate",
            run_rotate,
            "换用新口令与新密钥，重新包装数据密钥 · wrap all data keys anew, under a new passphrase",
        ),
        (
            "forget",
            run_forget,
            "删除轮换前的口令与密钥 · delete passphrase and keys from before the last rotation",
        ),
        ("sweep", run_sweep, "清除表文件中已删除的行 · rid the tables' files of deleted rows"),
    ):
        action = actions.add_parser(name, help=told, description=told)
        action.add_argument(
            "--home", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="数据目录 · the data folder"
        )
        action.set_defaults(run=run)


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
    passphrase = vault_passphrase(settings.home)
    passphrase.prepare()
    code = _for_each_tenant(settings, rotate)
    if code == 0:
        passphrase.turn()
        sys.stderr.write(
            "口令已更新，接下来：xingji backup DIR；另行保管 secrets/vault-passphrase；然后 xingji vault forget。\n"
            "The passphrase is another now. Next: xingji backup DIR; keep secrets/vault-passphrase elsewhere;"
            " then xingji vault forget.\n"
        )
    return code


def run_forget(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Delete the former passphrase and what it opened. Raises VaultNotRenewedError."""
    passphrase = vault_passphrase(settings.home)
    if passphrase.is_turning:
        raise VaultNotRenewedError
    code = _for_each_tenant(settings, forget)
    if code == 0:
        passphrase.forget()
    return code


def _for_each_tenant(
    settings: Settings, work: Callable[[Database, FileVault, Tenant], Awaitable[None]]
) -> int:
    vault = open_vault(settings.home)

    async def run(url: str) -> None:
        database = await Database.connect(url, 1, 1, vault=vault)
        try:
            for tenant in await read_registry(database):
                await work(database, vault, tenant)
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


async def forget(database: Database, vault: FileVault, tenant: Tenant) -> None:
    """Delete one tenant's keys that wrap nothing, if those that do need no former passphrase. Raises VaultNotRenewedError."""
    async with database.write(Scope(tenant.id)) as tx:
        try:
            await lock_head(tx.raw, tx.tenant_id)
        except LedgerMissingError:
            return
        used = await find_kek_ids(tx)
        if not vault.is_renewed(tenant.id, used):
            raise VaultNotRenewedError
        vault.forget(tenant.id, used)
