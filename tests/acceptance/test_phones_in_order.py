"""A person's phones ring one after the other, where they want it so."""

from __future__ import annotations

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Result
from tests.acceptance.hotline import Hotline, follows_at_once

ORDERED = "+14155551040"
SHARE = 6.0  # of the level's 12 s


async def test_the_second_phone_rings_when_the_first_has_had_its_share(hotline: Hotline) -> None:
    caller, mobile, landline = hotline.caller(), hotline.phone("olga"), hotline.phone("olga", 1)
    await caller.dials(ORDERED)
    await mobile.rings()
    await mobile.stops_ringing()
    await landline.rings()
    await landline.answers()
    await landline.hears("whisper")
    await landline.presses("1")
    landline.speaks("alice-voice")
    await caller.hears("alice-voice")
    assert mobile.rang_count == 1
    await landline.hangs_up()
    call = await hotline.logged(caller)
    assert (call.result, call.answered_by) == (Result.CONNECTED, "olga")
    first, second = await hotline.legs(call)
    assert (second.rang_at - first.rang_at).total_seconds() > SHARE - 0.1
    follows_at_once(first, second)
    assert (first.end, first.level, second.level) == (LegEnd.NO_ANSWER, 1, 1)
    assert "Olga Ordered (+14155550108)" in await hotline.lcr("calls", "show", call.id)


async def test_a_phone_that_rejects_gives_way_to_the_next_at_once(hotline: Hotline) -> None:
    caller, mobile, landline = hotline.caller(), hotline.phone("olga"), hotline.phone("olga", 1)
    erin = hotline.phone("erin")
    await caller.dials(ORDERED)
    await mobile.rings()
    await mobile.rejects()
    await landline.rings()
    assert erin.rang_count == 0
    await landline.rejects()
    await erin.rings()
    await caller.hangs_up()
    legs = await hotline.legs(await hotline.logged(caller))
    follows_at_once(legs[0], legs[1])
    ends = [leg.end for leg in legs]
    assert ends == [LegEnd.REJECTED, LegEnd.REJECTED, LegEnd.CANCELLED]


async def test_who_passed_on_one_phone_is_not_rung_on_the_other(hotline: Hotline) -> None:
    caller, mobile, landline = hotline.caller(), hotline.phone("olga"), hotline.phone("olga", 1)
    erin = hotline.phone("erin")
    await caller.dials(ORDERED)
    await mobile.rings()
    await mobile.answers()
    await mobile.hears("whisper")
    await mobile.presses("2")
    await erin.rings()
    assert landline.rang_count == 0
    await caller.hangs_up()
