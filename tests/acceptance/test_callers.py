"""Who may call: the unwelcome are not even answered; customers prove by a PIN who they are, and responders know it."""

from __future__ import annotations

import json

from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.simulator.phone import Caller
from tests.acceptance.hotline import Hotline

DECLINED = 603  # SIP


async def is_not_even_answered(hotline: Hotline, caller: Caller, number: str) -> None:
    alice = hotline.phone("alice")
    await caller.dials(number)
    await caller.is_refused()
    assert caller.sip_status == DECLINED
    assert not caller.ear.heard
    assert alice.rang_count == 0


async def test_a_blocked_caller_hears_nothing_and_nobody_is_rung(hotline: Hotline) -> None:
    caller = hotline.world.caller("+14155571234")
    await is_not_even_answered(hotline, caller, "+14155551030")
    call = await hotline.logged(caller)
    assert (call.route, call.result, call.reason) == ("unwelcome", Result.REFUSED, Reason.BLOCKED_CALLER)
    assert await hotline.legs(call) == []
    assert "refused before answer" in await hotline.lcr("calls", "show", call.id)


async def test_a_caller_who_hides_the_number_can_be_blocked(hotline: Hotline) -> None:
    caller = hotline.world.caller("")
    await is_not_even_answered(hotline, caller, "+14155551030")
    await hotline.says("call over: refused, a blocked caller")


async def test_everybody_else_gets_through(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials("+14155551030")
    await alice.rings()
    await caller.hangs_up()
    await alice.stops_ringing()


async def test_who_is_not_on_the_allow_list_is_not_answered(hotline: Hotline) -> None:
    stranger, hidden = hotline.caller(), hotline.world.caller("")
    await is_not_even_answered(hotline, stranger, "+14155551031")
    assert (await hotline.logged(stranger)).reason is Reason.NOT_ALLOWED
    await is_not_even_answered(hotline, hidden, "+14155551031")


async def test_who_is_on_the_allow_list_gets_through(hotline: Hotline) -> None:
    friend, alice = hotline.world.caller("+14155581234"), hotline.phone("alice")
    await friend.dials("+14155551031")
    await alice.rings()
    await friend.hangs_up()
    await alice.stops_ringing()


async def test_with_a_pin_the_responder_sees_and_hears_who_is_calling(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials("+14155551032")
    await caller.hears("pin")
    await caller.presses("4711#")
    await caller.hears("welcome")
    ring = await alice.rings()
    assert ring.shown_name == "Acme · Customers"
    await alice.answers()
    label = await alice.hears("label")
    whisper = await alice.hears("whisper")
    assert label.start < whisper.start
    await alice.presses("1")
    caller.speaks("caller-voice")
    await alice.hears("caller-voice")
    await caller.hangs_up()

    call = await hotline.logged(caller)
    assert (call.result, call.answered_by, call.label) == (Result.CONNECTED, "alice", "Acme")
    (shown,) = [one for one in json.loads(await hotline.lcr("calls", "--json")) if one["id"] == call.id]
    assert shown["label"] == "Acme"
    told = await hotline.lcr("calls", "show", call.id)
    assert "caller keyed the PIN of Acme" in told
    assert "4711" not in told
    assert "4711" not in "\n".join(hotline.output)


async def test_who_knows_the_pin_need_not_wait_for_the_question_nor_for_the_hash_key(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials("+14155551032")
    await caller.is_answered()
    await caller.presses("0815")
    await caller.hears("welcome")
    await alice.rings()
    await caller.hangs_up()
    await alice.stops_ringing()
    assert (await hotline.logged(caller)).label == "Globex"


async def test_who_is_on_the_allow_list_is_asked_for_no_pin(hotline: Hotline) -> None:
    friend, alice = hotline.world.caller("+14155581235"), hotline.phone("alice")
    await friend.dials("+14155551032")
    await friend.hears("welcome")
    await alice.rings()
    await friend.hangs_up()
    await alice.stops_ringing()
    assert not friend.has_heard("pin")
    assert (await hotline.logged(friend)).label is None


async def test_a_wrong_pin_is_told_and_after_the_third_the_caller_is_sent_away(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials("+14155551033")
    await caller.hears("pin")
    await caller.presses("4711#")
    await caller.hears("wrong_choice")
    await caller.hears("pin")
    await caller.presses("471101")
    await caller.hears("wrong_choice")
    await caller.presses("9#")
    await caller.hears("wrong_pin")
    await caller.is_hung_up()
    assert alice.rang_count == 0

    call = await hotline.logged(caller)
    assert (call.result, call.reason, call.label) == (Result.REFUSED, Reason.WRONG_PIN, None)
    assert await hotline.legs(call) == []


async def test_who_keys_nothing_is_asked_again_and_may_then_key_the_pin(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials("+14155551033")
    first = await caller.hears("pin")
    await caller.hears("wrong_choice", within=15)
    second = await caller.hears("pin")
    assert second.start - first.end > 5, "six seconds, and a word before the question"
    await caller.presses("471100")
    await alice.rings()
    await caller.hangs_up()
    await alice.stops_ringing()


async def test_an_engine_that_is_restarted_meanwhile_asks_for_the_pin_again(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials("+14155551033")
    await caller.hears("pin")
    await caller.presses("47")
    await hotline.journal_has(caller, "PinKeyed")
    await hotline.kill_engine()
    await hotline.start_engine()
    await caller.hears("pin")
    await caller.presses("471100")
    await alice.rings()
    await caller.hangs_up()
    await alice.stops_ringing()
    assert (await hotline.logged(caller)).label == "Acme"
