"""After a call the log tells of each phone that was rung how long it rang and why it stopped, whatever became of it."""

from __future__ import annotations

import json
from collections.abc import Callable

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.simulator.phone import ResponderPhone
from tests.acceptance.hotline import Hotline

FATES, PATIENT = "+14155551084", "+14155551017"
RING_TIME = 5.0  # seconds, of the first level
REFUSED: dict[str, tuple[Callable[[ResponderPhone], None], str, str]] = {
    # person: what their phone does, why the leg ended, what the network said
    "alice": (lambda phone: phone.is_busy(), "busy", "SIP 486"),
    "bob": (lambda phone: phone.refuses_with(603), "rejected", "SIP 603"),
    "carol": (lambda phone: phone.is_dead(), "dead_number", "SIP 404"),
    "dave": (lambda phone: phone.refuses_with(403), "trunk_refused", "SIP 403"),
    "erin": (lambda phone: phone.refuses_with(503), "unreachable", "SIP 503"),
}


async def test_of_phones_that_refuse_ring_in_vain_take_the_call_or_lose_it(hotline: Hotline) -> None:
    caller, gerd, sam = hotline.caller(name="Zoe Zander"), hotline.phone("gerd"), hotline.phone("sam")
    for person, (refuses, _, _) in REFUSED.items():
        refuses(hotline.phone(person))
    losers = [hotline.phone("pat"), hotline.phone("pat", 1)]
    await caller.dials(FATES)
    await gerd.rings()
    await gerd.stops_ringing()
    for phone in (sam, *losers):
        await phone.rings()
    await sam.answers()
    await sam.hears("whisper")
    await sam.presses("1")
    caller.speaks("caller-voice")
    await sam.hears("caller-voice")
    for phone in losers:
        await phone.stops_ringing()
    await caller.hangs_up()

    call = await hotline.logged(caller)
    shown = json.loads(await hotline.lcr("calls", "show", call.id, "--json"))
    assert (shown["outcome"], shown["answered_by"]) == ({"result": "connected", "reason": "taken"}, "sam")
    assert (shown["caller_name"], shown["dialled"], shown["team"]) == ("Zoe Zander", FATES, "fates")
    legs = {leg["phone"]: leg for leg in shown["legs"]}
    first = {leg["person"]: leg for leg in shown["legs"] if leg["level"] == 1}
    assert {person: (leg["end"], leg["detail"]) for person, leg in first.items() if person in REFUSED} == {
        person: (end, detail) for person, (_, end, detail) in REFUSED.items()
    }
    assert max(first[person]["ring_seconds"] for person in REFUSED) < first["gerd"]["ring_seconds"]
    assert first["gerd"]["end"] == "no_answer"
    assert first["gerd"]["ring_seconds"] > RING_TIME - 0.1
    assert {legs[phone]["end"] for phone in ("+14155550106", "sip:pat")} == {"taken_by_other"}
    winner = legs["sip:sam"]
    assert (winner["level"], winner["end"]) == (2, "hung_up")
    assert 0 < winner["ring_seconds"] < shown["wait_seconds"]
    assert winner["answered"] is not None
    assert "connected to Sam Softphone" in " ".join(line["text"] for line in shown["story"])
    words = await hotline.lcr("calls", "show", shown["id"])
    for why in ("busy", "rejected", "number does not exist", "trunk not let in", "not reachable", "no answer"):
        assert why in words


async def test_of_a_phone_that_rang_until_the_caller_gave_up(hotline: Hotline) -> None:
    caller, dave = hotline.caller(), hotline.phone("dave")
    await caller.dials(PATIENT)
    await dave.rings()
    await caller.hears("hold")
    await caller.hangs_up()
    await dave.stops_ringing()
    call = await hotline.logged(caller)
    assert (call.result, call.reason) == (Result.ABANDONED, Reason.WHILE_RINGING)
    (leg,) = await hotline.legs(call)
    assert (leg.end, leg.answered_at) == (LegEnd.CANCELLED, None)
    assert leg.ended_at is not None and call.wait_seconds is not None
    assert call.started <= leg.rang_at < leg.ended_at
    assert (leg.ended_at - call.started).total_seconds() > call.wait_seconds - 0.1, "until the caller gave up"
