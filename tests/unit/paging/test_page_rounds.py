"""Who is told again at another level, or when the levels are walked again, and what belongs to which round."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lcr_asterisk.config.problems import Place
from lcr_asterisk.config.teams import ring_time
from lcr_asterisk.config.yaml_tree import Text
from lcr_asterisk.paging.reports import CALL_TAKES
from lcr_asterisk.paging.states import Exhausted, Notifying
from tests.unit.paging.transcript import (
    ALICE,
    BOB,
    MAIL,
    PUSH,
    VOICE,
    Pagebook,
    finding,
    person,
    policy,
    quiet,
)

ESCALATED = "tell #ops escalated, changing ops:1"
EXHAUSTED = ("tell #ops exhausted, changing ops:1", "tell operators exhausted")
CAROL = person(VOICE)


def busy() -> Pagebook:
    """Carol was on another call during the first walk; the second has begun."""
    book = finding(policy(30, repeat=2)).finds(CAROL).does("carol by voice")
    book.deferred("carol by voice", 35, tried=False).due_after(30).does("find level 1")
    return book.finds(CAROL).does(ESCALATED).delivered("tell #ops escalated")


# -- one call at a time ----------------------------------------------------------------------------------------------


def test_who_is_still_to_be_called_is_called_once_however_often_the_levels_are_walked() -> None:
    book = busy().due_after(5).does("carol by voice").delivered("carol by voice")
    assert len(book.page.deliveries) == 1


def test_a_phone_that_rings_since_an_earlier_level_rings_on_and_is_not_called_again() -> None:
    book = finding(policy(30, 300)).finds(CAROL).does("carol by voice").delivered("carol by voice")
    book.due_after(30).does("find level 2").finds(CAROL, level=2).does(ESCALATED).delivered("tell #ops escalated")
    book.after(20).listens("carol by voice").unheeded("carol by voice").does(*EXHAUSTED)


def test_a_way_that_waits_longer_than_its_level_takes_is_used_at_its_time() -> None:
    patient = person(MAIL, replace(VOICE, after=70.0))
    book = finding(policy(30, repeat=2)).finds(patient).does("carol by mail").delivered("carol by mail")
    book.due_after(30).does("find level 1").finds(patient).does(ESCALATED, "carol by mail")
    book.delivered("carol by mail").delivered("tell #ops escalated").due_after(30).does("find level 1").finds(patient)
    book.does(ESCALATED, "carol by mail").delivered("carol by mail").due_after(10).does("carol by voice")


def test_in_order_the_time_of_the_next_way_runs_on() -> None:
    patient = person(MAIL, replace(VOICE, after=50.0), in_order=True)
    book = finding(policy(30, 300)).finds(patient).does("carol by mail").delivered("carol by mail").due_after(30)
    book.does("find level 2").finds(patient, level=2).does(ESCALATED, "carol by mail")
    book.delivered("carol by mail").delivered("tell #ops escalated").due_after(20).does("carol by voice")


def test_in_order_the_next_way_is_behind_the_call_that_rings_on() -> None:
    book = finding(policy(30, 300)).finds(CAROL).does("carol by voice").delivered("carol by voice").due_after(30)
    book.does("find level 2").finds(person(VOICE, MAIL, replace(PUSH, after=40.0), in_order=True), level=2)
    book.does(ESCALATED).delivered("tell #ops escalated").after(10).unheeded("carol by voice").does("carol by mail")
    book.due_after(40).does("carol by push")


def test_in_order_the_next_way_has_its_time_from_now_behind_one_that_is_in_use() -> None:
    book = finding(policy(30, 300)).finds(CAROL).does("carol by voice").delivered("carol by voice").due_after(30)
    book.does("find level 2").finds(person(VOICE, replace(MAIL, after=40.0), in_order=True), level=2)
    book.does(ESCALATED).delivered("tell #ops escalated").due_after(40).does("carol by mail")


def test_in_order_the_next_way_has_its_turn_behind_one_that_still_cannot_be_used() -> None:
    mailed = person(MAIL)
    book = finding(policy(30, 300)).finds(mailed).does("carol by mail").deferred("carol by mail", 100).due_after(30)
    book.does("find level 2").finds(person(MAIL, VOICE, in_order=True), level=2).does(ESCALATED, "carol by voice")


def test_what_was_delivered_is_delivered_again_in_the_next_walk() -> None:
    book = finding(policy(30, repeat=1)).finds(ALICE).does("alice by mail").delivered("alice by mail")
    first = book.id("alice by mail")
    book.due_after(30).does("find level 1").finds(ALICE).does(ESCALATED, "alice by mail")
    assert book.id("alice by mail") != first


def test_a_quiet_way_of_an_earlier_walk_is_part_of_the_next_one() -> None:
    """So at the end of its quiet hours it is used once, and not at all where the person was told since."""
    silent = person(replace(VOICE, quiet=quiet(0, 100)), replace(MAIL, after=20.0))
    book = finding(policy(10, repeat=1)).finds(silent).does().due_after(10).does("find level 1").finds(silent)
    book.does(ESCALATED).delivered("tell #ops escalated").due_after(10).does("carol by mail", *EXHAUSTED)
    book.delivered("carol by mail").delivered("tell #ops exhausted").without_operators()
    book.due_after(80).does().does_nothing()


# -- who passes it on ------------------------------------------------------------------------------------------------


def test_who_passes_it_on_is_not_called_by_what_waited_since_an_earlier_walk() -> None:
    both = person(VOICE, replace(MAIL, after=500.0))
    book = finding(policy(30, repeat=1)).finds(both).does("carol by voice").delivered("carol by voice")
    book.due_after(30).does("find level 1").finds(CAROL).does(ESCALATED).delivered("tell #ops escalated")
    book.passes("carol by voice").does(*EXHAUSTED).delivered("tell #ops exhausted").without_operators().does_nothing()
    assert book.page.deadline() is None


def test_who_passes_it_on_after_their_level_is_told_by_nothing_of_it() -> None:
    both = person(VOICE, replace(MAIL, after=500.0))
    book = finding(policy(30, 3000)).finds(both).does("carol by voice").delivered("carol by voice")
    book.due_after(30).does("find level 2").finds(BOB, level=2).does(ESCALATED, "bob by push")
    book.delivered("tell #ops escalated").delivered("bob by push").passes("carol by voice").after(2000)


def test_who_passed_it_on_is_left_out_at_the_other_levels_of_the_walk() -> None:
    book = finding(policy(30, 30)).finds(CAROL).does("carol by voice").delivered("carol by voice")
    book.passes("carol by voice").does("find level 2").finds(CAROL, BOB, level=2).does(ESCALATED, "bob by push")


def test_where_everybody_has_passed_it_on_the_level_is_skipped() -> None:
    book = finding(policy(30, 30)).finds(CAROL).does("carol by voice").delivered("carol by voice")
    book.passes("carol by voice").does("find level 2").finds(CAROL, level=2).does(*EXHAUSTED)


def test_who_passed_it_on_is_told_again_in_the_next_walk() -> None:
    book = finding(policy(30, repeat=1)).finds(CAROL).does("carol by voice").delivered("carol by voice")
    book.passes("carol by voice").does("find level 1").finds(CAROL).does(ESCALATED, "carol by voice")


def test_who_passed_it_on_is_told_of_the_call_that_joins_when_all_levels_were_told() -> None:
    book = finding(policy(30)).finds(CAROL).does("carol by voice").delivered("carol by voice").passes("carol by voice")
    book.does(*EXHAUSTED).delivered("tell #ops exhausted").without_operators().joined()
    book.does("tell #ops joined, changing ops:1", "find level 1").finds(CAROL).does("carol by voice")


# -- worked again for another call -----------------------------------------------------------------------------------


def again(book: Pagebook) -> Pagebook:
    """The page is exhausted, and another call joins."""
    book.does(*EXHAUSTED).delivered("tell #ops exhausted").without_operators()
    assert isinstance(book.page.stage, Exhausted)
    book.joined().does("tell #ops joined, changing ops:1", "find level 1")
    return book.delivered("tell #ops joined")


def test_what_was_told_before_does_not_hold_up_a_level_at_which_every_way_fails_now() -> None:
    book = again(finding(policy(60)).finds(ALICE).does("alice by mail").delivered("alice by mail").due_after(60))
    book.finds(ALICE).does("alice by mail").refused("alice by mail").does(*EXHAUSTED)


def test_what_was_told_before_does_not_keep_a_quiet_way_quiet() -> None:
    silent = person(replace(VOICE, quiet=quiet(0, 3600)), MAIL)
    book = again(finding(policy(60)).finds(silent).does("carol by mail").delivered("carol by mail").due_after(60))
    book.finds(silent).does("carol by mail").refused("carol by mail").does("carol by voice")


def test_a_page_that_is_worked_again_is_walked_as_often_as_a_new_one() -> None:
    book = finding(policy(60, repeat=1)).finds().does("find level 1").finds()
    again(book).finds().does("find level 1").finds(ALICE).does(ESCALATED, "alice by mail")
    assert isinstance(book.page.stage, Notifying)


# -- the longest ringing ---------------------------------------------------------------------------------------------


def written(value: str) -> Text:
    return Text.at(Place(1, 1), value, written=value, plain=True)


def test_a_phone_may_ring_for_as_long_as_can_be_configured() -> None:
    """And then still be answered, or be stopped."""
    longest = ring_time(written("10m"))
    with pytest.raises(ValueError, match="too long"):
        ring_time(written(f"{CALL_TAKES.total_seconds():g}s"))
    book = finding(policy(3600)).finds(CAROL).does("carol by voice").delivered("carol by voice").after(longest)
    book.listens("carol by voice").due_after(300).does(*EXHAUSTED)
    book = finding(policy(3600)).finds(CAROL).does("carol by voice").delivered("carol by voice").after(longest)
    stop = f"stop {book.id('carol by voice').removeprefix(book.page.id)}"
    book.acknowledges("Bob").does(stop, "tell #ops acknowledged, changing ops:1")
