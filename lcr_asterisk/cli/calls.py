"""`lcr calls`: the call log."""

from __future__ import annotations

import json
from pathlib import Path

import click

from lcr_asterisk.cli.base import CONFIG, JSON, database, run_async
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.report import call_story, calls_json, calls_table, read_report


@click.group("calls", invoke_without_command=True)
@CONFIG
@JSON
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many calls to list.")
@click.option("--route", help="Only this route's calls.")
@click.pass_context
def calls(context: click.Context, config: Path, as_json: bool, limit: int, route: str | None) -> None:
    """The call log, newest first; `lcr calls show ID` tells one call."""
    context.obj = config
    if context.invoked_subcommand is not None:
        return

    async def work() -> None:
        async with open_store(database(config), create=False) as store:
            logged = await CallLog(store).calls(limit, route)
        click.echo(json.dumps(calls_json(logged), indent=2) if as_json else calls_table(logged))

    run_async(work)


@calls.command("show")
@click.argument("call_id", metavar="ID")
@click.pass_obj
def calls_show(config: Path, call_id: str) -> None:
    """Tell one call from beginning to end. ID may be the beginning or the end of one."""

    async def work() -> None:
        async with open_store(database(config), create=False) as store:
            click.echo(call_story(await read_report(CallLog(store), call_id)))

    run_async(work)
