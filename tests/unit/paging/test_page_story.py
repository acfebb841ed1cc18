"""What is told of a page is what has happened to it, in words for people."""

from __future__ import annotations

from dataclasses import replace

from lcr_asterisk.paging.policy import Why
from lcr_asterisk.paging.story import cause_words, story
from tests.unit.paging.transcript import (
    ALICE,
    MAIL,
    NINE,
    VOICE,
    Pagebook,
    cause,
    finding,
    opened,
    person,
    policy,
    quiet,
)


def told(book: Pagebook) -> list[str]:
    return [f"{(line.at - NINE).total_seconds():g} {line.text}" for line in story(book.journal)]


def test_a_page_from_its_opening_to_its_end() -> None:
    book = finding(policy(60, 60)).finds(ALICE).does("alice by mail").after(1).deferred("alice by mail", 4)
    book.due_after(5).does("alice by mail").refused("alice by mail").does("find level 2")
    book.resumes().finds(person(MAIL, VOICE), level=2)
    book.does("tell #ops escalated, changing ops:1", "carol by mail", "carol by voice")
    book.delivered("tell #ops escalated").delivered("carol by mail").delivered("carol by voice").after(9)
    book.listens("carol by voice").after(20).joined().does("tell #ops joined, changing ops:1")
    book.unheeded("carol by voice").acknowledges("Bob").closes("Alice")
    assert told(book) == [
        "0 opened: a message from ACME (+15551234567) for Production",
        "0 #ops, page opened: delivered",
        "0 level 1: Alice",
        "1 Alice by mail: not now: busy",
        "6 Alice by mail: cannot be delivered: no such address",
        "6 level 2 is next",
        "6 level 2: Carol",
        "6 #ops, escalated: delivered",
        "6 Carol by mail: delivered",
        "6 Carol by voice: called",
        "15 Carol by voice: answered, and listens",
        "35 call 2 joined: a message from ACME (+15551234567) for Production",
        "35 Carol by voice: passed",
        "35 acknowledged by Bob (link)",
        "35 closed by Alice (command)",
    ]


def test_a_page_that_nobody_acknowledged() -> None:
    book = finding(policy(60)).finds(person(MAIL, replace(VOICE, quiet=quiet(0, 99)))).does("carol by mail")
    book.delivered("carol by mail").due_after(60).does(
        "tell #ops exhausted, changing ops:1", "tell operators exhausted"
    )
    assert told(book)[2:] == [
        "0 level 1: Carol",
        "0 Carol by voice: passed over in quiet hours",
        "0 Carol by mail: delivered",
        "60 every level was told, and NOBODY ACKNOWLEDGED",
    ]


def test_what_was_never_heard_of_again() -> None:
    book = finding(policy(900)).finds(person(VOICE)).does("carol by voice").delivered("carol by voice")
    book.due_after(660).does("tell #ops exhausted, changing ops:1", "tell operators exhausted")
    assert "660 Carol by voice: the end of the call was not reported" in told(book)
    book = (
        finding(policy(1e6))
        .finds(ALICE)
        .does("alice by mail")
        .late(86400)
        .does("tell #ops exhausted, changing ops:1", "tell operators exhausted")
    )
    assert "86400 Alice by mail: given up" in told(book)


def test_that_an_alert_waits_for_what_belongs_to_it_is_not_told() -> None:
    book = finding(policy(60)).finds(ALICE).does("alice by mail").waits_for_words("alice by mail", 2)
    book.due_after(2).does("alice by mail").delivered("alice by mail")
    assert told(book)[2:] == ["0 level 1: Alice", "2 Alice by mail: delivered"]


def test_nobody_to_tell_and_what_is_late() -> None:
    book = opened().does("tell #ops opened", "find level 1").finds(level=2).finds()
    assert told(book) == ["0 opened: a message from ACME (+15551234567) for Production", "0 level 1: nobody to tell"]


def test_callers_without_name_or_number() -> None:
    missed = replace(cause(), why=Why.MISSED, caller="", caller_name="")
    assert cause_words(missed) == "nobody took the call of a hidden number for Production"
    assert cause_words(replace(missed, caller_name="ACME")).endswith("the call of ACME (hidden number) for Production")
    assert cause_words(replace(missed, caller="+1555")) == "nobody took the call of +1555 for Production"
