"""`xingji demo`: everything from nothing, the round of 2022 through the API, the ledgers verified, and then it stays up."""

import argparse

from xingji.commands import Commands
from xingji.demo.run import run_demo
from xingji.settings import Settings


def add_parser(commands: Commands) -> None:
    """Add `demo`."""
    text = "演示：从零到运行 · play the demonstration and stay up"
    parser = commands.add_parser("demo", help=text, description=text)
    parser.add_argument("--exit", action="store_true", help="演完即退出 · stop after the story")
    parser.add_argument("--port", type=int, help="端口（默认 8000）· the port")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Play; 0 only if everything held."""
    return run_demo(settings, stay=not arguments.exit)
