"""The data folder: made once, with its roles and its database, and never half-made.

Everything happens under another name, which the last step changes. The roles are written by PostgreSQL's
single-user mode, so no server ever answers before its passwords are set:

| role | may |
|---|---|
| `postgres` | everything; for tests and rescue |
| `xingji_owner` | own the database and its schema; migrate |
| `xingji_app` | log in and use what migrations grant; neither owner, superuser nor BYPASSRLS |

The passwords are in `postgres-secrets.json` (0600) in the home. It grants nothing on tables: migrations do.
"""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xingji.errors import HomeUnusableError, PostgresStartError, PostgresVersionError
from xingji.postgres.binaries import Binaries
from xingji.postgres.identity import Identity

DATABASE = "xingji"
ROLES = {"superuser": "postgres", "owner": "xingji_owner", "app": "xingji_app"}

# Locale-free messages, and nothing of the caller's PG* settings.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

BUILTIN_LOCALE = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
LOCALES_BEFORE_17 = [["--locale=C.UTF-8"], ["--locale=C"]]


@dataclass(frozen=True, slots=True)
class Home:
    """The names in the home folder."""

    path: Path

    @property
    def lock(self) -> Path:
        return self.path / "postgres.lock"

    @property
    def owner(self) -> Path:
        """Locked by the owning process alone: free at once when that is gone, before the server is down."""
        return self.path / "postgres.owner"

    @property
    def secrets(self) -> Path:
        return self.path / "postgres-secrets.json"

    @property
    def log(self) -> Path:
        return self.path / "postgres.log"

    @property
    def link(self) -> Path:
        """The server's folder, or a link to it."""
        return self.path / "postgres"

    @property
    def folder(self) -> Path:
        """The server's own folder: the way to the link itself may be closed to the server's user."""
        return self.link.resolve()

    @property
    def data(self) -> Path:
        return self.folder / "data"


def read_secrets(home: Home) -> dict[str, str]:
    """Passwords by role name. Raises HomeUnusableError if the file is missing, unreadable or broken."""
    try:
        passwords: dict[str, str] = json.loads(home.secrets.read_text())
    except (OSError, ValueError) as error:
        raise HomeUnusableError(home=home.path, reason=f"{home.secrets.name}: {error}") from error
    return passwords


def check_version(home: Home, binaries: Binaries) -> None:
    """Raises PostgresVersionError if the data was made by another major version."""
    found = (home.data / "PG_VERSION").read_text().strip()
    if found != str(binaries.major):
        raise PostgresVersionError(data=home.data, found=found, available=binaries.major)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Runs PostgreSQL's programs as the server's user; they inherit the home's lock until they end."""

    binaries: Binaries
    identity: Identity
    lock: int

    def init(self, data: Path, password: str, *, durable: bool) -> None:
        pwfile = data.with_name("password")
        pwfile.touch(mode=0o600)
        pwfile.write_text(password)
        self.identity.own(pwfile)
        command = [str(self.binaries.initdb), "-D", str(data), "-U", "postgres", "-A", "scram-sha-256"]
        command += ["-E", "UTF8", f"--pwfile={pwfile}", "--no-instructions"]
        command += [] if durable else ["--no-sync"]
        *preferred, last = [BUILTIN_LOCALE] if self.binaries.major >= 17 else LOCALES_BEFORE_17
        for locale in preferred:
            with contextlib.suppress(PostgresStartError):
                self.run([*command, *locale])
                break
        else:  # a small system may lack C.UTF-8
            self.run([*command, *last])
        pwfile.unlink()

    def execute(self, data: Path, database: str, statements: Sequence[str]) -> None:
        """Statements in single-user mode: one a line; by default it would go on after an error."""
        options = ["--single", "-D", str(data), "-c", "exit_on_error=on", database]
        self.run([str(self.binaries.postgres), *options], "".join(f"{line}\n" for line in statements))

    def run(self, command: Sequence[str], text: str = "") -> None:
        """Raises PostgresStartError with what the program said."""
        try:
            done = subprocess.run(  # noqa: S603
                command, input=text, capture_output=True, text=True, check=False, cwd="/", env=ENVIRONMENT,
                user=self.identity.uid, group=self.identity.gid, extra_groups=self.identity.groups,
                pass_fds=(self.lock,), start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise PostgresStartError(reason=str(error)) from error
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise PostgresStartError(reason=f"{Path(command[0]).name}: {said}")


def initialise(home: Home, binaries: Binaries, identity: Identity, *, durable: bool, lock: int) -> None:
    """Make the data folder. The caller holds `lock`, a descriptor. Raises PostgresStartError."""
    maker = _Maker(binaries, identity, lock)
    passwords = {role: secrets.token_urlsafe(24) for role in ROLES.values()}
    for remains in home.folder.glob("new-*"):
        shutil.rmtree(remains)
    fresh = Path(tempfile.mkdtemp(prefix="new-", dir=home.folder))
    identity.own(fresh)
    data = fresh / "data"
    maker.init(data, passwords["postgres"], durable=durable)
    maker.execute(data, "postgres", _role_statements(passwords))
    maker.execute(data, DATABASE, _schema_statements())
    _write_secrets(home, passwords)
    data.rename(home.data)
    fresh.rmdir()


def _role_statements(passwords: dict[str, str]) -> list[str]:
    plain = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS LOGIN"
    return [
        *(
            f"CREATE ROLE {role} {plain} PASSWORD '{passwords[role]}'"
            for role in (ROLES["owner"], ROLES["app"])
        ),
        f"CREATE DATABASE {DATABASE} OWNER {ROLES['owner']}",
        f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {DATABASE} TO {ROLES['app']}",
    ]


def _schema_statements() -> list[str]:
    return [
        f"ALTER SCHEMA public OWNER TO {ROLES['owner']}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {ROLES['app']}",
    ]


def _write_secrets(home: Home, passwords: dict[str, str]) -> None:
    fresh = home.secrets.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
        json.dump(passwords, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(home.secrets)
