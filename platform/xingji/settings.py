"""What an operator may set, read once and handed down.

Arguments win over the environment, and the environment over defaults. A URL with a password may stand in a
file named by the same variable with `_FILE` behind it. Nothing here opens a database or makes a folder.

| variable | default | meaning |
|---|---|---|
| `XINGJI_HOME` | `.xingji` | the data folder |
| `XINGJI_HEADS` | `<home>-heads`, beside the home | the last signed heads: give a folder on another disk than the database and the home |
| `XINGJI_HOST`, `XINGJI_PORT` | `127.0.0.1`, `8000` | where HTTP is served |
| `XINGJI_DATABASE_URL` | embedded | an outside server, as the application's role |
| `XINGJI_MIGRATOR_URL` | embedded | the same, as the owner of the schema |
| `XINGJI_BACKUP_URL` | embedded | the same, as a role that reads every row (BYPASSRLS), for `xingji backup` |
| `XINGJI_CHECKPOINT_SECONDS` | 2 | how often a checkpoint of a log that has grown is published |
| `XINGJI_VOUCH_SECONDS` | 3600 | how often a city's log records its counties' published checkpoints |
| `XINGJI_POOL` | 16 | connections to PostgreSQL at most |
| `XINGJI_TRUSTED_PROXIES` | none | addresses and networks, with commas between, whose `X-Forwarded-For` is believed |
| `XINGJI_EVIDENCE_URL` | `<home>/evidence` | where files are kept: a folder, or `s3://bucket/prefix` (xingji/evidence/s3.py) |
| `XINGJI_EVIDENCE_ACCESS_KEY_FILE`, `XINGJI_EVIDENCE_SECRET_KEY_FILE` | none | the files that hold the bucket's keys |
| `XINGJI_EVIDENCE_MB` | 20 | how large one file may be |
| `XINGJI_WITNESSES` | none | the file that names the witnesses and how many must cosign (xingji/witnessing.py) |
| `XINGJI_TSA_URL` | none | the time authority (RFC 3161 over HTTP) that stamps published checkpoints (xingji/stamping.py) |
| `XINGJI_TSA_CERTIFICATES` | none | a PEM file with its certificates, one of which its answers must lead to; needed with the URL |
| `XINGJI_TSA_SECONDS` | 3600 | how often a log that has grown is stamped |
| `XINGJI_DOCUMENTS` | none | the file of trusted documents: SHA-256 → text (xingji/documents.py) |
| `XINGJI_DOCUMENTS_ONLY` | off | whether no other document is served |
| `XINGJI_BUDGET`, `XINGJI_STRANGER_BUDGET` | 20000000, 2000000 | values that one person, and one stranger's address, may ask for in a minute: at least 100000, what one document may cost, or 0 for no bound (xingji/http/budgets.py) |
| `XINGJI_METRICS` | none | `host:port` where numbers for Prometheus are served, for the machine itself or a network of one's own (xingji/telemetry/metrics.py) |
| `XINGJI_TRACES` | none | the URL of an OTLP collector that spans are sent to; needs the extra `otel` (xingji/telemetry/tracing.py) |
| `XINGJI_INTROSPECTION` | off; on in the demo | whether GraphQL introspection is answered |
| `XINGJI_PG_BINDIR` | looked for | the `bin` of PostgreSQL, for the embedded server, pg_dump and pg_restore |
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from xingji.errors import SettingInvalidError
from xingji.http.clients import Network

SWITCH = {
    "1": True,
    "true": True,
    "on": True,
    "yes": True,
    "0": False,
    "false": False,
    "off": False,
    "no": False,
}

LEAST_BUDGET: Final = 100_000
"""What one document may cost (graphql_schema/limits.py): whatever may be asked can be paid."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. The URLs carry passwords and stay out of `repr`."""

    home: Path
    host: str
    port: int
    pool: int
    introspection: bool
    demo: bool
    database_url: str | None = field(repr=False)
    migrator_url: str | None = field(repr=False)
    heads: Path | None = None
    backup_url: str | None = field(default=None, repr=False)
    evidence_url: str | None = None
    evidence_bytes: int = 20 * 1024 * 1024
    evidence_access_key: str | None = field(default=None, repr=False)
    evidence_secret_key: str | None = field(default=None, repr=False)
    trusted_proxies: tuple[Network, ...] = ()
    checkpoint_seconds: float = 2.0
    witnesses: Path | None = None
    vouch_seconds: float = 3600.0
    tsa_url: str | None = None
    tsa_certificates: Path | None = None
    tsa_seconds: float = 3600.0
    documents: Path | None = None
    documents_only: bool = False
    budget: int = 20_000_000
    stranger_budget: int = 2_000_000
    metrics: tuple[str, int] | None = None
    traces: str | None = None

    @property
    def heads_folder(self) -> Path:
        """Where signed heads are kept: what a restore of the database, or of the home, must not carry along."""
        if self.heads is not None:
            return self.heads
        home = self.home.absolute()
        return home.parent / f"{home.name}-heads"


def read_settings(
    environ: Mapping[str, str],
    *,
    home: Path | None = None,
    host: str | None = None,
    port: int | None = None,
    demo: bool = False,
) -> Settings:
    """Settings from the environment, with arguments over it. Raises SettingInvalidError."""
    settings = Settings(
        home=home or Path(environ.get("XINGJI_HOME") or ".xingji"),
        host=host or environ.get("XINGJI_HOST") or "127.0.0.1",
        port=_parse_port(str(port))
        if port is not None
        else _parse_port(environ.get("XINGJI_PORT") or "8000"),
        pool=_parse_pool(environ.get("XINGJI_POOL") or "16"),
        introspection=_read_switch(environ, "XINGJI_INTROSPECTION", default=demo),
        demo=demo,
        database_url=_find_url(environ, "XINGJI_DATABASE_URL"),
        migrator_url=_find_url(environ, "XINGJI_MIGRATOR_URL"),
        heads=_find_path(environ, "XINGJI_HEADS"),
        backup_url=_find_url(environ, "XINGJI_BACKUP_URL"),
        evidence_url=environ.get("XINGJI_EVIDENCE_URL") or None,
        evidence_bytes=_parse_megabytes(environ.get("XINGJI_EVIDENCE_MB") or "20"),
        evidence_access_key=_find_secret(environ, "XINGJI_EVIDENCE_ACCESS_KEY_FILE"),
        evidence_secret_key=_find_secret(environ, "XINGJI_EVIDENCE_SECRET_KEY_FILE"),
        trusted_proxies=_parse_networks(environ.get("XINGJI_TRUSTED_PROXIES") or ""),
        checkpoint_seconds=_parse_seconds(environ, "XINGJI_CHECKPOINT_SECONDS", 2, 3600),
        vouch_seconds=_parse_seconds(environ, "XINGJI_VOUCH_SECONDS", 3600, 86_400),
        witnesses=_find_path(environ, "XINGJI_WITNESSES"),
        tsa_url=_find_http(environ, "XINGJI_TSA_URL"),
        tsa_certificates=_find_path(environ, "XINGJI_TSA_CERTIFICATES"),
        tsa_seconds=_parse_seconds(environ, "XINGJI_TSA_SECONDS", 3600, 86_400),
        documents=_find_path(environ, "XINGJI_DOCUMENTS"),
        documents_only=_read_switch(environ, "XINGJI_DOCUMENTS_ONLY", default=False),
        budget=_parse_budget(environ, "XINGJI_BUDGET", 20_000_000),
        stranger_budget=_parse_budget(environ, "XINGJI_STRANGER_BUDGET", 2_000_000),
        metrics=_find_address(environ, "XINGJI_METRICS"),
        traces=_find_http(environ, "XINGJI_TRACES"),
    )
    if settings.migrator_url and not settings.database_url:
        raise SettingInvalidError(name="XINGJI_MIGRATOR_URL", reason="XINGJI_DATABASE_URL is not set")
    if settings.documents_only and settings.documents is None:
        raise SettingInvalidError(name="XINGJI_DOCUMENTS_ONLY", reason="XINGJI_DOCUMENTS is not set")
    if settings.tsa_url and settings.tsa_certificates is None:
        raise SettingInvalidError(name="XINGJI_TSA_URL", reason="XINGJI_TSA_CERTIFICATES is not set")
    return settings


def _parse_budget(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise SettingInvalidError(name=name, reason=f"{text!r} is not a number from 0 on")
    if 0 < int(text) < LEAST_BUDGET:
        raise SettingInvalidError(
            name=name, reason=f"one document may cost {LEAST_BUDGET}: give that or more, or 0"
        )
    return int(text)


def _find_address(environ: Mapping[str, str], name: str) -> tuple[str, int] | None:
    """`127.0.0.1:9464` or `[::1]:9464`; the port must be said."""
    text = environ.get(name)
    if not text:
        return None
    host, colon, port = text.rpartition(":")
    if not (host and colon and port.isascii() and port.isdecimal() and int(port) < 65536):
        raise SettingInvalidError(name=name, reason=f"{text!r} is not host:port")
    return host.strip("[]"), int(port)


def _find_http(environ: Mapping[str, str], name: str) -> str | None:
    url = environ.get(name) or None
    if url is not None and not url.startswith(("http://", "https://")):
        raise SettingInvalidError(name=name, reason="it does not begin with http:// or https://")
    return url


def _parse_port(text: str) -> int:
    """0 lets the system choose."""
    if not (text.isascii() and text.isdecimal() and int(text) < 65536):
        raise SettingInvalidError(name="XINGJI_PORT", reason=f"{text!r} is not a port")
    return int(text)


def _parse_pool(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 2 <= int(text) <= 1000):
        raise SettingInvalidError(name="XINGJI_POOL", reason=f"{text!r} is not a number from 2 to 1000")
    return int(text)


def _find_path(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]) if environ.get(name) else None


def _parse_seconds(environ: Mapping[str, str], name: str, default: int, most: int) -> float:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= most):
        raise SettingInvalidError(name=name, reason=f"{text!r} is not a number from 1 to {most}")
    return float(text)


def _parse_networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise SettingInvalidError(name="XINGJI_TRUSTED_PROXIES", reason=str(error)) from error


def _parse_megabytes(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 1000):
        raise SettingInvalidError(
            name="XINGJI_EVIDENCE_MB", reason=f"{text!r} is not a number from 1 to 1000"
        )
    return int(text) * 1024 * 1024


def _read_switch(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = environ.get(name)
    if not text:
        return default
    if text.lower() not in SWITCH:
        raise SettingInvalidError(name=name, reason=f"{text!r} is not one of {', '.join(SWITCH)}")
    return SWITCH[text.lower()]


def _find_secret(environ: Mapping[str, str], name: str) -> str | None:
    """What stands in the file that a variable names."""
    file = environ.get(name)
    if not file:
        return None
    try:
        return Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingInvalidError(name=name, reason=str(error)) from error


def _find_url(environ: Mapping[str, str], name: str) -> str | None:
    """A PostgreSQL URL from a variable or the file it names; messages never show it."""
    url, file = environ.get(name), environ.get(f"{name}_FILE")
    if url and file:
        raise SettingInvalidError(name=name, reason=f"{name}_FILE is set too")
    if file:
        url = _find_secret(environ, f"{name}_FILE")
    if not url:
        return None
    if not url.startswith(("postgresql://", "postgres://")):
        raise SettingInvalidError(name=name, reason="it does not begin with postgresql://")
    return url
