"""What a call's state means for the call log: a pure function from a Call to its rows."""

from __future__ import annotations

import re
from datetime import datetime

from lcr_asterisk.callflow.states import Call, Leg
from lcr_asterisk.callflow.story import printable
from lcr_asterisk.store.rows import CallRow, LegRow


def project(call: Call) -> tuple[CallRow, tuple[LegRow, ...]]:
    """The call's row and those of its legs. Text from outside is made printable; the journal keeps it as it came."""
    answered_by = call.outcome.answered_by if call.outcome else None
    row = CallRow(
        id=call.id,
        channel=call.channel,
        route=call.plan.id,
        route_name=printable(call.plan.name),
        team=call.team,
        caller=printable(call.caller.number),
        caller_name=printable(call.caller.name),
        dialled=printable(call.dialled),
        started=call.arrived_at,
        ended=call.ended_at,
        stage=re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(call.stage).__name__).lower(),
        result=call.outcome.result if call.outcome else None,
        reason=call.outcome.reason if call.outcome else call.reason,
        answered_by=answered_by,
        answered_by_name=next((printable(leg.name) for leg in call.legs if leg.person == answered_by), None),
        wait_seconds=_seconds(call.arrived_at, call.waited_until) if not call.outgoing else None,
        talk_seconds=_seconds(call.connected_at, _talk_end(call)),
        label=printable(call.label) if call.label is not None else None,
        test_person=call.plan.test_person,
        callback_of=call.about,
        page=call.page.page if call.page is not None else None,
    )
    legs = [_project_leg(call.id, leg, leg.level + 1) for leg in call.legs]
    if call.caller_leg is not None:
        legs.append(_project_leg(call.id, call.caller_leg, 0))
    return row, tuple(legs)


def _project_leg(call_id: str, leg: Leg, level: int) -> LegRow:
    return LegRow(
        id=leg.id,
        call_id=call_id,
        person=leg.person,
        name=printable(leg.name),
        phone=printable(leg.phone.shown),
        level=level,
        rang_at=leg.rang_at,
        answered_at=leg.answered_at,
        ended_at=leg.ended_at,
        end=leg.end,
        detail=printable(leg.detail),
    )


def _talk_end(call: Call) -> datetime | None:
    """The moment the caller was gone, or the last of those who talked with them."""
    if call.connected_at is None:
        return None
    partners = [leg.ended_at for leg in call.legs if leg.joined_at is not None and leg.joined_at >= call.connected_at]
    left = [end for end in partners if end is not None]
    ends = (call.caller_left_at, call.ended_at, max(left) if len(left) == len(partners) else None)
    return min((end for end in ends if end is not None), default=None)


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return round((end - start).total_seconds(), 3) if start is not None and end is not None else None
