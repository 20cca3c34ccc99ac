"""`xingji-verify DIR --trust FILE …`, which is also `xingji ledger verify`: the command, free of database and network.

Exit codes, in every display mode: 0 verified, 1 refuted, 2 unusable input, or not finished, or an answer that could not be told. The verdict
goes to standard output, everything else to standard error; progress only to a terminal.
"""

import argparse
import json
import os
import traceback
from collections.abc import Sequence
from pathlib import Path

from audit.auditing import Question, answer
from audit.errors import AuditError, InterruptedAuditError, NoteMalformedError, UnusableInputError
from audit.note import VerifierKey
from audit.terminal import printable, tell, terminal_progress, warn
from audit.trust import MAX_TRUST, Trust, TrustedLog, parse_trust
from audit.verdict import Verdict

VERIFIED, REFUTED, UNUSABLE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """`xingji-verify`: returns the exit code. argparse itself exits with 2 on a wrong argument."""
    parser = argparse.ArgumentParser(
        prog="xingji-verify", description="离线验证导出的账本 · verify an exported log, offline"
    )
    add_verify_arguments(parser)
    try:
        return run_verify(parser.parse_args(argv))
    except KeyboardInterrupt:
        warn("已中断，未得出结论 · interrupted: nothing was concluded")
    except (
        Exception
    ):  # a failure of this program is neither a proof nor a refutation, which exit code 1 would be
        warn(traceback.format_exc())
    return UNUSABLE


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `ledger verify`."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="导出的账本目录 · the exported log")
    trusted = parser.add_mutually_exclusive_group(required=True)
    trusted.add_argument(
        "--trust", metavar="FILE", type=Path, help="信任文件：公钥与见证人 · what is trusted: keys, witnesses"
    )
    trusted.add_argument("--key", metavar="FILE", type=Path, help="仅一把公钥 · a pinned verifier key alone")
    parser.add_argument(
        "--since",
        metavar="HEAD",
        type=Path,
        action="append",
        default=[],
        help="以前保存的头部，可多次 · a signed head kept before; may be repeated",
    )
    parser.add_argument(
        "--rows", metavar="FILE", type=Path, help="导出的数据行，与账目核对 · exported rows, to be compared"
    )
    parser.add_argument(
        "--witnessed-by",
        metavar="DIR",
        type=Path,
        help="市级账本的导出，其中记有本账本的检查点和市级经办人的密钥 · the city's exported log, which recorded this one's checkpoints and certified its officers",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="只核对根与头部签名 · the root and the head's signature alone; says what it leaves out",
    )
    parser.add_argument(
        "--processes", metavar="N", type=_count, default=_cores(), help="进程数 · processes (%(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="以 JSON 输出 · print the verdict as JSON")
    parser.add_argument("--lang", choices=("zh", "en"), help="只用一种语言 · one language instead of both")


def run_verify(args: argparse.Namespace) -> int:
    """Verify and print; returns the exit code."""
    try:
        return _run(args)
    except KeyboardInterrupt:
        return report_unusable(InterruptedAuditError(), as_json=args.json, lang=args.lang)
    except (
        Exception
    ) as error:  # a failure of this program is neither a proof nor a refutation, which exit code 1 would be
        warn(traceback.format_exc())
        return report_unusable(error, as_json=args.json, lang=args.lang)


def _run(args: argparse.Namespace) -> int:
    try:
        trust = _trust_key(args.key) if args.trust is None else read_trust(args.trust)
        question = Question(
            args.directory, trust, tuple(args.since), args.rows, args.quick, args.processes, args.witnessed_by
        )
        verdict = answer(question, terminal_progress())
    except (AuditError, OSError) as error:
        return report_unusable(error, as_json=args.json, lang=args.lang)
    return report_verdict(verdict, as_json=args.json, lang=args.lang)


def read_trust(path: Path) -> Trust:
    """The trust file. Raises OSError or UnusableInputError."""
    with path.open("rb") as file:
        return parse_trust(file.read(MAX_TRUST + 1))


def read_verifier_key(path: Path) -> VerifierKey:
    """The vkey in a file of one line. Raises OSError or UnusableInputError."""
    try:
        return VerifierKey.parse(path.read_bytes().decode("utf-8").removesuffix("\n"))
    except (NoteMalformedError, UnicodeDecodeError) as error:
        raise UnusableInputError(reason=f"the key file {path}: {error}") from error


def report_verdict(verdict: Verdict, *, as_json: bool, lang: str | None = None) -> int:
    """Print a verdict to stdout; returns its exit code, which is never 0 for what could not be told."""
    told = tell(json.dumps(verdict.to_json(), ensure_ascii=False) + "\n" if as_json else _text(verdict, lang))
    if not verdict.ok:
        return REFUTED
    return VERIFIED if told else UNUSABLE


def report_unusable(error: Exception, *, as_json: bool, lang: str | None = None) -> int:
    """Say that nothing could be verified; returns its exit code."""
    if as_json:
        code = getattr(error, "code", "unusable_input")
        zh = getattr(error, "message_zh", str(error))
        tell(json.dumps({"ok": None, "code": code, "zh": zh, "en": str(error)}, ensure_ascii=False) + "\n")
    said = getattr(error, "message_zh", str(error)) if lang == "zh" else str(error)
    warn(f"{_choose('输入不可用', 'unusable input', lang)}: {printable(said)}")
    return UNUSABLE


def _trust_key(path: Path) -> Trust:
    key = read_verifier_key(path)
    return Trust((TrustedLog(key.name, (key,)),))


def _text(verdict: Verdict, lang: str | None) -> str:
    word = _choose("通过", "verified", lang) if verdict.ok else _choose("不符", "REFUTED", lang)
    lines = [f"{word} [{verdict.code}] {printable(verdict.origin)}"]
    lines += [f"  {printable(text)}" for text in _languages(verdict.zh, verdict.en, lang)]
    if verdict.root is not None:
        lines.append(f"  size {verdict.size}  root {verdict.root.hex()}")
    return "\n".join(lines) + "\n"


def _choose(zh: str, en: str, lang: str | None) -> str:
    return " ".join(reversed(_languages(zh, en, lang)))


def _languages(zh: str, en: str, lang: str | None) -> list[str]:
    return {"zh": [zh], "en": [en]}.get(lang or "", [zh, en])


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 256:
        raise argparse.ArgumentTypeError("1 – 256")
    return number


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
