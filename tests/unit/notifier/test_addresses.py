"""Alerts go to public addresses, and to others only where an admin allows these."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from lcr_asterisk.notifier.addresses import Refused, check

PRIVATE = [
    "127.0.0.1",
    "127.8.9.10",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.10",
    "169.254.169.254",  # where clouds tell a machine its own secrets
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "3fff:fff:ffff::1",
    "fec0::1",
    "feff:ffff::1",
    "192.0.0.9",
    "192.0.0.170",
    "192.88.99.1",
    "::ffff:192.0.0.10",
    "not-an-address",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused_however_it_is_written(address: str) -> None:
    with pytest.raises(Refused, match=r"notifier\.allow_private"):
        check(address, ())


PUBLIC = ["8.8.8.8", "172.15.0.1", "172.32.0.1", "2606:4700::1111", "3ffe::1", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not(address: str) -> None:
    check(address, ())


def test_what_is_allowed_is_exactly_what_is_written() -> None:
    allowed = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
    check("10.1.2.3", allowed)
    check("::ffff:10.1.2.3", allowed)
    check("fd00::1", allowed)
    for address in ("192.168.0.1", "127.0.0.1", "fe80::1", "::ffff:192.168.0.1"):
        with pytest.raises(Refused):
            check(address, allowed)
