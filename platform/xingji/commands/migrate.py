"""`xingji migrate`: bring the database to the newest revision, as its owner; seals what older versions kept in the clear."""

import argparse
import sys

from xingji import migrate, sealing
from xingji.commands import Commands
from xingji.databases import open_database
from xingji.settings import Settings


def add_parser(commands: Commands) -> None:
    text = "升级数据库结构 · migrate the database to the newest revision"
    commands.add_parser("migrate", help=text, description=text).set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    with open_database(settings) as database:
        owner_url = database.get_owner_url()
        sealed = sealing.upgrade(owner_url, settings.home)
        if sealed:
            sys.stderr.write(
                f"已加密 {sealed} 项个人信息；旧备份中仍是明文\nsealed {sealed} personal values; older backups hold them in the clear\n"
            )
        print(migrate.find_revision(owner_url) or "-")
    return 0
