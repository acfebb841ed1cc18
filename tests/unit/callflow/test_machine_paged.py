"""A page call: who answers hears what it is about, decides by a key, and nobody is kept from it or by it for ever."""

from __future__ import annotations

from dataclasses import replace

from lcr_asterisk.callflow.events import LegEnd, PageCall, PageCallAsked
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.plan import RoutePlan
from tests.unit.callflow.plans import CAROL, CAROL_IN_ORDER, direct, page_call
from tests.unit.callflow.transcript import Playbook


def paging(page: PageCall | None = None, plan: RoutePlan | None = None) -> Playbook:
    """Alice's phone rings."""
    return Playbook(plan or direct()).is_paged(page=page).does("ring alice")


def telling(page: PageCall | None = None, plan: RoutePlan | None = None) -> Playbook:
    """Alice has answered after 5 s, and hears for which team the page is and who called."""
    return paging(page, plan).after(5).answers("alice").does("play page to alice")


def choosing(page: PageCall | None = None, plan: RoutePlan | None = None) -> Playbook:
    """She has heard the message after another 26 s, and hears what she can do. Nobody is rung after 25 s."""
    playbook = telling(page, plan).after(6).hears_out("page to alice").does("play message to alice")
    return playbook.due_after(14).does_nothing().after(6).hears_out("message to alice").does("play choice to alice")


def acknowledging(key: str = "1", plan: RoutePlan | None = None) -> Playbook:
    """She has pressed it, and it is being written down."""
    return choosing(plan=plan).after(1).keys("alice", key).does("stop choice to alice")


def calling(plan: RoutePlan | None = None) -> Playbook:
    """It is written down, and the caller's phone rings."""
    return acknowledging("3", plan).is_noted().does("hold alice", "call the caller for alice")


def carols_two(page: PageCall | None = None) -> Playbook:
    """Both of Carol's phones were answered, one after the other: one of them by her voicemail box, perhaps."""
    playbook = Playbook(direct()).is_paged(CAROL, page).does("ring carol", "ring carol's phone 2")
    playbook.after(1).answers("carol").does("play page to carol")
    return playbook.after(4).answers("carol's phone 2").does("play page to carol's phone 2")


# -- what is heard ---------------------------------------------------------------------------------------------------


def test_the_choice_is_said_over_and_over() -> None:
    playbook = choosing().after(2).hears_out("choice to alice").does("play choice to alice")
    playbook.after(2).hears_out("choice to alice").does("play choice to alice")


def test_a_message_that_cannot_be_played_keeps_nobody_from_the_choice() -> None:
    playbook = telling().after(6).hears_out("page to alice").does("play message to alice")
    playbook.hears_out("message to alice", failed=True).does("play choice to alice")
    playbook.hears_out("choice to alice", failed=True).does_nothing()


def test_all_of_it_is_heard_before_the_time_to_press_a_key_begins() -> None:
    """6 s who and for whom, 20 s message, 2 s choice; and 15 s to confirm."""
    playbook = (
        telling()
        .due_after(20)
        .does_nothing()
        .due_after(23)
        .does("drop alice")
        .ends("alice")
        .does("end: unanswered, not_acknowledged")
    )
    assert playbook.call.legs[0].end is LegEnd.NOT_CONFIRMED


def test_nobody_listens_for_longer_than_the_page_waits_for_it() -> None:
    telling(page_call(listens=30)).due_after(20).does_nothing().due_after(10).does("drop alice")
    playbook = (
        telling(page_call(listens=30)).after(19).keys("alice", "5").does("stop page to alice", "play page to alice")
    )
    playbook.due_after(1).does_nothing().due_after(10).does("drop alice")


def test_that_counts_from_the_first_answer_whichever_phone_it_was() -> None:
    playbook = carols_two(page_call(listens=30))
    playbook.due_after(20).does_nothing().due_after(6).does("drop carol", "drop carol's phone 2")


def test_5_says_it_all_again_and_the_time_for_it_begins_anew() -> None:
    playbook = choosing().after(10).keys("alice", "5").does("stop choice to alice", "play page to alice")
    playbook.after(6).hears_out("page to alice").does("play message to alice")
    playbook.keys("alice", "5").does("stop message to alice", "play page to alice")
    playbook.due_after(1).does_nothing().due_after(42).does("drop alice")


def test_keys_without_a_meaning_mean_nothing() -> None:
    playbook = telling().keys("alice", "4").does_nothing().presses("1").does_nothing()
    playbook.is_noted().does_nothing().keys("alice", "#").does_nothing()


def test_a_key_of_a_phone_that_has_not_answered_means_nothing() -> None:
    paging().keys("alice", "1").does_nothing()


def test_who_listens_counts_as_on_the_line() -> None:
    assert paging().call.on_the_line() == frozenset()
    for playbook in (telling(), acknowledging(), calling()):
        assert playbook.call.on_the_line() == frozenset({"alice"})


# -- 1: I take care of it --------------------------------------------------------------------------------------------


def test_1_acknowledges_and_is_thanked_when_that_is_written_down() -> None:
    playbook = acknowledging().is_noted().does("play thanks to alice")
    playbook.after(2).hears_out("thanks to alice").does("drop alice")
    playbook.ends("alice").does("end: acknowledged, taken, by alice")


def test_a_key_counts_at_any_time() -> None:
    telling().keys("alice", "1").does("stop page to alice").is_noted().does("play thanks to alice")


def test_who_waits_for_it_to_be_written_down_hears_music_soon() -> None:
    playbook = acknowledging().due_after(1).does("hold alice").after(29)
    playbook.is_noted().does("release alice", "play thanks to alice")


def test_what_cannot_be_written_down_is_admitted() -> None:
    playbook = (
        acknowledging().due_after(1).does("hold alice").due_after(30).does("release alice", "play not_noted to alice")
    )
    playbook.is_noted().does_nothing()
    playbook.ends("alice").does("end: acknowledged, not_noted, by alice")


def test_who_hangs_up_right_after_the_key_has_acknowledged() -> None:
    acknowledging().ends("alice").does_nothing().is_noted().does("end: acknowledged, taken, by alice")
    acknowledging("3").ends("alice").does_nothing().is_noted().does("end: acknowledged, taken, by alice")
    playbook = acknowledging().ends("alice").does_nothing().due_after(1).does_nothing()
    playbook.due_after(30).does("end: acknowledged, not_noted, by alice")


def test_who_is_a_moment_too_late_hears_that_it_is_taken_care_of() -> None:
    for key in "13":
        playbook = acknowledging(key).is_noted(ours=False).does("play settled to alice")
        playbook.ends("alice").does("end: unanswered, settled")
        assert playbook.call.acknowledged is None
    acknowledging().ends("alice").does_nothing().is_noted(ours=False).does("end: unanswered, settled")


def test_what_is_keyed_meanwhile_means_nothing() -> None:
    acknowledging().keys("alice", "2").does_nothing().keys("alice", "1").does_nothing().answers("alice").does_nothing()


def test_the_other_phones_of_who_acknowledges_stop() -> None:
    playbook = carols_two().keys("carol's phone 2", "1").does("stop page to carol's phone 2", "drop carol")
    playbook.keys("carol", "2").does_nothing().ends("carol").does_nothing()
    playbook.is_noted().does("play thanks to carol's phone 2")
    assert playbook.call.legs[0].end is LegEnd.TAKEN


# -- 2: somebody else ------------------------------------------------------------------------------------------------


def test_2_passes_it_on_for_all_phones_of_the_person() -> None:
    playbook = choosing().keys("alice", "2").does("stop choice to alice", "play passed to alice")
    playbook.hears_out("passed to alice").does("drop alice").ends("alice").does("end: unanswered, responder_passed")
    playbook = Playbook(direct()).is_paged(CAROL).does("ring carol", "ring carol's phone 2")
    playbook.answers("carol").does("play page to carol")
    playbook.keys("carol", "2").does("stop page to carol", "play passed to carol", "drop carol's phone 2")
    playbook.answers("carol's phone 2").does("drop carol's phone 2").keys("carol's phone 2", "1").does_nothing()


# -- 3: I call them back ---------------------------------------------------------------------------------------------


def test_3_acknowledges_and_then_calls_the_caller_in_the_same_call() -> None:
    playbook = calling().after(4).picks_up().does("release alice", "connect alice").bridged("alice").does_nothing()
    playbook.after(60).hangs_up().does("drop alice").ends("alice").does("end: connected, taken, by alice")
    assert playbook.call.about == page_call().of


def test_music_while_it_is_written_down_does_not_hinder_the_call_back() -> None:
    playbook = acknowledging("3").due_after(1).does("hold alice")
    playbook.is_noted().does("release alice", "hold alice", "call the caller for alice")


def test_a_caller_who_is_not_reached_leaves_it_acknowledged() -> None:
    playbook = calling().is_not_reached(LegEnd.BUSY).does("release alice", "play callback_failed to alice")
    playbook.ends("alice").does("end: acknowledged, caller_busy, by alice")
    playbook = (
        calling()
        .ends("alice")
        .does("hang up")
        .is_not_reached(LegEnd.CANCELLED)
        .does("end: acknowledged, responder_left, by alice")
    )


def test_who_hid_their_number_cannot_be_called_back() -> None:
    choosing(page_call(hidden=True)).keys("alice", "3").does_nothing()


# -- nobody decides --------------------------------------------------------------------------------------------------


def test_a_phone_that_is_not_answered_or_busy_ends_it() -> None:
    paging().due_after(25).does("drop alice").ends("alice").does("end: unanswered, responder_not_reached")
    paging().ends("alice", LegEnd.BUSY).does("end: unanswered, responder_not_reached")


def test_who_hangs_up_has_not_acknowledged() -> None:
    playbook = telling().ends("alice").does("end: unanswered, not_acknowledged")
    assert playbook.call.outcome == Outcome(Result.UNANSWERED, Reason.NOT_ACKNOWLEDGED)


def test_who_answers_late_hears_all_of_it() -> None:
    playbook = paging().after(24).answers("alice").does("play page to alice").due_after(1).does_nothing()
    playbook.due_after(42).does("drop alice")


def test_phones_in_order_ring_one_after_the_other() -> None:
    playbook = Playbook(direct()).is_paged(CAROL_IN_ORDER).does("ring carol")
    playbook.due_after(12.5).does("drop carol", "ring carol's phone 2")
    playbook.answers("carol").does("drop carol").ends("carol").does_nothing()
    playbook.ends("carol's phone 2", LegEnd.REJECTED).does("end: unanswered, responder_not_reached")


# -- somebody else takes care of it ----------------------------------------------------------------------------------


def test_a_phone_that_rings_stops_at_once() -> None:
    playbook = paging().is_settled().does("drop alice").answers("alice").does("drop alice")
    playbook.ends("alice").does("end: unanswered, settled")
    assert playbook.call.legs[0].end is LegEnd.TAKEN, "and shows no missed call"


def test_who_listens_hears_so_whatever_they_press_then() -> None:
    playbook = telling().is_settled().does("stop page to alice", "play settled to alice")
    playbook.keys("alice", "1").does_nothing().hears_out("settled to alice").does("drop alice")
    playbook.ends("alice").does("end: unanswered, settled")


def test_it_is_too_late_for_that_once_this_person_has_taken_it() -> None:
    acknowledging().is_settled().does_nothing()
    calling().is_settled().does_nothing()


def test_no_other_call_is_about_a_page() -> None:
    Playbook(direct()).arrives().does("answer", "find platform level 1").is_settled().does_nothing()
    playbook = paging()
    (_, asked), *_ = playbook.journal
    assert isinstance(asked, PageCallAsked)
    playbook.cannot(asked, "arrived twice")
    playbook.hangs_up().does_nothing()


# -- after a gap -----------------------------------------------------------------------------------------------------


def test_after_a_gap_a_phone_rings_on() -> None:
    playbook = paging().after(24).resumes(caller=False, alice=False).does_nothing().after(4)
    playbook.answers("alice").does("play page to alice")


def test_after_a_gap_who_listened_hears_it_from_the_beginning() -> None:
    choosing().resumes(caller=False, alice=True).does("stop choice to alice", "play page to alice")
    paging().resumes(caller=False, alice=True).does("play page to alice")


def test_a_phone_that_was_lost_in_a_gap_is_over_and_the_next_one_rings() -> None:
    telling().resumes(caller=False).does("end: unanswered, not_acknowledged")
    paging().resumes(caller=False).does("end: unanswered, responder_not_reached")
    Playbook(direct()).is_paged(CAROL_IN_ORDER).does("ring carol").resumes(caller=False).does("ring carol's phone 2")


def test_who_acknowledged_before_a_gap_hears_music_until_it_is_written_down() -> None:
    playbook = acknowledging().resumes(caller=False, alice=True).does("hold alice")
    playbook.is_noted().does("release alice", "play thanks to alice")
    acknowledging().resumes(caller=False).does_nothing().is_noted().does("end: acknowledged, taken, by alice")


def test_a_call_back_that_was_lost_with_the_engine_is_known_by_the_callers_line() -> None:
    for playbook in (choosing(), acknowledging("3")):
        stop = ["stop choice to alice"] if playbook.call.acknowledged is None else []
        playbook.resumes(picked_up=False, alice=True).does(*stop, "hold alice")
        assert playbook.call.acknowledged == playbook.call.legs[0].id
        playbook.picks_up().does("release alice", "connect alice")
    playbook = choosing().resumes(alice=True, bridged=["alice"]).does("stop choice to alice")
    playbook.hangs_up().does("drop alice").ends("alice").does("end: connected, taken, by alice")
    playbook = choosing().resumes().does("hang up").hangs_up().does("end: abandoned, responder_left")
    playbook = acknowledging("3").resumes().does("hang up")
    playbook.hangs_up().does("end: acknowledged, responder_left, by alice")


def test_a_call_back_after_a_page_goes_on_after_a_gap() -> None:
    calling().after(4).resumes(picked_up=False, alice=True).does("hold alice")
    playbook = calling().resumes(caller=False, alice=True).does("release alice", "play callback_failed to alice")
    playbook.ends("alice").does("end: acknowledged, caller_not_reached, by alice")


def test_last_words_that_a_gap_swallowed_are_not_said_again() -> None:
    playbook = acknowledging().is_noted().does("play thanks to alice")
    playbook.resumes(caller=False, alice=True).does("drop alice")
    playbook.ends("alice").does("end: acknowledged, taken, by alice")


def test_a_page_about_a_route_without_a_team_is_told_like_any_other() -> None:
    telling(plan=replace(direct(), team=None)).keys("alice", "1").does("stop page to alice")
