"""What an alert says is the same for everybody, on one line where it has to be, and never in the caller's markup."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lcr_asterisk.notifier.messages import (
    LEFT_OUT,
    Caller,
    Kind,
    Named,
    acknowledge_link,
    facts,
    headline,
    last_lines,
    one_line,
    show_seconds,
    steps,
)
from tests.unit.notifier.alerts import PAGE, hostile, page

ALICE = Named("alice", "Alice Martin")


@pytest.mark.parametrize(
    ("kind", "begins"),
    [
        (Kind.PAGE_OPENED, "Page for Platform: "),
        (Kind.PAGE_NOTIFIED, "Page for Platform: "),
        (Kind.PAGE_ESCALATED, "Escalated, page for Platform: "),
        (Kind.PAGE_ACKNOWLEDGED, "Acknowledged by Alice Martin, page for Platform: "),
        (Kind.PAGE_EXHAUSTED, "NOBODY ACKNOWLEDGED the page for Platform: "),
        (Kind.PAGE_CLOSED, "Closed by Alice Martin, page for Platform: "),
        (Kind.CALL_MISSED, "Missed call for Platform: "),
        (Kind.VOICEMAIL_RECEIVED, "Message for Platform: "),
        (Kind.SYSTEM_DEGRADED, "Hotline degraded: "),
        (Kind.SYSTEM_RECOVERED, "Hotline recovered: "),
        (Kind.TEST, "Test of the hotline's alerts: "),
    ],
)
def test_the_headline_says_first_what_has_happened(kind: Kind, begins: str) -> None:
    assert headline(page(kind=kind, person=ALICE)) == begins + PAGE.summary


def test_whoever_acknowledged_is_named_only_where_it_is_known() -> None:
    assert headline(page(kind=Kind.PAGE_ACKNOWLEDGED)).startswith("Acknowledged, page for Platform: ")


def test_the_facts_are_those_that_are_known_and_times_are_the_readers() -> None:
    assert facts(PAGE) == (
        ("Team", "Platform"),
        ("Route", "Production Incidents"),
        ("Caller", "Acme (+14155550177)"),
        ("Calls", "2"),
        ("When", "2026-11-21 09:00:12 CET"),
        ("Duration", "1 min 5 s"),
        ("Recording", "12 s"),
        ("Page", "7"),
    )
    bare = page(team=None, route=None, caller=Caller(None), calls=1, duration=None, recording=None, page=None)
    assert facts(bare) == (("Caller", "hidden number"), ("When", "2026-11-21 09:00:12 CET"))


def test_each_step_has_its_time_of_day() -> None:
    assert steps(PAGE) == ("09:00:12  the caller dialled", "09:00:17  Alice Martin is rung")


def test_a_callers_words_stay_on_one_line_and_in_one_direction() -> None:
    message = hostile()
    for text in (headline(message), *(value for _, value in facts(message)), *steps(message)):
        assert text.isprintable()
        assert "\u202e" not in text
    assert one_line(" a\r\n b\x00\u202e\u2028c\ud800 ") == "a b c"


def test_long_words_are_cut_where_a_person_would_stop_reading() -> None:
    message = hostile("word " * 1000)
    assert len(headline(message)) <= 150
    assert all(len(value) <= 300 for _, value in facts(message))
    assert headline(message).endswith("…")


def test_of_too_many_steps_the_last_are_kept() -> None:
    lines = tuple(f"step {number}" for number in range(100))
    kept = last_lines(lines, 200)
    assert len(kept) <= 200
    assert kept.startswith(LEFT_OUT)
    assert kept.endswith("step 98\nstep 99")
    assert last_lines(lines[:3], 200) == "step 0\nstep 1\nstep 2"


@pytest.mark.parametrize("kind", [Kind.PAGE_ACKNOWLEDGED, Kind.PAGE_CLOSED, Kind.SYSTEM_RECOVERED])
def test_what_is_settled_cannot_be_acknowledged_any_more(kind: Kind) -> None:
    assert acknowledge_link(replace(PAGE, kind=kind)) is None
    assert acknowledge_link(PAGE) == PAGE.acknowledge_link


def test_seconds_are_told_as_people_say_them() -> None:
    assert [show_seconds(seconds) for seconds in (0.4, 59.4, 60, 125)] == ["0 s", "59 s", "1 min 0 s", "2 min 5 s"]
