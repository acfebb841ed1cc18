"""Who is on another hotline call is left alone, and rung as soon as they are free, while their level still rings."""

from __future__ import annotations

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.simulator.phone import Caller, ResponderPhone
from tests.acceptance.hotline import Hotline

SHARED = "+14155551041"
ONE = "+14155551002"  # Alice alone


async def talks_to(hotline: Hotline, alice: ResponderPhone) -> Caller:
    """A caller with whom Alice talks."""
    first = hotline.caller()
    await first.dials(ONE)
    await alice.rings()
    await alice.answers()
    await alice.hears("choice")
    await alice.presses("1")
    first.speaks("caller-voice")
    await alice.hears("caller-voice")
    return first


async def test_who_gets_free_while_the_level_rings_is_rung_and_may_take_the_call(hotline: Hotline) -> None:
    alice, bob = hotline.phone("alice"), hotline.phone("bob")
    first, second = await talks_to(hotline, alice), hotline.caller()
    rang_before = alice.rang_count
    await second.dials(SHARED)
    await bob.rings()
    assert alice.rang_count == rang_before
    await first.hangs_up()
    await alice.is_hung_up()
    alice.is_available()
    await alice.rings()
    assert bob.ended_at is None, "while their level still rings: it has no other"
    await alice.answers()
    await alice.hears("choice")
    await alice.presses("1")
    second.speaks("caller-voice")
    await alice.hears("caller-voice")
    await bob.stops_ringing()
    await second.hangs_up()
    call = await hotline.logged(second)
    assert call.answered_by == "alice"
    assert {leg.person: leg.end for leg in await hotline.legs(call)}["bob"] is LegEnd.TAKEN
    story = await hotline.lcr("calls", "show", call.id)
    assert "Alice Martin is free again" in story
    assert "rang Alice Martin (+14155550101) at level 1 for what is left of it" in story


async def test_who_stays_on_the_other_call_is_not_rung(hotline: Hotline) -> None:
    alice, bob = hotline.phone("alice"), hotline.phone("bob")
    first, second = await talks_to(hotline, alice), hotline.caller()
    rang_before = alice.rang_count
    await second.dials(SHARED)
    await bob.rings()
    await bob.rejects()
    await second.hears("no_answer")
    await second.hangs_up()
    await first.hangs_up()
    assert alice.rang_count == rang_before
    assert {leg.person for leg in await hotline.legs(await hotline.logged(second))} == {"bob"}
