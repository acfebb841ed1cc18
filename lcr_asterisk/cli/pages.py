"""`lcr pages`: what has to be taken care of, and by whom it was. `lcr outbox`: what the notifier does not know yet."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.cli.base import CONFIG, JSON, database, load_settings, run_async, say
from lcr_asterisk.config.problems import suggest
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import UsageError
from lcr_asterisk.paging.events import Acknowledged, Closed
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.outbox import Outbox
from lcr_asterisk.store.pagelist import outbox_json, outbox_table, page_json, page_story, pages_json, pages_table
from lcr_asterisk.store.pages import Pages

BY = click.option("--by", "person", help="The id of whoever does it; without it, the user of this terminal.")


@click.group("pages", invoke_without_command=True)
@CONFIG
@JSON
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many pages to list.")
@click.option("--open", "only_open", is_flag=True, help="Only those that nobody has acknowledged.")
@click.pass_context
def pages_group(context: click.Context, config: Path, as_json: bool, limit: int, only_open: bool) -> None:
    """Pages, newest first: calls that somebody has to take care of."""
    context.obj = config
    if context.invoked_subcommand is not None:
        return

    async def look(pages: Pages) -> None:
        rows = await pages.listed(limit, only_open=only_open)
        say(json.dumps(pages_json(rows), indent=2) if as_json else pages_table(rows))

    _with_pages(database(config), look)


@pages_group.command("show")
@click.argument("page_id", metavar="ID")
@JSON
@click.pass_obj
def show(config: Path, page_id: str, as_json: bool) -> None:
    """Tell one page: who was told, when, by which way, and what came of it. ID may be the beginning or end of one."""

    async def look(pages: Pages) -> None:
        row = await pages.page(page_id)
        entries = await pages.entries(row.id)
        say(json.dumps(page_json(row, entries), indent=2) if as_json else page_story(row, entries))

    _with_pages(database(config), look)


@pages_group.command("ack")
@click.argument("page_id", metavar="ID")
@BY
@click.pass_obj
def acknowledge(config: Path, page_id: str, person: str | None) -> None:
    """Acknowledge a page: nobody else is told of it."""
    settings = load_settings(config)
    name = _name(settings, person)

    async def work(pages: Pages) -> None:
        row = await pages.page(page_id)
        if await pages.take(row.id, Acknowledged(person, name, "command line"), Clock().now()):
            say(f"Page {row.id} is acknowledged by {name}; nobody else is told of it.")
        else:
            say(f"Page {row.id} was taken care of already, by {row.by}.")

    _with_pages(settings.database.get_secret_value(), work)


@pages_group.command("close")
@click.argument("page_id", metavar="ID")
@BY
@click.pass_obj
def close(config: Path, page_id: str, person: str | None) -> None:
    """Close a page: nothing is left to do about it."""
    settings = load_settings(config)
    name = _name(settings, person)

    async def work(pages: Pages) -> None:
        row = await pages.page(page_id)
        if await pages.take(row.id, Closed(person, name, "command line"), Clock().now()):
            say(f"Page {row.id} is closed.")
        else:
            say(f"Page {row.id} was closed already, by {row.by}.")

    _with_pages(settings.database.get_secret_value(), work)


@click.group("outbox", invoke_without_command=True)
@CONFIG
@JSON
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many to list.")
@click.pass_context
def outbox_group(context: click.Context, config: Path, as_json: bool, limit: int) -> None:
    """What the notifier does not know yet, oldest first; `replay ID` tries it again, `drop ID` gives it up."""
    context.obj = config
    if context.invoked_subcommand is not None:
        return

    async def work() -> None:
        async with open_store(database(config), create=False) as store:
            rows = await Outbox(store).waiting(limit)
        say(json.dumps(outbox_json(rows), indent=2) if as_json else outbox_table(rows))

    run_async(work)


@outbox_group.command("replay")
@click.argument("wanted", metavar="ID")
@click.pass_obj
def replay(config: Path, wanted: str) -> None:
    """Try an event again at once; with the id of a call, all of its events."""

    async def work() -> None:
        async with open_store(database(config), create=False) as store:
            count = await Outbox(store).replay(wanted)
        say(f"{count} to be tried again." if count else _nothing_left(wanted))

    run_async(work)


@outbox_group.command("drop")
@click.argument("wanted", metavar="ID")
@click.pass_obj
def drop(config: Path, wanted: str) -> None:
    """Never tell the notifier of an event, as one that it refuses: no page comes of it. Look after the caller."""

    async def work() -> None:
        async with open_store(database(config), create=False) as store:
            row = await Outbox(store).drop(wanted, Clock().now())
        say(outbox_table([row]) + "\nDropped." if row is not None else _nothing_left(wanted))

    run_async(work)


def _with_pages(url: str, work: Callable[[Pages], Awaitable[None]]) -> None:
    async def run() -> None:
        async with open_store(url, create=False) as store:
            await work(Pages(store))

    run_async(run)


def _nothing_left(wanted: str) -> str:
    return f"Nothing is left to tell of {wanted}: the notifier knows already, or it was dropped."


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # as in a container, whose user has no name
        return f"uid {os.getuid()}"


def _name(settings: Settings, person: str | None) -> str:
    if person is None:
        return _user()
    if person not in settings.people:
        raise UsageError(f"There is no person {person}; {suggest(person, settings.people)}")
    return settings.people[person].name
