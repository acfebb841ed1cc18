"""What the tables hold, as values. All times are aware UTC, all durations are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.paging.trouble import Told


@dataclass(frozen=True, slots=True)
class CallRow:
    """One line of the call log.

    `ended` is None while the call is live; `result` and `reason` are None until it has an outcome. `caller` is empty
    for a hidden number. `wait_seconds` runs until someone was connected, the caller left, or nobody was waited for
    any longer (an apology or voicemail followed); `talk_seconds` is None where nobody was connected; of a call that was
    handed over it is that of the last conversation, None where nobody took it any more. `label` is what
    the caller is known as by the PIN they keyed; `test_person` is the id of the person to whom test mode sent the call.
    `callback_of` is the id of the call whose caller was called back in this one, or about which somebody was called,
    and `page` is the page that they were called about; nobody waits in such a call.
    """

    id: str
    channel: str
    route: str
    route_name: str
    team: str | None
    caller: str
    caller_name: str
    dialled: str
    started: datetime
    ended: datetime | None
    stage: str
    result: Result | None
    reason: Reason | None
    answered_by: str | None
    answered_by_name: str | None
    wait_seconds: float | None
    talk_seconds: float | None
    label: str | None = None
    test_person: str | None = None
    callback_of: str | None = None
    page: str | None = None


@dataclass(frozen=True, slots=True)
class LegRow:
    """One phone that was rung. `level` counts from 1, as people do; `phone` is the number or address as shown.

    A caller who was called back has a leg of level 0, with an empty `person`.
    """

    id: str
    call_id: str
    person: str
    name: str
    phone: str
    level: int
    rang_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    end: LegEnd | None
    detail: str


class RecordingKind(StrEnum):
    MESSAGE = "message"  # voicemail
    TALK = "talk"  # both sides of a conversation
    AWAY = "away"  # voicemail taken by the dialplan while the engine was away


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """One kept recording: an opaque id, and the paths of its WAV and, where it could be made, its MP3.

    `transcript` is what was said in it, empty where nothing was understood, None where nobody has listened (yet).
    """

    id: str
    call_id: str
    kind: RecordingKind
    path: str
    mp3: str | None
    seconds: float
    created: datetime
    transcript: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """A call with the ids of its recording and its voicemail message, where it has them."""

    call: CallRow
    recording: str | None
    voicemail: str | None


@dataclass(frozen=True, slots=True)
class AwayMessage:
    """A call that the dialplan took while the engine was away; no journal tells of it.

    `started` and `ended` bound the call as far as the dialplan knows; `recording` is None where no message was left.
    """

    call_id: str
    channel: str
    route: str
    route_name: str
    team: str | None
    caller: str
    caller_name: str
    dialled: str
    started: datetime
    ended: datetime
    recording: RecordingRow | None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One event for the notifier. `id` is its idempotency key, `seq` its place among those of its call.

    It is tried at `next_at`, which is None once it was `delivered`, or is `dead`: refused for good. `problem` is why
    the last attempt failed.
    """

    id: str
    call_id: str
    seq: int
    type: str
    at: datetime
    payload: dict[str, Any]
    next_at: datetime | None
    attempts: int
    problem: str | None
    delivered: datetime | None
    dead: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that waits for nothing but its next attempt, when it happened, and why the last attempt failed."""

    id: str
    at: datetime
    problem: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the outbox stands: events that wait, when the oldest of these happened, and events refused for good.

    `last` is when the notifier took one the last time. `unheard` is the oldest that it has not answered, or that was
    not tried; `held_up` the oldest that it did answer, but not with a yes.
    """

    waiting: int
    oldest: datetime | None
    refused: int
    last: datetime | None = None
    unheard: Waiting | None = None
    held_up: Waiting | None = None


@dataclass(frozen=True, slots=True)
class TroubleRow:
    """One trouble of the hotline itself, such as "trunk" or "on_call:platform": `paging.trouble.Trouble` and words.

    `what` is wrong as it was last seen; `advice` is what to do about it.
    """

    id: str
    what: str
    advice: str
    since: datetime | None
    told: datetime | None
    well_since: datetime | None
    over: datetime | None
    extent: int = 0
    again: datetime | None = None


@dataclass(frozen=True, slots=True)
class TroubleAlert:
    """One alert to one place of the operators. `alert` is its idempotency key: the same for all places.

    `incident` is the same for what is told of a trouble and of its end. `since` is when the trouble began, `until`
    when it was over, if it is; `at` is when this was to be told. It is tried at `next_at`, which is None once it was
    `delivered` or given up. `problem` is why the last attempt failed.
    """

    id: str
    alert: str
    trouble: str
    incident: str
    kind: Told
    place: str
    what: str
    advice: str
    since: datetime
    until: datetime | None
    at: datetime
    next_at: datetime | None
    attempts: int
    problem: str | None
    delivered: datetime | None


@dataclass(frozen=True, slots=True)
class PageRow:
    """One line of the list of pages. `stage` is the class name of the page's stage; `level` counts from 1.

    `due` is when it moves on by itself; `joins_until` is when the last call happened that still joins it, None where
    none does any more; `events` counts those that it has taken.
    """

    id: str
    team: str
    team_name: str
    route: str
    route_name: str
    caller: str
    caller_name: str
    why: str
    calls: int
    opened: datetime
    stage: str
    level: int | None
    due: datetime | None
    joins_until: datetime | None
    acknowledged: datetime | None
    closed: datetime | None
    by: str | None
    events: int
