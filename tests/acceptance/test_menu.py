"""The keypad menu: callers who know it are not held up, callers who err are asked again, and nobody is stuck in it."""

from __future__ import annotations

from lcr_asterisk.callflow.outcome import Reason, Result
from tests.acceptance.hotline import Hotline
from tests.acceptance.voices import leaves_a_message


async def test_a_caller_who_knows_the_menu_interrupts_the_welcome(hotline: Hotline) -> None:
    caller, dave, alice = hotline.caller(), hotline.phone("dave"), hotline.phone("alice")
    await caller.dials("+14155551013")
    await caller.is_answered()
    welcome = await caller.hears("welcome")
    await caller.presses("2")
    await dave.rings()
    await caller.no_longer_hears("welcome")
    assert welcome.seconds < 5, "the welcome lasts six seconds"
    assert not caller.has_heard("menu")
    assert alice.rang_count == 0, "she is of the other team"
    await caller.hangs_up()

    call = await hotline.logged(caller)
    assert (call.result, call.reason, call.team) == (Result.ABANDONED, Reason.WHILE_RINGING, "payments")
    (journal,) = await hotline.journals(caller)
    answered, begins = (entry.at for entry in journal[:2])
    assert (begins - answered).total_seconds() >= 0.5, "the caller's ear needs a moment to arrive"


async def test_a_digit_interrupts_the_menu_and_reaches_the_chosen_team(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    dave = hotline.phone("dave")
    await caller.dials("+14155551013")
    await caller.hears("welcome")
    menu = await caller.hears("menu", within=20)
    await caller.presses("1")
    await alice.rings()
    await bob.rings()
    await caller.no_longer_hears("menu")
    assert menu.seconds < 5, "the menu lasts six seconds"
    assert dave.rang_count == 0
    await bob.answers()
    await bob.hears("choice")
    await bob.presses("1")
    caller.speaks("caller-voice")
    await bob.hears("caller-voice")
    await caller.hangs_up()

    call = await hotline.logged(caller)
    assert (call.result, call.answered_by, call.team) == (Result.CONNECTED, "bob", "platform")


async def test_a_caller_who_presses_a_wrong_digit_is_told_and_asked_again(hotline: Hotline) -> None:
    caller, dave = hotline.caller(), hotline.phone("dave")
    await caller.dials("+14155551013")
    await caller.hears("welcome")
    await caller.presses("7")
    await caller.hears("wrong_choice")
    await caller.hears("menu")
    await caller.presses("2")
    await dave.rings()
    await caller.hangs_up()
    await dave.stops_ringing()
    assert (await hotline.logged(caller)).team == "payments"


async def test_a_caller_who_chooses_nothing_is_asked_again_and_can_leave_a_message(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials("+14155551014")
    await caller.hears("menu")
    await caller.hears("wrong_choice")
    await caller.hears("menu")
    await leaves_a_message(hotline, caller)

    call = await hotline.logged(caller)
    assert (call.result, call.reason, call.team) == (Result.VOICEMAIL, Reason.NO_CHOICE, "payments")
    assert alice.rang_count == 0
    assert (await hotline.kept(call)).seconds > 2


async def test_a_menu_can_lead_to_a_team_when_nothing_is_chosen(hotline: Hotline) -> None:
    caller, sam = hotline.caller(), hotline.phone("sam")
    await caller.dials("+14155551015")
    await caller.hears("menu")
    await sam.rings()
    await caller.hangs_up()
    await sam.stops_ringing()
    assert (await hotline.logged(caller)).team == "desk"


async def test_a_menu_can_end_with_goodbye_when_every_choice_is_wrong(hotline: Hotline) -> None:
    caller = hotline.caller()
    await caller.dials("+14155551016")
    await caller.hears("menu")
    await caller.presses("9")
    await caller.hears("wrong_choice")
    await caller.hears("menu")
    await caller.presses("0")
    await caller.hears("goodbye")
    await caller.is_hung_up()

    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.UNANSWERED, Reason.NO_CHOICE)
    assert await hotline.legs(call) == []


async def test_a_caller_who_keys_before_anything_is_said_need_not_listen(hotline: Hotline) -> None:
    caller, dave = hotline.caller(), hotline.phone("dave")
    await caller.dials("+14155551086")
    await caller.is_answered()
    await caller.presses("9")
    await dave.rings()
    await caller.hangs_up()
    await dave.stops_ringing()
    assert not caller.has_heard("menu")
    assert (await hotline.logged(caller)).team == "payments"


async def test_a_menu_reads_out_nine_options_and_the_ninth_is_as_good_as_the_first(hotline: Hotline) -> None:
    caller, dave = hotline.caller(), hotline.phone("dave")
    await caller.dials("+14155551086")
    await caller.hears("welcome")
    await caller.hears("menu")
    await hotline.journal_has(caller, "PromptEnded", times=2)
    assert caller.ear.seconds_of("menu") > 8 * 0.3, "each option has a sentence of its own"
    await caller.presses("9")
    await dave.rings()
    await caller.hangs_up()
    await dave.stops_ringing()
    assert (await hotline.logged(caller)).team == "payments"
