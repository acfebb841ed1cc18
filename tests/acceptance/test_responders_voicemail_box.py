"""A responder's own voicemail box answers, but it never presses 1: it must not get the call, nor hold it up."""

from __future__ import annotations

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Result
from tests.acceptance.hotline import Hotline


async def test_a_box_that_answers_does_not_get_the_call_and_the_next_level_rings(hotline: Hotline) -> None:
    caller, dave, erin = hotline.caller(), hotline.phone("dave"), hotline.phone("erin")
    dave.has_voicemail_box()
    await caller.dials("+14155551017")
    await dave.rings()
    await dave.hears("whisper")
    await dave.hears("whisper")  # again and again, until a person has listened
    await erin.rings(within=20)
    await dave.is_hung_up()
    await erin.answers()
    await erin.hears("choice")
    await erin.presses("1")
    erin.speaks("carol-voice")
    await caller.hears("carol-voice")
    await caller.hangs_up()
    assert not caller.has_heard("greeting")

    call = await hotline.logged(caller)
    assert (call.result, call.answered_by) == (Result.CONNECTED, "erin")
    box, _ = await hotline.legs(call)
    assert (box.person, box.end) == ("dave", LegEnd.NOT_CONFIRMED)


async def test_a_box_does_not_stop_the_other_phones_of_its_level(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    alice.has_voicemail_box()
    await caller.dials("+14155551001")
    await bob.rings()
    await alice.hears("whisper")
    await bob.answers()
    await bob.hears("choice")
    await bob.presses("1")
    caller.speaks("caller-voice")
    await bob.hears("caller-voice")
    await alice.is_hung_up()
    await caller.hangs_up()
    assert not caller.has_heard("greeting")
    assert not alice.has_heard("caller-voice")

    call = await hotline.logged(caller)
    assert (call.result, call.answered_by) == (Result.CONNECTED, "bob")


async def test_an_answer_without_a_word_may_still_press_1_until_the_time_to_do_so_is_over(hotline: Hotline) -> None:
    """Whether a person or a machine is silent there, nobody can tell; so the other phones of the level ring on."""
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    await caller.dials("+14155551041")
    await alice.rings()
    await bob.rings()
    await alice.answers()
    await alice.is_hung_up(within=20)
    assert bob.ended_at is None, "he still rings"
    await caller.hangs_up()
    await bob.stops_ringing()
    legs = {leg.person: leg for leg in await hotline.legs(await hotline.logged(caller))}
    answered, ended = legs["alice"].answered_at, legs["alice"].ended_at
    assert answered is not None and ended is not None
    assert (ended - answered).total_seconds() > 9.9, "confirm is 10 s"
    ends = {person: leg.end for person, leg in legs.items()}
    assert ends == {"alice": LegEnd.NOT_CONFIRMED, "bob": LegEnd.CANCELLED}
