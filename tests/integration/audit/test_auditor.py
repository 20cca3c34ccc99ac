"""The auditor's tool as a file: in an interpreter without this project, with `cryptography` alone, whatever happens to it."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import cryptography
import pytest

from audit.bundle import bundle_path
from audit.cosignature import WitnessKey, cosign
from audit.keys import Ed25519PrivateKey, Ed25519Signer
from audit.note import Note, format_note, parse_note
from audit.trust import Trust, TrustedLog, format_trust
from deploy.verifier import build, find_modules, imports
from tests.unit.audit.kit import KEY, ORIGIN, entries, head, write_log

ROOT = Path(__file__).parents[3]
SIZE = 3000
WITNESS = Ed25519Signer("w.test/1", Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32))
NETWORK = {
    "socket",
    "_socket",
    "ssl",
    "http",
    "urllib",
    "asyncio",
    "ftplib",
    "smtplib",
    "xmlrpc",
    "multiprocessing",
}
# Only this folder and the standard library: neither the project nor orjson, rfc8785 or PyNaCl.
BARE = """\
import sys
sys.path[:] = [one for one in sys.path if "site-packages" not in one] + [sys.argv.pop(1)]
sys.addaudithook(lambda event, _: event.startswith("socket.") and sys.exit(99))
import runpy
runpy.run_path(sys.argv.pop(1), run_name="__main__")
"""


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The command: an interpreter that sees the tool and `cryptography`, nothing else."""
    folder = tmp_path_factory.mktemp("tool")
    (folder / "xingji-verify.pyz").write_bytes(build(ROOT))
    packages = folder / "packages"
    packages.mkdir()
    site = Path(cryptography.__file__).parents[1]
    for name in ("cryptography", "cffi", *(one.name for one in site.glob("_cffi_backend*"))):
        if (site / name).exists():
            (packages / name).symlink_to(site / name)
    return (sys.executable, "-I", "-S", "-c", BARE, str(packages), str(folder / "xingji-verify.pyz"))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    chain = entries(SIZE)
    hashes = [entry.hash for entry in chain]
    note = head(hashes)
    line = cosign(parse_note(note).text, WITNESS, 1_700_000_000)
    opened = parse_note(note)
    cosigned = format_note(Note(opened.text, (*opened.signatures, line)))
    write_log(folder / "log", [entry.leaf for entry in chain], cosigned.encode())
    write_log(folder / "bad", [entry.leaf for entry in chain], note)
    path = folder / "bad" / bundle_path(9)
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2', 1))
    (folder / "old").write_bytes(head(hashes[:2000]))
    (folder / "older").write_bytes(head(hashes[:9]))
    witness = WitnessKey(WITNESS.origin, WITNESS.public_key)
    logs = (TrustedLog(ORIGIN, (KEY,)),)
    (folder / "trust.json").write_text(format_trust(Trust(logs)), encoding="utf-8")
    (folder / "strict.json").write_text(format_trust(Trust(logs, (witness,), 1)), encoding="utf-8")
    return folder


def run(
    tool: tuple[str, ...], log: Path, which: str, *more: str, **how
) -> "subprocess.CompletedProcess[str]":
    command = [*tool, str(log / which), "--trust", str(log / "trust.json"), *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **how)


MODES = [
    (),
    ("--json",),
    ("--lang", "zh"),
    ("--lang", "en"),
    ("--quick",),
    ("--processes", "1"),
    ("--quick", "--json"),
]


@pytest.mark.parametrize("mode", MODES, ids=" ".join)
def test_the_exit_code_is_the_verdicts_in_every_mode(tool, log: Path, mode: tuple[str, ...]):
    kept = ("--since", str(log / "old"), "--since", str(log / "older"))
    whole = run(tool, log, "log", *mode, *kept)
    assert (whole.returncode, whole.stderr) == (0, "")
    bad = run(tool, log, "bad", *mode, *kept)
    assert (bad.returncode, bad.stderr) == (1, "")
    if "--json" in mode:
        code = json.loads(bad.stdout)["code"]
        assert code == ("root_wrong" if "--quick" in mode else "entry_malformed")
    unusable = run(tool, log, "nothing", *mode)
    assert (unusable.returncode, bool(unusable.stderr)) == (2, True)


def test_a_language_is_alone_when_it_is_asked_for(tool, log: Path):
    zh, en = (run(tool, log, "bad", "--lang", lang).stdout for lang in ("zh", "en"))
    assert ("第 2304 号账目" in zh, "content was changed" in zh) == (True, False)
    assert en.isascii()


def test_cosignatures_are_asked_for_where_witnesses_are_trusted(tool, log: Path):
    assert run(tool, log, "log", "--trust", str(log / "strict.json")).returncode == 0
    bad = run(tool, log, "bad", "--trust", str(log / "strict.json"), "--json")
    assert (bad.returncode, json.loads(bad.stdout)["code"]) == (1, "quorum_missing")


@pytest.mark.parametrize("which", ["log", "bad"])
@pytest.mark.parametrize("mode", [(), ("--json",)])
def test_an_answer_that_cannot_be_told_is_no_success(tool, log: Path, which: str, mode: tuple[str, ...]):
    command = [*tool, str(log / which), "--key", str(log / "key"), "--quick", *mode]
    (log / "key").write_text(KEY.format() + "\n", encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    for out in (writer, os.open("/dev/full", os.O_WRONLY)):
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, timeout=60, check=False)
        os.close(out)
        assert done.returncode == (2 if which == "log" else 1), done.stderr
    closed = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    done = subprocess.run(closed, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == (2 if which == "log" else 1), done.stderr


def test_an_encoding_that_lacks_the_words_changes_no_verdict(tool, log: Path):
    plain = tuple(one for one in tool if one != "-I")
    for which, code in (("log", 0), ("bad", 1)):
        done = run(plain, log, which, "--quick", env={**os.environ, "PYTHONIOENCODING": "ascii"})
        assert done.returncode == code, done.stderr


def test_an_interrupt_ends_it_and_its_workers_at_once(tool, log: Path):
    command = [*tool, str(log / "log"), "--trust", str(log / "trust.json"), "--processes", "2", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        workers = wait_for_workers(running.pid)
        for pid in workers:  # so that it cannot be done before the signal comes
            os.kill(pid, signal.SIGSTOP)
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=10)
    assert (running.returncode, json.loads(out)["code"]) == (2, "interrupted")
    gone_soon(workers)


def test_workers_end_when_their_asker_is_killed(tool, log: Path):
    command = [*tool, str(log / "log"), "--trust", str(log / "trust.json"), "--processes", "2"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        workers = wait_for_workers(running.pid)
        running.kill()
    gone_soon(workers)


def wait_for_workers(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for _ in range(400):
        found = [int(one) for one in children.read_text().split()] if children.exists() else []
        # A child that is stopped before it has become an interpreter of its own would hold its parent in vfork.
        if len(found) == 2 and all(b"audit.crew" in command_of(one) for one in found):
            return found
        time.sleep(0.01)
    raise AssertionError("no workers")


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def gone_soon(pids: list[int]) -> None:
    for _ in range(500):
        left = [pid for pid in pids if alive(pid)]
        if not left:
            return
        time.sleep(0.01)
    raise AssertionError(f"still there: {left}")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_terminal_sees_progress_and_the_verdict_is_the_same(tool, log: Path):
    ours, theirs = pty.openpty()
    command = [*tool, str(log / "bad"), "--trust", str(log / "trust.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs) as running:
        out, _ = running.communicate(timeout=60)
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    assert (running.returncode, "entry_malformed" in out.decode()) == (1, True)
    assert "/3,000" in shown
    assert "/s · " in shown


def test_a_pipe_among_the_files_holds_nobody_up(tool, log: Path, tmp_path: Path):
    chain = entries(300)
    write_log(tmp_path, [one.leaf for one in chain], head([one.hash for one in chain]))
    (tmp_path / bundle_path(0)).unlink()
    os.mkfifo(tmp_path / bundle_path(0))
    done = run(tool, tmp_path.parent, tmp_path.name, "--trust", str(log / "trust.json"), "--json")
    assert (done.returncode, json.loads(done.stdout)["code"]) == (1, "bundle_missing")


def test_the_tool_is_the_same_bytes_each_time_and_knows_no_network():
    assert build(ROOT) == build(ROOT)
    needed = {one.partition(".")[0] for path in find_modules(ROOT).values() for one in imports(path)}
    assert not needed & NETWORK
    assert needed - set(sys.stdlib_module_names) == {"audit", "cryptography", "orjson", "nacl"}
