"""Callers hear the language of the hotline, responders their own. German ends with a tone of its own here."""

from __future__ import annotations

from tests.acceptance.hotline import Hotline

GERMAN = "+14155551043"
MIXED = "+14155551044"  # an English hotline that rings Gerd, who has German, and Alice


async def test_a_german_hotline_speaks_german(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials(GERMAN)
    await caller.hears("welcome")
    await caller.hears("german")
    await alice.rings()
    await alice.answers()
    await alice.hears("whisper")
    await alice.hears("german")
    await caller.hangs_up()


async def test_each_responder_is_told_in_their_own_language(hotline: Hotline) -> None:
    caller, gerd, alice = hotline.caller(), hotline.phone("gerd"), hotline.phone("alice")
    await caller.dials(MIXED)
    for phone in (gerd, alice):
        await phone.rings()
        await phone.answers()
    await gerd.hears("whisper")
    await gerd.hears("german")
    await alice.hears("choice")
    await alice.hears("whisper")
    assert not alice.has_heard("german")
    await gerd.presses("1")
    gerd.speaks("bob-voice")
    await caller.hears("bob-voice")
    assert not caller.has_heard("german")
    await caller.hangs_up()
