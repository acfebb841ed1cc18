"""What the notifier is told of a call: a pure function from a call's state to rows of the outbox.

A row's id is made of the call's id and the type, so whatever is told again after a crash is the same row. `seq` is the
order in which a call's rows are delivered, whichever was written first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Any

from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.callflow.plan import RouteType
from lcr_asterisk.callflow.states import Call
from lcr_asterisk.store.rows import CallRow, OutboxRow, RecordingRow


class EventType(StrEnum):
    """In the order in which they can happen to a call."""

    CALL_STARTED = "call.started"
    CALL_CONNECTED = "call.connected"
    VOICEMAIL_RECEIVED = "voicemail.received"
    CALL_MISSED = "call.missed"
    CALL_ENDED = "call.ended"


_ORDER = list(EventType)
_NOBODY_TOOK_IT = (Result.UNANSWERED, Result.ABANDONED, Result.FAILED)
# The caller left before it was known whom they want, or anybody was to be rung.
_TOO_EARLY = (Reason.DURING_PIN, Reason.DURING_WELCOME, Reason.DURING_MENU)


def of_call(call: Call, row: CallRow) -> Iterator[OutboxRow]:
    """All that has happened so far; `row` is the call's own."""
    yield _row(EventType.CALL_STARTED, call.arrived_at, row)
    if call.connected_at is not None:
        yield _row(EventType.CALL_CONNECTED, call.connected_at, row)
    # As soon as there is an outcome: the caller may be hearing goodbye.
    if is_missed(row, direct=call.plan.type is RouteType.DIRECT):
        yield _row(EventType.CALL_MISSED, call.waited_until or call.arrived_at, row)
    if call.ended_at is not None:
        yield _row(EventType.CALL_ENDED, call.ended_at, row)


def of_message(recording: RecordingRow, row: CallRow) -> OutboxRow:
    """A caller's message was kept."""
    return _row(EventType.VOICEMAIL_RECEIVED, recording.created, row, recording)


def of_ended(row: CallRow, at: datetime) -> Iterator[OutboxRow]:
    """A call of which there is only its row: it ended at `at`."""
    if is_missed(row, direct=True):
        yield _row(EventType.CALL_MISSED, at, row)
    yield _row(EventType.CALL_ENDED, at, row)


def is_missed(row: CallRow, *, direct: bool) -> bool:
    """Whether somebody should have taken it, or its message, and nobody did; `direct` is the type of its route.

    In a call back, or a page call, it was nobody's to take.
    """
    if row.callback_of is not None:
        return False
    if row.team is None or row.result not in _NOBODY_TOOK_IT or row.reason in _TOO_EARLY:
        return False
    return direct or row.result is Result.FAILED


def _row(kind: EventType, at: datetime, call: CallRow, recording: RecordingRow | None = None) -> OutboxRow:
    return OutboxRow(
        id=f"{call.id}.{kind}",
        call_id=call.id,
        seq=_ORDER.index(kind),
        type=kind,
        at=at,
        payload={"call": _plain(call), **({"recording": _plain(recording)} if recording is not None else {})},
        next_at=at,
        attempts=0,
        problem=None,
        delivered=None,
        dead=None,
    )


def _plain(row: CallRow | RecordingRow) -> dict[str, Any]:
    """As JSON has it: times in ISO 8601."""
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(row).items()}
