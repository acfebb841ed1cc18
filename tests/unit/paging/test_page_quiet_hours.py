"""Quiet hours keep a way silent, and never a page from a person."""

from __future__ import annotations

from dataclasses import replace

from lcr_asterisk.paging.policy import Way
from lcr_asterisk.paging.states import Exhausted
from tests.unit.paging.transcript import MAIL, PUSH, VOICE, finding, person, policy, quiet

HOUR = 3600.0
LATER_VOICE = replace(VOICE, after=60.0)
LATER_MAIL = replace(MAIL, after=2 * HOUR)


def silent(way: Way, until: float = HOUR) -> Way:
    return replace(way, quiet=quiet(0, until))


def test_a_way_is_passed_over_in_its_quiet_hours() -> None:
    book = finding().finds(person(MAIL, replace(VOICE, quiet=quiet(0, 3600)))).does("carol by mail")
    book.delivered("carol by mail").does_nothing()


def test_quiet_hours_are_over_at_their_end_and_begin_at_their_start() -> None:
    hours = quiet(-100, 60)
    finding().finds(person(MAIL, replace(LATER_VOICE, quiet=hours))).does("carol by mail").delivered(
        "carol by mail"
    ).due_after(60).does("carol by voice")
    hours = quiet(60, 100)
    finding().finds(person(MAIL, replace(LATER_VOICE, quiet=hours))).does("carol by mail").delivered(
        "carol by mail"
    ).due_after(60).does().does_nothing()


def test_the_only_way_of_a_person_has_no_quiet_hours() -> None:
    finding().finds(person(replace(VOICE, quiet=quiet(0, 3600)))).does("carol by voice")


def test_where_every_way_would_be_quiet_the_last_one_is_used_at_once() -> None:
    hours = quiet(0, 3600)
    ways = (replace(MAIL, quiet=hours), replace(PUSH, quiet=hours), replace(LATER_VOICE, quiet=hours))
    finding().finds(person(*ways)).does("carol by voice")
    finding().finds(person(*ways, in_order=True)).does("carol by voice")


def test_a_quiet_way_is_used_when_all_others_have_failed() -> None:
    ways = (replace(VOICE, quiet=quiet(0, 3600)), MAIL)
    book = finding().finds(person(*ways)).does("carol by mail").refused("carol by mail").does("carol by voice")
    assert book.page.open


def test_in_order_a_quiet_way_gives_its_turn_to_the_next() -> None:
    ways = (replace(MAIL, quiet=quiet(0, 3600)), LATER_VOICE)
    finding().finds(person(*ways, in_order=True)).does("carol by voice")


def test_a_way_that_is_quiet_now_but_not_when_its_time_comes_counts_as_one_that_is_left() -> None:
    ways = (replace(MAIL, quiet=quiet(0, 3600)), replace(LATER_VOICE, quiet=quiet(0, 60)))
    finding().finds(person(*ways)).does().due_after(60).does("carol by voice")


# -- where nothing else reaches the person ---------------------------------------------------------------------------


def test_a_quiet_way_is_used_when_the_only_other_one_cannot_be_used_now() -> None:
    """A mail server that is away all night must not keep the page from whoever is on call."""
    book = finding().finds(person(silent(VOICE), MAIL)).does("carol by mail").deferred("carol by mail")
    book.does("carol by voice").delivered("carol by voice").due_after(5).does("carol by mail")


def test_in_order_a_quiet_way_before_the_one_that_cannot_be_used_now_is_used() -> None:
    book = finding().finds(person(silent(VOICE), MAIL, in_order=True)).does("carol by mail")
    book.deferred("carol by mail").does("carol by voice")


def test_a_way_that_was_not_even_tried_is_one_that_is_left() -> None:
    book = finding().finds(person(silent(PUSH), VOICE)).does("carol by voice")
    book.deferred("carol by voice", 15, tried=False).due_after(15).does("carol by voice")


def test_a_quiet_way_stays_quiet_while_another_one_was_told() -> None:
    book = finding().finds(person(silent(VOICE), MAIL, PUSH)).does("carol by mail", "carol by push")
    book.delivered("carol by push").deferred("carol by mail").due_after(5).does("carol by mail")


def test_a_quiet_way_is_used_when_of_the_others_one_cannot_be_used_now_and_one_has_failed() -> None:
    book = finding().finds(person(silent(VOICE), MAIL, PUSH)).does("carol by mail", "carol by push")
    book.deferred("carol by mail").does_nothing().refused("carol by push").does("carol by voice")


def test_of_all_quiet_ways_each_that_cannot_be_used_leads_to_the_one_before_it() -> None:
    book = finding().finds(person(silent(MAIL), silent(PUSH), silent(VOICE))).does("carol by voice")
    book.deferred("carol by voice").does("carol by push").deferred("carol by push").does("carol by mail")
    book.deferred("carol by mail").due_after(5).does("carol by mail", "carol by push", "carol by voice")


def test_a_quiet_way_that_was_tried_is_quiet_again_when_the_person_was_told() -> None:
    book = finding().finds(person(silent(VOICE), MAIL)).does("carol by mail").deferred("carol by mail")
    book.does("carol by voice").deferred("carol by voice", 60).due_after(5).does("carol by mail")
    book.delivered("carol by mail").due_after(55).does().does_nothing()


def test_a_quiet_way_stays_quiet_while_one_that_could_not_be_used_is_used_again() -> None:
    hours = quiet(1, HOUR)
    ways = (replace(PUSH, after=10.0, quiet=hours), replace(MAIL, quiet=hours), VOICE)
    book = finding().finds(person(*ways)).does("carol by mail", "carol by voice")
    book.deferred("carol by mail").delivered("carol by voice").due_after(5).does()
    book.unheeded("carol by voice").does("carol by mail").due_after(5).does().does_nothing()


def test_a_way_is_quiet_while_the_person_listens_to_a_call_that_could_not_be_placed_at_first() -> None:
    book = finding().finds(person(silent(MAIL), VOICE)).does("carol by voice").deferred("carol by voice")
    book.does("carol by mail").deferred("carol by mail", 10).due_after(5).does("carol by voice")
    book.listens("carol by voice").due_after(5).does().does_nothing()


def test_at_another_level_a_way_that_could_not_be_used_before_is_one_that_is_left() -> None:
    mail = replace(MAIL, quiet=quiet(1, 20))
    book = finding(policy(30, 300)).finds(person(mail, VOICE)).does("carol by mail", "carol by voice")
    book.deferred("carol by mail").delivered("carol by voice").due_after(5).does().due_after(15).does()
    book.due_after(10).does("find level 2")
    book.finds(person(silent(replace(PUSH, after=20.0)), replace(mail, after=40.0), VOICE), level=2)
    book.does("tell #ops escalated, changing ops:1").delivered("tell #ops escalated").after(10)
    book.unheeded("carol by voice").does_nothing().due_after(10).does().due_after(20).does("carol by mail")


# -- the end of quiet hours ------------------------------------------------------------------------------------------


def test_at_the_end_of_its_quiet_hours_a_way_is_used_where_the_person_was_not_told() -> None:
    """Also of a page that is exhausted: it is open still."""
    book = finding(policy(600)).finds(person(silent(VOICE), LATER_MAIL)).does().due_after(600)
    book.does("tell #ops exhausted, changing ops:1", "tell operators exhausted").delivered(
        "tell #ops exhausted"
    ).without_operators()
    assert isinstance(book.page.stage, Exhausted)
    book.due_after(3000).does("carol by voice")


def test_quiet_hours_that_follow_each_other_end_together() -> None:
    voice = replace(VOICE, quiet=quiet(0, 100) + quiet(100, 200))
    book = finding().finds(person(voice, LATER_MAIL)).does().does_nothing()
    book.due_after(200).does("carol by voice")


def test_at_the_end_of_its_quiet_hours_a_way_is_not_used_where_the_person_was_told() -> None:
    book = finding().finds(person(silent(VOICE, 100), MAIL)).does("carol by mail").delivered("carol by mail")
    book.due_after(100).does().does_nothing()


def test_at_the_end_of_its_quiet_hours_a_way_is_not_used_when_somebody_has_acknowledged() -> None:
    book = finding().finds(person(silent(VOICE, 100), LATER_MAIL)).does().acknowledges("Bob")
    book.does("tell #ops acknowledged, changing ops:1").delivered("tell #ops acknowledged").after(100)
    assert book.page.deadline() is None
