"""What must change after a gap: a difference between the calls we know and what Asterisk has. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lcr_asterisk.ari.messages import Bridge, Channel, ChannelState
from lcr_asterisk.callflow.events import Resumed
from lcr_asterisk.callflow.states import Call
from lcr_asterisk.calls import ids


@dataclass(frozen=True, slots=True)
class Difference:
    """`resumed` tells each known call what is left of it; the rest is what Asterisk has and no call claims.

    `newcomers` are callers who came in while nobody looked; `stray_legs` and `stray_bridges` belong to calls that
    are over and must go. `unknown_talks` are bridges of ours in which people talk although no call tells of them, with
    their channels: these are left as they are.
    """

    resumed: dict[str, Resumed]
    newcomers: tuple[Channel, ...]
    stray_legs: tuple[str, ...]
    stray_bridges: tuple[str, ...]
    unknown_talks: dict[str, frozenset[str]]


def reconcile(
    calls: Iterable[Call], in_application: frozenset[str], channels: Iterable[Channel], bridges: Iterable[Bridge]
) -> Difference:
    """`in_application` are the channel ids that the application holds; a caller elsewhere is not ours any more."""
    by_id = {channel.id: channel for channel in channels}
    members = {bridge.id: frozenset(bridge.channels) for bridge in bridges}
    resumed: dict[str, Resumed] = {}
    callers: set[str] = set()
    legs: set[str] = set()
    for call in calls:
        callers.add(call.channel)
        present = call.channel in by_id and call.channel in in_application
        live = tuple(leg.id for leg in call.legs if leg.live and leg.id in by_id)
        legs.update(live)
        talk = members.get(ids.talk(call.id), frozenset())
        if call.outgoing:  # rung by us, and not in the application before they answer
            present = call.channel in by_id
        resumed[call.id] = Resumed(
            caller_present=present,
            legs=tuple((leg, _can_hear(by_id[leg])) for leg in live),
            bridged=tuple(leg for leg in live if leg in talk and call.channel in talk),
            caller_answered=not call.outgoing or (present and _can_hear(by_id[call.channel])),
        )
    not_known = {
        bridge: inside & by_id.keys()
        for bridge, inside in members.items()
        if ids.is_bridge(bridge) and ids.call_of(bridge) not in resumed
    }
    talks = {bridge: inside for bridge, inside in not_known.items() if len(inside) > 1}
    talking = frozenset().union(*talks.values())
    ours = [channel for channel in by_id.values() if ids.is_leg(channel.id) or ids.is_called_back(channel.id)]
    newcomers = tuple(
        channel
        for channel in by_id.values()
        if channel.id in in_application and channel.id not in callers | talking and not _ours(channel.id)
    )
    return Difference(
        resumed=resumed,
        newcomers=newcomers,
        stray_legs=tuple(channel.id for channel in ours if channel.id not in legs | callers | talking),
        stray_bridges=tuple(bridge for bridge in not_known if bridge not in talks),
        unknown_talks=talks,
    )


def _ours(channel: str) -> bool:
    """Made by us, and so no caller. An ear or an aside ends with the channel that it belongs to."""
    return ids.is_leg(channel) or ids.is_ear(channel) or ids.is_aside(channel) or ids.is_called_back(channel)


def _can_hear(leg: Channel) -> bool:
    """Answered and in our application. One that was answered meanwhile waits in the dialplan, and enters by itself."""
    return leg.state is ChannelState.UP and leg.application == "Stasis"
