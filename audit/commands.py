"""`xingji ledger verify DIR --key FILE [--since HEAD] [--json]`: the command, free of database and network.

Exit codes, in every display mode: 0 verified, 1 refuted, 2 unusable input. The verdict goes to stdout,
everything else to stderr; progress only to a terminal.
"""

import argparse
import json
import sys
from pathlib import Path

from audit.errors import AuditError, NoteMalformedError, UnusableInputError
from audit.note import VerifierKey
from audit.verdict import Verdict
from audit.verify import Progress, verify_log

VERIFIED, REFUTED, UNUSABLE = 0, 1, 2


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `ledger verify`."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="the exported log 导出的账本目录")
    parser.add_argument(
        "--key", required=True, metavar="FILE", type=Path, help="the pinned verifier key 公钥文件"
    )
    parser.add_argument("--since", metavar="HEAD", type=Path, help="a signed head kept before 以前保存的头部")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON 以 JSON 输出")


def run_verify(args: argparse.Namespace) -> int:
    """Verify and print; returns the exit code."""
    try:
        key = read_verifier_key(args.key)
        since = None if args.since is None else args.since.read_bytes()
        verdict = verify_log(args.directory, key, since, terminal_progress())
    except (AuditError, OSError) as error:
        return report_unusable(error, as_json=args.json)
    return report_verdict(verdict, as_json=args.json)


def read_verifier_key(path: Path) -> VerifierKey:
    """The vkey in a file of one line. Raises OSError or UnusableInputError."""
    try:
        return VerifierKey.parse(path.read_bytes().decode("utf-8").removesuffix("\n"))
    except (NoteMalformedError, UnicodeDecodeError) as error:
        raise UnusableInputError(reason=f"the key file {path}: {error}") from error


def report_verdict(verdict: Verdict, *, as_json: bool) -> int:
    """Print a verdict to stdout; returns its exit code."""
    if as_json:
        print(json.dumps(verdict.to_json(), ensure_ascii=False))
    else:
        word = "verified 通过" if verdict.ok else "REFUTED 不符"
        print(f"{word} [{verdict.code}] {verdict.origin}\n  {_shown(verdict.zh)}\n  {_shown(verdict.en)}")
        if verdict.root is not None:
            print(f"  size {verdict.size}  root {verdict.root.hex()}")
    return VERIFIED if verdict.ok else REFUTED


def report_unusable(error: Exception, *, as_json: bool) -> int:
    """Say that nothing could be verified; returns its exit code."""
    if as_json:
        code = getattr(error, "code", "unusable_input")
        print(json.dumps({"ok": None, "code": code, "en": str(error)}, ensure_ascii=False))
    print(f"unusable input 输入不可用: {error}", file=sys.stderr)
    return UNUSABLE


def _shown(text: str) -> str:
    """Text that a damaged log may have put together, safe for a terminal."""
    return "".join(char if char.isprintable() else "�" for char in text)


def terminal_progress() -> Progress | None:
    """A progress line on stderr, or None when it is no terminal."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        print(f"{done}/{total}", end="\r", file=sys.stderr, flush=True)

    return show
