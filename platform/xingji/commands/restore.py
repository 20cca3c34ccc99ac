"""`xingji restore DIR`: a backup back into an empty database and home, and what to do next."""

import argparse
import asyncio
import sys
from pathlib import Path

from audit.heads import HeadStore
from xingji.backup import find_parts, restore_backup
from xingji.commands import Commands
from xingji.databases import open_database
from xingji.erasing import ErasureList, erase_listed
from xingji.service import open_keys, open_vault
from xingji.settings import Settings


def add_parser(commands: Commands) -> None:
    """Add `restore`."""
    text = "从备份恢复到空的数据库与目录 · restore a backup into an empty database and home"
    parser = commands.add_parser("restore", help=text, description=text)
    parser.add_argument("directory", metavar="DIR", type=Path)
    parser.add_argument(
        "--replace",
        action="store_true",
        help="替换已有数据；原目录移入 replaced-… · replace what is there; folders are moved aside",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Restore, and erase again what was erased since; prints the origins of ledgers that are behind their kept head. Raises BackupBrokenError, RestoreRefusedError."""
    store = HeadStore(settings.heads_folder)
    parts = find_parts(settings)
    # On a new machine the passphrases come back by hand; what was erased goes at the first start then.
    has_keys = (settings.home / "secrets" / "ledger-passphrase").exists()
    keys = open_keys(settings.home) if has_keys else None
    with open_database(settings) as database:
        ahead = restore_backup(
            database.get_owner_url(), parts, store, arguments.directory, keys, replace=arguments.replace
        )
        listed = ErasureList(settings.heads_folder)
        if has_keys:
            asyncio.run(erase_listed(database.get_owner_url(), listed, open_keys(settings.home)))
    vault = settings.home / "secrets" / "vault-passphrase"
    closed = vault.exists() and any(open_vault(settings.home).find_closed())
    for origin in ahead:
        print(origin)
    if closed:
        sys.stderr.write(
            "此备份的密钥库需要更早的口令：存入 secrets/vault-passphrase.former，再运行 xingji vault rotate。\n"
            "The vault of this backup opens with an older passphrase: put that into secrets/vault-passphrase.former,"
            " then run xingji vault rotate.\n"
        )
    sys.stderr.write(
        "已恢复。接下来 · restored; next:\n"
        "  xingji migrate\n"
        "  xingji ledger check --tenant CODE\n"
        + (
            f"  {len(ahead)} 本账本与库外保存的头部不一致，未声明前不予签署：\n"
            f"  {len(ahead)} ledgers differ from their kept heads and are not signed for until you own up to it:\n"
            "  xingji ledger incarnate --tenant CODE --reason TEXT\n"
            if ahead
            else "  如他处保存有更新的头部 · if anybody keeps a later head:\n"
            "  xingji ledger incarnate --tenant CODE --reason TEXT --kept HEAD\n"
        )
    )
    return 0
