"""`lcr route test`: what would happen to a call, without a phone."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from lcr_asterisk.calendars.feeds import Feeds
from lcr_asterisk.calendars.sources import feeds_of, live_schedules
from lcr_asterisk.calls.admission import caller_number
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.cli.base import CONFIG, JSON, data_directory, load_settings, run_async
from lcr_asterisk.cli.questions import AT, asked_time, known, look_at_calendars, test_modes, zone_taken
from lcr_asterisk.config.callers import HIDDEN
from lcr_asterisk.config.problems import quote
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.config.values import NOBODY
from lcr_asterisk.dryrun.books import estimated_book
from lcr_asterisk.dryrun.cases import Checked, check_cases, read_cases, read_keys
from lcr_asterisk.dryrun.drawing import draw
from lcr_asterisk.dryrun.expectation import differences, read_expected
from lcr_asterisk.dryrun.rehearsal import explore, without_effect
from lcr_asterisk.dryrun.report import result_json, tree_json
from lcr_asterisk.dryrun.roster import modes_json
from lcr_asterisk.dryrun.roster_text import test_mode_text
from lcr_asterisk.dryrun.simulation import ANYBODY, Rehearsal
from lcr_asterisk.dryrun.times import zone_of_number
from lcr_asterisk.errors import LcrError, UsageError
from lcr_asterisk.store.testmodes import TestMode

CALENDARS_REACH = timedelta(days=28)  # around the time for which they were read, and much further ahead
_NUMBERS = 12


@click.group("route")
def route_group() -> None:
    """Look at what happens to calls."""


@route_group.command("test")
@CONFIG
@click.option("--to", "to", metavar="NUMBER", help="The number that is called.")
@click.option("--from", "caller", metavar="NUMBER", help='Who calls, or "hidden"; else a number on no list.')
@click.option("--press", metavar="KEYS", help="What the caller presses: 2, or 2,1 for a menu in a menu, or *.")
@click.option("--pin", metavar="PIN", help="What the caller keys when asked for a PIN.")
@AT
@click.option("--answer", metavar="PERSON", help="Who takes the call; else nobody does.")
@click.option("--reject", "rejects", multiple=True, metavar="PERSON", help="Who declines the call; repeatable.")
@click.option("--no-test-mode", is_flag=True, help="Rehearse the call as if the route were not in test mode.")
@click.option("--expect", metavar="PEOPLE", help='Who must ring: "alice,bob", level by level "alice / bob", or none.')
@click.option(
    "--cases",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Check the cases in a YAML file; its keys are in docs/configure.md. No test mode counts there.",
)
@JSON
def route_test(
    config: Path,
    to: str | None,
    caller: str | None,
    press: str | None,
    pin: str | None,
    at: str | None,
    answer: str | None,
    rejects: tuple[str, ...],
    no_test_mode: bool,
    expect: str | None,
    cases: Path | None,
    as_json: bool,
) -> None:
    """Rehearse a call: who would ring, for how long and why, and how it would end. Nobody's phone rings.

    It runs the rules of a real call under simulated time. A test mode that is in force then counts, and is said. With
    --expect or --cases, exit code 1 says that something is not as expected.
    """
    settings = load_settings(config)
    one_call = (to, caller, press, pin, at, answer, expect, no_test_mode or None, *rejects)
    if cases is not None:
        if any(option is not None for option in one_call):
            raise UsageError("--cases stands alone: everything about the calls is in the file.")
        _test_cases(settings, cases, as_json)
        return
    if to is None:
        raise UsageError("Which call? Give --to NUMBER, or --cases FILE.")
    if answer is not None and answer in rejects:
        raise UsageError(f"{answer} can either --answer or --reject; give one of them.")
    answers = frozenset({answer} if answer is not None else ())
    expected = read_expected(expect) if expect is not None else None
    if expected is not None and NOBODY in map(str.lower, expected.people):
        raise UsageError(f"--expect {NOBODY} stands alone: it means that nobody rings.")
    for person in (*(expected.people if expected is not None else ()), *answers, *rejects):
        known("person", person, settings.people)
    route = settings.route_for(to)
    if route is None:
        raise LcrError(f"No route has the number {to}.", remedy=_numbers(settings))
    zone = zone_of_number(settings, to)
    time = asked_time(at, zone)
    number = _caller(caller, route.region or settings.defaults.region)
    mode = None if no_test_mode else _test_mode(settings, route.id, time)
    tester = mode.person if mode is not None and _can_be_rung(mode.person, settings) else None
    call = Rehearsal(to, number, _keys(press), time, pin, answers, frozenset(rejects), tester)
    tree = explore(_book(settings, time)[0], call)
    found = differences(tree.result, expected)
    if as_json:
        shown = {
            **tree_json(tree, settings),
            "test_mode": modes_json([mode])[0] if mode is not None else None,
            "without_effect": without_effect(tree),
        }
        click.echo(json.dumps(shown | {"differences": found} if expect is not None else shown, indent=2))
    else:
        assert time.tzinfo is not None
        if mode is not None:
            but = "" if tester is not None else "; that person has no phone here, so calls go as always"
            click.echo(test_mode_text(mode, settings) + but)
        click.echo(draw(tree, settings, time.tzinfo, _caller_words(caller)))
        taken = zone_taken(at, time, zone, settings)
        notes = [*without_effect(tree), *([taken] if taken is not None else [])]
        if notes:
            click.echo("\n" + "\n".join(notes))
        if expect is not None:
            click.echo("\nAs expected." if not found else "\nNot as expected:")
            for difference in found:
                click.echo(f"  {difference}")
    if found:
        sys.exit(1)


def _test_cases(settings: Settings, file: Path, as_json: bool) -> None:
    cases = read_cases(file, os.environ, settings)
    now = Clock().wall()
    book, feeds = _book(settings, now)
    around = now

    def look_at(time: datetime) -> None:
        nonlocal around
        if feeds_of(settings) and abs(time - around) > CALENDARS_REACH:
            feeds.window_around(time)
            around = time

    checked = check_cases(book, cases, now, look_at)
    failed = [one for one in checked if one.differences]
    if as_json:
        click.echo(json.dumps([_case_json(one, settings) for one in checked], indent=2))
    else:
        for one in checked:
            click.echo(f"{'failed' if one.differences else 'ok':6}  {one.case.name} ({one.at})")
            for difference in one.differences:
                click.echo(f"        {difference}")
        cases_are = "1 case" if len(checked) == 1 else f"{len(checked)} cases"
        click.echo(f"{cases_are}: {len(checked) - len(failed)} ok, {len(failed)} failed")
    if failed:
        sys.exit(1)


def _case_json(one: Checked, settings: Settings) -> dict[str, Any]:
    return {
        "name": one.case.name,
        "at": one.at,
        "ok": not one.differences,
        "differences": list(one.differences),
        "call": result_json(one.result, settings),
    }


def _book(settings: Settings, at: datetime) -> tuple[PlanBook, Feeds]:
    """What calls around `at` go by."""
    found: list[tuple[PlanBook, Feeds]] = []
    data = data_directory()

    async def work() -> None:
        feeds = await look_at_calendars(settings, data, at)
        found.append((await estimated_book(settings, data, live_schedules(settings, feeds)), feeds))

    if not run_async(work):
        raise click.Abort
    return found[0]


def _test_mode(settings: Settings, route: str, at: datetime) -> TestMode | None:
    """The one by which a call of this route at `at` goes, as far as is known now."""
    found: list[TestMode] = []

    async def work() -> None:
        found.extend(await test_modes(settings, Clock().wall()))

    if not run_async(work):
        raise click.Abort
    return next((mode for mode in found if mode.route == route and mode.since <= at < mode.until), None)


def _can_be_rung(person: str, settings: Settings) -> bool:
    return person in settings.people and bool(settings.people[person].phones)


def _keys(written: str | None) -> str:
    pressed = "" if written is None else read_keys(written)
    if pressed is None:
        raise UsageError(f"--press {written} is nothing a telephone has; write 2, or 2,1 for a menu in a menu.")
    return pressed


def _caller(written: str | None, region: str | None) -> str:
    if written is None:
        return ANYBODY
    if written == HIDDEN:
        return ""
    if caller_number(written, region) is None:
        # A real call from it would count as hidden; on a command line it is a slip.
        raise UsageError(f"--from {quote(written)} is not a phone number; write it like +14155550177, or {HIDDEN}.")
    return written


def _caller_words(written: str | None) -> str:
    if written is None:
        return "a number on no list"
    return "a hidden number" if written == HIDDEN else written


def _numbers(settings: Settings) -> str:
    known = [f"{number} ({route.name})" for route in settings.routes.values() for number in route.numbers]
    return f"Known: {', '.join(known[:_NUMBERS])}{', …' if len(known) > _NUMBERS else ''}" if known else "None has any."
