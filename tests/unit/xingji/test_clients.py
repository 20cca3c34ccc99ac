"""Where a request came from: claims are believed from the right, as far as their writers are trusted."""

from ipaddress import ip_network
from typing import Any

import pytest

from xingji.errors import SettingInvalidError
from xingji.http.clients import find_client
from xingji.settings import read_settings

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/64"))


def a_scope(peer: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return {"client": None if peer is None else (peer, 1234), "headers": [(b"host", b"x"), *headers]}


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),  # nobody trusted wrote that
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        (
            "10.0.0.1",
            ["192.0.2.66, 198.51.100.1"],
            "198.51.100.1",
        ),  # what the client itself claims is not read
        ("10.0.0.1", ["192.0.2.66", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("2001:db8::1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("2400:3200::1", [], "2400:3200::/64"),
        ("2400:3200::ffff", [], "2400:3200::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        (None, ["198.51.100.1"], "unknown"),
        ("/run/socket", [], "unknown"),
    ],
)
def test_the_client_is_the_first_that_is_not_trusted(
    peer: str | None, forwarded: list[str], client: str
) -> None:
    assert find_client(a_scope(peer, *forwarded), TRUSTED) == client


def test_without_trusted_proxies_the_header_says_nothing() -> None:
    assert find_client(a_scope("10.0.0.1", "198.51.100.1"), ()) == "10.0.0.1"


def test_the_setting_lists_addresses_and_networks() -> None:
    found = read_settings({"XINGJI_TRUSTED_PROXIES": "10.0.0.1, 2001:db8::/32"}).trusted_proxies
    assert found == (ip_network("10.0.0.1"), ip_network("2001:db8::/32"))
    assert read_settings({}).trusted_proxies == ()
    for wrong in ("proxy.example", "10.0.0.1/8", "*"):
        with pytest.raises(SettingInvalidError):
            read_settings({"XINGJI_TRUSTED_PROXIES": wrong})
