"""A call back: first the responder, then the caller of the earlier call, and nobody is rung in vain."""

from __future__ import annotations

from lcr_asterisk.callflow.events import CallbackAsked, CallerAnswered, LegEnd
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.plan import RoutePlan
from tests.unit.callflow.plans import ALICE, CAROL, CAROL_IN_ORDER, EARLIER, direct, recorded
from tests.unit.callflow.transcript import Playbook


def summoning(plan: RoutePlan | None = None) -> Playbook:
    """Alice's phone rings."""
    return Playbook(plan or direct()).is_asked().does("ring alice")


def asking(plan: RoutePlan | None = None) -> Playbook:
    """Alice has answered after 5 s, and hears whom she would call."""
    return summoning(plan).after(5).answers("alice").does("play callback to alice")


def calling(plan: RoutePlan | None = None) -> Playbook:
    """Alice pressed 1 after 8 s, and the caller's phone rings."""
    playbook = asking(plan).after(3).keys("alice", "1")
    return playbook.does("stop callback to alice", "hold alice", "call the caller for alice")


def bridging(plan: RoutePlan | None = None) -> Playbook:
    """The caller answered after another 4 s."""
    return calling(plan).after(4).picks_up().does("release alice", "connect alice")


def talking(plan: RoutePlan | None = None) -> Playbook:
    return bridging(plan).bridged("alice").does_nothing()


# -- the way of a call back ------------------------------------------------------------------------------------------


def test_both_talk_until_the_caller_hangs_up() -> None:
    playbook = talking().after(60).hangs_up().does("drop alice").ends("alice").does("end: connected, taken, by alice")
    assert playbook.call.callback is not None
    assert playbook.call.callback.of == EARLIER


def test_both_talk_until_the_responder_hangs_up() -> None:
    talking().after(60).ends("alice").does("hang up").hangs_up().does("end: connected, taken, by alice")


def test_a_recorded_route_records_a_call_back_after_the_notice() -> None:
    playbook = bridging(recorded(direct())).bridged("alice").does("play notice to both")
    playbook.after(2).hears_out("notice to both").does("record the talk")


def test_the_responder_hears_again_and_again_whom_they_would_call() -> None:
    asking().after(2).hears_out("callback to alice").does("play callback to alice")


def test_keys_other_than_1_and_2_mean_nothing() -> None:
    asking().keys("alice", "5").does_nothing().presses("1").does_nothing()


def test_a_key_of_a_phone_that_has_not_answered_means_nothing() -> None:
    summoning().keys("alice", "1").does_nothing()


def test_who_calls_back_counts_as_on_the_line_from_the_answer_on() -> None:
    assert summoning().call.on_the_line() == frozenset()
    for playbook in (asking(), calling(), talking()):
        assert playbook.call.on_the_line() == frozenset({"alice"})


# -- the responder ---------------------------------------------------------------------------------------------------


def test_a_responder_who_does_not_answer_ends_it() -> None:
    playbook = summoning().due_after(25).does("drop alice").ends("alice")
    playbook.does("end: unanswered, responder_not_reached")


def test_a_responder_who_is_busy_ends_it_at_once() -> None:
    summoning().ends("alice", LegEnd.BUSY).does("end: unanswered, responder_not_reached")


def test_a_voicemail_box_calls_nobody() -> None:
    playbook = asking().due_after(15).does("drop alice").ends("alice").does("end: unanswered, responder_not_reached")
    assert playbook.call.legs[0].end is LegEnd.NOT_CONFIRMED


def test_who_answers_late_still_has_time_to_press_1() -> None:
    playbook = summoning().after(24).answers("alice").does("play callback to alice").due_after(1).does_nothing()
    playbook.after(13).keys("alice", "1").does("stop callback to alice", "hold alice", "call the caller for alice")


def test_who_answers_late_and_presses_nothing_ends_it() -> None:
    playbook = summoning().after(24).answers("alice").does("play callback to alice").due_after(1).does_nothing()
    playbook.due_after(14).does("drop alice").ends("alice").does("end: unanswered, responder_not_reached")


def test_2_leaves_it_and_rings_nobody_else() -> None:
    playbook = asking().keys("alice", "2").does("drop alice").ends("alice").does("end: unanswered, responder_passed")
    assert playbook.call.legs[0].end is LegEnd.PASSED


def test_all_phones_ring_together_and_the_others_stop_when_one_is_taken() -> None:
    playbook = Playbook(direct()).is_asked(CAROL).does("ring carol", "ring carol's phone 2")
    playbook.answers("carol").does("play callback to carol")
    playbook.answers("carol's phone 2").does("play callback to carol's phone 2")
    playbook.keys("carol", "1").does(
        "stop callback to carol", "drop carol's phone 2", "hold carol", "call the caller for carol"
    )
    playbook.keys("carol's phone 2", "1").does_nothing().ends("carol's phone 2").does_nothing()
    assert playbook.call.legs[1].end is LegEnd.TAKEN


def test_2_on_one_phone_silences_the_others() -> None:
    playbook = Playbook(direct()).is_asked(CAROL).does("ring carol", "ring carol's phone 2")
    playbook.answers("carol").does("play callback to carol")
    playbook.keys("carol", "2").does("drop carol", "drop carol's phone 2")
    playbook.ends("carol").does_nothing().ends("carol's phone 2").does("end: unanswered, responder_passed")


def test_phones_in_order_ring_one_after_the_other() -> None:
    playbook = Playbook(direct()).is_asked(CAROL_IN_ORDER).does("ring carol")
    playbook.due_after(12.5).does("drop carol", "ring carol's phone 2").ends("carol").does_nothing()
    playbook.ends("carol's phone 2", LegEnd.REJECTED).does("end: unanswered, responder_not_reached")


def test_the_next_phone_rings_at_once_when_one_is_busy() -> None:
    playbook = Playbook(direct()).is_asked(CAROL_IN_ORDER).does("ring carol")
    playbook.ends("carol", LegEnd.BUSY).does("ring carol's phone 2")


def test_a_responder_who_hangs_up_while_the_callers_phone_rings_stops_it_at_once() -> None:
    playbook = calling().after(4).ends("alice").does("hang up")
    playbook.is_not_reached(LegEnd.CANCELLED).does("end: abandoned, responder_left")
    assert playbook.call.caller_leg is not None
    assert playbook.call.caller_leg.end is LegEnd.CANCELLED


def test_a_caller_who_answers_in_that_instant_is_hung_up() -> None:
    playbook = calling().ends("alice").does("hang up").picks_up().does("hang up")
    playbook.hangs_up().does("end: abandoned, responder_left")


# -- the caller ------------------------------------------------------------------------------------------------------


def test_the_responder_hears_that_the_caller_was_not_reached_and_the_log_says_why() -> None:
    for end, reason in {
        LegEnd.BUSY: "caller_busy",
        LegEnd.REJECTED: "caller_rejected",
        LegEnd.NO_ANSWER: "caller_no_answer",
        LegEnd.DEAD_NUMBER: "caller_dead_number",
        LegEnd.TRUNK_REFUSED: "caller_not_reached",
    }.items():
        playbook = calling().is_not_reached(end, "SIP 4xx").does("release alice", "play callback_failed to alice")
        playbook.after(2).hears_out("callback_failed to alice").does("drop alice")
        playbook.ends("alice").does(f"end: unanswered, {reason}")
        assert playbook.call.caller_leg is not None
        assert (playbook.call.caller_leg.end, playbook.call.caller_leg.detail) == (end, "SIP 4xx")


def test_a_callers_phone_rings_for_45_seconds() -> None:
    playbook = calling().due_after(45).does("hang up", "release alice", "play callback_failed to alice")
    playbook.is_not_reached(LegEnd.CANCELLED).does_nothing()
    assert playbook.call.outcome == Outcome(Result.UNANSWERED, Reason.CALLER_NO_ANSWER)
    assert playbook.call.caller_leg is not None
    assert playbook.call.caller_leg.end is LegEnd.NO_ANSWER, "that we stopped says less"


def test_a_caller_who_hangs_up_before_the_bridge_stands_was_not_reached() -> None:
    playbook = bridging().hangs_up().does("release alice", "play callback_failed to alice")
    playbook.ends("alice").does("end: unanswered, caller_not_reached")


def test_where_the_bridge_cannot_be_made_neither_is_left_in_silence() -> None:
    playbook = bridging().not_bridged("alice").does("hang up", "release alice", "play callback_failed to alice")
    playbook.hangs_up().does_nothing().not_bridged("alice").does_nothing()
    playbook.ends("alice").does("end: unanswered, caller_not_reached")


def test_a_bridge_of_which_nothing_is_heard_is_given_up() -> None:
    bridging().due_after(5).does("hang up", "release alice", "play callback_failed to alice")


def test_word_that_another_phone_could_not_be_bridged_changes_nothing() -> None:
    playbook = Playbook(direct()).is_asked(CAROL).does("ring carol", "ring carol's phone 2")
    playbook.answers("carol").does("play callback to carol")
    playbook.keys("carol", "1").does(
        "stop callback to carol", "drop carol's phone 2", "hold carol", "call the caller for carol"
    )
    playbook.bridged("carol's phone 2").does_nothing().not_bridged("carol's phone 2").does_nothing()
    playbook.ends("carol's phone 2").does_nothing()


def test_late_reports_of_the_caller_change_nothing() -> None:
    summoning().hangs_up().does_nothing().picks_up().does_nothing().is_not_reached(LegEnd.BUSY).does_nothing()
    talking().picks_up().does_nothing()
    calling().is_not_reached(LegEnd.BUSY).does(
        "release alice", "play callback_failed to alice"
    ).hangs_up().does_nothing()


def test_a_call_is_not_asked_to_call_back() -> None:
    playbook = summoning()
    (_, asked), *_ = playbook.journal
    assert isinstance(asked, CallbackAsked)
    playbook.cannot(asked, "arrived twice")
    Playbook(direct()).cannot(CallerAnswered(), "has not arrived")


# -- after a gap -----------------------------------------------------------------------------------------------------


def test_after_a_gap_a_phone_rings_on() -> None:
    playbook = summoning().resumes(caller=False, alice=False).does_nothing()
    playbook.answers("alice").does("play callback to alice")


def test_after_a_gap_who_has_answered_is_asked() -> None:
    summoning().resumes(caller=False, alice=True).does("play callback to alice")


def test_a_phone_that_was_lost_in_a_gap_is_over_and_the_next_one_rings() -> None:
    summoning().resumes(caller=False).does("end: unanswered, responder_not_reached")
    Playbook(direct()).is_asked(CAROL_IN_ORDER).does("ring carol").resumes(caller=False).does("ring carol's phone 2")


def test_after_a_gap_a_phone_about_to_be_answered_has_the_time() -> None:
    summoning().after(24).resumes(caller=False, alice=False).does_nothing().due_after(5).does("drop alice")


def test_after_a_gap_the_callers_phone_rings_on_and_the_responder_hears_music() -> None:
    playbook = calling().after(44).resumes(picked_up=False, alice=True).does("hold alice")
    playbook.after(4).picks_up().does("release alice", "connect alice")


def test_a_caller_who_answered_in_a_gap_is_connected() -> None:
    calling().resumes(alice=True).does("release alice", "connect alice").bridged("alice").does_nothing()


def test_a_bridge_that_was_made_in_a_gap_stands() -> None:
    playbook = bridging().resumes(alice=True, bridged=["alice"]).does_nothing()
    playbook.after(60).hangs_up().does("drop alice").ends("alice").does("end: connected, taken, by alice")


def test_a_bridge_that_does_not_stand_after_a_gap_is_made_again() -> None:
    bridging().resumes(alice=True).does("release alice", "connect alice")


def test_a_caller_who_was_lost_in_a_gap_was_not_reached() -> None:
    playbook = calling().resumes(caller=False, alice=True).does("release alice", "play callback_failed to alice")
    playbook.ends("alice").does("end: unanswered, caller_not_reached")
    assert playbook.call.caller_leg is not None
    assert playbook.call.caller_leg.end is LegEnd.LOST


def test_a_responder_who_was_lost_in_a_gap_leaves_nobody_ringing() -> None:
    calling().resumes(picked_up=False).does("hang up").is_not_reached(LegEnd.CANCELLED).does(
        "end: abandoned, responder_left"
    )


def test_both_lost_in_a_gap_is_the_end() -> None:
    calling().resumes(caller=False).does("end: unanswered, caller_not_reached")


def test_a_talk_of_which_one_left_in_a_gap_is_ended() -> None:
    talking().resumes(caller=False, alice=True).does("drop alice").ends("alice").does("end: connected, taken, by alice")
    talking().resumes(alice=True, bridged=["alice"]).does_nothing()


def test_a_press_of_1_that_was_lost_with_the_engine_is_known_by_the_callers_line() -> None:
    asking().resumes(picked_up=False, alice=True).does("stop callback to alice", "hold alice")
    asking().resumes(alice=True).does("stop callback to alice", "release alice", "connect alice")
    playbook = asking().resumes(alice=True, bridged=["alice"]).does("stop callback to alice")
    playbook.hangs_up().does("drop alice")


def test_a_callers_line_that_nobody_is_left_for_is_closed() -> None:
    asking().resumes().does("hang up").hangs_up().does("end: abandoned, responder_left")


# -- defects ---------------------------------------------------------------------------------------------------------


def test_the_person_is_known_even_if_their_phones_are_never_reached() -> None:
    playbook = summoning().ends("alice", LegEnd.UNREACHABLE).does("end: unanswered, responder_not_reached")
    assert [leg.person for leg in playbook.call.legs] == [ALICE.person]
    assert playbook.call.caller_leg is None
