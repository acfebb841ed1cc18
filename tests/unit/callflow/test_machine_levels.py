"""Who is rung, when, and for how long; and what the caller hears while nobody has answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lcr_asterisk.callflow.commands import RingLeg
from lcr_asterisk.callflow.events import LegEnd, RespondersFound
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.plan import Then
from tests.unit.callflow.journeys import finding, resting, ringing, second_level
from tests.unit.callflow.plans import ALICE, ALICE_BUSY, ALICE_NO_PHONE, BOB, CAROL, DAVE, direct
from tests.unit.callflow.transcript import NINE


def test_a_level_rings_every_phone_of_everybody_at_once() -> None:
    finding().finds(ALICE, CAROL).does("ring alice", "ring carol", "ring carol's phone 2", "start hold")


def test_asterisk_rings_a_little_longer_than_the_level_so_that_the_level_decides() -> None:
    call = finding(direct(levels=(25, 40))).call
    _, commands = step(call, RespondersFound(0, (ALICE,)), NINE)
    assert [command.seconds for command in commands if isinstance(command, RingLeg)] == [30.0]


def test_a_person_named_twice_at_a_level_is_rung_once() -> None:
    finding().finds(ALICE, ALICE, BOB).does("ring alice", "ring bob", "start hold")


def test_a_person_without_a_phone_is_nobody_to_ring() -> None:
    finding().finds(replace(ALICE, phones=())).does("find platform level 2")


def test_the_news_that_a_phone_rings_changes_nothing() -> None:
    ringing().rings("alice").does_nothing()


def test_after_its_time_the_level_stops_ringing_and_the_next_is_asked_in_the_same_instant() -> None:
    ringing().due_after(25).does("drop alice", "drop bob", "find platform level 2")


def test_a_new_level_is_announced_over_the_hold_music_and_the_music_comes_back() -> None:
    (
        second_level()
        .finds(CAROL, level=2)
        .does("ring carol", "ring carol's phone 2", "stop hold", "play level")
        .after(2)
        .hears_out("level")
        .does("start hold")
    )


def test_every_level_rings_for_its_own_time() -> None:
    (
        finding(direct(levels=(10, 40)))
        .finds(ALICE)
        .does("ring alice", "start hold")
        .due_after(10)
        .does("drop alice", "find platform level 2")
        .finds(BOB, level=2)
        .does("ring bob", "stop hold", "play level")
        .after(2)
        .hears_out("level")
        .does("start hold")
        .due_after(38)
        .does("drop bob", "stop hold", "play no_answer")
    )


@pytest.mark.parametrize(
    "end", [LegEnd.REJECTED, LegEnd.BUSY, LegEnd.DEAD_NUMBER, LegEnd.UNREACHABLE, LegEnd.TRUNK_REFUSED]
)
def test_who_rejects_is_busy_or_unreachable_ends_only_that_leg(end: LegEnd) -> None:
    ringing().after(1).ends("alice", end).does_nothing()


@pytest.mark.parametrize("end", [LegEnd.REJECTED, LegEnd.BUSY, LegEnd.DEAD_NUMBER])
def test_when_the_last_leg_of_a_level_is_over_the_next_level_starts_at_once(end: LegEnd) -> None:
    ringing().after(1).ends("alice", end).does_nothing().after(1).ends("bob", end).does("find platform level 2")


def test_a_level_that_ends_during_its_announcement_gives_the_music_back() -> None:
    (
        second_level(direct(levels=(25, 25, 25)))
        .finds(CAROL, level=2)
        .does("ring carol", "ring carol's phone 2", "stop hold", "play level")
        .after(1)
        .ends("carol", LegEnd.BUSY)
        .does_nothing()
        .ends("carol's phone 2", LegEnd.DEAD_NUMBER)
        .does("stop level", "start hold", "find platform level 3")
    )


def test_no_hold_music_plays_into_the_apology_when_the_last_level_ends_during_its_announcement() -> None:
    (
        second_level()
        .finds(DAVE, level=2)
        .does("ring dave", "stop hold", "play level")
        .after(1)
        .ends("dave", LegEnd.BUSY)
        .does("stop level", "play no_answer")
    )


def test_a_level_with_nobody_to_ring_is_skipped_in_the_same_instant() -> None:
    finding().finds().does("find platform level 2").finds(DAVE, level=2).does("ring dave", "start hold")


def test_people_rung_at_an_earlier_level_are_not_rung_again() -> None:
    second_level().finds(ALICE, BOB, CAROL, level=2).does(
        "ring carol", "ring carol's phone 2", "stop hold", "play level"
    )


def test_a_level_of_only_people_already_rung_is_skipped() -> None:
    second_level().finds(ALICE, BOB, level=2).does("stop hold", "play no_answer")


def test_repeat_walks_the_policy_again_and_rings_everybody_again() -> None:
    (
        ringing(direct(levels=(25,), repeat=1))
        .due_after(25)
        .does("drop alice", "drop bob")
        .ends("alice")
        .does_nothing()
        .ends("bob")
        .does_nothing()
        .due_after(1)
        .does("find platform level 1")
        .finds(ALICE, BOB)
        .does("ring alice", "ring bob", "stop hold", "play level")
        .after(2)
        .hears_out("level")
        .does("start hold")
        .due_after(23)
        .does("drop alice", "drop bob", "stop hold", "play no_answer")
    )


def test_repeat_is_no_reason_to_ask_again_where_nobody_was_rung() -> None:
    finding(direct(levels=(25,), repeat=5)).finds().does("play no_one_on_call")


def test_repeat_stops_when_the_second_walk_finds_nobody() -> None:
    (
        ringing(direct(levels=(25,), repeat=5))
        .due_after(25)
        .does("drop alice", "drop bob")
        .due_after(1)
        .does("find platform level 1")
        .finds()
        .does("stop hold", "play no_answer")
    )


def test_between_two_walks_the_caller_may_still_choose_voicemail() -> None:
    resting().presses("*").does("stop hold", "check room", "play voicemail")


def test_between_two_walks_the_caller_hears_hold_music() -> None:
    playbook = second_level(direct(repeat=1)).finds(DAVE, level=2).does("ring dave", "stop hold", "play level")
    playbook.ends("dave").does("stop level", "start hold").due_after(1).does("find platform level 1")


def test_the_rest_between_two_walks_goes_on_after_a_gap() -> None:
    resting().after(0.5).resumes().does_nothing().due_after(0.5).does("find platform level 1")


def test_nobody_anywhere_on_call_is_said_as_such() -> None:
    (
        finding()
        .finds()
        .does("find platform level 2")
        .finds(level=2)
        .does("play no_one_on_call")
        .after(2)
        .hears_out("no_one_on_call")
        .does("check room", "play voicemail")
    )


def test_people_without_a_phone_are_nobody_on_call() -> None:
    finding(direct(levels=(25,))).finds(skipped=[ALICE_NO_PHONE]).does("play no_one_on_call")


def test_people_who_are_on_another_call_count_as_no_answer() -> None:
    finding(direct(levels=(25,))).finds(skipped=[ALICE_BUSY]).does("play no_answer")


def test_who_was_skipped_and_why_is_remembered() -> None:
    assert finding().finds(skipped=[ALICE_BUSY]).does("find platform level 2").call.skipped == (ALICE_BUSY,)


def test_when_all_levels_are_tried_the_caller_is_told_and_comes_to_voicemail() -> None:
    (
        second_level()
        .finds(CAROL, level=2)
        .does("ring carol", "ring carol's phone 2", "stop hold", "play level")
        .after(2)
        .hears_out("level")
        .does("start hold")
        .due_after(23)
        .does("drop carol", "drop carol's phone 2", "stop hold", "play no_answer")
        .after(2)
        .hears_out("no_answer")
        .does("check room", "play voicemail")
    )


def test_a_route_may_end_after_the_apology() -> None:
    (
        ringing(direct(levels=(25,), no_answer=Then.HANG_UP))
        .due_after(25)
        .does("drop alice", "drop bob", "stop hold", "play no_answer")
        .ends("alice")
        .does_nothing()
        .ends("bob")
        .does_nothing()
        .hears_out("no_answer")
        .does("hang up")
        .hangs_up()
        .does("end: unanswered, no_answer")
    )


def test_a_route_may_end_where_nobody_is_on_call() -> None:
    (
        finding(direct(levels=(25,), no_one_on_call=Then.HANG_UP))
        .finds()
        .does("play no_one_on_call")
        .hears_out("no_one_on_call")
        .does("hang up")
        .hangs_up()
        .does("end: unanswered, no_one_on_call")
    )


def test_an_apology_whose_end_is_never_reported_still_leads_to_voicemail() -> None:
    finding(direct(levels=(25,))).finds().does("play no_one_on_call").due_after(2 + 5).does(
        "stop no_one_on_call", "check room", "play voicemail"
    )


def test_max_wait_ends_the_ringing_and_leads_to_voicemail() -> None:
    (
        ringing(direct(max_wait=20))
        .due_after(20)
        .does("stop hold", "drop alice", "drop bob", "play no_answer")
        .after(2)
        .hears_out("no_answer")
        .does("check room", "play voicemail")
    )


def test_max_wait_may_end_the_call() -> None:
    (
        ringing(direct(max_wait=20, no_answer=Then.HANG_UP))
        .due_after(20)
        .does("stop hold", "drop alice", "drop bob", "play no_answer")
        .hangs_up()
        .does_nothing()
        .ends("alice")
        .does_nothing()
        .ends("bob")
        .does("end: unanswered, max_wait")
    )


def test_max_wait_stops_the_announcement_of_a_level() -> None:
    (
        second_level(direct(max_wait=26))
        .finds(DAVE, level=2)
        .does("ring dave", "stop hold", "play level")
        .due_after(1)
        .does("stop level", "drop dave", "play no_answer")
    )


def test_max_wait_ends_the_question_who_is_on_call() -> None:
    finding(direct(max_wait=3)).due_after(3).does("play no_answer")


def test_max_wait_ends_the_question_at_a_later_level_with_its_music() -> None:
    second_level(direct(max_wait=27)).due_after(2).does("stop hold", "play no_answer")


def test_no_level_starts_once_max_wait_has_passed() -> None:
    ringing(direct(levels=(25, 25), max_wait=25)).due_after(25).does(
        "stop hold", "drop alice", "drop bob", "play no_answer"
    )


def test_a_star_leads_from_the_ringing_to_voicemail() -> None:
    playbook = (
        ringing().after(5).presses("*").does("stop hold", "drop alice", "drop bob", "check room", "play voicemail")
    )
    assert playbook.call.wait_until is None


def test_a_star_leads_from_the_question_who_is_on_call_to_voicemail() -> None:
    finding().presses("*").does("check room", "play voicemail")


def test_a_star_during_the_announcement_of_a_level_leads_to_voicemail() -> None:
    (
        second_level()
        .finds(DAVE, level=2)
        .does("ring dave", "stop hold", "play level")
        .presses("*")
        .does("stop level", "drop dave", "check room", "play voicemail")
    )


def test_a_star_between_two_levels_leads_to_voicemail_without_music() -> None:
    second_level().presses("*").does("stop hold", "check room", "play voicemail")


@pytest.mark.parametrize("digit", ["1", "0", "#"])
def test_other_digits_mean_nothing_while_phones_ring(digit: str) -> None:
    ringing().presses(digit).does_nothing()


def test_when_the_caller_hangs_up_every_phone_stops() -> None:
    (
        ringing()
        .after(5)
        .hangs_up()
        .does("drop alice", "drop bob")
        .ends("alice")
        .does_nothing()
        .ends("bob")
        .does("end: abandoned, while_ringing")
    )


def test_nobody_is_rung_when_the_caller_hung_up_during_the_question_who_is_on_call() -> None:
    finding().hangs_up().does("end: abandoned, while_ringing").finds(ALICE).does_nothing()


def test_an_answer_about_an_earlier_level_is_too_late() -> None:
    second_level().finds(CAROL, level=1).does_nothing()


def test_a_late_look_at_the_clock_does_everything_that_was_due() -> None:
    ringing(direct(max_wait=300)).late(1000).does("stop hold", "drop alice", "drop bob", "play no_answer")


def test_a_look_at_the_clock_before_anything_is_due_changes_nothing() -> None:
    playbook = ringing()
    before = playbook.call
    assert playbook.late(3).does_nothing().call == before
