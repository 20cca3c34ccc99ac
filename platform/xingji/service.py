"""What stands behind the front door: pool, keys, tokens, schema, put together once for a process.

    async with open_service(settings, url, clock) as service: …

The home holds what must not lie in PostgreSQL: `keys/` (the tenants' signing keys, encrypted under `secrets/ledger-passphrase`),
`vault/` (what opens personal values, under `secrets/vault-passphrase`), `tokens/` (the keys of bearer tokens) and `secrets/derivation`
(what follow codes and counters of tries are derived under). The heads that were signed last lie in a folder of their own, and a ledger
that does not grow from its kept head is not signed for (`audit.guard`). An installation's own programmes lie in `programmes/`, and
standards in `standards/`, of the home. Opening finishes what a crash left undone between the city's
decisions and its counties (ADR 0001).
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import column, select, table

from audit.errors import AuditError
from audit.guard import Guard
from audit.heads import HeadStore
from audit.keys import FileKeyStore
from audit.signer import Signer
from certification.errors import NotFoundError
from certification.shelf import Shelf
from certification.signing.offering import Offers
from graphql_schema.execution import Engine, execute
from graphql_schema.lanes import Around, Lanes
from graphql_schema.limits import Limits
from graphql_schema.live import Live
from graphql_schema.mutations import Mutation
from graphql_schema.mutations.boundary import (
    follow_changes,
    follow_ended_keys,
    follow_lists,
    follow_unit_changes,
)
from graphql_schema.queries import Query
from graphql_schema.schema import build_schema
from graphql_schema.session import Desk, Locale, Session
from graphql_schema.subscriptions import Subscription
from tenancy.database import Database, Scope
from tenancy.errors import TokenError
from tenancy.identity import Principal
from tenancy.statements import statement
from tenancy.tables import tenants
from tenancy.tokens import LIFETIME, TokenKeys
from tenancy.vault import FileVault, RememberingVault
from tenancy.waking import Wakes
from xingji.documents import read_documents
from xingji.erasing import ErasureList, keep_erasures, settle_erasures
from xingji.errors import SchemaDriftError
from xingji.evidence.incoming import Incoming
from xingji.evidence.keeping import Keeper
from xingji.evidence.places import incoming_of, open_store
from xingji.folding import fold_older
from xingji.http.settings import Service
from xingji.http.signatures import take_signature
from xingji.keeping import check_heads, keeping_heads
from xingji.logs import Logs
from xingji.migrate import get_head_revision
from xingji.passphrase import RenewedPassphrase, get_passphrase
from xingji.publishing import publishing
from xingji.settings import Settings
from xingji.stamping import UNSTAMPED, stamping
from xingji.telemetry.opening import Telemetry
from xingji.vouching import UNRECORDED, recording
from xingji.witnessing import open_witnesses

Clock = Callable[[], datetime]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A row of the registry."""

    id: int
    code: str
    name: str
    level: str
    parent_id: int | None
    origin: str


def wall_clock() -> datetime:
    """Now, aware UTC."""
    return datetime.now(UTC)


def open_keys(home: Path) -> FileKeyStore:
    """The signing keys of the home; the passphrase is made at the first call."""
    return FileKeyStore(home / "keys", get_passphrase(home / "secrets" / "ledger-passphrase"))


def open_vault(home: Path) -> FileVault:
    """The vault of the home, which opens personal values; the passphrase is made at the first call."""
    return FileVault(home / "vault", vault_passphrase(home).read)


def vault_passphrase(home: Path) -> RenewedPassphrase:
    """What opens the vault of the home, and is renewed by `xingji vault rotate`."""
    return RenewedPassphrase(home / "secrets" / "vault-passphrase")


def find_vault(home: Path) -> FileVault | None:
    """The vault of the home if there is one: for who only checks, and should not make one."""
    return open_vault(home) if (home / "vault").exists() else None


async def read_registry(database: Database) -> tuple[Tenant, ...]:
    """Every tenant, in order of its number."""
    return tuple(Tenant(**dict(row)) for row in await database.registry(_TENANTS))


class Office:
    """The desk of this process: signs for tenants beside the guard, issues tokens."""

    def __init__(
        self,
        keys: FileKeyStore,
        tokens: TokenKeys,
        registry: tuple[Tenant, ...],
        clock: Clock,
        demo: bool,
        guard: Guard,
        secret: bytes,
        shelf: Shelf,
        erased: ErasureList,
        database: Database,
        around: Around,
    ) -> None:
        self.lanes = Lanes(database, self.get_signer, clock, around)
        self.tokens = tokens
        self.now = clock
        self.demo = demo
        self.shelf = shelf
        self._keys = keys
        self._guard = guard
        self._secret = secret
        self.offers = Offers()
        self._origins = {tenant.id: tenant.origin for tenant in registry}
        self._erased = erased
        self.unerased: set[str] = set()

    def get_signer(self, tenant_id: int) -> Signer:
        """The signer of a tenant. Raises NotFoundError for one that is not registered."""
        origin = self._origins.get(tenant_id)
        if origin is None:
            raise NotFoundError(what="tenant", what_zh="租户")
        return self._guard.watch(self._keys.get(origin))

    async def keep_erasures(self, database: Database, tenant_id: int) -> None:
        """Keep what was erased beside the heads; what cannot be kept now is told, and kept at the next start."""
        origin = self._origins[tenant_id]
        try:
            await keep_erasures(database, self._erased, tenant_id, origin)
        except OSError:
            _log.exception("the erasures of %s could not be kept", origin)
            self.unerased.add(origin)

    async def settle_erasures(self, database: Database, registry: tuple[Tenant, ...]) -> None:
        """At the start: what was erased and came back is erased again; where that cannot be entered yet is told."""
        for tenant in registry:
            try:
                signer = self.get_signer(tenant.id)
                settled = await settle_erasures(database, self._erased, tenant, signer, self._keys, self.now)
            except (AuditError, OSError):
                _log.exception("the erasures of %s could not be settled", tenant.origin)
                settled = False
            if not settled:
                self.unerased.add(tenant.origin)

    def derive(self, purpose: str, text: str) -> bytes:
        """HMAC-SHA-256 of purpose and text under the home's secret (32 bytes)."""
        given = b"\0".join((purpose.encode(), text.encode()))
        return hmac.digest(self._secret, given, "sha256")

    def issue_token(self, principal: Principal) -> tuple[str, datetime]:
        """A token and when it ends, on the wall clock."""
        now = wall_clock()
        return self.tokens.issue(principal, now), now + LIFETIME

    def read_token(self, token: str) -> Principal:
        """Who a token stands for, now. Raises TokenError, also for a demonstration's token outside of one."""
        principal = self.tokens.read(token, wall_clock())
        if principal.demo and not self.demo:
            raise TokenError
        return principal


@asynccontextmanager
async def open_service(
    settings: Settings,
    url: str,
    *,
    clock: Clock = wall_clock,
    guard: Guard | None = None,
    telemetry: Telemetry | None = None,
) -> AsyncIterator[Service[Principal, Session]]:
    """The service on a database of the app role; closes the pool after the last request."""
    guard = guard or Guard(HeadStore(settings.heads_folder))
    telemetry = telemetry or Telemetry()
    vault = RememberingVault(open_vault(settings.home))
    database = await Database.connect(
        url, min_size=2, max_size=settings.pool, vault=vault, told=telemetry.told
    )
    wakes = Wakes(database)
    database.announce = wakes.announce
    try:
        head = get_head_revision()
        registry = await read_registry(database)
        office = Office(
            open_keys(settings.home),
            TokenKeys(settings.home / "tokens"),
            registry,
            clock,
            settings.demo,
            guard,
            get_passphrase(settings.home / "secrets" / "derivation"),
            Shelf((settings.home,)),
            ErasureList(settings.heads_folder),
            database,
            telemetry.acts,
        )
        public = tuple(tenant.id for tenant in registry if tenant.level == "city")
        await check_heads(database, office, registry)
        await office.settle_erasures(database, registry)
        await fold_older(database, registry)
        await _finish(database, office, registry, clock())
        keeper = open_keeper(settings, database, registry)
        schema = build_schema(Query, Mutation, Subscription)
        engine = Engine(schema, introspection=settings.introspection)
        limits = replace(Limits(), introspection=settings.introspection)
        live = Live(engine, wakes)

        def open_session(principal: Principal | None, locale: str, trace_id: str, client: str) -> Session:
            language = cast("Locale", locale)
            return Session(principal, clock(), database, language, trace_id, office, client, public)

        async def run(operation: Any, variables: dict[str, Any] | None, session: Session) -> bytes:
            with telemetry.operation(operation):
                return await execute(engine, operation, variables, session)

        async def answers() -> None:
            await database.registry(_TENANTS)

        async def is_migrated() -> None:
            found = [row["version_num"] for row in await database.registry(_REVISION)]
            if found != [head]:
                raise SchemaDriftError(differences=f"revision {found}, not {head}")

        def find_troubles() -> dict[str, list[str]]:
            told = {"put_back": set(guard.refused), "unkept": set(unkept), "unerased": office.unerased}
            found = {
                name: [tenant.code for tenant in registry if tenant.origin in origins]
                for name, origins in told.items()
            }
            found[UNSTAMPED] = [tenant.code for tenant in registry if tenant.id in unstamped]
            found[UNRECORDED] = [tenant.code for tenant in registry if tenant.id in recorder.troubles]
            for tenant in registry:
                if trouble := publisher.troubles.get(tenant.id):
                    found.setdefault(trouble, []).append(tenant.code)
            return {name: codes for name, codes in found.items() if codes}

        def seconds_left(token: str) -> float:
            return office.tokens.ends(token) - wall_clock().timestamp()

        telemetry.watch(
            "xingji_connections", "Connections to PostgreSQL", ("state",), database.count_connections
        )
        telemetry.watch(
            "xingji_waiting_acts", "Acts that wait for their lane", (), lambda: {"": office.lanes.waiting}
        )
        telemetry.watch(
            "xingji_troubled_tenants",
            "Tenants that an operator should look after",
            ("trouble",),
            lambda: {name: len(codes) for name, codes in find_troubles().items()},
        )
        cadence = settings.checkpoint_seconds
        async with (
            keeping_heads(guard) as unkept,
            open_witnesses(settings.witnesses) as witnesses,
            publishing(database, office, registry, cadence, witnesses) as publisher,
            recording(database, office, registry, settings.vouch_seconds) as recorder,
            stamping(database, office, registry, settings) as unstamped,
            aclosing(office.lanes),
        ):
            yield Service(
                documents=read_documents(settings, engine.schema, limits),
                execute=run,
                open_session=open_session,
                read_token=office.read_token,
                checks={"database": answers, "migrations": is_migrated},
                logs=Logs(database, office),
                find_troubles=find_troubles,
                evidence=keeper,
                subscribe=live.subscribe,
                seconds_left=seconds_left,
                take_extensions=take_signature,
                name_client=lambda principal: (principal.tenant_id, principal.person_id),
            )
    finally:
        await wakes.close()
        await database.close()


def open_keeper(settings: Settings, database: Database, registry: tuple[Tenant, ...]) -> Keeper:
    """The files of this process. What an earlier one left half received is removed. Raises SettingInvalidError."""
    incoming = Incoming(incoming_of(settings))
    incoming.clear_stale()
    tenants = tuple(tenant.id for tenant in registry)
    return Keeper(database, open_store(settings), incoming, settings.evidence_bytes, tenants)


async def _finish(database: Database, desk: Desk, registry: tuple[Tenant, ...], now: datetime) -> None:
    for city in registry:
        if city.level == "city":
            counties = tuple(tenant.id for tenant in registry if tenant.parent_id == city.id)
            scope = Scope(city.id, granted=counties)
            await follow_ended_keys(database, desk, scope, now)
            await follow_changes(database, desk, scope, now)
            await follow_lists(database, desk, scope, now)
            await follow_unit_changes(database, desk, scope, now)


_REVISION = statement(select(table("alembic_version", column("version_num")).c.version_num))
_TENANTS = statement(
    select(
        tenants.c.id, tenants.c.code, tenants.c.name, tenants.c.level, tenants.c.parent_id, tenants.c.origin
    ).order_by(tenants.c.id)
)
