"""Watches over people who talk in a bridge of ours although no call tells of them.

That happens when a journal is lost or cannot be read. To part them would be the worst answer; but when one of them
leaves, the other must not be left alone in the line.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from lcr_asterisk.ari import messages as ari
from lcr_asterisk.ari import requests
from lcr_asterisk.calls import ids

log = logging.getLogger(__name__)


class Caretaker:
    """`send` queues a request to Asterisk."""

    def __init__(self, send: Callable[[requests.Request], Any]) -> None:
        self._send = send
        self._talks: dict[str, frozenset[str]] = {}

    def watch(self, talks: Mapping[str, frozenset[str]]) -> None:
        """Look after these bridges, by id, with the channels that are in them."""
        for bridge in talks.keys() - self._talks.keys():
            log.warning("%s: people talk and no call tells of them; they are left alone", bridge)
        self._talks = dict(talks)

    def on_event(self, message: ari.Event) -> None:
        """When one of two who talk has left, or the caller, close the line of the others."""
        match message:
            case ari.StasisEnd(channel=channel) | ari.ChannelDestroyed(channel=channel):
                for bridge, members in tuple(self._talks.items()):
                    if channel.id in members:
                        self._left(bridge, members - {channel.id})
            case _:
                pass

    def _left(self, bridge: str, others: frozenset[str]) -> None:
        caller_is_there = any(not ids.is_leg(channel) for channel in others)
        if caller_is_there and len(others) > 1:
            self._talks[bridge] = others
        else:
            self._close(bridge, others)

    def _close(self, bridge: str, left: frozenset[str]) -> None:
        del self._talks[bridge]
        for channel in left:
            self._send(requests.hangup(channel))
        self._send(requests.destroy_bridge(bridge))
