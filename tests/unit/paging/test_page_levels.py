"""Who is told of a page, when the next are, and when nobody is left."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lcr_asterisk.paging.events import CallJoined, PageOpened, PeopleFound, TimePassed
from lcr_asterisk.paging.page import joins, step
from lcr_asterisk.paging.policy import Recipient, Why
from lcr_asterisk.paging.states import Exhausted, Finding, Notifying
from tests.unit.paging.transcript import (
    ALICE,
    BOB,
    MAIL,
    NINE,
    OPS,
    PAGE,
    PUSH,
    VOICE,
    Pagebook,
    cause,
    finding,
    opened,
    person,
    policy,
)


def notifying(*seconds: float, repeat: int = 0) -> Pagebook:
    """Alice is told at level 1."""
    return finding(policy(*seconds, repeat=repeat)).finds(ALICE).does("alice by mail")


def test_a_new_page_tells_the_teams_places_and_asks_who_is_on_call() -> None:
    opened().does("tell #ops opened", "find level 1")


def test_everybody_at_a_level_is_told_at_once() -> None:
    finding().finds(ALICE, BOB).does("alice by mail", "bob by push")


def test_without_an_acknowledgement_the_next_level_follows_after_its_time() -> None:
    book = notifying().delivered("alice by mail").due_after(300).does("find level 2")
    book.finds(BOB, level=2).does("tell #ops escalated, changing ops:1", "bob by push")


def test_a_level_where_nobody_is_on_call_is_skipped_in_the_same_instant() -> None:
    finding().finds().does("find level 2").finds(BOB, level=2).does(
        "tell #ops escalated, changing ops:1", "bob by push"
    )


def test_when_every_way_of_everybody_has_failed_the_next_level_follows_at_once() -> None:
    book = finding().finds(ALICE, BOB).does("alice by mail", "bob by push")
    book.refused("alice by mail").does_nothing().refused("bob by push").does("find level 2")


def test_the_question_who_is_on_call_is_asked_again_until_there_is_an_answer() -> None:
    finding().due_after(10).does("find level 1").due_after(10).does("find level 1")


def test_the_policy_is_walked_again_as_often_as_it_says() -> None:
    book = notifying(60, repeat=1).delivered("alice by mail").due_after(60).does("find level 1")
    book.finds(ALICE).does("tell #ops escalated, changing ops:1", "alice by mail")
    book.delivered("alice by mail").delivered("tell #ops escalated").due_after(60)
    book.does("tell #ops exhausted, changing ops:1", "tell operators exhausted")
    assert isinstance(book.page.stage, Exhausted)


def test_a_page_that_nobody_acknowledged_stays_open_and_says_so_to_the_team() -> None:
    book = notifying(60).delivered("alice by mail").due_after(60)
    book.does("tell #ops exhausted, changing ops:1", "tell operators exhausted")
    book.delivered("tell #ops exhausted").without_operators().does_nothing()
    assert book.page.open
    assert book.page.deadline() is None
    book.acknowledges("Alice").does("tell #ops acknowledged, changing ops:1")


def test_nobody_anywhere_exhausts_the_page_at_once() -> None:
    finding().finds().does("find level 2").finds(level=2).does(
        "tell #ops exhausted, changing ops:1", "tell operators exhausted"
    )


def test_a_call_that_leads_to_nothing_after_the_last_level_changes_nothing() -> None:
    book = finding(policy(60)).finds(person(VOICE)).does("carol by voice").delivered("carol by voice").due_after(60)
    book.does("tell #ops exhausted, changing ops:1", "tell operators exhausted").delivered("tell #ops exhausted")
    book.without_operators().unheeded("carol by voice").does_nothing()
    assert isinstance(book.page.stage, Exhausted)


def test_a_late_answer_about_another_level_changes_nothing() -> None:
    book = finding().finds(BOB, level=2)
    assert book.page.deliveries == ()
    book.finds(ALICE).does("alice by mail").finds(BOB).does_nothing()


# -- calls that join -------------------------------------------------------------------------------------------------


def test_another_call_to_the_same_route_joins_and_the_team_sees_how_many() -> None:
    book = notifying().delivered("alice by mail").after(20).joined().does("tell #ops joined, changing ops:1")
    assert book.page.calls == (PAGE, "another")
    assert book.page.latest.call == "another"
    assert isinstance(book.page.stage, Notifying), "who has been told is not told again"


def test_the_same_call_joins_once() -> None:
    notifying().delivered("alice by mail").joined(PAGE).does_nothing()


def test_many_calls_in_a_row_are_told_in_one_alert_while_it_waits() -> None:
    book = opened().does("tell #ops opened", "find level 1").joined("one").joined("two").does_nothing()
    book.delivered("tell #ops opened", "ops:1").does("tell #ops joined, changing ops:1")
    book.joined("three").delivered("tell #ops joined").does("tell #ops joined, changing ops:1")


def test_a_call_that_joins_an_exhausted_page_has_it_worked_again_from_the_first_level() -> None:
    book = notifying(60).delivered("alice by mail").due_after(60)
    book.does("tell #ops exhausted, changing ops:1", "tell operators exhausted")
    book.delivered("tell #ops exhausted").without_operators().joined().does(
        "tell #ops joined, changing ops:1", "find level 1"
    )
    book.finds(ALICE).does("alice by mail")


def test_an_acknowledged_page_is_not_joined() -> None:
    """Whoever took care of the one call may not know of the other: that one is a page of its own."""
    book = notifying().acknowledges("Alice")
    assert not joins(book.page, "platform", cause("another", NINE))
    before = book.page
    book.joined()
    assert book.page == before


@pytest.mark.parametrize(
    ("seconds", "team", "route", "join"),
    [
        (600, "platform", "production", True),
        (600.001, "platform", "production", False),
        (-600, "platform", "production", True),
        (-600.001, "platform", "production", False),
        (0, "payments", "production", False),
        (0, "platform", "other", False),
    ],
)
def test_a_call_joins_the_page_of_its_team_and_route_within_the_window(
    seconds: float, team: str, route: str, join: bool
) -> None:
    at = NINE + timedelta(seconds=seconds)
    assert joins(finding().page, team, cause("another", at, route, Why.MISSED)) is join


def test_the_window_begins_anew_with_each_call() -> None:
    book = notifying(3600).delivered("alice by mail").after(600).joined()
    assert joins(book.page, "platform", cause("third", NINE + timedelta(seconds=1200)))


def test_a_call_of_before_that_is_known_late_joins_and_does_not_shorten_the_window() -> None:
    """Its event waited while others were delivered. It is what the team is told of next all the same."""
    book = notifying(3600).delivered("alice by mail").after(600).joined()
    book.happens(CallJoined(cause("late", NINE - timedelta(seconds=600))))
    assert book.page.latest.call == "late"
    assert joins(book.page, "platform", cause("fourth", NINE + timedelta(seconds=1200)))
    assert not joins(book.page, "platform", cause("too late", NINE - timedelta(seconds=601)))


def test_a_page_of_test_mode_is_not_joined_by_real_calls() -> None:
    assert not joins(finding(policy(test="alice")).page, "platform", cause("another"))


# -- what cannot happen ----------------------------------------------------------------------------------------------


def test_a_page_is_opened_first_and_once() -> None:
    Pagebook(None).cannot(TimePassed(), "not open")
    opened().cannot(PageOpened(PAGE, cause(), policy()), "opened twice")


def test_what_concerns_no_delivery_of_the_page_is_late() -> None:
    book = finding()
    before = book.page
    book._ids["gone"] = "gone"
    book.delivered("gone").refused("gone")
    assert book.page == before


def test_a_team_without_places_is_worked_all_the_same() -> None:
    book = finding(policy(60, alerts=())).finds(ALICE).does("alice by mail").delivered("alice by mail")
    book.due_after(60).does("tell operators exhausted").without_operators().does_nothing()
    assert isinstance(book.page.stage, Exhausted)


def test_a_person_may_be_told_by_several_ways_together() -> None:
    finding().finds(Recipient("alice", "Alice", (MAIL, PUSH, VOICE))).does(
        "alice by mail", "alice by push", "alice by voice"
    )


def test_the_page_begins_with_the_first_level() -> None:
    page, commands = step(None, PageOpened(PAGE, cause(), policy(alerts=(OPS,))), NINE)
    assert page.stage == Finding(0, NINE)
    assert commands == ()
    late, _ = step(page, PeopleFound(1, (BOB,)), NINE)
    assert late == page
    joined, _ = step(page, CallJoined(cause("another")), NINE)
    assert joined.calls == (PAGE, "another")
