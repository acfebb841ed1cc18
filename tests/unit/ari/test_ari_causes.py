"""Why a leg ended, in the words of the call log. The pairs are those Asterisk 22.10.1 reported for each SIP answer."""

from __future__ import annotations

import pytest

from lcr_asterisk.ari.causes import leg_end
from lcr_asterisk.callflow.events import LegEnd


@pytest.mark.parametrize(
    ("cause", "sip", "end"),
    [
        (17, 486, LegEnd.BUSY),
        (17, 600, LegEnd.BUSY),
        (21, 603, LegEnd.REJECTED),
        (21, 401, LegEnd.TRUNK_REFUSED),
        (21, 403, LegEnd.TRUNK_REFUSED),
        (21, 407, LegEnd.TRUNK_REFUSED),
        (1, 404, LegEnd.DEAD_NUMBER),
        (1, 604, LegEnd.DEAD_NUMBER),
        (22, 410, LegEnd.DEAD_NUMBER),
        (28, 484, LegEnd.DEAD_NUMBER),
        (19, 480, LegEnd.NO_ANSWER),
        (18, 408, LegEnd.NO_ANSWER),
        (34, 503, LegEnd.UNREACHABLE),
        (38, 500, LegEnd.UNREACHABLE),
        (58, 488, LegEnd.UNREACHABLE),
        (127, 433, LegEnd.UNREACHABLE),
        (127, 487, LegEnd.CANCELLED),
        (26, None, LegEnd.CANCELLED),
        (16, None, LegEnd.CANCELLED),
        (0, None, LegEnd.LOST),
    ],
)
def test_a_leg_that_nobody_answered(cause: int, sip: int | None, end: LegEnd) -> None:
    assert leg_end(cause, sip, answered=False) is end


@pytest.mark.parametrize(
    ("cause", "end"), [(16, LegEnd.HUNG_UP), (17, LegEnd.HUNG_UP), (21, LegEnd.HUNG_UP), (0, LegEnd.LOST)]
)
def test_a_leg_that_was_answered_was_hung_up_whatever_cause_its_phone_gave(cause: int, end: LegEnd) -> None:
    assert leg_end(cause, None, answered=True) is end
