"""`xingji draw …`: secret, replay; both without database and network.

`secret` makes what a party of a draw needs: a fresh secret and its commitment. `replay` reads an exported log, checks it as `ledger verify`
does, and draws every draw in it again; with `--list` it also says whether numbers belong to a register list that the log knows.
Exit codes: 0 the same, 1 refuted, 2 unusable input.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from audit.commands import (
    REFUTED,
    VERIFIED,
    read_verifier_key,
    report_unusable,
    report_verdict,
)
from audit.draw import SECRET_SIZE, commitment
from audit.errors import AuditError, UnusableInputError
from audit.inclusion import is_included
from audit.terminal import terminal_progress
from audit.verify import verify_log
from certification.reviews.drawables import RECOMPUTE
from certification.reviews.drawing import PARTY_ZH, STATUS_ZH
from certification.reviews.model import DrawPurpose, DrawSide, DrawStatus
from certification.reviews.replaying import Replay, Story
from certification.reviews.sampling import list_root, number_leaf
from xingji.commands import Commands
from xingji.settings import Settings

MOST: Final = 16 * 1024 * 1024


def add_parser(commands: Commands) -> None:
    """Add `draw` and its subcommands."""
    text = "抽取：密数、重放 · secret, replay"
    parser = commands.add_parser("draw", help=text, description=text)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    secret = actions.add_parser("secret", help="生成密数与承诺值 · make a secret and its commitment")
    secret.add_argument("--origin", required=True, metavar="NAME", help="账本名 · the county's log")
    secret.add_argument("--party", required=True, choices=[one.value for one in DrawSide])
    secret.add_argument(
        "--draw", metavar="ID", help="抽取编号；不填则另取 · the draw's id; a fresh one if not given"
    )
    replay = actions.add_parser("replay", help="按导出的账本重放抽取 · draw again from an exported log")
    replay.add_argument("directory", metavar="DIR", type=Path, help="导出的账本目录 · the exported log")
    replay.add_argument("--key", required=True, metavar="FILE", type=Path, help="公钥文件 · the pinned key")
    replay.add_argument(
        "--since", metavar="HEAD", type=Path, help="以前保存的头部 · a signed head kept before"
    )
    replay.add_argument("--draw", metavar="ID", help="只看这一次抽取 · this draw alone")
    replay.add_argument(
        "--list",
        metavar="FILE",
        type=Path,
        dest="listed",
        help="名册编号（JSON） · numbers of a register list",
    )
    secret.set_defaults(run=lambda arguments, _settings: run_secret(arguments))
    replay.set_defaults(run=run_replay)
    for action in (secret, replay):
        action.add_argument("--json", action="store_true", help="以 JSON 输出 · print JSON")


def run_secret(arguments: argparse.Namespace) -> int:
    """Print a fresh secret, to be kept until both parties have committed, and its commitment."""
    try:
        draw_id = uuid4() if arguments.draw is None else _parse_draw(arguments.draw)
    except UnusableInputError as error:
        return report_unusable(error, as_json=arguments.json)
    secret = secrets.token_bytes(SECRET_SIZE)
    made = {
        "draw": str(draw_id),
        "party": arguments.party,
        "origin": arguments.origin,
        "secret": secret.hex(),
        "commitment": commitment(arguments.origin, draw_id, arguments.party, secret).hex(),
    }
    if arguments.json:
        print(json.dumps(made))
    else:
        print("".join(f"{name:<12}{value}\n" for name, value in made.items()), end="")
        print(
            "密数在双方承诺之前不得告知任何人 · tell nobody the secret before both have committed",
            file=sys.stderr,
        )
    return VERIFIED


def run_replay(arguments: argparse.Namespace, _settings: Settings) -> int:
    """Verify the log, draw again, and print."""
    replay = Replay(RECOMPUTE)
    try:
        key = read_verifier_key(arguments.key)
        since = None if arguments.since is None else arguments.since.read_bytes()
        wanted = None if arguments.draw is None else _parse_draw(arguments.draw)
        listed = None if arguments.listed is None else _read_list(arguments.listed)
        verdict = verify_log(arguments.directory, key, since, terminal_progress(), replay.feed)
        if not verdict.ok:
            return report_verdict(verdict, as_json=arguments.json)
        stories = [one for one in replay.draws.values() if wanted is None or one.id == wanted]
        strays = [_finding(error) for draw_id, error in replay.strays if wanted in (None, draw_id)]
        if wanted is not None and not stories and not strays:
            raise UnusableInputError(reason=f"no draw {wanted} in the log of {key.name}")
        numbers = None if listed is None else _check_list(listed, stories)
    except (AuditError, OSError) as error:
        return report_unusable(error, as_json=arguments.json)
    found = {
        "ok": not strays and all(one.finding is None for one in stories) and numbers is not False,
        "origin": key.name,
        "size": verdict.size,
        "draws": [_describe(one, replay.draws) for one in stories],
        "strays": strays,
        "list": numbers,
    }
    _print(found, as_json=arguments.json)
    return VERIFIED if found["ok"] else REFUTED


def _parse_draw(text: str) -> UUID:
    """A draw's id, bare or global. Raises UnusableInputError."""
    try:
        return UUID(text.rpartition(".")[2])
    except ValueError as error:
        raise UnusableInputError(reason=f"{text} is no id of a draw") from error


def _read_list(path: Path) -> tuple[UUID, Sequence[Mapping[str, Any]]]:
    """The list's id and rows of a file as docs/formats/draw.md says. Raises UnusableInputError or OSError."""
    with path.open("rb") as file:
        data = file.read(MOST + 1)
    try:
        if len(data) > MOST:
            raise ValueError("too long")
        found = json.loads(data)
        rows = [
            {
                "position": int(row["position"]),
                "leaf": number_leaf(str(row["number"]), bytes.fromhex(row["salt"])),
                "path": bytes.fromhex(row["path"]) if "path" in row else None,
            }
            for row in found["rows"]
        ]
        return UUID(found["list"]), rows
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableInputError(reason=f"the list {path}: {error!r}") from error


def _check_list(listed: tuple[UUID, Sequence[Mapping[str, Any]]], stories: Sequence[Story]) -> bool:
    """Whether the numbers are the list's: each by its path, or all of them together. Raises UnusableInputError."""
    list_id, rows = listed
    known = (one for one in stories if one.purpose == DrawPurpose.SPOT_CHECK and one.finding is None)
    story = next((one for one in known if one.drawn_from == list_id), None)
    if story is None:
        raise UnusableInputError(reason=f"no draw from the list {list_id}")
    root, size = bytes.fromhex(story.list_value["root"]), int(story.list_value["size"])
    if rows and all(row["path"] is not None for row in rows):
        return all(
            len(row["path"]) % 32 == 0
            and is_included(
                row["leaf"],
                row["position"],
                size,
                [row["path"][at : at + 32] for at in range(0, len(row["path"]), 32)],
                root,
            )
            for row in rows
        )
    ordered = sorted(rows, key=lambda row: row["position"])
    whole = [row["position"] for row in ordered] == [*range(size)]
    return whole and list_root(row["leaf"] for row in ordered) == root


def _describe(story: Story, draws: Mapping[UUID, Story]) -> dict[str, Any]:
    return {
        "draw": str(story.id),
        "ok": story.finding is None,
        "purpose": story.purpose,
        "status": str(story.status),
        "drawn_from": str(story.drawn_from),
        "parties": [
            {
                "party": one.name,
                "committed": one.committed,
                "revealed": one.revealed,
                "defaulted": one.name in story.defaulted,
            }
            for one in story.parties.values()
        ],
        "void_before": [str(one.id) for one in _void_before(story, draws)],
        "seed": None if story.seed is None else story.seed.hex(),
        "result": story.result,
        "finding": None if story.finding is None else _finding(story.finding),
    }


def _void_before(story: Story, draws: Mapping[UUID, Story]) -> list[Story]:
    return [
        one
        for one in draws.values()
        if one.drawn_from == story.drawn_from and one.opened < story.opened and one.status == DrawStatus.VOID
    ]


def _finding(error: Any) -> dict[str, Any]:
    return {"code": error.code, "seq": error.seq, "zh": error.zh, "en": error.en}


def _print(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    word = "相同 the same" if found["ok"] else "不符 REFUTED"
    print(f"{word}  {found['origin']}  {found['size']} 条 entries  {len(found['draws'])} 次抽取 draws")
    for one in found["draws"]:
        mark = "✓" if one["ok"] else "✗"
        print(f"{mark} {one['draw']}  {one['purpose']}  {STATUS_ZH[one['status']]} {one['status']}")
        for party in one["parties"]:
            silent = "  逾期未公开 kept silent" if party["defaulted"] else ""
            told = "-" if party["revealed"] is None else party["revealed"]
            name = f"{PARTY_ZH[party['party']]} {party['party']}"
            print(f"    {name}  承诺 committed {party['committed']}  公开 revealed {told}{silent}")
        for void in one["void_before"]:
            print(f"    此前作废 void before: {void}")
        if one["result"] is not None and one["ok"]:
            print(f"    结果 result: {json.dumps(one['result'])}")
        if one["finding"] is not None:
            _print_finding(one["finding"])
    for stray in found["strays"]:
        _print_finding(stray)
    if found["list"] is not None:
        print(
            "名册相符 the numbers are the list's"
            if found["list"]
            else "名册不符 the numbers are NOT the list's"
        )


def _print_finding(finding: Mapping[str, Any]) -> None:
    text = f"    [{finding['code']}] {finding['zh']}\n    {finding['en']}"
    print("".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text))
