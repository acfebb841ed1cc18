"""Who is connected hears and is heard, until either hangs up; a recorded call says so first and is kept."""

from __future__ import annotations

import re
from pathlib import Path

from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.simulator.phone import Caller, ResponderPhone
from lcr_asterisk.store.rows import RecordingKind
from tests.acceptance.hotline import Hotline
from tests.acceptance.silence import LONGEST
from tests.acceptance.voices import says, speaks_for, tones_in


async def connected(caller: Caller, responder: ResponderPhone, number: str) -> None:
    """The caller dials, the responder takes the call."""
    await caller.dials(number)
    await responder.rings()
    await responder.answers()
    await responder.hears("whisper")
    await responder.presses("1")


async def test_both_hear_each_other_and_each_others_keys(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await connected(caller, alice, "+14155551002")
    alice.speaks("alice-voice")
    await caller.hears("alice-voice")
    await caller.no_longer_hears("hold")
    await says(caller, "caller-voice", alice)
    # A phone takes keys for an echo that arrive within half a second of its own: between them, people talk.
    await speaks_for(caller, "caller-voice", 1.0)
    await caller.presses("42#")
    await alice.receives("42#")
    await speaks_for(alice, "alice-voice", 1.0)
    await alice.presses("*5")
    await caller.receives("*5")
    await caller.hangs_up()
    await alice.is_hung_up()

    call = await hotline.logged(caller)
    assert (call.result, call.reason, call.answered_by) == (Result.CONNECTED, Reason.TAKEN, "alice")
    assert call.talk_seconds is not None and call.wait_seconds is not None
    assert await hotline.recordings(call) == [], "this route does not record"


async def test_when_the_responder_hangs_up_the_caller_is_not_left_in_silence(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await connected(caller, alice, "+14155551002")
    alice.speaks("alice-voice")
    await caller.hears("alice-voice")
    await alice.hangs_up()
    assert alice.ended_at is not None
    assert await caller.is_hung_up() - alice.ended_at < LONGEST
    assert (await hotline.logged(caller)).answered_by == "alice"


async def test_a_recorded_call_says_so_to_both_and_is_kept_with_both_voices(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await connected(caller, alice, "+14155551007")
    await caller.hears("notice")
    await alice.hears("notice")
    await caller.no_longer_hears("notice")
    await hotline.records("talk")
    # More than is asked for below: a mixing bridge drops of sound that was held up what is older than 80 ms.
    await speaks_for(caller, "caller-voice", 2.0)
    await speaks_for(alice, "alice-voice", 2.5)
    await caller.hangs_up()

    call = await hotline.logged(caller)
    assert (call.result, call.answered_by) == (Result.CONNECTED, "alice")
    kept = await hotline.kept(call)
    assert kept.kind is RecordingKind.TALK
    assert re.fullmatch("[0-9a-f]{32}", kept.id), "nobody can guess it, and it says nothing of the call"
    for file in (kept.path, kept.mp3 or ""):
        assert Path(file).stem == kept.id
        voices = tones_in(Path(file))
        assert voices["caller-voice"] > 0.7
        assert voices["alice-voice"] > 1.2
        assert "hold" not in voices
