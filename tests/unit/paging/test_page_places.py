"""What was for a place that is in the configuration no longer, and when those who run the hotline are asked for."""

from __future__ import annotations

from datetime import timedelta

from lcr_asterisk.paging.policy import OPERATORS, Place
from lcr_asterisk.paging.states import Exhausted
from lcr_asterisk.paging.story import story
from tests.unit.paging.transcript import ALICE, NINE, OPS, Pagebook, finding, opened, policy

NEW, ANOTHER = Place("new", "#new"), Place("another", "#another")
ADMINS = Place("admins", "admins' mail")


def exhausted(*, places: tuple[Place, ...] = (OPS,)) -> Pagebook:
    """Alice was told in vain."""
    book = finding(policy(60, alerts=places)).finds(ALICE).does("alice by mail").delivered("alice by mail")
    return book.due_after(60)


def told(book: Pagebook) -> list[str]:
    return [line.text for line in story(book.journal) if line.at - NINE > timedelta()]


def test_what_was_for_a_place_that_is_gone_is_told_to_those_that_are_there_now() -> None:
    book = finding().finds(ALICE).does("alice by mail").acknowledges("Alice")
    book.does("tell #ops acknowledged, changing ops:1").redirected("tell #ops acknowledged", NEW, ANOTHER)
    book.does("tell #new acknowledged", "tell #another acknowledged")
    assert book.id("tell #new acknowledged") != book.id("tell #another acknowledged")
    book.delivered("tell #new acknowledged").delivered("tell #another acknowledged").does_nothing()
    assert book.page.deadline() is None


def test_each_hears_everything_in_order_and_the_message_changes_where_it_is_now() -> None:
    book = opened().does("tell #ops opened", "find level 1").finds(ALICE).does("alice by mail").acknowledges("Alice")
    book.redirected("tell #ops opened", NEW)
    book.does("tell #ops acknowledged", "tell #new opened").redirected("tell #ops acknowledged", NEW).does_nothing()
    book.delivered("tell #new opened", "new:1").does("tell #new acknowledged, changing new:1")


def test_two_that_are_gone_tell_nobody_the_same_twice() -> None:
    book = opened(policy(60, alerts=(OPS, ANOTHER))).does("tell #ops opened", "tell #another opened", "find level 1")
    book.redirected("tell #ops opened", NEW).redirected("tell #another opened", NEW).does("tell #new opened")
    book.delivered("tell #new opened").does_nothing()


def test_who_was_told_of_it_already_is_not_sent_elsewhere() -> None:
    book = finding().finds(ALICE).does("alice by mail")
    before = book.page
    book.redirected("alice by mail", NEW).redirected("tell #ops opened", NEW).does_nothing()
    assert book.page == before


def test_operators_are_asked_for_when_nobody_has_acknowledged_and_hear_what_follows() -> None:
    book = exhausted(places=()).does("tell operators exhausted").redirected("tell operators exhausted", ADMINS)
    book.does("tell admins' mail exhausted").delivered("tell admins' mail exhausted").after(5).acknowledges("Alice")
    book.does("tell operators acknowledged").redirected("tell operators acknowledged", ADMINS)
    book.does("tell admins' mail acknowledged")
    assert told(book) == [
        "every level was told, and NOBODY ACKNOWLEDGED",
        "operators, exhausted: goes to admins' mail",
        "admins' mail, exhausted: delivered",
        "acknowledged by Alice (link)",
        "operators, acknowledged: goes to admins' mail",
    ]


def test_operators_who_are_not_needed_are_asked_for_again_only_when_all_was_in_vain_once_more() -> None:
    book = exhausted().does("tell #ops exhausted, changing ops:1", "tell operators exhausted").without_operators()
    assert "operators" not in " ".join(told(book))
    book.delivered("tell #ops exhausted").joined().does("tell #ops joined, changing ops:1", "find level 1")
    book.delivered("tell #ops joined").finds().does("tell #ops exhausted, changing ops:1", "tell operators exhausted")


def test_operators_are_asked_for_once_at_a_time() -> None:
    book = exhausted(places=()).does("tell operators exhausted").redirected("tell operators exhausted", ADMINS)
    book.does("tell admins' mail exhausted").delivered("tell admins' mail exhausted").joined()
    book.does("tell operators joined", "find level 1").redirected("tell operators joined", ADMINS)
    book.does("tell admins' mail joined").delivered("tell admins' mail joined")
    book.finds().does("tell operators exhausted")
    assert book.page.policy.alerts == (OPERATORS,)


def test_a_rehearsal_is_nothing_for_operators() -> None:
    book = finding(policy(60, alerts=(), test="alice")).finds(ALICE).does("alice by mail").delivered("alice by mail")
    book.due_after(60).does().does_nothing()
    assert isinstance(book.page.stage, Exhausted)
