"""What is left of each call after a gap, and what nobody knows any more."""

from __future__ import annotations

from lcr_asterisk.ari.messages import Bridge, ChannelState
from lcr_asterisk.callflow.events import CallArrived, Caller, RespondersFound, Resumed
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.states import Call
from lcr_asterisk.calls.reconcile import Difference, reconcile
from tests.unit.callflow.plans import ALICE, BOB, direct
from tests.unit.calls.conftest import ARRIVED, channel

CALL, OTHER = "20261121-090012-k7m3q", "20261121-090013-abcde"
CALLER, ALICES, BOBS, TALK = "1.0", f"{CALL}-leg-1", f"{CALL}-leg-2", f"{CALL}-talk"


def ringing() -> Call:
    call, _ = step(None, CallArrived(CALL, CALLER, Caller("", ""), "", direct()), ARRIVED)
    return step(call, RespondersFound(0, (ALICE, BOB)), ARRIVED)[0]


def left(
    *channels: str, application: frozenset[str] = frozenset({CALLER}), bridges: dict[str, tuple[str, ...]] | None = None
) -> Difference:
    listed = [channel(name) for name in channels]
    found = [Bridge(name, "mixing", members) for name, members in (bridges or {}).items()]
    return reconcile([ringing()], application, listed, found)


def test_a_call_is_told_which_of_its_phones_are_left() -> None:
    assert left(CALLER, BOBS).resumed == {CALL: Resumed(True, ((BOBS, True),), ())}


def test_a_phone_that_still_rings_cannot_hear_us() -> None:
    listed = [channel(CALLER), channel(ALICES, state=ChannelState.RINGING)]
    resumed = reconcile([ringing()], frozenset({CALLER}), listed, []).resumed[CALL]
    assert resumed.legs == ((ALICES, False),)


def test_a_caller_in_the_dialplan_is_not_ours_any_more() -> None:
    assert not left(CALLER, application=frozenset()).resumed[CALL].caller_present


def test_those_who_talk_are_found_by_their_bridge() -> None:
    assert left(CALLER, ALICES, bridges={TALK: (CALLER, ALICES)}).resumed[CALL].bridged == (ALICES,)
    assert left(CALLER, ALICES, bridges={TALK: (ALICES,)}).resumed[CALL].bridged == ()


def test_a_caller_nobody_knows_is_a_newcomer() -> None:
    found = left(CALLER, "2.0", "3.0", application=frozenset({CALLER, "2.0"}))
    assert [newcomer.id for newcomer in found.newcomers] == ["2.0"]


def test_what_listens_to_a_talk_is_no_caller_and_no_stray() -> None:
    ear, lost = f"{CALL}-ear-caller", f"{OTHER}-ear-responder"
    found = left(CALLER, ear, lost, application=frozenset({CALLER, ear, lost}))
    assert (found.newcomers, found.stray_legs) == ((), ())


def test_legs_and_bridges_of_no_call_are_strays_and_those_of_others_are_left_alone() -> None:
    found = left(CALLER, ALICES, f"{OTHER}-leg-1", "PBX-7", bridges={f"{OTHER}-talk": (), "conference": (), TALK: ()})
    assert found.stray_legs == (f"{OTHER}-leg-1",)
    assert found.stray_bridges == (f"{OTHER}-talk",)


def test_people_who_talk_in_a_call_nobody_knows_are_left_as_they_are() -> None:
    leg, talk = f"{OTHER}-leg-1", f"{OTHER}-talk"
    found = left(CALLER, "2.0", leg, application=frozenset({CALLER, "2.0"}), bridges={talk: ("2.0", leg)})
    assert found.unknown_talks == {talk: frozenset({"2.0", leg})}
    assert (found.newcomers, found.stray_legs, found.stray_bridges) == ((), (), ())


def test_one_who_is_alone_in_the_bridge_of_a_call_nobody_knows_does_not_talk() -> None:
    leg, talk = f"{OTHER}-leg-1", f"{OTHER}-talk"
    found = left(CALLER, leg, bridges={talk: ("2.0", leg)})
    assert (found.unknown_talks, found.stray_legs, found.stray_bridges) == ({}, (leg,), (talk,))
