"""`lcr test-mode`: for a few minutes all calls of a route go to one person, with the same flow."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.cli.base import CONFIG, load_settings, run_async, say
from lcr_asterisk.config.problems import suggest
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import UsageError
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.testmodes import TestModes

LONGEST = 240  # minutes: it must end before it is forgotten


@click.group("test-mode")
def test_mode() -> None:
    """Try a hotline without bothering anybody: for a few minutes all its calls go to one person."""


@test_mode.command("on")
@click.argument("route")
@click.option("--to", "person", required=True, help="The person to whom all calls go.")
@click.option(
    "--minutes", type=click.IntRange(1, LONGEST), default=5, show_default=True, help="Then it ends by itself."
)
@CONFIG
def on(route: str, person: str, minutes: int, config: Path) -> None:
    """Send all calls of ROUTE to one person; everything else of the call is as always."""
    settings = load_settings(config)
    _check_route(settings, route)
    if person not in settings.people:
        raise UsageError(f"There is no person {person}; {suggest(person, settings.people)}")
    who = settings.people[person]
    if not who.phones:
        raise UsageError(f"{who.name} has no phone, so nobody would be rung.")
    now = Clock().wall()
    until = now + timedelta(minutes=minutes)

    async def work() -> None:
        async with open_store(settings.database.get_secret_value()) as store:
            await TestModes(store).turn_on(route, person, until, now)

    run_async(work)
    name = settings.routes[route].name
    say(f"Test mode: all calls to {name} go to {who.name} alone, until {until.astimezone():%H:%M:%S}, then as before.")


@test_mode.command("off")
@click.argument("route")
@CONFIG
def off(route: str, config: Path) -> None:
    """End test mode of ROUTE before its time."""
    settings = load_settings(config)
    was_on = False

    async def work() -> None:
        nonlocal was_on
        async with open_store(settings.database.get_secret_value()) as store:
            was_on = await TestModes(store).turn_off(route)

    run_async(work)
    if not was_on:
        _check_route(settings, route)
    say(f"Test mode of {route} is off." if was_on else f"Test mode of {route} was not on.")


def _check_route(settings: Settings, route: str) -> None:
    if route not in settings.routes:
        raise UsageError(f"There is no route {route}; {suggest(route, settings.routes)}")
