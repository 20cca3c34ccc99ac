"""`xingji ledger …`: export, rows, verify, check, head, prove, key, trust, rotate-key, suite, witness-counties, rebuild-tiles, incarnate.

`export` writes a tenant's log as files; `verify` judges such files offline, with no database and no network; `check` verifies the log in
the database, compares every audited row with it, and the files that rows name, opens every personal value, if the home has the vault, and holds a
county's log against what its city's log recorded of it;
`rows` writes the audited rows as text, for `verify --rows`; `head` prints the signed head to keep elsewhere; `prove` an entry's proof under the
published checkpoint; `key` the verifier key to pin; `trust` a trust file with the keys of every tenant; `rotate-key` hands the log over to a
new key and archives the old one's file; `suite` declares the national suite; `witness-counties` records the counties' published checkpoints in
the city's log now; `rebuild-tiles` makes damaged hash tiles again of verified entries, as the owner of the schema; `incarnate` owns up to a ledger that was put back, after
which it is signed for again.
Exit codes: 0 verified or done, 1 refuted, 2 unusable input.
"""

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.serialization import Encoding

import certification.tables
from audit.admissions import Certifications
from audit.commands import (
    add_verify_arguments,
    report_unusable,
    report_verdict,
    run_verify,
)
from audit.errors import AuditError, NotPublishedError, UnusableInputError
from audit.export import export_log
from audit.guard import Guard
from audit.heads import HeadStore
from audit.homes import read_certifications
from audit.keys import Ed25519Signer
from audit.ledger import lock_head, signed_head
from audit.note import VerifierKey
from audit.online import verify_stored
from audit.proof import format_proof
from audit.publishing import prove_entry
from audit.rowexport import export_rows
from audit.rows import is_audited
from audit.terminal import terminal_progress
from audit.trust import Trust, TrustedLog, format_trust
from audit.verdict import RefutedError
from audit.vouching import read_recorded
from audit.witnessed import Witnessed
from tenancy.database import Database, Scope, TenantConnection
from tenancy.errors import VaultError
from tenancy.personal import value_reader
from xingji.commands import Commands
from xingji.databases import open_database
from xingji.erasing import ErasureList, settle_erasures
from xingji.errors import TenantUnknownError
from xingji.evidence.checking import find_wrong_file
from xingji.evidence.places import open_store
from xingji.incarnating import incarnate
from xingji.retiling import rebuild
from xingji.rotating import renew_national, rotate_key, take_over_former
from xingji.service import Tenant, find_vault, open_keys, read_registry, wall_clock
from xingji.settings import Settings
from xingji.stamping import read_pinned
from xingji.vouching import Round, counties_of, record_counties
from xingji.witnessing import Policy, read_policy

T = TypeVar("T")
Work = Callable[[TenantConnection, Tenant, Ed25519Signer], Awaitable[T]]

AUDITED = tuple(table for table in certification.tables.metadata.sorted_tables if is_audited(table))
"""Every table whose rows an entry must carry."""


def add_parser(commands: Commands) -> None:
    """Add `ledger` and its subcommands."""
    text = (
        "账本：导出、导出数据行、离线验证、在线核对、头部、证明、公钥、信任文件、换钥、国密、记录县级检查点、重建哈希片、退回声明"
        " · export, rows, verify, check, head, prove, key, trust, rotate-key, suite, witness-counties, rebuild-tiles, incarnate"
    )
    parser = commands.add_parser("ledger", help=text, description=text)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    export = actions.add_parser("export", help="导出账本 · write a tenant's log to an empty folder")
    export.add_argument("directory", metavar="DIR", type=Path)
    export.add_argument(
        "--published",
        action="store_true",
        help="只导出已公布的部分，附见证 · as published, with its cosignatures",
    )
    rows = actions.add_parser(
        "rows",
        help="导出受账本约束的数据行，不含个人信息 · write the audited rows as text, no personal value",
    )
    rows.add_argument("file", metavar="FILE", type=Path)
    verify = actions.add_parser("verify", help="离线验证导出的账本 · verify an exported log offline")
    add_verify_arguments(verify)
    check = actions.add_parser("check", help="核对数据库中的账本与数据 · verify log and rows in the database")
    check.add_argument(
        "--since", metavar="HEAD", type=Path, help="以前保存的头部 · a signed head kept before"
    )
    head = actions.add_parser("head", help="打印已签名的头部 · print the signed head")
    prove = actions.add_parser(
        "prove", help="打印某号账目的收录证明 · print an entry's proof under the published checkpoint"
    )
    prove.add_argument("--entry", required=True, metavar="N", type=parse_sequence, help="序号 · its sequence")
    key = actions.add_parser("key", help="打印验证公钥 · print the verifier key")
    rotate = actions.add_parser("rotate-key", help="更换账本密钥 · hand the log over to a new key")
    rotate.add_argument(
        "--reason", required=True, metavar="TEXT", help="原因，永久载入账本 · why, for ever in the log"
    )
    rotate.add_argument(
        "--compromised", action="store_true", help="旧密钥可能已泄露 · others may hold the old key"
    )
    rotate.add_argument(
        "--lost",
        action="store_true",
        help="旧密钥已丢失：新密钥接管，须另行告知其公钥 · the old key is lost: the new one takes over, for who pins it",
    )
    suite = actions.add_parser(
        "suite", help="此后每条账目并用 SM2 签名 · from now on every entry carries an SM2 signature too"
    )
    vouch = actions.add_parser(
        "witness-counties",
        help="市级账本记录各县已公布的检查点 · record the counties' checkpoints in the city's log",
    )
    tiles = actions.add_parser(
        "rebuild-tiles",
        help="由核验过的账目重建受损的哈希片 · make damaged hash tiles again of verified entries",
    )
    again = actions.add_parser(
        "incarnate", help="承认账本曾被退回，继续记账 · own up to a ledger that was put back, and go on"
    )
    again.add_argument(
        "--reason", required=True, metavar="TEXT", help="原因，永久载入账本，不得含个人信息 · why, for ever"
    )
    again.add_argument(
        "--kept", metavar="HEAD", type=Path, help="他处保存的更新的头部 · a later head that somebody kept"
    )
    trust = actions.add_parser("trust", help="打印信任文件 · print a trust file with every tenant's key")
    trust.add_argument(
        "--home", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="数据目录 · the data folder"
    )
    trust.set_defaults(run=run_trust)
    for action, run in (
        (export, run_export),
        (rows, run_rows),
        (check, run_check),
        (head, run_head),
        (prove, run_prove),
        (key, run_key),
        (rotate, run_rotate),
        (suite, run_suite),
        (vouch, run_witness_counties),
        (tiles, run_rebuild_tiles),
        (again, run_incarnate),
    ):
        action.add_argument("--tenant", required=True, metavar="CODE", help="六位区划代码 · six-digit code")
        action.add_argument(
            "--home", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="数据目录 · the data folder"
        )
        action.set_defaults(run=run)
    for action in (export, rows, check, rotate, vouch, tiles, again):
        action.add_argument("--json", action="store_true", help="以 JSON 输出 · print JSON")
    verify.set_defaults(run=lambda arguments, _settings: run_verify(arguments))


def run_export(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write the log; prints origin and size."""

    async def work(tx: TenantConnection, tenant: Tenant, signer: Ed25519Signer) -> tuple[str, int]:
        written = await export_log(
            tx.raw,
            tenant.id,
            Guard(HeadStore(settings.heads_folder)).watch(signer),
            arguments.directory,
            terminal_progress(),
            as_published=arguments.published,
        )
        return written.origin, written.size

    try:
        origin, size = _with_tenant(settings, arguments.tenant, work)
    except AuditError as error:
        return report_unusable(error, as_json=arguments.json)
    print(f'{{"origin":"{origin}","size":{size}}}' if arguments.json else f"{origin}  {size} 条 entries")
    return 0


def run_rows(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write the audited rows to a new file; prints how many."""

    async def work(tx: TenantConnection, tenant: Tenant, _signer: Ed25519Signer) -> int:
        with arguments.file.open("xb") as file:
            try:
                return await export_rows(tx.raw, tenant.id, AUDITED, file)
            except BaseException:
                arguments.file.unlink()
                raise

    try:
        count = _with_tenant(settings, arguments.tenant, work)
    except (AuditError, OSError) as error:
        return report_unusable(error, as_json=arguments.json)
    print(f'{{"rows":{count}}}' if arguments.json else f"{count} 行 rows")
    return 0


def run_check(arguments: argparse.Namespace, settings: Settings) -> int:
    """Verify log, rows and files where they are stored."""
    try:
        since = None if arguments.since is None else arguments.since.read_bytes()

        async def work(database: Database, tenant: Tenant, signer: Ed25519Signer) -> int:
            vault = find_vault(settings.home)
            try:
                recorded = await _read_recorded(database, tenant)
                homes = await _read_homes(database, tenant)
            except RefutedError as finding:
                return report_verdict(finding.verdict(tenant.origin), as_json=arguments.json)
            async with database.read(Scope(tenant.id)) as tx:
                verdict = await verify_stored(
                    tx.raw,
                    tenant.id,
                    signer.verifier_key,
                    AUDITED,
                    since=since,
                    progress=terminal_progress(),
                    values=None if vault is None else value_reader(vault),
                    recorded=recorded,
                    homes=homes,
                    authorities=read_pinned(settings),
                )
                wrong = await find_wrong_file(tx, open_store(settings)) if verdict.ok else None
            if wrong is not None:
                verdict = wrong.verdict(verdict.origin)
            return report_verdict(verdict, as_json=arguments.json)

        return _with_database(settings, arguments.tenant, work)
    except (AuditError, VaultError, OSError) as error:
        return report_unusable(error, as_json=arguments.json)


async def _read_recorded(database: Database, tenant: Tenant) -> tuple[Witnessed, ...]:
    """What the city's log recorded of a county's; read before the county's own, which only grows meanwhile."""
    city = next((one for one in await read_registry(database) if one.id == tenant.parent_id), None)
    if city is None:
        return ()
    async with database.read(Scope(city.id)) as tx:
        return await read_recorded(tx.raw, city.id, city.origin, tenant.origin)


async def _read_homes(database: Database, tenant: Tenant) -> dict[str, Certifications]:
    """What the logs whose officers act in this one certified: its city's, or its counties'; read before its own, which only grows."""
    found = {}
    for one in await read_registry(database):
        if one.id == tenant.parent_id or one.parent_id == tenant.id:
            async with database.read(Scope(one.id)) as tx:
                found[one.origin] = await read_certifications(tx.raw, one.id, one.origin)
    return found


def run_head(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the signed head."""

    async def work(tx: TenantConnection, tenant: Tenant, signer: Ed25519Signer) -> str:
        guarded = Guard(HeadStore(settings.heads_folder)).watch(signer)
        return await signed_head(tx.raw, tenant.id, guarded)

    try:
        sys.stdout.write(_with_tenant(settings, arguments.tenant, work))
    except AuditError as error:
        return report_unusable(error, as_json=False)
    return 0


def run_prove(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the proof, as `audit.proof` has it."""

    async def work(tx: TenantConnection, tenant: Tenant, _signer: Ed25519Signer) -> str:
        proof = await prove_entry(tx.raw, tenant.id, arguments.entry)
        if proof is None:
            raise NotPublishedError(origin=tenant.origin)
        return format_proof(proof)

    try:
        text = _with_tenant(settings, arguments.tenant, work)
    except AuditError as error:
        return report_unusable(error, as_json=False)
    sys.stdout.write(text)
    return 0


def parse_sequence(text: str) -> int:
    """An entry's sequence. Raises ArgumentTypeError."""
    if re.fullmatch(r"0|[1-9][0-9]{0,15}", text, re.ASCII) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a sequence")
    return int(text)


def run_key(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the verifier key."""

    async def work(_tx: TenantConnection, _tenant: Tenant, signer: Ed25519Signer) -> str:
        return signer.verifier_key.format()

    print(_with_tenant(settings, arguments.tenant, work))
    return 0


def run_trust(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Print a trust file: what an auditor takes home, by another way than the exports. The witnesses and the quorum are those of the setting."""

    async def work(url: str) -> tuple[TrustedLog, ...]:
        database = await Database.connect(url, min_size=1, max_size=1)
        try:
            keys = open_keys(settings.home)
            found = ((one.origin, keys.find(one.origin)) for one in await read_registry(database))
            return tuple(
                TrustedLog(origin, (signer.verifier_key,)) for origin, signer in found if signer is not None
            )
        finally:
            await database.close()

    policy = Policy((), 0) if settings.witnesses is None else read_policy(settings.witnesses)
    witnesses = tuple(party.key for party in policy.parties)
    with open_database(settings) as opened:
        logs = asyncio.run(work(opened.app_url))
    pinned = (one.public_bytes(Encoding.PEM).decode() for one in read_pinned(settings))
    sys.stdout.write(format_trust(Trust(logs, witnesses, policy.quorum, tuple(pinned))))
    return 0


def run_rotate(arguments: argparse.Namespace, settings: Settings) -> int:
    """Hand the log over; prints the verifier key to pin from now on."""

    async def work(database: Database, tenant: Tenant) -> tuple[str, str]:
        keys, store = open_keys(settings.home), HeadStore(settings.heads_folder)
        signer = await rotate_key(
            database,
            tenant.id,
            tenant.origin,
            keys,
            store,
            arguments.reason,
            arguments.compromised,
            wall_clock(),
            arguments.lost,
        )
        return tenant.origin, signer.verifier_key.format()

    try:
        origin, key = _with_registered(settings, arguments.tenant, work)
    except (AuditError, OSError) as error:
        return report_unusable(error, as_json=arguments.json)
    print(f'{{"origin":"{origin}","key":"{key}"}}' if arguments.json else key)
    return 0


def run_suite(arguments: argparse.Namespace, settings: Settings) -> int:
    """Make an SM2 key and declare it in the log; prints the entry's place. A running server follows with its next entry."""

    async def work(database: Database, tenant: Tenant, signer: Ed25519Signer) -> int:
        async with database.write(Scope(tenant.id)) as tx:
            head = await lock_head(tx.raw, tenant.id)
            guarded = Guard(HeadStore(settings.heads_folder)).watch(signer)
            keys = open_keys(settings.home)
            head = await renew_national(tx.raw, head, keys, guarded, wall_clock(), declare=True)
        return head.size - 1

    try:
        seq = _with_database(settings, arguments.tenant, work)
    except AuditError as error:
        return report_unusable(error, as_json=False)
    print(f"第 {seq} 号账目 entry {seq}")
    return 0


def run_witness_counties(arguments: argparse.Namespace, settings: Settings) -> int:
    """Record them; prints what was recorded. Exit 1 when a county's checkpoint does not grow from what was recorded before."""

    async def work(database: Database, tenant: Tenant, _signer: Ed25519Signer) -> Round:
        registry, keys = await read_registry(database), open_keys(settings.home)
        counties = counties_of(registry).get(tenant.id)
        if counties is None:
            raise UnusableInputError(reason=f"{tenant.code} is not a city with counties")
        guard, origins = Guard(HeadStore(settings.heads_folder)), {one.id: one.origin for one in registry}
        return await record_counties(
            database, tenant.id, counties, lambda id_: guard.watch(keys.get(origins[id_])), wall_clock()
        )

    try:
        made = _with_database(settings, arguments.tenant, work)
    except AuditError as error:
        return report_unusable(error, as_json=arguments.json)
    told = [{"origin": one.checkpoint.origin, "size": one.checkpoint.size} for one in made.recorded]
    refused = [str(error) for error in made.refused.values()]
    if arguments.json:
        print(json.dumps({"ok": not refused, "recorded": told, "refused": refused}, ensure_ascii=False))
    else:
        for line in (*(f"{one['origin']}  {one['size']} 条 entries" for one in told), *refused):
            print(line)
    return 1 if refused else 0


def run_rebuild_tiles(arguments: argparse.Namespace, settings: Settings) -> int:
    """Rebuild them, if entries and published checkpoints hold; prints each tile that was not as it is now. Raises MigratorUrlMissingError."""

    async def find(_tx: TenantConnection, tenant: Tenant, signer: Ed25519Signer) -> tuple[int, VerifierKey]:
        return tenant.id, signer.verifier_key

    try:
        tenant_id, key = _with_tenant(settings, arguments.tenant, find)
        with open_database(settings) as opened:
            made = asyncio.run(rebuild(opened.get_owner_url(), tenant_id, key, terminal_progress()))
    except RefutedError as finding:
        return report_verdict(finding.verdict(key.name), as_json=arguments.json)
    except AuditError as error:
        return report_unusable(error, as_json=arguments.json)
    if arguments.json:
        print(
            json.dumps(
                {"origin": key.name, "tiles": made.count, "wrong": made.wrong, "missing": made.missing}
            )
        )
        return 0
    for told, places in (("受损 wrong", made.wrong), ("缺失 missing", made.missing)):
        for level, index in places:
            print(f"{told}  {level}/{index}")
    print(f"{key.name}  {made.count} 片 tiles")
    return 0


def run_incarnate(arguments: argparse.Namespace, settings: Settings) -> int:
    """Append the entry; prints its place."""

    async def work(database: Database, tenant: Tenant, signer: Ed25519Signer) -> tuple[str, int]:
        given = None if arguments.kept is None else arguments.kept.read_bytes()
        store, keys = HeadStore(settings.heads_folder), open_keys(settings.home)
        await take_over_former(database, tenant.id, keys, store, arguments.reason, wall_clock())
        seq = await incarnate(database, tenant.id, signer, store, arguments.reason, wall_clock(), given)
        listed = ErasureList(settings.heads_folder)
        await settle_erasures(database, listed, tenant, signer, keys, wall_clock)
        return tenant.origin, seq

    try:
        origin, seq = _with_database(settings, arguments.tenant, work)
    except (AuditError, OSError) as error:
        return report_unusable(error, as_json=arguments.json)
    print(
        f'{{"origin":"{origin}","sequence":{seq}}}'
        if arguments.json
        else f"{origin}  第 {seq} 号账目 entry {seq}"
    )
    return 0


def _with_tenant(settings: Settings, code: str, work: Work[T]) -> T:
    """Run `work` in a read of the tenant with this code. Raises TenantUnknownError."""

    async def read(database: Database, tenant: Tenant, signer: Ed25519Signer) -> T:
        async with database.read(Scope(tenant.id)) as tx:
            return await work(tx, tenant, signer)

    return _with_database(settings, code, read)


def _with_database(
    settings: Settings, code: str, work: Callable[[Database, Tenant, Ed25519Signer], Awaitable[T]]
) -> T:
    """Run `work` for the tenant with this code and its signer. Raises TenantUnknownError."""

    async def signing(database: Database, tenant: Tenant) -> T:
        return await work(database, tenant, open_keys(settings.home).get(tenant.origin))

    return _with_registered(settings, code, signing)


def _with_registered(settings: Settings, code: str, work: Callable[[Database, Tenant], Awaitable[T]]) -> T:
    """Run `work` for the tenant with this code. Raises TenantUnknownError."""

    async def run(url: str) -> T:
        database = await Database.connect(url, min_size=1, max_size=1)
        try:
            tenant = next((one for one in await read_registry(database) if one.code == code), None)
            if tenant is None:
                raise TenantUnknownError(tenant=code)
            return await work(database, tenant)
        finally:
            await database.close()

    with open_database(settings) as opened:
        return asyncio.run(run(opened.app_url))
