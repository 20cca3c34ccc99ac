"""`xingji found`: an installation for real use, without the demonstration: tenants, units, keys, and one administrator each.

Each tenant begins with its units, its ledger and the login `admin`; whoever administers adds the people. Passwords are random, one a
tenant, and are told once: as a table on standard output, or with `--passwords-out` in a file of mode 0600. Nobody logs them, and the
database holds only their argon2 hashes. With `--admin-password-file` all administrators begin with the password in that file
instead, for a set-up without hands; each should change it at once.

A line is told before its tenant is founded, so an interruption loses no password. Run again, the command goes on where it stopped;
of two lines for one tenant the later one counts. An installation that is whole is refused and left alone, and so is an emptied
database of which heads are kept.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import secrets
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final, TextIO
from uuid import uuid4

from audit.errors import NationalMissingError
from audit.guard import Guard
from audit.heads import HeadStore
from certification.founding import Founding, Login, Person
from tenancy.database import Database
from tenancy.divisions import Tenancy, get_division, tenancies, unit_id, units_of
from tenancy.errors import WeakPasswordError
from tenancy.identity import RoleName
from tenancy.sign_in import hash_password
from xingji import sealing
from xingji.commands import Commands
from xingji.databases import Database as Server
from xingji.databases import open_database
from xingji.errors import InstallationExistsError, SettingInvalidError
from xingji.founding import found_installation, make_founding
from xingji.keeping import keeping_heads
from xingji.service import open_vault, wall_clock
from xingji.settings import Settings

LOGIN: Final = "admin"
_DOMAIN: Final = re.compile(
    r"(?=.{1,200}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def add_parser(commands: Commands) -> None:
    """Add `found`."""
    text = "启用新安装：租户、区划、账本、管理员 · found an empty installation for real use"
    parser = commands.add_parser("found", help=text, description=text)
    parser.add_argument(
        "--domain",
        default="xingji.example",
        help="账本名所用域名，永不更改（默认 xingji.example）· the domain that names the ledgers, for ever",
    )
    parser.add_argument(
        "--sm2",
        action="store_true",
        help="账本自始并用 SM2 签名 · the ledgers carry SM2 signatures from their opening on",
    )
    passwords = parser.add_mutually_exclusive_group()
    passwords.add_argument(
        "--passwords-out",
        type=Path,
        metavar="FILE",
        help="把初始密码写入此文件（0600）而不打印 · write the passwords to this file instead",
    )
    passwords.add_argument(
        "--admin-password-file",
        type=Path,
        metavar="FILE",
        help="所有管理员的初始密码取自此文件 · take one password for all administrators from this file",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Found it. Raises InstallationExistsError, DomainDiffersError, HeadKeptError, SettingInvalidError."""
    if not _DOMAIN.fullmatch(arguments.domain):
        raise SettingInvalidError(
            name="--domain", reason=f"{arguments.domain!r} is not a domain in lower case"
        )
    given = None if arguments.admin_password_file is None else _read_password(arguments.admin_password_file)
    with open_database(settings) as server, ExitStack() as stack:

        def open_out() -> TextIO:
            path: Path | None = arguments.passwords_out
            return sys.stdout if path is None else stack.enter_context(_open_private(path))

        sealing.upgrade(server.get_owner_url(), settings.home)
        begin = Teller(open_out, given).begin
        try:
            founded = asyncio.run(_found(settings, server, arguments.domain, begin, arguments.sm2))
        except NationalMissingError as error:
            raise SettingInvalidError(name="--sm2", reason=str(error)) from error
    if founded == 0:
        raise InstallationExistsError(tenants=len(tenancies()))
    sys.stderr.write(f"已启用 {founded} 个租户 · founded {founded} tenants\n")
    return 0


class Teller:
    """Makes each tenant's administrator, and tells the password before anything is written."""

    def __init__(self, open_out: Callable[[], TextIO], given: str | None) -> None:
        self._open_out, self._given = open_out, given
        self._out: TextIO | None = None

    def begin(self, tenant: Tenancy) -> Founding:
        """What the tenant begins with."""
        password = self._given or make_password()
        name = get_division(tenant.code).name
        if self._given is None:
            self._tell(tenant.code, password, name)
        administrator = Person(
            uuid4(),
            f"{name}租户管理员",
            ((RoleName.TENANT_ADMINISTRATOR, unit_id(tenant.code)),),
            Login(LOGIN, hash_password(password), demo=False),
        )
        return make_founding(tenant, units_of(tenant.code), (administrator,))

    def _tell(self, code: str, password: str, name: str) -> None:
        if self._out is None:
            self._out = self._open_out()
            self._out.write(_line("tenant", "login", "password", "name"))
        self._out.write(_line(code, LOGIN, password, name))
        self._out.flush()
        if self._out is not sys.stdout:
            os.fsync(self._out.fileno())


def _line(code: str, login: str, password: str, name: str) -> str:
    return f"{code:<8} {login:<7} {password:<19} {name}\n"


def make_password() -> str:
    """Four groups of four letters and digits that nobody misreads: 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


async def _found(
    settings: Settings, server: Server, domain: str, begin: Callable[[Tenancy], Founding], national: bool
) -> int:
    database = await Database.connect(server.app_url, 1, 2, vault=open_vault(settings.home))
    guard = Guard(HeadStore(settings.heads_folder))
    try:
        async with keeping_heads(guard):
            return await found_installation(
                server.get_owner_url(),
                database,
                settings.home,
                domain,
                begin,
                wall_clock(),
                _show,
                guard,
                national=national,
            )
    finally:
        await database.close()


def _show(done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done}/{total}" + ("\n" if done == total else ""))


def _read_password(path: Path) -> str:
    """The first line. Raises SettingInvalidError, also for one that is too short or too long."""
    try:
        password = path.read_text("utf-8").split("\n", 1)[0].removesuffix("\r")
        hash_password(password)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingInvalidError(name="--admin-password-file", reason=str(error)) from error
    except WeakPasswordError as error:
        raise SettingInvalidError(name="--admin-password-file", reason=error.en) from error
    return password


def _open_private(path: Path) -> TextIO:
    """A file for its owner alone, written at its end: an interrupted founding's lines stay. Raises SettingInvalidError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        os.fchmod(descriptor, 0o600)
    except OSError as error:
        raise SettingInvalidError(name="--passwords-out", reason=str(error)) from error
    return os.fdopen(descriptor, "a", encoding="utf-8")
