"""What `lcr calls` and `lcr calls show` print."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from lcr_asterisk.callflow.events import (
    Callback,
    CallbackAsked,
    Caller,
    CallerAnswered,
    CallerHungUp,
    CallerNotReached,
    Connected,
    Event,
    LegAnswered,
    LegEnd,
    LegEnded,
    LegPressed,
    PageCall,
    PageCallAsked,
    PageNoted,
    Phone,
    PinAccepted,
    PinKeyed,
    Responder,
    RespondersFound,
)
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.plan import PinCheck, Prompt, RoutePlan
from lcr_asterisk.callflow.states import Call
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.journal import JournalEntry, JournalWriter
from lcr_asterisk.store.report import call_json, call_story, calls_json, calls_table, read_report
from lcr_asterisk.store.rows import AwayMessage, RecordingKind, RecordingRow

if TYPE_CHECKING:
    from tests.unit.store.conftest import Play, Step

ALICE = Responder("alice", "Alice Martin", (Phone("PJSIP/+14155550101@trunk", "+14155550101"),))
BOB = Responder("bob", "Bob Chen", (Phone("PJSIP/bob", "sip:bob"),))
TAKEN = "20261121-090012-k7m3q"
BERLIN = ZoneInfo("Europe/Berlin")


def taken(play: Play) -> list[Step]:
    return play(
        TAKEN,
        (0.0, RespondersFound(0, (ALICE, BOB))),
        (4.0, LegAnswered(f"{TAKEN}-leg-2")),
        (7.0, LegPressed(f"{TAKEN}-leg-2", "1")),
        (7.0, Connected(f"{TAKEN}-leg-2")),
        (7.1, LegEnded(f"{TAKEN}-leg-1", LegEnd.CANCELLED)),
        (72.0, LegEnded(f"{TAKEN}-leg-2", LegEnd.HUNG_UP)),
        (72.0, CallerHungUp()),
    )


async def fill(writer: JournalWriter, call_log: CallLog, play: Play) -> None:
    """A call that was taken and recorded, one that still rings, and one from while the engine was away."""
    steps, rings = taken(play), play("20261121-090013-rings", (0.0, RespondersFound(0, (ALICE,))))
    for entry, call in [*steps, *rings]:
        writer.append(entry, call)
    at = steps[0][0].at
    await writer.keep_recording(
        RecordingRow("opaque1", TAKEN, RecordingKind.TALK, "/kept/1.wav", "/kept/1.mp3", 65.0, at)
    )
    recording = RecordingRow("opaque2", "20261120-233000-aaaaa", RecordingKind.AWAY, "/kept/2.wav", None, 8.0, at)
    started = at - timedelta(hours=9, minutes=30)
    gone = AwayMessage(
        recording.call_id,
        "17.1",
        "billing",
        "Billing",
        None,
        "",
        "",
        "+1",
        started,
        started + timedelta(seconds=20),
        recording,
    )
    await call_log.adopt_away_call(gone)


async def test_the_list_reads_like_a_table(writer: JournalWriter, call_log: CallLog, play: Play) -> None:
    await fill(writer, call_log, play)
    heading, *lines = calls_table(await call_log.calls(10), BERLIN).splitlines()
    columns = [match.span() for match in re.finditer(r"\S+(?: \S+)*(?:  +|$)", heading)]
    columns[-1] = (columns[-1][0], 200)
    assert [[line[start:end].strip() for start, end in columns] for line in lines] == [
        ["2026-11-21 10:00:12", "rings", "production", "+15551234567 “ACME”", "live: ringing", "", "", "", ""],
        [
            *("2026-11-21 10:00:12", "k7m3q", "production", "+15551234567 “ACME”", "connected"),
            *("Bob Chen", "0:07", "1:05", "recording"),
        ],
        [
            *("2026-11-21 00:30:12", "aaaaa", "billing", "a hidden number", "voicemail, engine away"),
            *("", "0:20", "", "voicemail"),
        ],
    ]
    assert calls_table([]) == "No calls yet."


async def test_scripts_get_the_promised_json(writer: JournalWriter, call_log: CallLog, play: Play) -> None:
    await fill(writer, call_log, play)
    live, over, gone = json.loads(json.dumps(calls_json(await call_log.calls(10))))
    assert over == {
        "id": TAKEN,
        "route": "production",
        "caller": "+15551234567",
        "started": "2026-11-21T09:00:12.345678+00:00",
        "ended": "2026-11-21T09:01:24.345678+00:00",
        "outcome": {"result": "connected", "reason": "taken"},
        "answered_by": "bob",
        "wait_seconds": 7.0,
        "talk_seconds": 65.0,
        "recording": "opaque1",
        "voicemail": None,
        "label": None,
        "test_mode": None,
        "callback_of": None,
        "page": None,
    }
    assert list(live) == list(over)
    assert (live["ended"], live["outcome"], live["wait_seconds"], live["recording"]) == (None, None, None, None)
    assert (gone["outcome"], gone["voicemail"]) == ({"result": "voicemail", "reason": "engine_away"}, "opaque2")


async def test_one_call_is_shown_from_beginning_to_end(writer: JournalWriter, call_log: CallLog, play: Play) -> None:
    await fill(writer, call_log, play)
    assert (
        call_story(await read_report(call_log, "k7m3q"), BERLIN)
        == """\
Call 20261121-090012-k7m3q
  route        Production Incidents (production), dialled +14155551000
  team         platform
  caller       +15551234567 “ACME”
  started      2026-11-21 10:00:12 CET
  ended        2026-11-21 10:01:24 CET, after 1 min 12 s
  outcome      connected
  answered by  Bob Chen
  waited       7 s
  talked       1 min 5 s

Phones rung
  level 1  Alice Martin, +14155550101  rang 7 s  taken by someone else
  level 1  Bob Chen, sip:bob           rang 4 s  answered, hung up

What happened
  10:00:12  call from +15551234567 “ACME” to +14155551000 (Production Incidents)
  10:00:12  rang Alice Martin (+14155550101) and Bob Chen (sip:bob) at level 1
  10:00:16  Bob Chen answered after 4 s
  10:00:19  Bob Chen pressed 1
  10:00:19  stopped ringing Alice Martin
  10:00:19  connected to Bob Chen after 7 s
  10:00:19  recording the conversation
  10:01:24  Bob Chen hung up after 1 min 5 s of talk
  10:01:24  call over: connected to Bob Chen

Recordings
  conversation, 1 min 5 s (id opaque1)
    /kept/1.wav
    /kept/1.mp3"""
    )


async def test_the_json_of_one_call_tells_of_each_phone_how_long_it_rang_and_why_it_stopped(
    writer: JournalWriter, call_log: CallLog, play: Play
) -> None:
    await fill(writer, call_log, play)
    shown = json.loads(json.dumps(call_json(await read_report(call_log, "k7m3q"))))
    (listed,) = [one for one in calls_json(await call_log.calls(10)) if one["id"] == TAKEN]
    assert shown.items() >= json.loads(json.dumps(listed)).items()
    assert (shown["caller_name"], shown["dialled"], shown["team"]) == ("ACME", "+14155551000", "platform")
    alice, bob = shown["legs"]
    assert alice == {
        "person": "alice",
        "name": "Alice Martin",
        "phone": "+14155550101",
        "level": 1,
        "rang": "2026-11-21T09:00:12.345678+00:00",
        "answered": None,
        "ended": "2026-11-21T09:00:19.445678+00:00",
        "ring_seconds": 7.1,
        "end": "taken_by_other",
        "detail": "",
    }
    assert (bob["ring_seconds"], bob["end"]) == (4.0, "hung_up")
    assert shown["story"][3] == {"at": "2026-11-21T09:00:19.345678+00:00", "text": "Bob Chen pressed 1"}
    assert shown["recordings"] == [
        {
            "id": "opaque1",
            "kind": "talk",
            "path": "/kept/1.wav",
            "mp3": "/kept/1.mp3",
            "seconds": 65.0,
            "transcript": None,
        }
    ]


async def test_the_json_of_a_live_call_and_of_one_without_a_journal_leaves_open_what_nobody_knows(
    writer: JournalWriter, call_log: CallLog, play: Play
) -> None:
    await fill(writer, call_log, play)
    live = call_json(await read_report(call_log, "rings"))
    (leg,) = live["legs"]
    assert (live["ended"], leg["ended"], leg["ring_seconds"], leg["end"]) == (None, None, None, None)
    gone = call_json(await read_report(call_log, "aaaaa"))
    assert (gone["legs"], gone["story"], gone["recording"], gone["voicemail"]) == ([], [], None, "opaque2")


async def test_a_live_call_and_one_without_a_journal_are_shown_too(
    writer: JournalWriter, call_log: CallLog, play: Play
) -> None:
    await fill(writer, call_log, play)
    live = call_story(await read_report(call_log, "rings"), BERLIN)
    assert "  ended        not yet\n  outcome      live: ringing\n" in live
    assert "  level 1  Alice Martin, +14155550101  rings\n" in live
    gone = call_story(await read_report(call_log, "aaaaa"), BERLIN)
    assert "What happened" not in gone
    assert "  voicemail, taken while the engine was away, 8 s (id opaque2)\n    /kept/2.wav" in gone


async def test_a_call_with_its_outcome_that_is_not_over_says_so(
    writer: JournalWriter, call_log: CallLog, play: Play
) -> None:
    for entry, call in taken(play)[:5]:
        writer.append(entry, call)
    await writer.flush()
    assert "connected (not over yet)" in calls_table(await call_log.calls(10), BERLIN)


async def test_whose_pin_it_was_and_test_mode_are_shown(
    writer: JournalWriter, call_log: CallLog, play: Play, plan: RoutePlan
) -> None:
    words = Prompt("pin", ("sound:/sounds/pin",), 2.0)
    asked = replace(plan, pin=PinCheck(words, words), test_person="bob", test_name="Bob Chen")
    for entry, call in play(TAKEN, (0.2, PinKeyed()), (3.0, PinAccepted("Acme")), plan=asked):
        writer.append(entry, call)
    await writer.flush()
    calls = await call_log.calls(10)
    (shown,) = calls_json(calls)
    assert (shown["label"], shown["test_mode"]) == ("Acme", "bob")
    line = calls_table(calls, BERLIN).splitlines()[1]
    assert "production (test)" in line
    assert "Acme, +15551234567 “ACME”" in line
    told = call_story(await read_report(call_log, TAKEN), BERLIN)
    assert "  known as     Acme\n  test mode    goes to bob\n" in told
    assert "caller keyed the PIN of Acme" in told


BACK = "20261121-093000-b2c3d"
FAILED = Prompt("callback_failed", (), 1.0)


async def called_back(writer: JournalWriter, plan: RoutePlan, *more: tuple[float, Event]) -> None:
    """Bob calls back who called before; each event comes so many seconds after the command."""
    asked = CallbackAsked(
        BACK,
        f"{BACK}-caller",
        Caller("+15551234567", "ACME"),
        "+14155551000",
        plan,
        BOB,
        Callback(TAKEN, Phone("PJSIP/+15551234567@trunk", "+15551234567"), 25.0, Prompt("callback", (), 1.0), FAILED),
    )
    leg = f"{BACK}-leg-1"
    await played(writer, [(0.0, asked), (3.0, LegAnswered(leg)), (5.0, LegPressed(leg, "1")), *more])


async def played(writer: JournalWriter, events: Sequence[tuple[float, Event]]) -> None:
    """A call that is ours, written down."""
    began = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    call: Call | None = None
    for seq, (after, event) in enumerate(events):
        at = began + timedelta(seconds=after)
        call, _ = step(call, event, at)
        writer.append(JournalEntry(BACK, seq, at, event), call)
    await writer.flush()


async def test_a_call_back_and_the_call_that_it_answers_name_each_other(
    writer: JournalWriter, call_log: CallLog, play: Play, plan: RoutePlan
) -> None:
    await fill(writer, call_log, play)
    leg = f"{BACK}-leg-1"
    await called_back(
        writer,
        plan,
        (9.0, CallerAnswered()),
        (9.1, Connected(leg)),
        (69.1, CallerHungUp()),
        (69.2, LegEnded(leg, LegEnd.HUNG_UP)),
    )
    assert (
        call_story(await read_report(call_log, BACK), BERLIN)
        == f"""\
Call {BACK}
  route        Production Incidents (production), as +14155551000
  calls back   {TAKEN}
  team         platform
  caller       +15551234567 “ACME”
  started      2026-11-21 10:30:00 CET
  ended        2026-11-21 10:31:09 CET, after 1 min 9 s
  outcome      connected
  answered by  Bob Chen
  talked       1 min 0 s

Phones rung
  level 1  Bob Chen, sip:bob  rang 3 s  answered, hung up
  caller   +15551234567       rang 4 s  answered, hung up

What happened
  10:30:00  call back to +15551234567 “ACME” for call {TAKEN} (Production Incidents)
  10:30:00  rang Bob Chen (sip:bob)
  10:30:03  Bob Chen answered after 3 s
  10:30:05  Bob Chen pressed 1
  10:30:05  called +15551234567
  10:30:09  caller answered after 4 s
  10:30:09  connected to Bob Chen after 9 s
  10:30:09  recording the conversation
  10:31:09  caller hung up after 1 min 0 s of talk
  10:31:09  call over: connected to Bob Chen"""
    )
    assert f"  called back  {BACK}: connected" in call_story(await read_report(call_log, TAKEN), BERLIN).splitlines()
    newest, *_ = calls_json(await call_log.calls(10))
    assert (newest["id"], newest["callback_of"], newest["wait_seconds"]) == (BACK, TAKEN, None)
    report = call_json(await read_report(call_log, TAKEN))
    assert (report["callbacks"], report["page_calls"]) == ([BACK], [])
    assert "production (call back)" in calls_table(await call_log.calls(10), BERLIN)


async def test_why_a_caller_was_not_called_back_is_told_of_their_phone(
    writer: JournalWriter, call_log: CallLog, plan: RoutePlan
) -> None:
    leg = f"{BACK}-leg-1"
    await called_back(
        writer, plan, (8.0, CallerNotReached(LegEnd.BUSY, "SIP 486")), (10.0, LegEnded(leg, LegEnd.HUNG_UP))
    )
    story = call_story(await read_report(call_log, BACK), BERLIN)
    assert "  outcome      the caller was busy" in story
    assert "  caller   +15551234567       rang 3 s  busy (SIP 486)" in story
    assert "10:30:08  caller was busy (SIP 486)" in story
    assert "10:30:08  Bob Chen hears “callback failed”" in story


async def test_a_caller_whose_phone_was_stopped_is_told_of(
    writer: JournalWriter, call_log: CallLog, plan: RoutePlan
) -> None:
    leg = f"{BACK}-leg-1"
    await called_back(writer, plan, (8.0, LegEnded(leg, LegEnd.HUNG_UP)), (8.1, CallerNotReached(LegEnd.CANCELLED)))
    story = call_story(await read_report(call_log, BACK), BERLIN)
    assert "  outcome      the responder hung up first" in story
    assert "  caller   +15551234567       rang 3 s  no longer called" in story


async def test_a_page_call_and_the_call_that_it_is_about_name_each_other(
    writer: JournalWriter, call_log: CallLog, play: Play, plan: RoutePlan
) -> None:
    await fill(writer, call_log, play)
    words = Prompt("words", (), 1.0)
    page = PageCall(TAKEN, f"{TAKEN}-2", TAKEN, 25.0, 280.0, (words,), words, words, words, words, None)
    asked = PageCallAsked(BACK, f"{BACK}-caller", Caller("+15551234567", ""), "+14155551000", plan, BOB, page)
    leg = f"{BACK}-leg-1"
    await played(
        writer, [(0.0, asked), (3.0, LegAnswered(leg)), (5.0, LegPressed(leg, "1")), (5.1, PageNoted(ours=True))]
    )
    told = call_story(await read_report(call_log, BACK), BERLIN)
    assert f"  about        {TAKEN}\n  page         {TAKEN}\n" in told
    assert "  outcome      acknowledged (not over yet)\n  answered by  Bob Chen\n" in told
    about = await read_report(call_log, TAKEN)
    assert f"  page call    {BACK}: acknowledged (not over yet)" in call_story(about, BERLIN).splitlines()
    assert (call_json(about)["callbacks"], call_json(about)["page_calls"]) == ([], [BACK])
    newest, *_ = calls_json(await call_log.calls(10))
    assert (newest["callback_of"], newest["page"], newest["wait_seconds"]) == (TAKEN, TAKEN, None)
    assert "production (page)" in calls_table(await call_log.calls(10), BERLIN)
