"""Level after level, walk after walk: who is told next, and when that is over (rules 1, 2, 3 and 9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from lcr_asterisk.paging import ways
from lcr_asterisk.paging.policy import OPERATORS, Cause, Recipient
from lcr_asterisk.paging.states import Exhausted, Finding, Kind, Notifying
from lcr_asterisk.paging.turn import Turn


def call_joined(turn: Turn, cause: Cause) -> None:
    page = turn.page
    if not page.open or cause.call in page.calls:
        return
    last_call_at = max(page.last_call_at, cause.at)
    turn.page = replace(page, latest=cause, calls=(*page.calls, cause.call), last_call_at=last_call_at)
    turn.tell_places(Kind.JOINED)
    if isinstance(page.stage, Exhausted):
        walk(turn, cycle=0)


def people_found(turn: Turn, level: int, people: tuple[Recipient, ...]) -> None:
    if not isinstance(turn.page.stage, Finding) or turn.page.stage.level != level:
        return
    people = tuple(recipient for recipient in people if recipient.person not in turn.page.passed)
    if not people:
        next_level(turn, level)
        return
    if level or turn.page.cycle:
        turn.tell_places(Kind.ESCALATED)
    until = turn.now + timedelta(seconds=turn.page.policy.levels[level].seconds)
    turn.page = replace(turn.page, stage=Notifying(level, until))
    for recipient in people:
        ways.notify(turn, level, recipient)


def walk(turn: Turn, cycle: int) -> None:
    """From the first level."""
    page = turn.page
    turn.page = replace(page, stage=Finding(0, turn.now), cycle=cycle, walk=page.walk + 1, passed=frozenset())


def next_level(turn: Turn, level: int) -> None:
    page = turn.page
    if level + 1 < len(page.policy.levels):
        turn.page = replace(page, stage=Finding(level + 1, turn.now))
    elif page.cycle < page.policy.repeat:
        walk(turn, cycle=page.cycle + 1)
    else:
        exhaust(turn)


def exhaust(turn: Turn) -> None:
    """The last word: whoever runs the hotline is asked for, too. A rehearsal is nothing for them."""
    policy = turn.page.policy
    if policy.test_person is None and OPERATORS not in policy.alerts:
        policy = replace(policy, alerts=(*policy.alerts, OPERATORS))
    turn.page = replace(turn.page, stage=Exhausted(), policy=policy)
    turn.tell_places(Kind.EXHAUSTED)


def end_a_level_of_which_nothing_is_left(turn: Turn) -> None:
    stage = turn.page.stage
    if isinstance(stage, Notifying):
        current = (stage.level, turn.page.walk)
        told = [one for one in turn.page.deliveries if one.person is not None and (one.level, one.walk) == current]
        if not any(one.live for one in told):
            next_level(turn, stage.level)
