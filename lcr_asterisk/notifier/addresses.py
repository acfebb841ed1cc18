"""Which addresses alerts may go to: not to this machine or the networks behind it, unless that is allowed.

Where an alert goes is written by an admin, but a name is resolved by somebody else's name server, so the address is
judged when the connection is made, and not the name.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_NAT64 = IPv6Network("64:ff9b::/96")
# What `is_global` does not know of, or not in every version of Python.
_NOT_PUBLIC = (
    IPv6Network("64:ff9b:1::/48"),  # NAT64 of a network's own
    IPv6Network("3fff::/20"),  # for documentation (RFC 9637)
    IPv6Network("fec0::/10"),  # site-local, as networks had them before fd00::/8
    IPv4Network("192.0.0.0/24"),  # protocols' own
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
)


class Refused(OSError):
    """This address is not connected to."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"its address {address} is not a public one; list it under notifier.allow_private if it is meant"
        )


def check(address: str, allowed: Iterable[Network]) -> None:
    """Raises Refused for an address, as a socket is given it, that is neither public nor allowed."""
    try:
        asked = ip_address(address.partition("%")[0])  # without the interface of a link-local one
    except ValueError:
        raise Refused(address) from None
    reached = _reached(asked)
    if not (_public(reached) or any(at in network for network in allowed for at in (asked, reached))):
        raise Refused(address)


def _reached(address: Address) -> Address:
    """The IPv4 address that an IPv6 one leads to, where it is only another way of writing it."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        return inner if inner is not None else address
    return address


def _public(address: Address) -> bool:
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
