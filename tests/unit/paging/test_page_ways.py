"""How one person is told: by which way, when, how often it is tried, and how all of it stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from lcr_asterisk.paging.page import STOPS
from lcr_asterisk.paging.policy import Place
from lcr_asterisk.paging.reports import CALL_TAKES, GIVE_UP
from lcr_asterisk.paging.states import Progress
from tests.unit.paging.transcript import (
    ALICE,
    BOB,
    MAIL,
    OPS,
    PUSH,
    VOICE,
    Pagebook,
    finding,
    opened,
    person,
    policy,
)

LATER_VOICE = replace(VOICE, after=60.0)


def told() -> Pagebook:
    """Alice got her mail at level 1."""
    return finding().finds(ALICE).does("alice by mail").delivered("alice by mail")


def called() -> Pagebook:
    """Carol's phone rings."""
    return finding().finds(person(VOICE)).does("carol by voice").delivered("carol by voice")


# -- delays and order ------------------------------------------------------------------------------------------------


def test_a_way_may_wait_for_its_time() -> None:
    book = finding().finds(person(MAIL, LATER_VOICE)).does("carol by mail").delivered("carol by mail")
    book.due_after(60).does("carol by voice")


def test_in_order_the_next_way_follows_when_the_one_before_it_has_failed() -> None:
    book = finding().finds(person(MAIL, LATER_VOICE, in_order=True)).does("carol by mail")
    book.refused("carol by mail").does("carol by voice")


def test_in_order_the_next_way_follows_after_its_time_though_the_one_before_it_was_delivered() -> None:
    book = finding().finds(person(MAIL, LATER_VOICE, in_order=True)).does("carol by mail")
    book.after(2).delivered("carol by mail").due_after(58).does("carol by voice")


def test_in_order_a_way_without_a_time_of_its_own_waits_until_the_one_before_it_has_failed() -> None:
    book = finding().finds(person(MAIL, VOICE, in_order=True)).does("carol by mail").delivered("carol by mail")
    book.after(200).does_nothing()


def test_in_order_the_next_way_follows_at_once_where_the_one_before_it_cannot_be_used_now() -> None:
    """A service that is away for a day must not keep the page from the person; when it is back it is used too."""
    book = finding().finds(person(MAIL, VOICE, in_order=True)).does("carol by mail").deferred("carol by mail")
    book.does("carol by voice").due_after(5).does("carol by mail")


def test_in_order_the_next_way_waits_for_one_that_was_not_even_tried() -> None:
    book = finding().finds(person(MAIL, VOICE, in_order=True)).does("carol by mail")
    book.deferred("carol by mail", 5, tried=False).due_after(5).does("carol by mail")


def test_a_retry_does_not_put_off_the_next_way() -> None:
    book = finding().finds(person(MAIL, LATER_VOICE, in_order=True)).does("carol by mail")
    book.deferred("carol by mail", 30).due_after(30).does("carol by mail").deferred("carol by mail", 100)
    book.due_after(30).does("carol by voice")


def test_a_persons_ways_go_on_when_the_level_is_over() -> None:
    book = finding(policy(30, 300)).finds(person(MAIL, LATER_VOICE)).does("carol by mail").delivered("carol by mail")
    book.due_after(30).does("find level 2").finds(BOB, level=2)
    book.does("tell #ops escalated, changing ops:1", "bob by push").delivered("bob by push")
    book.delivered("tell #ops escalated").due_after(30).does("carol by voice")


# -- attempts --------------------------------------------------------------------------------------------------------


def test_what_cannot_be_delivered_is_tried_again_each_time_later() -> None:
    book = finding(policy(86400)).finds(ALICE).does("alice by mail")
    for seconds in (5, 10, 20, 40, 80, 160, 320, 600, 600):
        book.deferred("alice by mail").due_after(seconds).does("alice by mail")


def test_a_target_that_asks_for_more_patience_gets_it() -> None:
    book = finding().finds(ALICE).does("alice by mail").deferred("alice by mail", 45)
    book.due_after(45).does("alice by mail")


def test_an_attempt_that_was_not_made_does_not_count() -> None:
    book = finding().finds(ALICE).does("alice by mail")
    for _ in range(5):
        book.deferred("alice by mail", 1, tried=False).due_after(1).does("alice by mail")
    book.deferred("alice by mail").due_after(5).does("alice by mail")


def test_an_attempt_of_which_nothing_is_heard_is_made_again_with_the_same_id() -> None:
    book = finding().finds(ALICE).does("alice by mail")
    first = book.id("alice by mail")
    book.due_after(60).does("alice by mail")
    assert book.id("alice by mail") == first


def test_a_notifier_that_begins_asks_and_tries_at_once_what_the_one_before_it_may_not_have() -> None:
    book = finding().resumes().does("find level 1").finds(ALICE, BOB).does("alice by mail", "bob by push")
    first = book.id("alice by mail")
    book.delivered("bob by push").after(3).resumes().does("alice by mail").delivered("alice by mail")
    assert book.id("alice by mail") == first
    book.resumes().does_nothing()


def test_after_a_day_of_attempts_it_has_failed() -> None:
    book = finding(policy(1e6)).finds(ALICE).does("alice by mail").late(GIVE_UP.total_seconds())
    book.deferred("alice by mail").does("tell #ops exhausted, changing ops:1", "tell operators exhausted")


def test_an_attempt_that_ends_its_process_each_time_is_given_up_after_a_day() -> None:
    book = finding(policy(1e6, 60)).finds(ALICE).does("alice by mail")
    book.late(GIVE_UP.total_seconds()).does("find level 2")


def test_a_doubled_answer_changes_nothing() -> None:
    book = told()
    before = book.page
    book.delivered("alice by mail").deferred("alice by mail").listens("alice by mail")
    assert book.page == before


def test_what_one_notifier_delivered_another_cannot_undo() -> None:
    """It waited for its turn at the same place, and gives up because it is delivered."""
    told().refused("alice by mail").does_nothing().due_after(300).does("find level 2")


# -- calls -----------------------------------------------------------------------------------------------------------


def test_a_call_that_nobody_heeds_ends_the_level_at_once_where_it_was_the_last_way() -> None:
    called().unheeded("carol by voice").does("find level 2")


def test_who_passes_it_on_in_a_call_is_told_in_no_other_way_and_the_next_level_is_told_at_once() -> None:
    book = finding().finds(person(VOICE, MAIL, LATER_VOICE)).does("carol by voice", "carol by mail")
    book.delivered("carol by voice").delivered("carol by mail").listens("carol by voice").passes("carol by voice")
    book.does("find level 2").finds(BOB, level=2).does("tell #ops escalated, changing ops:1", "bob by push")
    book.delivered("bob by push").delivered("tell #ops escalated").after(200)


def test_who_passes_it_on_leaves_the_level_to_the_others_of_it() -> None:
    book = finding().finds(person(VOICE), ALICE).does("carol by voice", "alice by mail").delivered("alice by mail")
    book.delivered("carol by voice").passes("carol by voice").does_nothing().due_after(300).does("find level 2")


def test_a_level_is_not_over_while_somebody_listens() -> None:
    book = called().after(50).listens("carol by voice").after(260).does_nothing()
    assert book.page.open
    book.unheeded("carol by voice").does("find level 2")


def test_who_listens_holds_the_level_for_some_minutes_at_most() -> None:
    called().after(100).listens("carol by voice").due_after(300).does("find level 2")


def test_a_call_whose_end_is_never_reported_is_over_after_a_while() -> None:
    finding(policy(900, 900)).finds(person(VOICE)).does("carol by voice").delivered("carol by voice").due_after(
        CALL_TAKES.total_seconds()
    ).does("find level 2")


# -- the team's places -----------------------------------------------------------------------------------------------


def test_each_place_is_told_in_order_and_one_that_is_slow_holds_up_no_other() -> None:
    slow = Place("slow", "slow")
    book = opened(policy(60, alerts=(slow, OPS))).does("tell slow opened", "tell #ops opened", "find level 1")
    book.delivered("tell #ops opened", "ops:1").deferred("tell slow opened").joined()
    book.does("tell #ops joined, changing ops:1").delivered("tell #ops joined").due_after(5).does("tell slow opened")
    book.delivered("tell slow opened").does("tell slow joined")


def test_a_place_that_never_takes_an_alert_is_told_the_next_one() -> None:
    book = opened().does("tell #ops opened", "find level 1").joined().refused("tell #ops opened")
    book.does("tell #ops joined")


def test_all_places_get_one_message_under_one_id() -> None:
    book = opened(policy(60, alerts=(Place("other", "other"), OPS)))
    first, second = book.page.deliveries
    assert first.message == second.message
    assert first.id != second.id


# -- the end ---------------------------------------------------------------------------------------------------------


def test_an_acknowledgement_stops_everything_on_every_way() -> None:
    book = finding().finds(person(PUSH, VOICE, LATER_VOICE), ALICE)
    book.does("carol by push", "carol by voice", "alice by mail").delivered("carol by voice")
    book.deferred("alice by mail").acknowledges("Carol")
    call = book.id("carol by voice")
    book.does(f"stop {call.removeprefix(book.page.id)}", "tell #ops acknowledged, changing ops:1")
    book.unheeded("carol by voice").delivered("tell #ops acknowledged").delivered("carol by push").does_nothing()
    assert book.page.deadline() is None
    assert all(one.progress is Progress.OVER for one in book.page.deliveries)


def test_a_call_is_told_to_stop_until_it_has_and_no_more_than_some_times() -> None:
    book = called().acknowledges("Carol")
    stop = f"stop {book.id('carol by voice').removeprefix(book.page.id)}"
    book.does(stop, "tell #ops acknowledged, changing ops:1").delivered("tell #ops acknowledged")
    for _ in range(STOPS - 1):
        book.due_after(5).does(stop)
    book.due_after(5).does().does_nothing()
    assert book.page.deadline() is None


def test_a_page_that_is_closed_in_the_instant_of_its_acknowledgement_stops_a_call_once() -> None:
    book = called().acknowledges("Carol").closes("Bob")
    book.does(f"stop {book.id('carol by voice').removeprefix(book.page.id)}", "tell #ops closed, changing ops:1")


def test_a_call_that_was_being_placed_is_stopped_too() -> None:
    book = finding().finds(person(VOICE)).does("carol by voice").acknowledges("Bob")
    stop = f"stop {book.id('carol by voice').removeprefix(book.page.id)}"
    book.does(stop, "tell #ops acknowledged, changing ops:1").delivered("carol by voice").due_after(5).does(stop)
    book.refused("carol by voice").delivered("tell #ops acknowledged").does_nothing()
    assert book.page.deadline() is None


def test_a_call_that_is_to_be_tried_again_is_stopped_too() -> None:
    """An engine that took too long to answer may have placed it all the same; one that was not asked has not."""
    book = finding().finds(person(VOICE)).does("carol by voice").deferred("carol by voice").acknowledges("Bob")
    stop = f"stop {book.id('carol by voice').removeprefix(book.page.id)}"
    book.does(stop, "tell #ops acknowledged, changing ops:1")
    book = finding().finds(person(VOICE)).does("carol by voice").deferred("carol by voice", 60, tried=False)
    book.acknowledges("Bob").does("tell #ops acknowledged, changing ops:1")


def test_what_the_places_were_not_told_yet_they_need_not_be_told_after_an_acknowledgement() -> None:
    book = opened().joined().acknowledges("Alice").does("tell #ops acknowledged")
    book = opened().does("tell #ops opened", "find level 1").joined().acknowledges("Alice").does_nothing()
    book.delivered("tell #ops opened", "ops:1").does("tell #ops acknowledged, changing ops:1")


def test_who_is_second_to_acknowledge_changes_nothing() -> None:
    book = told().acknowledges("Alice")
    before = book.page
    book.acknowledges("Bob")
    assert book.page == before
    assert book.page.by == "Alice"


def test_a_page_can_be_closed_before_and_after_it_was_acknowledged_and_once() -> None:
    book = told().closes("Alice").does("tell #ops closed, changing ops:1")
    before = book.page
    book.closes("Bob").acknowledges("Bob").finds(ALICE).joined()
    assert book.page == before
    book = told().acknowledges("Alice").does("tell #ops acknowledged, changing ops:1").closes("Bob")
    book.delivered("tell #ops acknowledged").does("tell #ops closed, changing ops:1")
    assert book.page.closed_at == book.now
    assert book.page.acknowledged_at is not None


def test_who_is_on_call_is_no_longer_of_interest_when_the_page_is_acknowledged() -> None:
    book = finding().acknowledges("Alice").does("tell #ops acknowledged, changing ops:1").finds(ALICE)
    book.delivered("tell #ops acknowledged").late(timedelta(days=1).total_seconds()).does_nothing()
