"""Where a request came from: the peer, or behind trusted proxies what they say of it.

The rule upheld here: `X-Forwarded-For` is a claim. It is read from its right end, where the nearest proxy wrote, and only as far as
the writers are trusted; the first address that is not is the client, whatever stands to its left. Without a trusted peer the header
is not looked at. An IPv6 client is known by its network of 64 bits, as one line is given that many addresses.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from starlette.types import Scope

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNKNOWN: Final = "unknown"
_PREFIX: Final = 64


def find_client(scope: Scope, trusted: Collection[Network]) -> str:
    """The client of an ASGI scope: an IPv4 address, or an IPv6 network; `unknown` for a peer without an address."""
    peer = scope.get("client")
    found = None if peer is None else _parse(peer[0])
    if found is None:
        return UNKNOWN
    for claim in reversed(_forwarded(scope)) if trusted else ():
        if not _is_trusted(found, trusted):
            break
        before = _parse(claim)
        if before is None:
            break
        found = before
    return format_client(found)


def is_from(scope: Scope, networks: Collection[Network]) -> bool:
    """Whether the peer itself is of one of these networks."""
    peer = scope.get("client")
    found = None if peer is None else _parse(peer[0])
    return found is not None and _is_trusted(found, networks)


@lru_cache(maxsize=4096)
def format_client(address: Address) -> str:
    """How an address is counted."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, _PREFIX), strict=False))
    return str(address)


def _forwarded(scope: Scope) -> list[str]:
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return ",".join(lines).split(",") if lines else []


def _is_trusted(address: Address, trusted: Collection[Network]) -> bool:
    return any(address in network for network in trusted if network.version == address.version)


@lru_cache(maxsize=4096)
def _parse(text: str) -> Address | None:
    """An address as it is written in the header; one of IPv4 inside IPv6 is taken as what it is."""
    try:
        address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
