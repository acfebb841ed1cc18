"""A responder, or an admin, lets the system call a caller back, as the hotline: nobody but the callers in the log."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.simulator.phone import Caller, ResponderPhone
from lcr_asterisk.store.rows import CallRow, RecordingKind
from tests.acceptance.hotline import Hotline
from tests.acceptance.voices import speaks_for, tones_in

HOTLINE = "+14155551070"  # Alice
RECORDED = "+14155551071"


async def a_call_that_alice_took(hotline: Hotline, caller: Caller, alice: ResponderPhone, number: str) -> CallRow:
    await alice_takes(caller, alice, number)
    return await hotline.logged(caller)


async def alice_takes(caller: Caller, alice: ResponderPhone, number: str) -> None:
    await caller.dials(number)
    await alice.rings()
    await alice.answers()
    await alice.hears("choice")
    await alice.presses("1")
    caller.speaks("caller-voice")
    await alice.hears("caller-voice")
    await caller.hangs_up()
    await alice.is_hung_up()
    alice.is_available()


async def asks(hotline: Hotline, call: CallRow, *options: str) -> str:
    """The command; the id of the call back."""
    told = await hotline.lcr("calls", "callback", call.id, *options)
    found = re.search(r"lcr calls show (\S+)`", told)
    assert found is not None, told
    return found[1]


async def presses_1(alice: ResponderPhone) -> None:
    await alice.rings()
    await alice.answers()
    await alice.hears("away")
    await alice.hears("digits")
    await alice.hears("choice")
    await alice.presses("1")


async def test_the_caller_is_called_back_as_the_hotline_and_both_hear_each_other(hotline: Hotline) -> None:
    caller, alice = hotline.caller(name="ACME"), hotline.phone("alice")
    call = await a_call_that_alice_took(hotline, caller, alice, HOTLINE)
    customer = hotline.world.phone(caller.number)
    told = await hotline.lcr("calls", "callback", call.id.rpartition("-")[2])
    assert told.startswith(f"Alice Martin's phone rings; who answers and presses 1 is connected to {caller.number}.")
    ring = await alice.rings()
    assert (ring.shown_name, ring.shown_number) == ("Call back · Call back", HOTLINE)
    assert customer.rang_count == 0, "first the responder"
    await alice.answers()
    await alice.hears("away")
    await alice.hears("digits")
    await alice.hears("choice")
    await alice.presses("1")
    ring = await customer.rings()
    assert (ring.shown_name, ring.shown_number) == ("Call back", HOTLINE), "and never the responder's own number"
    await alice.hears("hold")
    await customer.answers()
    customer.speaks("caller-voice")
    await alice.hears("caller-voice")
    await alice.no_longer_hears("hold")
    alice.speaks("alice-voice")
    await customer.hears("alice-voice")
    await alice.hangs_up()
    await customer.is_hung_up()

    listed = json.loads(await hotline.lcr("calls", "--json", "--limit", "2"))
    back, first = sorted(listed, key=lambda row: row["callback_of"] is None)
    assert (back["callback_of"], first["callback_of"]) == (call.id, None)
    row = await hotline.ended(back["id"])
    assert (row.result, row.reason, row.answered_by) == (Result.CONNECTED, Reason.TAKEN, "alice")
    assert (row.caller, row.dialled, row.caller_name) == (caller.number, HOTLINE, "ACME")
    assert row.talk_seconds is not None
    assert row.talk_seconds > 0
    responder, called = await hotline.legs(row)
    assert (responder.person, responder.end) == ("alice", LegEnd.HUNG_UP)
    assert (called.person, called.phone, called.end) == ("", caller.number, LegEnd.HUNG_UP)
    assert called.answered_at is not None
    assert f"called back  {row.id}: connected" in await hotline.lcr("calls", "show", call.id)
    story = await hotline.lcr("calls", "show", row.id)
    assert f"calls back   {call.id}" in story
    assert f"called {caller.number}" in story
    assert "caller answered after" in story
    assert "connected to Alice Martin" in story


async def test_a_recorded_route_says_so_and_keeps_the_talk(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    call = await a_call_that_alice_took(hotline, caller, alice, RECORDED)
    customer = hotline.world.phone(caller.number)
    back = await asks(hotline, call)
    await presses_1(alice)
    ring = await customer.rings()
    assert ring.shown_number == RECORDED, "the number that they had dialled, not another one of the route"
    await customer.answers()
    await customer.hears("notice")
    await alice.hears("notice")
    await customer.no_longer_hears("notice")
    await hotline.records("talk", back)
    await speaks_for(customer, "caller-voice", 2.0)
    await customer.hangs_up()
    await alice.is_hung_up()
    kept = await hotline.kept(await hotline.ended(back))
    assert kept.kind is RecordingKind.TALK
    assert tones_in(Path(kept.path))["caller-voice"] > 0.7


@pytest.mark.parametrize(
    ("sip", "end", "reason"), [(486, "busy", "caller_busy"), (404, "dead_number", "caller_dead_number")]
)
async def test_a_caller_who_cannot_be_reached_is_told_of_and_the_log_says_why(
    hotline: Hotline, sip: int, end: str, reason: str
) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    call = await a_call_that_alice_took(hotline, caller, alice, HOTLINE)
    hotline.world.phone(caller.number).refuses_with(sip)
    back = await asks(hotline, call)
    await presses_1(alice)
    await alice.hears("caller_gone")  # the tone of "could not be reached" as well
    await alice.is_hung_up()
    row = await hotline.ended(back)
    assert (row.result, row.reason) == (Result.UNANSWERED, reason)
    _, called = await hotline.legs(row)
    assert (called.end, called.detail) == (end, f"SIP {sip}")


async def test_a_caller_who_rejects_it_is_let_alone(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    call = await a_call_that_alice_took(hotline, caller, alice, HOTLINE)
    customer = hotline.world.phone(caller.number)
    back = await asks(hotline, call)
    await presses_1(alice)
    await customer.rings()
    await alice.hears("hold")
    await customer.rejects()
    await alice.hears("caller_gone")
    await alice.is_hung_up()
    assert (await hotline.ended(back)).reason is Reason.CALLER_REJECTED
    assert customer.rang_count == 1


async def test_a_responder_who_passes_rings_nobody(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    call = await a_call_that_alice_took(hotline, caller, alice, HOTLINE)
    customer = hotline.world.phone(caller.number)
    back = await asks(hotline, call)
    await alice.rings()
    await alice.answers()
    await alice.hears("choice")
    await alice.presses("2")
    await alice.is_hung_up()
    row = await hotline.ended(back)
    assert (row.result, row.reason) == (Result.UNANSWERED, Reason.RESPONDER_PASSED)
    assert customer.rang_count == 0


async def test_a_responder_who_does_not_answer_rings_nobody(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    call = await a_call_that_alice_took(hotline, caller, alice, HOTLINE)
    customer = hotline.world.phone(caller.number)
    back = await asks(hotline, call, "--person", "bob")
    await bob.rings()
    await bob.stops_ringing(within=30)
    row = await hotline.ended(back)
    assert (row.result, row.reason) == (Result.UNANSWERED, Reason.RESPONDER_NOT_REACHED)
    assert customer.rang_count == 0


async def test_a_responder_who_hangs_up_stops_the_callers_phone_at_once(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    call = await a_call_that_alice_took(hotline, caller, alice, HOTLINE)
    customer = hotline.world.phone(caller.number)
    back = await asks(hotline, call)
    await presses_1(alice)
    await customer.rings()
    await alice.hangs_up()
    await customer.stops_ringing()  # it would go on for 45 s
    row = await hotline.ended(back)
    assert (row.result, row.reason) == (Result.ABANDONED, Reason.RESPONDER_LEFT)
    _, called = await hotline.legs(row)
    assert called.end is LegEnd.CANCELLED


async def test_two_who_talk_go_on_when_the_engine_is_killed_and_their_call_ends_properly(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    call = await a_call_that_alice_took(hotline, caller, alice, HOTLINE)
    customer = hotline.world.phone(caller.number)
    back = await asks(hotline, call)
    await presses_1(alice)
    await customer.rings()
    await customer.answers()
    customer.speaks("caller-voice")
    await alice.hears("caller-voice")
    await hotline.kill_engine()
    customer.falls_silent()
    await alice.no_longer_hears("caller-voice")
    customer.speaks("caller-voice")
    await alice.hears("caller-voice")
    await hotline.start_engine()
    await customer.hangs_up()
    await alice.is_hung_up()
    row = await hotline.ended(back)
    assert (row.result, row.answered_by) == (Result.CONNECTED, "alice")
    assert row.talk_seconds is not None


async def test_a_caller_whose_phone_rings_while_the_engine_is_killed_is_still_connected(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    call = await a_call_that_alice_took(hotline, caller, alice, HOTLINE)
    customer = hotline.world.phone(caller.number)
    back = await asks(hotline, call)
    await presses_1(alice)
    await customer.rings()
    await alice.hears("hold")
    await hotline.kill_engine()
    await customer.answers()
    await hotline.start_engine()
    customer.speaks("caller-voice")
    await alice.hears("caller-voice")
    await customer.hangs_up()
    await alice.is_hung_up()
    row = await hotline.ended(back)
    assert (row.result, row.answered_by) == (Result.CONNECTED, "alice")


async def test_nobody_is_called_back_twice_at_once_nor_by_somebody_who_is_on_another_call(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    call = await a_call_that_alice_took(hotline, caller, alice, HOTLINE)
    customer = hotline.world.phone(caller.number)
    back = await asks(hotline, call)
    await presses_1(alice)
    await customer.rings()
    refused = await hotline.lcr("calls", "callback", call.id, "--person", "bob", fails=1)
    assert refused == f"lcr: {caller.number} is being called back already.\n"
    other = hotline.caller()
    await other.dials(HOTLINE)
    await other.hears("no_answer")
    await other.hangs_up()
    assert alice.rang_count == 2, "who calls back is not rung for another call"
    refused = await hotline.lcr("calls", "callback", (await hotline.logged(other)).id, "--person", "alice", fails=1)
    assert refused == "lcr: Alice Martin is on another call.\n"
    await alice.hangs_up()
    await hotline.ended(back)


async def test_a_caller_who_hid_their_number_cannot_be_called_back(hotline: Hotline) -> None:
    hidden, alice = hotline.world.caller(""), hotline.phone("alice")
    await alice_takes(hidden, alice, HOTLINE)
    await hotline.nothing_is_left()
    (newest,) = json.loads(await hotline.lcr("calls", "--json", "--limit", "1"))
    await hotline.ended(newest["id"])
    refused = await hotline.lcr("calls", "callback", newest["id"], fails=1)
    assert refused == "lcr: The caller of that call hid their number.\n"


async def test_without_an_engine_the_command_says_what_to_do(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    call = await a_call_that_alice_took(hotline, caller, alice, HOTLINE)
    await hotline.stop_engine()
    told = await hotline.lcr("calls", "callback", call.id, fails=1)
    assert told.startswith(f"lcr: The engine does not answer at {hotline.web}")
    assert "Is `lcr run` running, with this configuration?" in told
    await hotline.start_engine()
