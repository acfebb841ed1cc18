"""Keys while people talk: somebody else joins, another team takes over, or the responder ends the call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow.events import LegAnswered, LegEnd
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.plan import RoutePlan, Then
from lcr_asterisk.callflow.states import HandingOver, LegStage, Talking
from tests.unit.callflow.journeys import connecting, handing_over, talking
from tests.unit.callflow.plans import (
    ALICE,
    ALICE_BUSY,
    BOB,
    CAROL,
    CAROL_IN_ORDER,
    DAVE,
    direct,
    prompt,
    recorded,
    with_keys,
)
from tests.unit.callflow.transcript import Happened, Playbook

TAKEN_BY_ALICE = Outcome(Result.CONNECTED, Reason.TAKEN, "alice")


def talk(plan: RoutePlan | None = None) -> Playbook:
    """Alice and the caller talk, on a route with all keys; Bob did not get there first."""
    return talking(with_keys(plan or direct((25, 25, 25))))


def keys(playbook: Playbook, who: str, code: str) -> Happened:
    """All of a code; only its last key does anything."""
    for digit in code[:-1]:
        playbook = playbook.keys(who, digit).does_nothing()
    return playbook.keys(who, code[-1])


def asked(plan: RoutePlan | None = None) -> Playbook:
    """Alice has asked for somebody of level 2."""
    return keys(talk(plan), "alice", "*1").does("find platform level 2")


def rung(plan: RoutePlan | None = None) -> Playbook:
    """Carol's and Dave's phones ring for it."""
    return asked(plan).finds(replace(CAROL, phones=CAROL.phones[:1]), DAVE, level=2).does("ring carol", "ring dave")


def joining(plan: RoutePlan | None = None) -> Playbook:
    """Carol has pressed 1 and is being bridged."""
    return (
        rung(plan)
        .after(4)
        .answers("carol")
        .does("play whisper to carol")
        .after(3)
        .keys("carol", "1")
        .does("stop whisper to carol", "join carol", "drop dave")
    )


def three(plan: RoutePlan | None = None) -> Playbook:
    """Alice, Carol and the caller talk."""
    return joining(plan).ends("dave").does_nothing().bridged("carol").does_nothing()


# -- codes -----------------------------------------------------------------------------------------------------------


def test_a_code_that_stops_half_way_goes_to_the_caller_after_two_seconds() -> None:
    playbook = talk().keys("alice", "*").does_nothing().due_after(2).does("pass on *")
    assert playbook.call.deadline() is None


def test_each_key_of_a_code_has_two_seconds() -> None:
    talk().keys("alice", "*").does_nothing().after(1.5).keys("alice", "2").does_nothing().due_after(2).does(
        "pass on *2"
    )


def test_what_turns_out_to_be_no_code_goes_to_the_caller() -> None:
    playbook = talk().keys("alice", "*").does_nothing().abandons_the_code("alice").does("pass on *")
    keys(playbook, "alice", "*1").does("find platform level 2")


def test_a_key_that_no_code_has_is_none_of_ours() -> None:
    talk().keys("alice", "5").does_nothing().keys("alice", "*").does_nothing().keys("alice", "5").does_nothing()


def test_a_code_that_was_abandoned_is_passed_on_once() -> None:
    playbook = talk().keys("alice", "*").does_nothing().abandons_the_code("alice").does("pass on *")
    playbook.abandons_the_code("alice").does_nothing()


@pytest.mark.parametrize("code", ["*1", "*9", "*21"])
def test_a_code_that_the_route_does_not_have_is_no_code(code: str) -> None:
    keys = with_keys(direct()).in_call
    assert keys is not None
    without = {
        "*1": replace(keys, bring_in=False),
        "*9": replace(keys, end=False),
        "*21": replace(keys, hand_over=()),
    }
    assert keys.begins_code(code)
    assert not without[code].begins_code(code)


def test_without_keys_on_the_route_nothing_is_a_code() -> None:
    playbook = talking()
    for digit in "*1*9*21":
        playbook = playbook.keys("alice", digit).does_nothing()


def test_somebody_who_has_left_keys_nothing() -> None:
    playbook = three().keys("carol", "*").does_nothing().ends("carol").does_nothing()
    playbook.keys("carol", "1").does_nothing().abandons_the_code("carol").does_nothing()
    assert playbook.call.deadline() is None


# -- bringing somebody in --------------------------------------------------------------------------------------------


def test_the_first_of_the_next_level_who_presses_1_joins_and_the_others_stop() -> None:
    playbook = three()
    stage = playbook.call.stage
    assert isinstance(stage, Talking)
    assert (stage.leg, stage.bringing) == ("20261121-090000-k7m3q-leg-1", None)
    assert playbook.call.outcome == TAKEN_BY_ALICE
    assert playbook.call.deadline() is None


def test_one_who_had_answered_as_well_hears_that_it_is_taken() -> None:
    (
        rung()
        .answers("carol")
        .does("play whisper to carol")
        .answers("dave")
        .does("play whisper to dave")
        .keys("dave", "1")
        .does("stop whisper to dave", "join dave", "stop whisper to carol", "play taken to carol")
        .keys("carol", "1")
        .does_nothing()
    )


def test_who_is_asked_to_join_has_no_other_keys_than_1_and_2() -> None:
    rung().answers("carol").does("play whisper to carol").keys("carol", "5").does_nothing()


def test_who_was_rung_in_this_call_before_is_not_rung_to_join() -> None:
    asked().finds(ALICE, BOB, CAROL, level=2).does("ring carol", "ring carol's phone 2")


def test_a_level_at_which_nobody_can_be_rung_is_passed_over() -> None:
    playbook = asked().finds(BOB, level=2, skipped=[ALICE_BUSY]).does("find platform level 3")
    playbook.finds(DAVE, level=3).does("ring dave")


def test_where_no_level_is_left_only_who_asked_hears_so() -> None:
    playbook = asked(direct((25, 25))).finds(level=2).does("play nobody_joins aside to alice")
    playbook.hears_out("nobody_joins aside to alice").does("end nobody_joins aside to alice")
    keys(playbook, "alice", "*1").does("play nobody_joins aside to alice")


def test_when_nobody_takes_it_who_asked_hears_so_and_can_ask_the_level_after() -> None:
    playbook = rung().due_after(25).does("drop carol", "drop dave", "play nobody_joins aside to alice")
    playbook = playbook.after(2).hears_out("nobody_joins aside to alice").does("end nobody_joins aside to alice")
    again = keys(playbook, "alice", "*1").does("find platform level 3").finds(DAVE, level=3)
    again.does("play nobody_joins aside to alice")


def test_who_asks_again_while_being_told_that_nobody_joins_is_not_told_twice_at_once() -> None:
    playbook = asked(direct((25, 25))).finds(level=2).does("play nobody_joins aside to alice")
    keys(playbook, "alice", "*1").does_nothing()


def test_when_all_decline_nobody_waits_for_the_end_of_the_ring_time() -> None:
    playbook = rung().ends("carol", LegEnd.REJECTED).does_nothing()
    playbook = playbook.answers("dave").does("play whisper to dave")
    playbook.keys("dave", "2").does("drop dave", "play nobody_joins aside to alice")


def test_who_has_answered_to_join_keeps_their_time_to_confirm() -> None:
    playbook = rung().after(20).answers("carol").does("play whisper to carol").due_after(5).does("drop dave")
    playbook.due_after(10).does("drop carol", "play nobody_joins aside to alice")


def test_phones_of_somebody_who_is_asked_to_join_ring_in_order() -> None:
    playbook = asked().finds(CAROL_IN_ORDER, level=2).does("ring carol")
    playbook = playbook.due_after(12.5).does("drop carol", "ring carol's phone 2")
    playbook.due_after(12.5).does("drop carol's phone 2", "play nobody_joins aside to alice")


def test_while_somebody_is_rung_asking_again_does_nothing() -> None:
    keys(asked(), "alice", "*1").does_nothing()
    keys(rung(), "alice", "*1").does_nothing()
    keys(joining(), "alice", "*1").does_nothing()


def test_who_has_joined_has_the_keys_as_well() -> None:
    playbook = keys(three(), "carol", "*1").does("find platform level 3")
    playbook.finds(level=3).does("play nobody_joins aside to carol")


def test_a_late_or_doubled_answer_rings_nobody() -> None:
    rung().finds(CAROL, DAVE, level=2).does_nothing()
    asked().finds(CAROL, level=3).does_nothing()
    talk().finds(CAROL, level=2).does_nothing()
    joining().finds(CAROL, level=2).does_nothing()


def test_where_it_cannot_be_found_out_who_is_on_call_the_level_is_passed_over() -> None:
    asked().fails(do.FindResponders).does("find platform level 3")
    asked().due_after(5).does("find platform level 3").due_after(5).does("play nobody_joins aside to alice")
    rung().fails(do.FindResponders).does_nothing()
    talk().fails(do.FindResponders).does_nothing()


def test_who_could_not_be_bridged_has_not_joined() -> None:
    joining().not_bridged("carol").does("drop carol", "play nobody_joins aside to alice").not_bridged(
        "carol"
    ).does_nothing()
    joining().due_after(5).does("drop carol", "play nobody_joins aside to alice")


def test_who_is_gone_before_they_are_bridged_has_not_joined() -> None:
    playbook = joining().ends("carol").does("play nobody_joins aside to alice").bridged("carol").does_nothing()
    assert playbook.call.leg("20261121-090000-k7m3q-leg-3").joined_at is None  # type: ignore[union-attr]


def test_word_that_somebody_was_bridged_who_had_been_before_changes_nothing() -> None:
    talk().bridged("alice").does_nothing()


# -- who leaves ------------------------------------------------------------------------------------------------------


def test_when_who_was_brought_in_leaves_the_other_two_talk_on() -> None:
    playbook = three().ends("carol").does_nothing()
    playbook.ends("alice").does("hang up").hangs_up().does("end: connected, taken, by alice")


def test_when_who_took_the_call_leaves_the_other_two_talk_on() -> None:
    playbook = three().ends("alice").does_nothing()
    playbook.ends("carol").does("hang up").hangs_up().does("end: connected, taken, by alice")


def test_when_the_caller_leaves_all_lines_close() -> None:
    playbook = three().hangs_up().does("drop alice", "drop carol")
    playbook.ends("alice").does_nothing().ends("carol").does("end: connected, taken, by alice")


def test_when_the_caller_leaves_who_was_asked_to_join_hears_so() -> None:
    playbook = rung().answers("carol").does("play whisper to carol")
    playbook.hangs_up().does("stop whisper to carol", "play caller_gone to carol", "drop dave", "drop alice")


def test_when_the_only_responder_leaves_the_caller_waits_for_who_was_asked_to_join() -> None:
    playbook = rung().ends("alice").does("separate", "start hold").answers("carol").does("play whisper to carol")
    playbook = playbook.keys("carol", "1").does("stop hold", "stop whisper to carol", "connect carol", "drop dave")
    assert playbook.bridged("carol").does_nothing().call.outcome == Outcome(
        Result.CONNECTED, Reason.TAKEN, answered_by="carol"
    )


def test_a_caller_who_waits_for_who_was_asked_to_join_goes_on_to_the_next_level() -> None:
    waiting = rung().ends("alice").does("separate", "start hold")
    assert waiting.call.wait_until is not None
    waiting.due_after(25).does("drop carol", "drop dave", "find platform level 3")


def test_a_notice_that_still_plays_does_not_follow_the_caller_into_the_wait() -> None:
    playbook = connecting(with_keys(recorded(direct((25, 25))))).bridged("alice").does("play notice to both")
    playbook = keys(playbook, "alice", "*1").does("find platform level 2").finds(DAVE, level=2).does("ring dave")
    playbook.ends("alice").does("stop notice to both", "separate", "start hold")


def test_who_was_about_to_join_hears_why_there_is_nothing_to_join_any_more() -> None:
    about_to = rung().answers("carol").does("play whisper to carol")
    handed_over = "play handed_over to carol", "drop dave", "play handed_over to alice", "play to_payments"
    keys(about_to, "alice", "*21").does("separate alice", "stop whisper to carol", *handed_over)
    about_to = rung().answers("carol").does("play whisper to carol")
    ended = "play caller_gone to carol", "drop dave", "drop alice", "play goodbye"
    keys(about_to, "alice", "*9").does("separate alice", "stop whisper to carol", *ended)


def test_who_joins_in_the_instant_in_which_the_other_leaves_goes_on_alone() -> None:
    playbook = joining().ends("alice").does_nothing().bridged("carol").does_nothing()
    playbook.ends("carol").does("hang up")


def test_who_asked_and_has_left_hears_nothing() -> None:
    playbook = keys(three(), "alice", "*1").does("find platform level 3").ends("alice").does_nothing()
    playbook.finds(level=3).does_nothing()


def test_where_the_bridge_cannot_be_made_again_nobody_is_left_in_silence() -> None:
    three().not_bridged("alice").does("drop alice", "connect carol").not_bridged("carol").does("drop carol", "hang up")
    playbook = three().not_bridged("carol").does("drop carol")
    assert playbook.call.leg("20261121-090000-k7m3q-leg-3").end is LegEnd.LOST  # type: ignore[union-attr]


# -- handing over ----------------------------------------------------------------------------------------------------


def walked(plan: RoutePlan | None = None) -> Playbook:
    """Alice is gone. The caller has heard where they go, and hears hold music; who is on call there is asked."""
    playbook = handing_over(plan).after(2).hears_out("handed_over to alice").does("drop alice")
    playbook = playbook.ends("alice").does_nothing()
    return playbook.hears_out("to_payments").does("start hold", "find payments level 1")


def test_the_caller_hears_where_they_go_and_the_responder_that_it_is_done() -> None:
    playbook = walked()
    assert playbook.call.legs[0].end is LegEnd.HANDED_OVER
    assert playbook.call.team == "payments"
    assert playbook.call.outcome is None
    assert playbook.call.awaits_another_talk


def test_the_other_team_is_walked_without_who_handed_over() -> None:
    playbook = walked().finds(ALICE, DAVE).does("ring dave")
    playbook = playbook.due_after(25).does("drop dave", "find payments level 2")
    playbook.finds(BOB, level=2).does("ring bob", "stop hold", "play level")


def test_nor_is_who_handed_over_rung_when_it_is_walked_again() -> None:
    playbook = walked(direct((25,), 1)).finds(ALICE, DAVE).does("ring dave").due_after(25).does("drop dave")
    playbook = playbook.due_after(1).does("find payments level 1")
    playbook.finds(ALICE, DAVE).does("ring dave", "stop hold", "play level")


def test_a_policy_in_which_only_they_are_on_call_is_not_walked_twice() -> None:
    playbook = walked(direct((25,), 3)).finds(ALICE).does("stop hold", "play no_one_on_call")
    assert playbook.call.reason is Reason.NO_ONE_ON_CALL


def whispered(playbook: Playbook, person: str) -> tuple[str, ...]:
    """What this responder would hear who answers now."""
    leg = next(leg for leg in playbook.call.legs if leg.person == person and leg.live)
    _, commands = step(playbook.call, LegAnswered(leg.id), playbook.now)
    (whisper,) = [command for command in commands if isinstance(command, do.PlayToLeg)]
    return whisper.prompt.media


def test_new_responders_hear_who_handed_over_and_then_what_they_hear_as_ever() -> None:
    playbook = walked().finds(DAVE, replace(BOB, language="de")).does("ring dave", "ring bob")
    assert whispered(playbook, "dave") == (*prompt("by_alice").media, *prompt("whisper").media)
    assert whispered(playbook, "bob") == (*prompt("von_alice").media, *prompt("whisper").media)


def test_who_takes_it_there_talks_with_the_caller_as_ever() -> None:
    playbook = walked().finds(DAVE).does("ring dave").answers("dave").does("play whisper to dave")
    playbook = playbook.keys("dave", "1").does("stop hold", "stop whisper to dave", "connect dave")
    playbook = playbook.bridged("dave").does_nothing()
    assert playbook.call.outcome == Outcome(Result.CONNECTED, Reason.TAKEN, "dave")
    assert not playbook.call.awaits_another_talk
    playbook = keys(playbook, "dave", "*22").does("separate dave", "play handed_over to dave", "play to_platform")
    playbook = playbook.after(2).hears_out("to_platform").does("start hold", "find platform level 1")
    playbook.finds(DAVE, ALICE).does("ring alice")


def test_where_nobody_takes_it_the_caller_hears_so_and_leaves_a_message_as_ever() -> None:
    playbook = (
        walked(direct((25,)))
        .finds(DAVE)
        .does("ring dave")
        .due_after(25)
        .does("drop dave", "stop hold", "play no_answer")
    )
    playbook.after(2).hears_out("no_answer").does("check room", "play voicemail")
    strict = walked(direct((25,), no_answer=Then.HANG_UP)).finds(DAVE).does("ring dave")
    strict = strict.due_after(25).does("drop dave", "stop hold", "play no_answer")
    assert strict.call.outcome == Outcome(Result.UNANSWERED, Reason.NO_ANSWER)


def test_the_wait_for_the_other_team_has_all_of_max_wait() -> None:
    playbook = walked(direct(max_wait=10)).finds(DAVE).does("ring dave")
    playbook.due_after(8).does("stop hold", "drop dave", "play no_answer")


def test_all_who_talk_are_let_go_and_phones_that_ring_to_join_stop() -> None:
    playbook = keys(three(), "carol", "*21").does(
        "separate alice, carol", "play handed_over to alice", "play handed_over to carol", "play to_payments"
    )
    assert playbook.call.handed_over is not None
    assert playbook.call.handed_over.by == "carol"
    playbook.after(2).hears_out("to_payments").does("start hold", "find payments level 1").finds(ALICE, CAROL).does(
        "find payments level 2"
    )
    keys(rung(), "alice", "*21").does(
        "separate alice", "drop carol", "drop dave", "play handed_over to alice", "play to_payments"
    )


def test_a_code_that_somebody_else_had_begun_means_nothing_then() -> None:
    playbook = three().keys("alice", "*").does_nothing()
    playbook = keys(playbook, "carol", "*21").does(
        "separate alice, carol", "play handed_over to alice", "play handed_over to carol", "play to_payments"
    )
    playbook.due_after(7).does("drop alice", "drop carol", "stop to_payments", "start hold", "find payments level 1")


def test_the_notice_of_recording_stops_for_it_and_is_heard_by_who_comes() -> None:
    playbook = connecting(with_keys(recorded(direct()))).bridged("alice").does("play notice to both")
    playbook = keys(playbook, "alice", "*21").does(
        "stop notice to both", "separate alice", "play handed_over to alice", "play to_payments"
    )
    playbook = (
        playbook.hears_out("to_payments").does("start hold", "find payments level 1").finds(DAVE).does("ring dave")
    )
    playbook = (
        playbook.answers("dave")
        .does("play whisper to dave")
        .keys("dave", "1")
        .does("stop hold", "stop whisper to dave", "connect dave")
    )
    playbook.bridged("dave").does("play notice to both")


def test_a_caller_who_hangs_up_on_the_way_has_left_while_phones_rang() -> None:
    playbook = handing_over().hangs_up().does_nothing()
    assert playbook.call.outcome == Outcome(Result.ABANDONED, Reason.WHILE_RINGING)


def test_a_caller_can_leave_a_message_instead() -> None:
    handing_over().presses("*").does("stop to_payments", "check room", "play voicemail")


def test_an_announcement_whose_end_is_never_reported_does_not_keep_the_caller() -> None:
    playbook = handing_over().hears_out("handed_over to alice").does("drop alice")
    playbook.due_after(7).does("stop to_payments", "start hold", "find payments level 1")


# -- ending the call -------------------------------------------------------------------------------------------------


def test_the_responder_ends_the_call_and_the_caller_hears_goodbye() -> None:
    playbook = keys(talk(), "alice", "*9").does("separate alice", "drop alice", "play goodbye")
    playbook = playbook.ends("alice").does_nothing().after(2).hears_out("goodbye").does("hang up")
    playbook.hangs_up().does("end: connected, responder_ended, by alice")


def test_whoever_ends_it_ends_it_for_all() -> None:
    playbook = keys(three(), "carol", "*9").does("separate alice, carol", "drop alice", "drop carol", "play goodbye")
    assert playbook.call.outcome == Outcome(Result.CONNECTED, Reason.RESPONDER_ENDED, "alice")
    keys(rung(), "alice", "*9").does("separate alice", "drop carol", "drop dave", "drop alice", "play goodbye")


def test_word_to_the_responder_stops_when_they_end_the_call() -> None:
    playbook = asked(direct((25, 25))).finds(level=2).does("play nobody_joins aside to alice")
    keys(playbook, "alice", "*9").does(
        "separate alice", "stop nobody_joins aside to alice", "drop alice", "play goodbye"
    )


# -- the engine was away ---------------------------------------------------------------------------------------------


def test_after_a_gap_keys_mean_what_they_meant() -> None:
    playbook = talk().resumes(bridged=["alice"], alice=True).does_nothing()
    keys(playbook, "alice", "*1").does("find platform level 2")


def test_after_a_gap_all_three_talk_on() -> None:
    three().resumes(bridged=["alice", "carol"], alice=True, carol=True).does_nothing()


def test_of_three_who_has_left_in_a_gap_is_not_waited_for() -> None:
    playbook = three().resumes(bridged=["carol"], carol=True).does_nothing()
    playbook.ends("carol").does("hang up")
    three().resumes().does("hang up")


def test_who_is_no_longer_in_the_bridge_is_put_there_again() -> None:
    three().resumes(alice=True, carol=True).does("connect alice", "join carol")
    three().resumes(bridged=["alice"], alice=True, carol=True).does("join carol")


def test_after_a_gap_it_is_asked_again_who_could_join() -> None:
    asked().resumes(bridged=["alice"], alice=True).does("find platform level 2")


def test_who_answered_in_the_gap_is_asked_to_join() -> None:
    playbook = rung().after(24).resumes(bridged=["alice"], alice=True, carol=True, dave=False)
    playbook.does("play whisper to carol").due_after(5).does("drop dave")
    rung().resumes(bridged=["alice"], alice=True).does("play nobody_joins aside to alice")


def test_who_was_being_bridged_has_joined_or_is_bridged_again() -> None:
    joining().resumes(bridged=["alice", "carol"], alice=True, carol=True, dave=False).does("drop dave")
    joining().resumes(bridged=["alice"], alice=True, carol=True).does("join carol").bridged("carol").does_nothing()
    joining().resumes(bridged=["alice"], alice=True).does("play nobody_joins aside to alice")


def test_a_press_of_1_that_was_lost_with_the_engine_still_counts() -> None:
    playbook = (
        rung()
        .answers("carol")
        .does("play whisper to carol")
        .resumes(bridged=["alice", "carol"], alice=True, carol=True, dave=False)
        .does("stop whisper to carol", "drop dave")
    )
    assert [leg.stage for leg in playbook.call.legs if leg.live] == [
        LegStage.CHOSEN,
        LegStage.CHOSEN,
        LegStage.DROPPED,
    ]


def test_after_a_gap_the_caller_hears_again_where_they_go() -> None:
    playbook = handing_over().resumes(alice=True).does("drop alice", "separate", "stop to_payments", "play to_payments")
    assert isinstance(playbook.call.stage, HandingOver)
