"""`xingji tokens rotate`: a new key for bearer tokens; servers of this home notice at the next token, and no session ends."""

import argparse
from pathlib import Path

from tenancy.tokens import TokenKeys
from xingji.commands import Commands
from xingji.settings import Settings


def add_parser(commands: Commands) -> None:
    """Add `tokens` and its one action."""
    text = "登录令牌的签名密钥 · the keys of bearer tokens"
    parser = commands.add_parser("tokens", help=text, description=text)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    rotate = actions.add_parser(
        "rotate", help="换用新密钥；上一把仍可验证 · sign with a new key; the one before still verifies"
    )
    rotate.add_argument(
        "--home", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="数据目录 · the data folder"
    )
    rotate.set_defaults(run=run_rotate)


def run_rotate(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Rotate; prints the new key's id."""
    print(TokenKeys(settings.home / "tokens").rotate())
    return 0
