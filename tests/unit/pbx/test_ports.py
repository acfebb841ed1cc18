"""A taken port is said before Asterisk starts, with the program that has it."""

from __future__ import annotations

import os
import socket

import pytest

from lcr_asterisk.errors import PbxError, PortTaken
from lcr_asterisk.pbx.ports import Protocol, check_free, free_port
from lcr_asterisk.pbx.spec import Address


@pytest.mark.parametrize(("protocol", "kind"), [("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)])
@pytest.mark.parametrize("bound_to", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_names_the_program_that_has_it(protocol: Protocol, kind: int, bound_to: str) -> None:
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind((bound_to, 0))
        if protocol == "tcp":
            holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken) as refused:
            check_free(Address("127.0.0.1", port), protocol, "Asterisk's SIP")
    assert f"{protocol} 127.0.0.1:{port}" in refused.value.message
    assert f"(pid {os.getpid()})" in refused.value.message
    check_free(Address("127.0.0.1", port), protocol, "Asterisk's SIP")


def test_an_address_of_another_machine_is_no_taken_port() -> None:
    with pytest.raises(PbxError, match=r"192\.0\.2\.1") as refused:
        check_free(Address("192.0.2.1", 5060), "udp", "Asterisk's SIP")
    assert not isinstance(refused.value, PortTaken)


def test_a_port_that_is_said_to_be_free_can_be_used() -> None:
    check_free(Address("127.0.0.1", free_port("127.0.0.1", "udp")), "udp", "Asterisk's SIP")
