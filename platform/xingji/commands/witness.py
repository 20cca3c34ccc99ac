"""`xingji witness key|serve`: the witness (见证人) of other people's logs, a process and a folder of its own.

`key` makes the witness's key and its empty memory, once, and prints the key that others pin; afterwards it prints it. `serve` answers
POST /add-checkpoint for the logs in a file of verifier keys. Neither needs a database or a server's home. Exit codes: 0, or 2.
"""

import argparse
from pathlib import Path
from typing import Final

from audit.checkpoint import is_origin
from audit.commands import report_unusable
from audit.errors import AuditError, UnusableInputError
from audit.keys import FileKeyStore
from audit.witness import parse_logs
from xingji.commands import Commands
from xingji.http.serving import serve
from xingji.passphrase import get_passphrase
from xingji.settings import Settings
from xingji.witness.app import Witness, create_witness
from xingji.witness.evidence import Evidence
from xingji.witness.state import State

STATE: Final = "state.sqlite"


def add_parser(commands: Commands) -> None:
    """Add `witness` and its actions."""
    text = "见证人：为他人的账本联署 · a witness, which cosigns other people's logs"
    parser = commands.add_parser("witness", help=text, description=text)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    key = actions.add_parser("key", help="生成或打印见证人公钥 · make or print the witness's key")
    served = actions.add_parser("serve", help="开始见证 · serve")
    served.add_argument(
        "--logs", required=True, type=Path, metavar="FILE", help="所见证账本的公钥，每行一个 · verifier keys"
    )
    served.add_argument("--host", help="监听地址（默认 127.0.0.1）· where to listen")
    served.add_argument("--port", type=int, help="端口（默认 8000）· the port")
    for action, run in ((key, run_key), (served, run_serve)):
        action.add_argument("--name", required=True, help="名称，如 witness.example/w1 · the witness's name")
        action.add_argument(
            "--home", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="数据目录 · the data folder"
        )
        action.set_defaults(run=run)


def run_key(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the key; made with its memory when there is neither."""
    try:
        if not is_origin(arguments.name):
            raise UnusableInputError(reason=f"{arguments.name!r} is not a name like witness.example/w1")
        keys, path = _open_keys(settings), settings.home / "witness" / STATE
        if keys.find(arguments.name) is None and not path.exists():
            State(path, keys.create(arguments.name)).create()
        print(State(path, keys.get(arguments.name)).key.format())
    except (AuditError, OSError) as error:
        return report_unusable(error, as_json=False)
    return 0


def run_serve(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve; blocks. Refused when the memory is not as this witness left it."""
    folder = settings.home / "witness"
    try:
        state = State(folder / STATE, _open_keys(settings).get(arguments.name))
        state.check()
        logs = parse_logs(arguments.logs.read_text("utf-8"))
    except (AuditError, OSError, UnicodeDecodeError) as error:
        return report_unusable(error, as_json=False)
    serve(create_witness(Witness(state, logs, Evidence(folder / "forks"))), settings.host, settings.port)
    return 0


def _open_keys(settings: Settings) -> FileKeyStore:
    return FileKeyStore(
        settings.home / "witness", get_passphrase(settings.home / "secrets" / "witness-passphrase")
    )
