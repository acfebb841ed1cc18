"""A talk recorded in stereo has the caller on the left and the responder on the right, whatever the engine does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from lcr_asterisk.simulator.phone import Caller, ResponderPhone
from lcr_asterisk.store.rows import RecordingKind, RecordingRow
from tests.acceptance.hotline import Hotline
from tests.acceptance.test_connected import connected
from tests.acceptance.voices import LEFT, RIGHT, speaks_for, tones_in

STEREO = "+14155551050"
CALLER, RESPONDER = "ear-caller", "ear-responder"  # the recordings of which a talk in stereo is made
SPEAKS = 3.5  # seconds; of sound that comes in a burst an ear loses up to one
MOST_OF_IT, NO_MORE = 2.2, 3.8  # of that, in a recording
MOST_OF_BOTH = 5.0  # of twice that: some of each


async def recorded(hotline: Hotline) -> tuple[Caller, ResponderPhone]:
    """Both have heard the notice, and what they say now is recorded."""
    caller, alice = hotline.caller(), hotline.phone("alice")
    await connected(caller, alice, STEREO)
    await caller.hears("notice")
    await caller.no_longer_hears("notice")
    for side in (CALLER, RESPONDER):
        await hotline.records(side)
    return caller, alice


async def is_recorded(hotline: Hotline, *sides: str) -> None:
    """All that was said on these sides until now: an ear passes it on in real time, and a hangup ends it at once.

    Asterisk writes in pieces of 2 s: of sound that follows there is a whole one.
    """
    before = {side: hotline.recorded_seconds(side) for side in sides}
    for side, seconds in before.items():
        await hotline.recording_grows(side, seconds + 2.1)


def both_sides(kept: RecordingRow) -> Sequence[tuple[dict[str, float], dict[str, float]]]:
    """What is heard on the left and on the right of the WAV and of the MP3."""
    assert kept.kind is RecordingKind.TALK
    assert kept.mp3 is not None
    return [(tones_in(Path(file), LEFT), tones_in(Path(file), RIGHT)) for file in (kept.path, kept.mp3)]


def waveform(kept: RecordingRow) -> list[float]:
    peaks: list[float] = json.loads(Path(kept.path).with_suffix(".peaks.json").read_text())["peaks"]
    return peaks


async def test_each_voice_is_on_its_own_side(hotline: Hotline) -> None:
    caller, alice = await recorded(hotline)
    await speaks_for(caller, "caller-voice", SPEAKS)
    await speaks_for(alice, "alice-voice", SPEAKS)
    await is_recorded(hotline, CALLER, RESPONDER)
    await caller.hangs_up()
    await alice.is_hung_up()

    kept = await hotline.kept(await hotline.logged(caller))
    assert len(waveform(kept)) == 400
    for left, right in both_sides(kept):
        assert MOST_OF_IT < left.pop("caller-voice") < NO_MORE
        assert MOST_OF_IT < right.pop("alice-voice") < NO_MORE
        assert not {"alice-voice", "notice", "hold"} & left.keys()
        assert not {"caller-voice", "notice", "hold"} & right.keys()


async def test_what_is_said_while_the_engine_is_dead_is_recorded_too(hotline: Hotline) -> None:
    caller, alice = await recorded(hotline)
    await speaks_for(caller, "caller-voice", SPEAKS)
    await hotline.kill_engine()
    await speaks_for(alice, "alice-voice", SPEAKS)
    await is_recorded(hotline, RESPONDER)
    await hotline.start_engine()
    await speaks_for(caller, "caller-voice", SPEAKS)
    await is_recorded(hotline, CALLER)
    await alice.hangs_up()
    await caller.is_hung_up()

    for left, right in both_sides(await hotline.kept(await hotline.logged(caller))):
        assert left["caller-voice"] > MOST_OF_BOTH
        assert right["alice-voice"] > MOST_OF_IT


async def test_a_talk_that_ended_while_the_engine_was_dead_is_kept_when_it_is_back(hotline: Hotline) -> None:
    caller, alice = await recorded(hotline)
    await speaks_for(caller, "caller-voice", SPEAKS)
    await hotline.kill_engine()
    await speaks_for(alice, "alice-voice", SPEAKS)
    await is_recorded(hotline, CALLER)
    await caller.hangs_up()
    await speaks_for(alice, "alice-voice", SPEAKS)
    await is_recorded(hotline, RESPONDER)
    await alice.hangs_up()
    await hotline.start_engine()

    for left, right in both_sides(await hotline.kept(await hotline.logged(caller))):
        assert left["caller-voice"] > MOST_OF_IT
        assert right["alice-voice"] > MOST_OF_BOTH
