"""The console script `xingji`: one module a command, in `xingji.commands`.

A command module has `add_parser(commands)`, which sets `run` as the parser's default, and `run(arguments,
settings) -> int`. Results go to standard output, everything else to standard error. Exit codes: 0 done (or
verified), 1 refuted, 2 unusable input or setting. A command that is named is loaded alone: `serve` does not wait for the demonstration's
libraries.
"""

import argparse
import gc
import importlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from xingji.errors import XingjiError
from xingji.settings import read_settings

COMMANDS = (
    "demo",
    "found",
    "serve",
    "migrate",
    "programme",
    "ledger",
    "officer",
    "history",
    "draw",
    "db",
    "tokens",
    "vault",
    "evidence",
    "documents",
    "backup",
    "restore",
    "witness",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. argparse itself exits with 2 on a wrong argument."""
    given = sys.argv[1:] if argv is None else argv
    arguments = make_parser(given[:1] if given and given[0] in COMMANDS else COMMANDS).parse_args(given)
    try:
        settings = read_settings(
            os.environ,
            home=arguments.home,
            host=getattr(arguments, "host", None),
            port=getattr(arguments, "port", None),
            demo=arguments.command == "demo",
        )
        code: int = arguments.run(arguments, settings)
    except XingjiError as error:
        if getattr(arguments, "json", False):
            answer = {"ok": None, "code": error.code, "zh": error.message_zh, "en": error.message_en}
            print(json.dumps(answer, ensure_ascii=False))
        sys.stderr.write(f"错误：{error.message_zh}\nerror: {error.message_en}\n")
        return 2
    return code


def make_parser(names: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser of these commands."""
    parser = argparse.ArgumentParser(
        prog="xingji", description="充分就业社区认定平台 · certification of full-employment communities"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    with _undisturbed():
        for name in names:
            importlib.import_module(f"xingji.commands.{name}").add_parser(commands)
    for subparser in commands.choices.values():
        subparser.add_argument(
            "--home",
            type=Path,
            metavar="DIR",
            help="数据目录（默认 XINGJI_HOME 或 .xingji）· the data folder",
        )
    return parser


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No search for garbage while modules are loaded: all of them stay, and it would cost a sixth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
