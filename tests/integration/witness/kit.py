"""Logs that can be rewritten, and witnesses as processes of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.consistency import consistency_path
from audit.cosignature import WitnessKey
from audit.keys import Ed25519Signer
from audit.tree import Frontier, leaf_hash
from audit.witness import Request, format_request

ROOT = Path(__file__).parents[3]
ORIGIN = "xingji.test/411602"
COMMAND = "import sys; from xingji.cli import main; sys.exit(main(sys.argv[1:]))"


@dataclass(slots=True)
class Log:
    """A log of leaves that are nothing but words, under a key."""

    words: list[str] = field(default_factory=list)
    origin: str = ORIGIN
    seed: int = 1

    @property
    def signer(self) -> Ed25519Signer:
        return Ed25519Signer(self.origin, Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32))

    @property
    def leaves(self) -> list[bytes]:
        return [leaf_hash(word.encode()) for word in self.words]

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(self.origin, size, Frontier().extend(self.leaves[:size]).root())

    def note(self, size: int) -> str:
        return sign_checkpoint(self.checkpoint(size), self.signer)

    def path(self, old: int, new: int) -> tuple[bytes, ...]:
        return consistency_path(self.leaves[:new], old)

    def request(self, old: int, new: int) -> bytes:
        return format_request(Request(old, self.path(old, new), self.note(new).encode()))


def words(size: int, other_from: int | None = None) -> list[str]:
    """Words of a log; from `other_from` on another history's."""
    return [f"{'b' if other_from is not None and n >= other_from else 'a'}{n}" for n in range(size)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "platform"), str(ROOT)))}


@dataclass(slots=True)
class WitnessProcess:
    """A witness's folder, and the process that serves it while there is one."""

    home: Path
    name: str = "witness.test/w1"
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[str] | None" = None
    program: str = COMMAND

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def forks(self) -> list[str]:
        return sorted(path.name for path in (self.home / "witness" / "forks").glob("*.json"))

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        given = [sys.executable, "-c", COMMAND, "witness", *arguments, "--home", str(self.home)]
        return subprocess.run(
            [*given, "--name", self.name],
            capture_output=True,
            text=True,
            timeout=30,
            env=environment(),
            check=False,
        )

    def make_key(self, logs: Sequence[Log] = (Log(),)) -> WitnessKey:
        done = self.run("key")
        assert done.returncode == 0, done.stderr
        lines = "".join(f"{log.signer.verifier_key.format()}\n" for log in logs)
        (self.home / "logs").write_text(lines)
        return WitnessKey.parse(done.stdout.strip())

    def start(self) -> None:
        arguments = ["witness", "serve", "--home", str(self.home), "--name", self.name]
        arguments += ["--logs", str(self.home / "logs"), "--port", str(self.port)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", self.program, *arguments],
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 20
        while True:
            assert self.process.poll() is None and time.monotonic() < deadline, "the witness did not come"
            try:
                httpx.get(self.url)
                return
            except httpx.TransportError:
                time.sleep(0.03)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> str:
        """End the process; what it said on stderr."""
        process, self.process = self.process, None
        if process is None:
            return ""
        process.send_signal(how)
        _, said = process.communicate(timeout=20)
        return said

    def add(self, body: bytes) -> httpx.Response:
        return httpx.post(f"{self.url}/add-checkpoint", content=body, timeout=20)


@contextmanager
def serving(witness: WitnessProcess) -> Iterator[WitnessProcess]:
    """The witness's process, for as long as the block lasts."""
    witness.start()
    try:
        yield witness
    finally:
        witness.stop()
