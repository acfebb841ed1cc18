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
    LegEnd.HANDED_OVER: "handed the caller over",
    LegEnd.LOST: "line lost",
}

RECORDING_KINDS = {
    RecordingKind.MESSAGE: "voicemail",
    RecordingKind.TALK: "conversation",
    RecordingKind.AWAY: "voicemail, taken while the engine was away",
}


@dataclass(frozen=True, slots=True)
class CallReport:
    """Everything about one call. `callbacks` are the calls that we made because of it."""

    call: CallRow
    legs: Sequence[LegRow]
    entries: Sequence[JournalEntry]
    recordings: Sequence[RecordingRow]
    callbacks: Sequence[CallRow] = ()


async def read_report(call_log: CallLog, wanted: str) -> CallReport:
    """All of the call with this id, or the beginning or end of one. StoreError as `CallLog.call` and `entries`."""
    call = await call_log.call(wanted)
    return CallReport(
        call,
        await call_log.legs(call.id),
        await call_log.entries(call.id),
        await call_log.recordings(call.id),
        await call_log.callbacks(call.id),
    )


def calls_json(calls: Sequence[LoggedCall]) -> list[dict[str, Any]]:
    """What `lcr calls --json` prints: times ISO 8601 in UTC, `outcome` and `ended` null while a call is live."""
    return [_listed(logged) for logged in calls]


def call_json(report: CallReport) -> dict[str, Any]:
    """What `lcr calls show ID --json` prints: what the list says of the call, and all the rest that is known.

    Of each phone that was rung: `ring_seconds`, until it was answered or stopped (null while it rings), and why it
    ended; `detail` may add what the network said, such as "SIP 486".
    """
    call = report.call
    return {
        **_listed(_logged(report)),
        "caller_name": call.caller_name,
        "dialled": call.dialled,
        "team": call.team,
        "callbacks": [one.id for one in report.callbacks if one.page is None],
        "page_calls": [one.id for one in report.callbacks if one.page is not None],
        "legs": [
            {
                "person": leg.person,
                "name": leg.name,
                "phone": leg.phone,
                "level": leg.level,
                "rang": leg.rang_at.isoformat(),
                "answered": leg.answered_at.isoformat() if leg.answered_at else None,
                "ended": leg.ended_at.isoformat() if leg.ended_at else None,
                "ring_seconds": _ring_seconds(leg),
                "end": leg.end,
                "detail": leg.detail,
            }
            for leg in report.legs
        ],
        "story": [{"at": line.at.isoformat(), "text": line.text} for line in story(report.entries)],
        "recordings": [
            {
                "id": kept.id,
                "kind": kept.kind,
                "path": kept.path,
                "mp3": kept.mp3,
                "seconds": kept.seconds,
                "transcript": kept.transcript,
            }
            for kept in report.recordings
        ],
    }


def _listed(logged: LoggedCall) -> dict[str, Any]:
    call = logged.call
    return {
        "id": call.id,
        "route": call.route,
        "caller": call.caller,
        "started": call.started.isoformat(),
        "ended": call.ended.isoformat() if call.ended else None,
        "outcome": {"result": call.result, "reason": call.reason} if call.result else None,
        "answered_by": call.answered_by,
        "wait_seconds": call.wait_seconds,
        "talk_seconds": call.talk_seconds,
        "recording": logged.recording,
        "voicemail": logged.voicemail,
        "label": call.label,
        "test_mode": call.test_person,
        "callback_of": call.callback_of,
        "page": call.page,
    }


def _logged(report: CallReport) -> LoggedCall:
    talk = next((kept.id for kept in report.recordings if kept.kind is RecordingKind.TALK), None)
    message = next((kept.id for kept in report.recordings if kept.kind is not RecordingKind.TALK), None)
    return LoggedCall(report.call, talk, message)


def _ring_seconds(leg: LegRow) -> float | None:
    until = leg.answered_at or leg.ended_at
    return round((until - leg.rang_at).total_seconds(), 3) if until else None


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
    lines = [f"Call {call.id}", *_header(call, report.callbacks, zone)]
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
        f"{call.route}{' (test)' if call.test_person else ''}{_made_by_us(call)}",
        ", ".join(filter(None, [call.label, caller_words(call.caller, call.caller_name)])),
        _outcome(call),
        call.answered_by_name or call.answered_by or "",
        _minutes(call.wait_seconds),
        _minutes(call.talk_seconds),
        ", ".join(kept),
    )


def _made_by_us(call: CallRow) -> str:
    return " (page)" if call.page else " (call back)" if call.callback_of else ""


def _minutes(seconds: float | None) -> str:
    return "" if seconds is None else "{}:{:02}".format(*divmod(round(seconds), 60))


def _outcome(call: CallRow) -> str:
    if call.result is not None and call.reason is not None:
        now = "" if call.ended else " (not over yet)"
        return outcome_words(call.result, call.reason) + now
    return f"live: {call.stage.replace('_', ' ')}"


def _header(call: CallRow, callbacks: Sequence[CallRow], zone: tzinfo | None) -> list[str]:
    ended = "not yet"
    if call.ended is not None:
        ended = f"{_moment(call.ended, zone)}, after {duration(call.started, call.ended)}"
    fields = [
        ("route", f"{call.route_name} ({call.route}), {'as' if call.callback_of else 'dialled'} {call.dialled}"),
        ("calls back" if call.page is None else "about", call.callback_of),
        ("page", call.page),
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
        *(("called back" if one.page is None else "page call", f"{one.id}: {_outcome(one)}") for one in callbacks),
    ]
    return [f"  {name:<12} {value}" for name, value in fields if value]


def _moment(at: datetime, zone: tzinfo | None) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def _leg_cells(leg: LegRow) -> tuple[str, str, str, str]:
    rang_until = leg.answered_at or leg.ended_at
    rang = f"rang {duration(leg.rang_at, rang_until)}" if rang_until else "rings"
    answered = ["answered"] if leg.answered_at else []
    called_back = not leg.person
    end = [leg.end and LEG_ENDS[leg.end]]
    if called_back and leg.end is LegEnd.CANCELLED:
        end = ["no longer called"]
    detail = f" ({leg.detail})" if leg.detail else ""
    told = ", ".join(filter(None, answered + end)) + detail
    return (
        ("caller", leg.phone, rang, told)
        if called_back
        else (f"level {leg.level}", f"{leg.name}, {leg.phone}", rang, told)
    )


def _recording_lines(recording: RecordingRow) -> list[str]:
    lines = [f"  {RECORDING_KINDS[recording.kind]}, {seconds_words(recording.seconds)} (id {recording.id})"]
    lines += [f"    {path}" for path in (recording.path, recording.mp3) if path]
    if recording.transcript is not None:
        said = f"“{recording.transcript}”" if recording.transcript else "(no words were understood)"
        lines += textwrap.wrap(said, 110, initial_indent="    ", subsequent_indent="    ")
    return lines
