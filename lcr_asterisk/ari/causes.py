"""Why a leg ended, from what Asterisk says when its channel is destroyed.

Asterisk folds SIP's final answers into Q.850 causes (486 and 600 → 17, 480 → 19, 404 and 604 → 1, 603 → 21, 408 → 18,
487 → 127, 503 → 34, 500 → 38, 410 → 22, 484 → 28, 488 → 58). What gets lost on the way is read from
the SIP status itself: a trunk that refuses us (401, 403, 407) also becomes 21, as if the responder had declined.
"""

from __future__ import annotations

from lcr_asterisk.callflow.events import LegEnd

_BY_STATUS = {
    401: LegEnd.TRUNK_REFUSED,
    403: LegEnd.TRUNK_REFUSED,
    407: LegEnd.TRUNK_REFUSED,
    487: LegEnd.CANCELLED,
}

_BY_CAUSE = {
    0: LegEnd.LOST,  # not said: the channel broke down
    1: LegEnd.DEAD_NUMBER,
    2: LegEnd.UNREACHABLE,  # no route to the network
    3: LegEnd.DEAD_NUMBER,  # no route to the destination
    16: LegEnd.CANCELLED,  # normal clearing before an answer: we stopped it
    17: LegEnd.BUSY,
    18: LegEnd.NO_ANSWER,
    19: LegEnd.NO_ANSWER,
    20: LegEnd.UNREACHABLE,  # subscriber absent: not registered
    21: LegEnd.REJECTED,
    22: LegEnd.DEAD_NUMBER,  # number changed
    26: LegEnd.CANCELLED,  # answered elsewhere
    28: LegEnd.DEAD_NUMBER,  # invalid number format
}


def leg_end(cause: int, tech_cause: int | None, *, answered: bool) -> LegEnd:
    """What a ChannelDestroyed with this Q.850 `cause` and SIP status means for a leg that was or was not answered."""
    if answered:
        return LegEnd.LOST if cause == 0 else LegEnd.HUNG_UP
    if tech_cause in _BY_STATUS:
        return _BY_STATUS[tech_cause]
    # What is left is the network's fault: congestion, out of order, no common codec, interworking.
    return _BY_CAUSE.get(cause, LegEnd.UNREACHABLE)
