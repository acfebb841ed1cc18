"""Several phones of one person, and people who are on another call when their level starts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lcr_asterisk.callflow.commands import RingLeg
from lcr_asterisk.callflow.events import LegEnd, RespondersFound
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.plan import RoutePlan
from tests.unit.callflow.journeys import finding
from tests.unit.callflow.plans import ALICE, ALICE_BUSY, BOB, CAROL_IN_ORDER, DAVE, direct, prompt
from tests.unit.callflow.transcript import NINE, Playbook


def first_phone(plan: RoutePlan | None = None) -> Playbook:
    """The first of Carol's two phones rings at level 1."""
    return finding(plan).finds(CAROL_IN_ORDER).does("ring carol", "start hold")


def without_alice(plan: RoutePlan | None = None) -> Playbook:
    """Bob's phone rings at level 1; Alice belongs to it and is on another call."""
    return finding(plan).finds(BOB, skipped=[ALICE_BUSY]).does("ring bob", "start hold")


def asking_for_alice() -> Playbook:
    """Alice got free, and her phone has had a second to notice."""
    return without_alice().is_free_again("alice").does_nothing().due_after(1).does("find platform level 1")


# -- one phone after the other ---------------------------------------------------------------------------------------


def test_each_phone_rings_for_its_share_of_the_level() -> None:
    (
        first_phone()
        .due_after(12.5)
        .does("drop carol", "ring carol's phone 2")
        .due_after(12.5)
        .does("drop carol's phone 2", "find platform level 2")
    )


@pytest.mark.parametrize("end", [LegEnd.REJECTED, LegEnd.BUSY, LegEnd.DEAD_NUMBER, LegEnd.UNREACHABLE])
def test_when_a_phone_is_over_the_next_one_rings_at_once_for_all_that_is_left(end: LegEnd) -> None:
    (
        first_phone()
        .after(5)
        .ends("carol", end)
        .does("ring carol's phone 2")
        .due_after(20)
        .does("drop carol's phone 2", "find platform level 2")
    )


def test_when_the_last_phone_is_over_the_level_is() -> None:
    first_phone().ends("carol").does("ring carol's phone 2").ends("carol's phone 2", LegEnd.BUSY).does(
        "find platform level 2"
    )


def test_asterisk_rings_each_phone_a_little_longer_than_its_share() -> None:
    _, commands = step(finding().call, RespondersFound(0, (CAROL_IN_ORDER,)), NINE)
    assert [command.seconds for command in commands if isinstance(command, RingLeg)] == [17.5]


def test_the_phones_of_others_go_on_ringing_meanwhile() -> None:
    (
        finding()
        .finds(CAROL_IN_ORDER, ALICE)
        .does("ring carol", "ring alice", "start hold")
        .due_after(12.5)
        .does("drop carol", "ring carol's phone 2")
        .ends("carol")
        .does_nothing()
        .due_after(12.5)
        .does("drop alice", "drop carol's phone 2", "find platform level 2")
    )


def test_while_a_phone_is_answered_the_next_one_stays_quiet() -> None:
    (
        first_phone()
        .after(10)
        .answers("carol")
        .does("play whisper to carol")
        .after(5)
        .keys("carol", "1")
        .does("stop hold", "stop whisper to carol", "connect carol")
    )


def test_a_voicemail_box_that_took_the_first_phone_leaves_the_second_what_is_left() -> None:
    (
        first_phone(direct(confirm=15))
        .after(2)
        .answers("carol")
        .does("play whisper to carol")
        .due_after(15)
        .does("drop carol", "ring carol's phone 2")
        .due_after(8)
        .does("drop carol's phone 2", "find platform level 2")
    )


def test_no_further_phone_rings_once_the_time_of_the_level_is_over() -> None:
    (
        first_phone(direct(confirm=15))
        .after(12)
        .answers("carol")
        .does("play whisper to carol")
        .due_after(13)
        .does_nothing()
        .due_after(2)
        .does("drop carol", "find platform level 2")
    )


def test_who_pressed_2_is_not_rung_on_another_phone() -> None:
    first_phone().answers("carol").does("play whisper to carol").keys("carol", "2").does(
        "drop carol", "find platform level 2"
    )


def test_when_the_caller_hangs_up_no_further_phone_rings() -> None:
    first_phone().hangs_up().does("drop carol").ends("carol").does("end: abandoned, while_ringing")


def test_a_look_at_the_clock_that_comes_too_late_rings_no_further_phone() -> None:
    first_phone().late(25).does("drop carol", "find platform level 2")


def test_a_phone_that_was_lost_in_a_gap_gives_way_to_the_next() -> None:
    first_phone().after(5).resumes().does("separate", "stop hold", "start hold", "ring carol's phone 2")


def test_a_phone_whose_share_ended_in_a_gap_may_have_been_answered() -> None:
    (
        first_phone()
        .after(12)
        .resumes(carol=False)
        .does("separate", "stop hold", "start hold")
        .due_after(5)
        .does("drop carol", "ring carol's phone 2")
    )


# -- who is on another call ------------------------------------------------------------------------------------------


def test_who_gets_free_is_rung_for_what_is_left_of_the_level() -> None:
    (
        without_alice()
        .after(10)
        .is_free_again("alice")
        .does_nothing()
        .due_after(1)
        .does("find platform level 1")
        .finds(ALICE, BOB)
        .does("ring alice")
        .due_after(14)
        .does("drop bob", "drop alice", "find platform level 2")
    )


def test_only_who_was_busy_when_the_level_started_is_rung_then() -> None:
    """Who is on call was asked when the level started; a handoff meanwhile counts from the next level on."""
    asking_for_alice().finds(DAVE, BOB).does_nothing()


def test_somebody_of_no_concern_to_this_call_gets_free_without_consequence() -> None:
    without_alice().is_free_again("dave").does_nothing()


def test_who_gets_free_twice_is_rung_once() -> None:
    (
        without_alice()
        .is_free_again("alice")
        .does_nothing()
        .due_after(1)
        .does("find platform level 1")
        .is_free_again("alice")
        .does_nothing()
        .due_after(1)
        .does("find platform level 1")
        .finds(ALICE)
        .does("ring alice")
        .finds(ALICE)
        .does_nothing()
    )


def test_who_gets_free_and_is_found_on_a_third_call_is_left_alone() -> None:
    asking_for_alice().finds(skipped=[ALICE_BUSY]).does_nothing()


def test_who_gets_free_when_the_time_of_the_level_is_over_is_not_rung() -> None:
    (
        without_alice()
        .after(20)
        .answers("bob")
        .does("play whisper to bob")
        .due_after(5)
        .does_nothing()
        .is_free_again("alice")
        .does_nothing()
    )


def test_an_answer_that_comes_when_the_time_of_the_level_is_over_rings_nobody() -> None:
    playbook = asking_for_alice()
    playbook.now = NINE.replace(second=25)
    playbook.finds(ALICE).does_nothing()


def test_who_gets_free_in_the_last_second_of_the_level_is_not_rung() -> None:
    without_alice().after(24.5).is_free_again("alice").does_nothing().late(5).does("drop bob", "find platform level 2")


def test_who_gets_free_at_a_later_level_is_not_rung_for_the_one_before() -> None:
    without_alice().ends("bob").does("find platform level 2").is_free_again("alice").does_nothing()


def test_whose_line_is_free_again_is_known_of_every_moment_of_a_call() -> None:
    playbook = finding().finds(ALICE).does("ring alice", "start hold")
    assert playbook.call.on_the_line() == frozenset()
    playbook.answers("alice").does("play whisper to alice")
    assert playbook.call.on_the_line() == {"alice"}
    playbook.keys("alice", "2").does("drop alice", "find platform level 2")
    assert playbook.call.on_the_line() == {"alice"}, "she was told to go, and is still there"
    playbook.ends("alice").does_nothing()
    assert playbook.call.on_the_line() == frozenset()
    playbook.fails(RingLeg).does_nothing().hangs_up().does("end: abandoned, while_ringing")
    assert playbook.call.on_the_line() == frozenset()


def test_a_level_of_which_everybody_is_on_another_call_is_skipped() -> None:
    finding().finds(skipped=[ALICE_BUSY]).does("find platform level 2")


def test_who_got_free_in_a_gap_is_asked_for_after_it() -> None:
    without_alice().resumes(bob=False).does("separate", "stop hold", "start hold", "find platform level 1").finds(
        ALICE
    ).does("ring alice")


# -- languages -------------------------------------------------------------------------------------------------------


def test_each_responder_is_told_in_their_own_language_on_every_phone() -> None:
    plan = direct()
    teams = tuple(replace(team, whispers=(("de", prompt("geflüster")),)) for team in plan.teams)
    plan = replace(plan, teams=teams, labels=(("Acme", prompt("acme")),))
    plan = replace(plan, labels_in=(("de", "Acme", prompt("acme_de")),))
    german = replace(CAROL_IN_ORDER, language="de")
    (
        finding(plan)
        .finds(german, ALICE)
        .does("ring carol", "ring alice", "start hold")
        .ends("carol")
        .does("ring carol's phone 2")
        .answers("carol's phone 2")
        .does("play geflüster to carol's phone 2")
        .answers("alice")
        .does("play whisper to alice")
    )
    assert plan.label_in("Acme", "de") == prompt("acme_de")
    assert plan.label_in("Acme", "fr") == plan.label_in("Acme", None) == prompt("acme")


def test_the_second_phone_of_somebody_who_was_told_that_it_is_taken_does_not_ring() -> None:
    """Whoever took it may be gone again when Carol hangs up on that sentence, and the next level rings."""
    playbook = finding().finds(CAROL_IN_ORDER, ALICE).does("ring carol", "ring alice", "start hold")
    playbook = playbook.answers("carol").does("play whisper to carol").answers("alice").does("play whisper to alice")
    playbook = playbook.keys("alice", "1").does(
        "stop hold", "stop whisper to alice", "connect alice", "stop whisper to carol", "play taken to carol"
    )
    playbook = playbook.ends("alice").does("separate", "start hold", "find platform level 2")
    playbook = playbook.finds(DAVE, level=2).does("ring dave", "stop hold", "play level")
    playbook.ends("carol").does_nothing()
