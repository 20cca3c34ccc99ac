"""`xingji migrate`: bring the database's schema to the newest revision, as its owner."""

import argparse

from xingji import migrate
from xingji.commands import Commands
from xingji.databases import open_database
from xingji.settings import Settings


def add_parser(commands: Commands) -> None:
    text = "升级数据库结构 · migrate the database to the newest revision"
    commands.add_parser("migrate", help=text, description=text).set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    with open_database(settings) as database:
        owner_url = database.get_owner_url()
        migrate.upgrade(owner_url)
        print(migrate.find_revision(owner_url) or "-")
    return 0
