"""`xingji backup DIR`: everything of the installation in a new folder, but the passphrases that open it."""

import argparse
import sys
from pathlib import Path

from audit.errors import AuditError
from audit.heads import HeadStore
from xingji.backup import EVIDENCE, find_parts, make_backup
from xingji.commands import Commands
from xingji.databases import open_database
from xingji.errors import SettingInvalidError
from xingji.service import open_keys, wall_clock
from xingji.settings import Settings


def add_parser(commands: Commands) -> None:
    """Add `backup`."""
    text = "备份数据库、密钥与附件到新目录 · back up database, keys and files to a new folder"
    parser = commands.add_parser("backup", help=text, description=text)
    parser.add_argument("directory", metavar="DIR", type=Path)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Make it; prints the folder. Raises BackupExistsError, BackupUrlMissingError, ToolMissingError, ToolFailedError."""
    parts = find_parts(settings)
    with open_database(settings) as database:
        url = database.get_backup_url()
        keys, kept = open_keys(settings.home), HeadStore(settings.heads_folder)
        try:
            manifest = make_backup(url, parts, keys, kept, arguments.directory, wall_clock())
        except (AuditError, OSError) as error:
            raise SettingInvalidError(name="backup", reason=str(error)) from error
    print(arguments.directory)
    sys.stderr.write(
        f"{len(manifest['files'])} 个文件 files，{len(manifest['heads'])} 本账本 ledgers\n"
        "密钥与个人信息的口令（secrets/）不在其中，请另行保管。\n"
        "The passphrases of keys and vault, secrets/, are not in it: keep them elsewhere.\n"
    )
    if manifest["unsigned"]:
        sys.stderr.write(f"未签署的头部 · heads that were not signed: {', '.join(manifest['unsigned'])}\n")
    if EVIDENCE not in parts:
        sys.stderr.write(
            f"佐证材料在 {settings.evidence_url}，不在其中。\nThe files of evidence are in {settings.evidence_url}, not in it.\n"
        )
    return 0
