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


async def recorded(hotline: Hotline) -> tuple[Caller, ResponderPhone]:
    """Both have heard the notice, and what they say now is recorded."""
    caller, alice = hotline.caller(), hotline.phone("alice")
    await connected(caller, alice, STEREO)
    await caller.hears("notice")
    await caller.no_longer_hears("notice")
    for side in ("ear-caller", "ear-responder"):
        await hotline.records(side)
    return caller, alice


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
    await speaks_for(caller, "caller-voice", 1.0)
    await speaks_for(alice, "alice-voice", 1.5)
    await caller.hangs_up()
    await alice.is_hung_up()

    kept = await hotline.kept(await hotline.logged(caller))
    assert len(waveform(kept)) == 400
    for left, right in both_sides(kept):
        assert 0.7 < left.pop("caller-voice") < 1.3
        assert 1.2 < right.pop("alice-voice") < 1.8
        assert not {"alice-voice", "notice", "hold"} & left.keys()
        assert not {"caller-voice", "notice", "hold"} & right.keys()


async def test_what_is_said_while_the_engine_is_dead_is_recorded_too(hotline: Hotline) -> None:
    caller, alice = await recorded(hotline)
    await speaks_for(caller, "caller-voice", 1.0)
    await hotline.kill_engine()
    await speaks_for(alice, "alice-voice", 1.0)
    await hotline.start_engine()
    await speaks_for(caller, "caller-voice", 1.0)
    await alice.hangs_up()
    await caller.is_hung_up()

    for left, right in both_sides(await hotline.kept(await hotline.logged(caller))):
        assert left["caller-voice"] > 1.5
        assert right["alice-voice"] > 0.7


async def test_a_talk_that_ended_while_the_engine_was_dead_is_kept_when_it_is_back(hotline: Hotline) -> None:
    caller, alice = await recorded(hotline)
    await speaks_for(caller, "caller-voice", 1.0)
    await hotline.kill_engine()
    await speaks_for(alice, "alice-voice", 1.0)
    await caller.hangs_up()
    await speaks_for(alice, "alice-voice", 1.0)
    await alice.hangs_up()
    await hotline.start_engine()

    for left, right in both_sides(await hotline.kept(await hotline.logged(caller))):
        assert left["caller-voice"] > 0.7
        assert right["alice-voice"] > 1.5
