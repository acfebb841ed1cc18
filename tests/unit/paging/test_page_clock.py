"""A notifier may begin after the system's clock was set back: nobody waits for the hour to come again.

While a notifier lives its own clock never jumps, so only its successor can find deadlines that are too far ahead.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lcr_asterisk.paging.page import STOP_AGAIN
from lcr_asterisk.paging.reports import CALL_TAKES, LISTENS, LONGEST_WAIT
from lcr_asterisk.paging.states import Notifying
from tests.unit.paging.transcript import ALICE, BOB, MAIL, PUSH, VOICE, Pagebook, finding, opened, person, policy, quiet

HOUR = 3600.0


def set_back(book: Pagebook) -> Pagebook:
    return book.late(-HOUR).resumes()


def test_a_level_lasts_no_longer_than_it_was_to_last() -> None:
    book = finding(policy(60, 60)).finds(ALICE).does("alice by mail").delivered("alice by mail").after(10)
    set_back(book).due_after(60).does("find level 2")


def test_nor_any_longer_where_the_clock_was_not_set_back() -> None:
    book = finding(policy(60, 60)).finds(ALICE).does("alice by mail").delivered("alice by mail").after(10)
    book.resumes().due_after(50).does("find level 2")


def test_who_is_on_call_is_asked_and_places_are_told_at_once() -> None:
    set_back(opened()).does("tell #ops opened", "find level 1")
    set_back(finding()).does("find level 1")


def test_an_attempt_that_was_being_made_is_made_again_at_once() -> None:
    set_back(finding().finds(ALICE).does("alice by mail")).does("alice by mail")


def test_a_way_that_waits_its_own_time_waits_no_longer() -> None:
    book = finding().finds(person(MAIL, replace(PUSH, after=20))).does("carol by mail").delivered("carol by mail")
    set_back(book.after(5)).due_after(20).does("carol by push")


def test_nor_one_that_waits_behind_another() -> None:
    book = finding().finds(person(MAIL, replace(PUSH, after=20), in_order=True)).does("carol by mail")
    set_back(book.delivered("carol by mail").after(5)).due_after(20).does("carol by push")


def test_nor_one_that_was_edited_to_wait_for_the_other_alone() -> None:
    """Its time runs on from the level before."""
    ways = (MAIL, replace(PUSH, after=50_000.0))
    book = finding(policy(60, 1e6)).finds(person(*ways, in_order=True)).does("carol by mail").delivered("carol by mail")
    book.due_after(60).does("find level 2").finds(person(MAIL, PUSH, in_order=True), level=2)
    book.does("tell #ops escalated, changing ops:1", "carol by mail").delivered("carol by mail")
    book.delivered("tell #ops escalated")
    set_back(book).due_after(LONGEST_WAIT).does("carol by push")


def test_what_was_put_off_is_tried_after_the_longest_wait_at_the_latest() -> None:
    book = finding(policy(1e6)).finds(ALICE).does("alice by mail").deferred("alice by mail", 3000)
    set_back(book).due_after(LONGEST_WAIT).does("alice by mail")


@pytest.mark.parametrize("wait", [0.5, 500.0])
def test_and_sooner_where_it_was_to_be(wait: float) -> None:
    book = finding(policy(1e6)).finds(ALICE).does("alice by mail").waits_for_words("alice by mail", wait)
    book.resumes().due_after(wait).does("alice by mail")


def test_what_a_target_asked_for_at_an_earlier_level_is_kept_by_the_next_notifier_too() -> None:
    book = finding(policy(60, 1e6)).finds(ALICE).does("alice by mail").deferred("alice by mail", 500)
    book.due_after(60).does("find level 2").finds(ALICE, level=2).does("tell #ops escalated, changing ops:1")
    book.delivered("tell #ops escalated").resumes().due_after(440).does("alice by mail")


def test_a_call_whose_end_nobody_tells_is_over_in_time() -> None:
    book = finding(policy(1e6, 1e6)).finds(person(VOICE)).does("carol by voice").delivered("carol by voice")
    set_back(book).due_after(CALL_TAKES.total_seconds()).does("find level 2")
    book = finding(policy(60, 1e6)).finds(person(VOICE)).does("carol by voice").delivered("carol by voice")
    set_back(book.listens("carol by voice")).due_after(LISTENS.total_seconds()).does("find level 2")


def test_a_call_that_has_to_end_is_ended() -> None:
    book = finding(policy(1e6)).finds(person(VOICE)).does("carol by voice").delivered("carol by voice")
    book.acknowledges("Bob").does("stop -3", "tell #ops acknowledged, changing ops:1")
    book.delivered("tell #ops acknowledged")
    set_back(book).due_after(STOP_AGAIN.total_seconds()).does("stop -3")


def test_quiet_hours_end_when_the_clock_on_the_wall_says_so() -> None:
    book = finding(policy(1e6)).finds(person(MAIL, replace(PUSH, quiet=quiet(0, 500)))).does("carol by mail")
    until = {one.place: one.until for one in book.page.deliveries}
    assert {one.place: one.until for one in set_back(book).page.deliveries}["p"] == until["p"] is not None


def test_of_several_people_each_is_told_in_time() -> None:
    book = finding(policy(300, 300)).finds(ALICE, BOB).does("alice by mail", "bob by push")
    book.delivered("alice by mail").deferred("bob by push", 30)
    set_back(book)
    assert book.page.stage == Notifying(0, book.now + timedelta(seconds=300))
    book.due_after(300).does("find level 2")
