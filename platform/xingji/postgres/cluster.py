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

from xingji.errors import PostgresStartError, PostgresVersionError
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
    def secrets(self) -> Path:
        return self.path / "postgres-secrets.json"

    @property
    def log(self) -> Path:
        return self.path / "postgres.log"

    @property
    def folder(self) -> Path:
        """Of the server's user."""
        return self.path / "postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"


def read_secrets(home: Home) -> dict[str, str]:
    """Passwords by role name. Raises OSError."""
    passwords: dict[str, str] = json.loads(home.secrets.read_text())
    return passwords


def check_version(home: Home, binaries: Binaries) -> None:
    """Raises PostgresVersionError if the data was made by another major version."""
    found = (home.data / "PG_VERSION").read_text().strip()
    if found != str(binaries.major):
        raise PostgresVersionError(data=home.data, found=found, available=binaries.major)


def initialise(home: Home, binaries: Binaries, identity: Identity, *, durable: bool, lock: int) -> None:
    """Make the data folder; the caller holds `lock`, a descriptor, which the programs inherit until they end."""
    passwords = {role: secrets.token_urlsafe(24) for role in ROLES.values()}
    for remains in home.folder.glob("new-*"):
        shutil.rmtree(remains)
    fresh = Path(tempfile.mkdtemp(prefix="new-", dir=home.folder))
    identity.own(fresh)
    data = fresh / "data"
    _init(data, binaries, identity, passwords["postgres"], durable=durable, lock=lock)
    _execute(data, "postgres", _role_statements(passwords), binaries, identity, lock)
    _execute(data, DATABASE, _schema_statements(), binaries, identity, lock)
    _write_secrets(home, passwords)
    data.rename(home.data)
    fresh.rmdir()


def _init(
    data: Path, binaries: Binaries, identity: Identity, password: str, *, durable: bool, lock: int
) -> None:
    pwfile = data.with_name("password")
    pwfile.touch(mode=0o600)
    pwfile.write_text(password)
    identity.own(pwfile)
    command = [str(binaries.initdb), "-D", str(data), "-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8"]
    command += [f"--pwfile={pwfile}", "--no-instructions", *([] if durable else ["--no-sync"])]
    locales = [BUILTIN_LOCALE] if binaries.major >= 17 else LOCALES_BEFORE_17
    # A small system may lack C.UTF-8.
    for locale in locales[:-1]:
        with contextlib.suppress(PostgresStartError):
            _run([*command, *locale], identity, lock)
            break
    else:
        _run([*command, *locales[-1]], identity, lock)
    pwfile.unlink()


def _role_statements(passwords: dict[str, str]) -> list[str]:
    plain = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS LOGIN"
    return [
        *(f"CREATE ROLE {role} {plain} PASSWORD '{passwords[role]}'" for role in (ROLES["owner"], ROLES["app"])),
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


def _execute(
    data: Path, database: str, statements: Sequence[str], binaries: Binaries, identity: Identity, lock: int
) -> None:
    """Statements on one line each; single-user mode prints an error and goes on, so any error text is a failure."""
    command = [str(binaries.postgres), "--single", "-D", str(data), "-c", "exit_on_error=on", database]
    _run(command, identity, lock, "".join(f"{statement}\n" for statement in statements))


def _run(command: Sequence[str], identity: Identity, lock: int, text: str = "") -> None:
    try:
        done = subprocess.run(  # noqa: S603
            command, input=text, capture_output=True, text=True, check=False, cwd="/", env=ENVIRONMENT,
            user=identity.uid, group=identity.gid, extra_groups=identity.groups, pass_fds=(lock,),
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise PostgresStartError(reason=str(error)) from error
    if done.returncode != 0:
        raise PostgresStartError(reason=f"{Path(command[0]).name}: {(done.stderr or done.stdout).strip()}")


def _write_secrets(home: Home, passwords: dict[str, str]) -> None:
    fresh = home.secrets.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
        json.dump(passwords, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(home.secrets)
