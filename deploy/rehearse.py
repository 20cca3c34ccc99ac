"""Rehearses an installation on a machine without systemd and without containers: their own files, step by step, in a bare folder.

    python deploy/rehearse.py [--whole] [--keep]

1. `deploy/wheelhouse build`; then, offline, the COPY and RUN steps of the Containerfile from that folder;
2. a PostgreSQL of its own, asked over TCP by URL: `make-secrets`, and `set-roles` with roles.sql, twice;
3. the systemd units' ExecStart lines with their environment and credentials: migrate, (found,) serve; asked, stopped by SIGTERM,
   started and asked again; the backup;
4. the image's ENTRYPOINT and CMD with its ENV, asked; its HEALTHCHECK;
5. with `--whole`: `deploy/wheelhouse install` without an index, and the program that it installed.

What runs comes out of those files; only places, ports and the user are others. Root lends everything to `nobody`. Not rehearsed:
systemd's sandbox, the base images, the proxy.
"""

import argparse
import contextlib
import json
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
PLACES = (
    "/opt/xingji",
    "/src",
    "/var/lib/xingji-heads",
    "/var/lib/xingji",
    "/var/backups/xingji",
    "/data",
    "/heads",
)
PORT = "8000"
PATIENCE = 60.0
PASSWORD = "rehearsal-only-72"  # noqa: S105 - of a database that lives for a minute


@dataclass(frozen=True)
class Unit:
    """What of a systemd unit a rehearsal follows: command, environment, credentials by name and file."""

    argv: tuple[str, ...]
    environment: dict[str, str]
    credentials: dict[str, str]


@dataclass
class Stage:
    """What of a Containerfile's stage a rehearsal follows: its steps (`COPY`, `RUN`, …) and how the image is run."""

    steps: list[tuple[str, str]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)


def read_unit(path: Path) -> dict[str, list[tuple[str, str]]]:
    """A unit's sections, each a list of (name, value) in order. Raises ValueError for a line that is neither."""
    sections: dict[str, list[tuple[str, str]]] = {}
    for line in path.read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), [])
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.isalpha():
            raise ValueError(f"{path.name}: {line!r}")
        current.append((name, value))
    return sections


def parse_service(path: Path, credentials: str) -> Unit:
    """A service's command; `credentials` is the folder that `%d` names."""
    service = read_unit(path)["Service"]

    def expand(text: str) -> str:
        return text.replace("%%", "\0").replace("%d", credentials).replace("\0", "%")

    (start,) = (value for name, value in service if name == "ExecStart")
    pairs = (expand(value).split("=", 1) for name, value in service if name == "Environment")
    loaded = (value.split(":", 1) for name, value in service if name == "LoadCredential")
    return Unit(tuple(shlex.split(expand(start))), dict(pairs), dict(loaded))


def parse_containerfile(text: str) -> list[Stage]:
    """The stages, in order. Raises ValueError for an instruction that a rehearsal does not know."""
    stages: list[Stage] = []
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    for line in filter(None, joined.splitlines()):
        word, rest = line.split(" ", 1)
        if word == "FROM":
            stages.append(Stage())
        elif word in {"COPY", "RUN"}:
            stages[-1].steps.append((word, rest))
        elif word == "ENV":
            stages[-1].environment.update(pair.split("=", 1) for pair in shlex.split(rest))
        elif word == "ENTRYPOINT":
            stages[-1].entrypoint = json.loads(rest)
        elif word == "CMD":
            stages[-1].command = json.loads(rest)
        elif word == "HEALTHCHECK":
            stages[-1].healthcheck = json.loads(rest.split("CMD ", 1)[1])
        elif word not in {"WORKDIR", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL"}:
            raise ValueError(f"Containerfile: {word}")
    return stages


class Rehearsal:
    """A bare folder that stands for the machine."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.port = _free_port()
        self.user: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.python, is_for_all = choose_python(self.user)
        # PostgreSQL refuses root whatever the interpreter; the service goes as root where only root has a Python.
        self.server_user, self.user = self.user, self.user if is_for_all else {}
        self.bare = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(base)}

    def place(self, text: str) -> str:
        """The same words with places below the folder, and the port that is free here."""
        for name in PLACES:
            text = re.sub(rf"(?<![\w./-]){name}(?![\w-])", f"{self.base}{name}", text)
        return re.sub(rf"\b{PORT}\b", str(self.port), text)

    def make(self, name: str, user: Mapping[str, Any] | None = None) -> Path:
        """A folder of the service's user, or of another."""
        path, owner = self.base / name.lstrip("/"), self.user if user is None else user
        path.mkdir(parents=True, exist_ok=True)
        if owner:
            shutil.chown(path, owner["user"], owner["group"])
        path.chmod(0o700)
        return path

    def run(self, argv: Sequence[str], user: Mapping[str, Any] | None = None, **environment: str) -> str:
        """Run to the end as a user, else as ourselves, who install. Raises CalledProcessError."""
        done = subprocess.run(  # noqa: S603
            argv, env=self.bare | environment, cwd=self.base, stdout=subprocess.PIPE, text=True, check=True,
            **(user or {}),
        )  # fmt: skip
        return done.stdout

    @contextlib.contextmanager
    def serving(self, argv: Sequence[str], environment: Mapping[str, str]) -> Iterator[str]:
        """A server as systemd would run it, as its address; at the end it is asked to stop, and must with 0."""
        say(f"$ {shlex.join(argv)}")
        child = subprocess.Popen(argv, env=self.bare | environment, cwd="/", **self.user)  # noqa: S603
        try:
            address = f"http://127.0.0.1:{self.port}"
            deadline = time.monotonic() + PATIENCE
            while not _is_ready(address):
                if child.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"the server is not ready: {child.poll()}")
                time.sleep(0.1)
            yield address
            child.send_signal(signal.SIGTERM)
            if child.wait(30) != 0:
                raise SystemExit(f"the server ended with {child.returncode}")
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()


def choose_python(user: Mapping[str, Any]) -> tuple[str, bool]:
    """An interpreter that can make environments, rather one that the service's user can run; and whether it can."""
    ours = str(Path(sys._base_executable).resolve())  # type: ignore[attr-defined]
    check = "import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))"
    for python in (ours, "/usr/local/bin/python3", "/usr/bin/python3"):
        with contextlib.suppress(OSError):
            words = [python, "-c", check]
            done = subprocess.run(words, cwd="/", capture_output=True, check=False, **user)  # noqa: S603
            if done.returncode == 0:
                return python, True
    return ours, False


def main() -> int:
    """Rehearse everything; 0, or an exception that says what failed."""
    parser = argparse.ArgumentParser(description="Rehearse the deployment.")
    parser.add_argument("--whole", action="store_true", help="the wheelhouse's installation too")
    parser.add_argument("--keep", action="store_true", help="leave the folder behind")
    arguments = parser.parse_args()
    base = Path(tempfile.mkdtemp(prefix="xr-", dir="/tmp"))
    base.chmod(0o755)
    began = time.monotonic()
    try:
        rehearsal = Rehearsal(base)
        gather(rehearsal)
        build, image = parse_containerfile((DEPLOY / "Containerfile").read_text("utf-8"))
        play_build(rehearsal, build)
        with server(rehearsal) as secrets:
            play_units(rehearsal, secrets)
            play_image(rehearsal, image, secrets)
        if arguments.whole:
            install(rehearsal)
    finally:
        if arguments.keep:
            say(str(base))
        else:
            shutil.rmtree(base)
    say(f"rehearsed in {time.monotonic() - began:.0f} s")
    return 0


def gather(rehearsal: Rehearsal) -> None:
    """The wheelhouse: the only step that needs a network, with this machine's own settings for it."""
    say("wheelhouse build")
    network = {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "http", "HTTP", "XDG_"))
    }
    network["HOME"] = os.environ.get("HOME", str(rehearsal.base))
    house = str(rehearsal.base / "wheelhouse")
    rehearsal.run([str(DEPLOY / "wheelhouse"), "build", house, rehearsal.python], **network)


def install(rehearsal: Rehearsal) -> None:
    """From the wheelhouse to an installed program."""
    house, venv = str(rehearsal.base / "wheelhouse"), rehearsal.base / "offline"
    say("wheelhouse install")
    rehearsal.run([str(DEPLOY / "wheelhouse"), "install", house, str(venv), rehearsal.python])
    rehearsal.run([str(venv / "bin" / "xingji"), "serve", "--help"], rehearsal.user)


@contextlib.contextmanager
def server(rehearsal: Rehearsal) -> Iterator[Path]:
    """A PostgreSQL on loopback with our roles and database; yields the folder of secrets."""
    find = "import os; from xingji.postgres.binaries import get_binaries as g; print(g(os.environ).bindir)"
    bindir = Path(rehearsal.run([rehearsal.place("/opt/xingji/bin/python"), "-c", find]).strip())
    lent = rehearsal.server_user
    folder, port = rehearsal.make("postgres", lent), str(_free_port())
    secrets = rehearsal.base / "secrets"
    rehearsal.run([str(DEPLOY / "make-secrets"), str(secrets), f"127.0.0.1:{port}"])
    secrets.chmod(0o755)
    data, sockets = (
        str(folder / "data"),
        f"-c listen_addresses=127.0.0.1 -c unix_socket_directories= -p {port}",
    )
    word = f"--pwfile={secrets / 'superuser-password'}"
    rehearsal.run(
        [str(bindir / "initdb"), "-D", data, "-U", "postgres", "-A", "scram-sha-256", "-N", word], lent
    )
    control = [str(bindir / "pg_ctl"), "-D", data, "-w", "-s", "-l", str(folder / "log"), "-o", sockets]
    rehearsal.run([*control, "start"], lent)
    try:
        libpq = {"PGHOST": "127.0.0.1", "PGPORT": port, "PGUSER": "postgres"}
        path = f"{bindir}:{rehearsal.bare['PATH']}"
        for _ in range(2):  # as often as you like
            say("set-roles")
            rehearsal.run([str(DEPLOY / "set-roles"), str(secrets)], **libpq, PATH=path)
        yield secrets
    finally:
        rehearsal.run([*control, "-m", "fast", "stop"], lent)


def play_units(rehearsal: Rehearsal, secrets: Path) -> None:
    """migrate, serve twice, backup: as the units say."""
    sources = {"database-url": "app-url", "migrator-url": "migrator-url", "backup-url": "backup-url"}
    for name in ("/var/lib/xingji", "/var/lib/xingji-heads", "/var/backups/xingji"):
        rehearsal.make(name)

    def read(name: str) -> tuple[list[str], dict[str, str]]:
        credentials = rehearsal.make(f"run/credentials/{name}")
        unit = parse_service(DEPLOY / "systemd" / name, str(credentials))
        for credential, file in unit.credentials.items():
            if file != f"/etc/xingji/{credential}":
                raise SystemExit(f"{name}: {file}")
            shutil.copyfile(secrets / sources[credential], credentials / credential)
            (credentials / credential).chmod(0o444)
        environment = {key: rehearsal.place(value) for key, value in unit.environment.items()}
        return [rehearsal.place(word) for word in unit.argv], environment

    argv, environment = read("xingji-migrate.service")
    say(f"$ {shlex.join(argv)}")
    say(rehearsal.run(argv, rehearsal.user, **environment).strip())
    word = secrets / "admin"
    word.write_text(PASSWORD)
    word.chmod(0o444)
    rehearsal.run([argv[0], "found", "--admin-password-file", str(word)], rehearsal.user, **environment)
    argv, environment = read("xingji.service")
    for _ in range(2):
        with rehearsal.serving(argv, environment) as address:
            ask(address)
    heads = list((rehearsal.base / "var/lib/xingji-heads").glob("*.head"))
    say(f"{len(heads)} heads kept")
    argv, environment = read("xingji-backup.service")
    say(rehearsal.run(argv, rehearsal.user, **environment).strip())
    (backup,) = (rehearsal.base / "var/backups/xingji").iterdir()
    if not heads or not (backup / "manifest.json").is_file():
        raise SystemExit("no heads, or no backup")


def play_build(rehearsal: Rehearsal, build: Stage) -> None:
    """The image's steps in the folder, without an index."""
    bin_, source = rehearsal.base / "image-bin", rehearsal.base / "src"
    bin_.mkdir()
    (bin_ / "python").symlink_to(rehearsal.python)
    source.mkdir()
    offline = {
        "PATH": f"{bin_}:{rehearsal.bare['PATH']}",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(rehearsal.base / "wheelhouse"),
    }
    for word, rest in build.steps:
        say(f"{word} {rest}")
        if word == "COPY":
            copy_context(rest.split()[0], source)
        else:
            line = f"cd {shlex.quote(str(source))} && {rehearsal.place(rest)}"
            rehearsal.run(["/bin/sh", "-eu", "-c", line], **build.environment | offline)


def play_image(rehearsal: Rehearsal, image: Stage, secrets: Path) -> None:
    """What the image runs, over the home that the units have made: its user and folders are lent."""
    for name, lent in (("data", "var/lib/xingji"), ("heads", "var/lib/xingji-heads")):
        (rehearsal.base / name).symlink_to(rehearsal.base / lent)
    environment = {name: rehearsal.place(value) for name, value in image.environment.items()}
    environment["PATH"] = environment["PATH"].replace("$PATH", rehearsal.bare["PATH"])
    environment["XINGJI_DATABASE_URL_FILE"] = str(secrets / "app-url")
    argv = [rehearsal.place(word) for word in (*image.entrypoint, *image.command)]
    with rehearsal.serving(argv, environment) as address:
        ask(address)
        check = [rehearsal.place(word) for word in image.healthcheck]
        rehearsal.run(
            [rehearsal.place(f"/opt/xingji/bin/{check[0]}"), *check[1:]], rehearsal.user, **environment
        )


def copy_context(what: str, to: Path) -> None:
    """What `.containerignore` lets through of the build's context, all of it (`.`) or one folder."""
    lines = (ROOT / ".containerignore").read_text("utf-8").splitlines()
    allowed = [line[1:] for line in lines if line.startswith("!")]
    ignore = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in allowed if what == "." else [what]:
        if name not in allowed:
            raise SystemExit(f"COPY {what}: not in .containerignore")
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=ignore, dirs_exist_ok=True)
        else:
            shutil.copyfile(ROOT / name, to / name)


def ask(address: str) -> None:
    """Sign in and ask for oneself."""
    query = 'mutation { signIn(input: {tenantCode: "411602", login: "admin", password: "%s"}) { ... on SignedIn { token } } }'
    token = _post(address, query % PASSWORD)["signIn"]["token"]
    found = _post(address, "{ people(first: 5) { totalCount } }", token)["people"]["totalCount"]
    say(f"{address}: ready, {found} person")
    if found != 1:
        raise SystemExit("who is that?")


def _post(address: str, query: str, token: str | None = None) -> Any:
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(f"{address}/graphql", json.dumps({"query": query}).encode(), headers)  # noqa: S310
    with _direct().open(request, timeout=30) as answer:
        whole = json.load(answer)
    if "errors" in whole:
        raise SystemExit(str(whole["errors"]))
    return whole["data"]


def _is_ready(address: str) -> bool:
    try:
        with _direct().open(f"{address}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _direct() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def say(text: str) -> None:
    """One line of the log."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
