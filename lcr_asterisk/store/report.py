"""The call log as people read it: the list, one call's story, and the JSON that scripts rely on."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.story import caller_words, duration, outcome_words, seconds_words, story
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.journal import JournalEntry
from lcr_asterisk.store.rows import CallRow, LegRow, LoggedCall, RecordingKind, RecordingRow

HEADINGS = ("WHEN", "ID", "ROUTE", "CALLER", "OUTCOME", "ANSWERED BY", "WAITED", "TALKED", "KEPT")

LEG_ENDS = {
    LegEnd.BUSY: "busy",
    LegEnd.REJECTED: "rejected",
    LegEnd.NO_ANSWER: "no answer",
    LegEnd.DEAD_NUMBER: "number does not exist",
    LegEnd.TRUNK_REFUSED: "trunk not let in",
    LegEnd.UNREACHABLE: "not reachable",
    LegEnd.HUNG_UP: "hung up",
    LegEnd.NOT_CONFIRMED: "did not press 1",
    LegEnd.PASSED: "passed",
    LegEnd.TAKEN: "taken by someone else",
    LegEnd.CANCELLED: "caller no longer waited",
    LegEnd.LOST: "line lost",
}

RECORDING_KINDS = {
    RecordingKind.MESSAGE: "voicemail",
    RecordingKind.TALK: "conversation",
    RecordingKind.AWAY: "voicemail, taken while the engine was away",
}


@dataclass(frozen=True, slots=True)
class CallReport:
    """Everything about one call."""

    call: CallRow
    legs: Sequence[LegRow]
    entries: Sequence[JournalEntry]
    recordings: Sequence[RecordingRow]


async def read_report(call_log: CallLog, wanted: str) -> CallReport:
    """All of the call with this id, or the beginning or end of one. StoreError as `CallLog.call` and `entries`."""
    call = await call_log.call(wanted)
    return CallReport(
        call,
        await call_log.legs(call.id),
        await call_log.entries(call.id),
        await call_log.recordings(call.id),
    )


def calls_json(calls: Sequence[LoggedCall]) -> list[dict[str, Any]]:
    """What `lcr calls --json` prints: times ISO 8601 in UTC, `outcome` and `ended` null while a call is live."""
    return [
        {
            "id": logged.call.id,
            "route": logged.call.route,
            "caller": logged.call.caller,
            "started": logged.call.started.isoformat(),
            "ended": logged.call.ended.isoformat() if logged.call.ended else None,
            "outcome": {"result": logged.call.result, "reason": logged.call.reason} if logged.call.result else None,
            "answered_by": logged.call.answered_by,
            "wait_seconds": logged.call.wait_seconds,
            "talk_seconds": logged.call.talk_seconds,
            "recording": logged.recording,
            "voicemail": logged.voicemail,
            "label": logged.call.label,
            "test_mode": logged.call.test_person,
        }
        for logged in calls
    ]


def calls_table(calls: Sequence[LoggedCall], zone: tzinfo | None = None) -> str:
    """A table of calls, times in `zone` or else the machine's. The short id shown is enough for `lcr calls show`."""
    if not calls:
        return "No calls yet."
    rows = [HEADINGS, *(_table_row(logged, zone) for logged in calls)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def call_story(report: CallReport, zone: tzinfo | None = None) -> str:
    """One call from beginning to end, times in `zone` or else the machine's."""
    call = report.call
    lines = [f"Call {call.id}", *_header(call, zone)]
    if report.legs:
        cells = [_leg_cells(leg) for leg in report.legs]
        widths = [max(len(row[column]) for row in cells) for column in range(4)]
        lines += ["", "Phones rung"]
        lines += [
            "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in cells
        ]
    if report.entries:
        lines += ["", "What happened"]
        lines += [f"  {line.at.astimezone(zone):%H:%M:%S}  {line.text}" for line in story(report.entries)]
    if report.recordings:
        lines += ["", "Recordings"]
        lines += [line for recording in report.recordings for line in _recording_lines(recording)]
    return "\n".join(lines)


def _table_row(logged: LoggedCall, zone: tzinfo | None) -> tuple[str, ...]:
    call = logged.call
    kept = [word for word, kept in (("recording", logged.recording), ("voicemail", logged.voicemail)) if kept]
    return (
        f"{call.started.astimezone(zone):%Y-%m-%d %H:%M:%S}",
        call.id.rpartition("-")[2],
        call.route if call.test_person is None else f"{call.route} (test)",
        ", ".join(filter(None, [call.label, caller_words(call.caller, call.caller_name)])),
        _outcome(call),
        call.answered_by_name or call.answered_by or "",
        _minutes(call.wait_seconds),
        _minutes(call.talk_seconds),
        ", ".join(kept),
    )


def _minutes(seconds: float | None) -> str:
    return "" if seconds is None else "{}:{:02}".format(*divmod(round(seconds), 60))


def _outcome(call: CallRow) -> str:
    if call.result is not None and call.reason is not None:
        now = "" if call.ended else " (not over yet)"
        return outcome_words(call.result, call.reason) + now
    return f"live: {call.stage.replace('_', ' ')}"


def _header(call: CallRow, zone: tzinfo | None) -> list[str]:
    ended = "not yet"
    if call.ended is not None:
        ended = f"{_moment(call.ended, zone)}, after {duration(call.started, call.ended)}"
    fields = [
        ("route", f"{call.route_name} ({call.route}), dialled {call.dialled}"),
        ("team", call.team),
        ("caller", caller_words(call.caller, call.caller_name)),
        ("known as", call.label),
        ("test mode", f"goes to {call.test_person}" if call.test_person is not None else None),
        ("started", _moment(call.started, zone)),
        ("ended", ended),
        ("outcome", _outcome(call)),
        ("answered by", call.answered_by_name or call.answered_by),
        ("waited", seconds_words(call.wait_seconds) if call.wait_seconds is not None else None),
        ("talked", seconds_words(call.talk_seconds) if call.talk_seconds is not None else None),
    ]
    return [f"  {name:<12} {value}" for name, value in fields if value]


def _moment(at: datetime, zone: tzinfo | None) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def _leg_cells(leg: LegRow) -> tuple[str, str, str, str]:
    rang_until = leg.answered_at or leg.ended_at
    rang = f"rang {duration(leg.rang_at, rang_until)}" if rang_until else "rings"
    answered = ["answered"] if leg.answered_at else []
    end = [LEG_ENDS[leg.end]] if leg.end else []
    detail = f" ({leg.detail})" if leg.detail else ""
    return f"level {leg.level}", f"{leg.name}, {leg.phone}", rang, ", ".join(answered + end) + detail


def _recording_lines(recording: RecordingRow) -> list[str]:
    lines = [f"  {RECORDING_KINDS[recording.kind]}, {seconds_words(recording.seconds)} (id {recording.id})"]
    lines += [f"    {path}" for path in (recording.path, recording.mp3) if path]
    if recording.transcript is not None:
        said = f"“{recording.transcript}”" if recording.transcript else "(no words were understood)"
        lines += textwrap.wrap(said, 110, initial_indent="    ", subsequent_indent="    ")
    return lines
