"""The notifier is killed at every step of a page's life: each alert arrives all the same, and no page is forgotten.

Each test enumerates the moments right before and right after each commit, as `test_engine_killed.py` does, until a life
goes through undisturbed. Whatever the moment, the notifier that is started next brings the page to the same end; and
what a place, a person or the engine gets once more has the same idempotency key.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import pytest

from lcr_asterisk.store.database import open_store
from tests.unit.notifier.lives import PAGE, Life, Told, living
from tests.unit.programs import Programs

AT_ONCE = 6  # lives beside each other; much of a life is waiting
YAML = """\
version: 1
people:
  alice: {{name: Alice Martin, phones: ["+14155550101"]}}
  bob:
    name: Bob Chen
    phones: ["+14155550102"]
    notify: [voice, {{to: "mailto://bob@example.com", quiet: {{from: "00:00", to: "24:00"}}}}]
    timezone: Europe/Berlin
  carol:
    name: Carol Diaz
    phones: ["+14155550103"]
    notify: [voice, {{to: "mailto://carol@example.com", after: 1s}}]
    notify_ways: in_order
teams:
  ladder:
    name: Ladder
    escalation: [{{ring: [alice], page_for: 10m}}, {{ring: [bob], page_for: 1s}}]
    alerts: [{{webhook: "http://{host}:{port}/team"}}]
  alone:
    name: Alone
    escalation: [{{ring: [alice], page_for: 10m}}]
    alerts: [{{webhook: "http://{host}:{port}/team"}}]
  in_order:
    name: In order
    escalation: [{{ring: [carol], page_for: 10m}}]
    alerts: [{{webhook: "http://{host}:{port}/team"}}]
routes:
  ladder: {{name: Ladder, numbers: ["+14155551001"], team: ladder}}
  alone: {{name: Alone, numbers: ["+14155551002"], team: alone}}
  in_order: {{name: In order, numbers: ["+14155551003"], team: in_order}}
smtp: {{host: "{host}", port: {mail}, security: none, from: hotline@example.com}}
notifier: {{listen: "{own}", allow_private: [127.0.0.0/8]}}
web: {{public_url: "http://{own}", listen: "{host}:{port}"}}
"""

Script = Callable[[Life], Awaitable[None]]


async def killed_at_each_moment(directory: Path, programs: Programs, script: Script, expected: Told) -> tuple[int, int]:
    """How many moments there were, and after how many of them somebody was told twice."""
    async with open_store(f"sqlite+aiosqlite:///{directory / 'made.db'}"):
        pass  # its tables are there then
    moments, killed, repeated, undisturbed = count(1), 0, 0, False

    async def one_after_another() -> None:
        nonlocal killed, repeated, undisturbed
        while not undisturbed:
            life = await lived(directory, programs, script, next(moments), expected)
            killed += life.killed
            repeated += life.outside.repeats
            undisturbed |= not life.killed

    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(one_after_another())
    return killed, repeated


async def lived(directory: Path, programs: Programs, script: Script, die_at: int, expected: Told) -> Life:
    """A life whose first notifier was killed at this moment, if there was one so late."""
    own = directory / str(die_at)
    own.mkdir()
    shutil.copy(directory / "made.db", own / "lcr.db")
    try:
        async with living(own, programs, YAML, f"127.0.7.{die_at}", die_at) as life:
            await script(life)
        assert life.outside.told() == expected
        assert life.killed or not life.outside.repeats, "nobody was killed, so nobody is told twice"
    except BaseException as error:
        error.add_note(f"The notifier was to be killed at the moment {die_at}.")
        raise
    return life


@pytest.mark.timeout(900)
async def test_it_climbs_its_levels_and_breaks_quiet_hours_at_last_whenever_the_notifier_is_killed(
    tmp_path: Path, programs: Programs
) -> None:
    async def nobody_acknowledges(life: Life) -> None:
        life.outside.rings_out = True
        await life.reports("ladder")
        await life.outside.until_told("mails", "bob@example.com")
        await life.is_settled(lambda row: row.stage == "exhausted")

    expected = {
        "team": ["page.opened", "page.escalated", "page.exhausted"],
        "calls": ["alice", "bob"],
        "mails": ["bob@example.com"],
    }
    moments, repeated = await killed_at_each_moment(tmp_path, programs, nobody_acknowledges, expected)
    assert moments >= 2 * 8, "two levels, each with its answer, and what came of it"
    assert repeated > 0, "before it is noted that it was taken"


@pytest.mark.timeout(900)
async def test_the_team_hears_of_a_link_that_was_followed_and_the_phone_stops_whenever_the_notifier_is_killed(
    tmp_path: Path, programs: Programs
) -> None:
    async def somebody_acknowledges(life: Life) -> None:
        await life.reports("ladder")
        await life.outside.until_told("team", "page.opened")
        await life.outside.until_told("calls", "alice")
        await life.follows_the_link()
        await life.is_settled(lambda row: (row.stage, row.by) == ("taken", "somebody of the team"))

    expected = {"team": ["page.opened", "page.acknowledged"], "calls": ["alice"], "stopped": ["alice"]}
    moments, repeated = await killed_at_each_moment(tmp_path, programs, somebody_acknowledges, expected)
    assert moments >= 2 * 6, "the page, its level, the link, and what came of it"
    assert repeated > 0, "before it is noted that it was taken"


@pytest.mark.timeout(900)
async def test_a_call_that_joins_has_it_worked_again_whenever_the_notifier_is_killed(
    tmp_path: Path, programs: Programs
) -> None:
    async def somebody_calls_again(life: Life) -> None:
        life.outside.rings_out = True
        await life.reports("alone")
        await life.is_settled(lambda row: row.stage == "exhausted")
        await life.reports("alone", "call.missed", "20261121-090042-abcde")
        await life.is_settled(lambda row: (row.stage, row.calls) == ("exhausted", 2))

    expected = {
        "team": ["page.opened", "page.exhausted", "call.missed", "page.exhausted"],
        "calls": ["alice", "alice"],
    }
    moments, repeated = await killed_at_each_moment(tmp_path, programs, somebody_calls_again, expected)
    assert moments >= 2 * 9, "a walk for each call, and what came of both"
    assert repeated > 0, "before it is noted that it was taken"


@pytest.mark.timeout(900)
async def test_each_way_has_its_turn_until_it_is_closed_whenever_the_notifier_is_killed(
    tmp_path: Path, programs: Programs
) -> None:
    async def it_is_closed(life: Life) -> None:
        await life.reports("in_order")
        await life.outside.until_told("calls", "carol")
        await life.outside.until_told("mails", "carol@example.com")
        await life.lcr("pages", "close", PAGE, "--by", "carol")
        await life.is_settled(lambda row: (row.stage, row.by) == ("done", "Carol Diaz"))

    expected = {
        "team": ["page.opened", "page.closed"],
        "calls": ["carol"],
        "mails": ["carol@example.com"],
        "stopped": ["carol"],
    }
    moments, repeated = await killed_at_each_moment(tmp_path, programs, it_is_closed, expected)
    assert moments >= 2 * 6, "the page, its level, two ways, the end, and what came of it"
    assert repeated > 0, "before it is noted that it was taken"
