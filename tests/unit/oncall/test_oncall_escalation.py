"""Whom a level rings: each person once, in order, and it is known why, or that nobody is on call."""

from __future__ import annotations

from lcr_asterisk.oncall.escalation import pick
from lcr_asterisk.oncall.model import OnSchedule, Person, Pick, Picks, Target
from tests.unit.oncall.oncall_words import (
    BERLIN,
    CALENDAR,
    calendar,
    instant,
    layer,
    of_layer,
    of_override,
    override,
    schedule,
)

AT = instant("2026-11-03 12:00", BERLIN)
SCHEDULES = {
    "primary": schedule(BERLIN, layer("alice bob", "2026-11-02 09:00", "1w")),
    "secondary": schedule(
        BERLIN, layer("bob", "2026-11-02", "1w"), overrides=[override("carol", "2026-11-03", "2026-11-04")]
    ),
    "feed": schedule(
        BERLIN,
        calendar=calendar("erin 2026-11-02 12:00 > 2026-11-05 12:00", "alice 2026-11-03 > 2026-11-04"),
    ),
    "later": schedule(BERLIN, layer("dave", "2027-01-01", "1w")),
}
PRIMARY = Pick("alice", "primary", of_layer(0))
SECONDARY = Pick("carol", "secondary", of_override(0))


def test_people_and_schedules_are_rung_in_the_order_of_the_level() -> None:
    targets: list[Target] = [OnSchedule("secondary"), Person("dave"), OnSchedule("primary")]
    assert pick(targets, SCHEDULES, AT) == Picks((SECONDARY, Pick("dave"), PRIMARY), ())


def test_a_calendar_may_name_several() -> None:
    assert pick([OnSchedule("feed")], SCHEDULES, AT).people == (
        Pick("alice", "feed", CALENDAR),
        Pick("erin", "feed", CALENDAR),
    )


def test_who_is_named_twice_is_rung_once_for_the_first_reason() -> None:
    assert pick([OnSchedule("primary"), Person("alice"), OnSchedule("feed")], SCHEDULES, AT).people == (
        PRIMARY,
        Pick("erin", "feed", CALENDAR),
    )
    assert pick([Person("alice"), OnSchedule("primary")], SCHEDULES, AT).people == (Pick("alice"),)


def test_a_schedule_without_anybody_is_said_to_be_empty_and_the_others_are_rung() -> None:
    targets = [OnSchedule("later"), OnSchedule("primary"), OnSchedule("later")]
    assert pick(targets, SCHEDULES, AT) == Picks((PRIMARY,), ("later",))


def test_a_schedule_that_is_not_configured_any_more_counts_as_empty() -> None:
    assert pick([OnSchedule("gone")], SCHEDULES, AT) == Picks((), ("gone",))


def test_a_level_without_targets_rings_nobody() -> None:
    assert pick([], SCHEDULES, AT) == Picks((), ())


def test_targets_are_shown_as_an_admin_writes_them() -> None:
    assert [str(target) for target in (Person("alice"), OnSchedule("primary"))] == ["alice", "schedule:primary"]
