"""`lcr calls`: the call log."""

from __future__ import annotations

import json
from pathlib import Path

import click

from lcr_asterisk.cli.base import CONFIG, JSON, database, load_settings, run_async, say
from lcr_asterisk.cli.engine import ask_engine
from lcr_asterisk.config.problems import suggest
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import UsageError
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.report import call_json, call_story, calls_json, calls_table, read_report
from lcr_asterisk.store.rows import CallRow


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
@JSON
@click.pass_obj
def calls_show(config: Path, call_id: str, as_json: bool) -> None:
    """Tell one call from beginning to end. ID may be the beginning or the end of one."""

    async def work() -> None:
        async with open_store(database(config), create=False) as store:
            report = await read_report(CallLog(store), call_id)
        click.echo(json.dumps(call_json(report), indent=2) if as_json else call_story(report))

    run_async(work)


@calls.command("callback")
@click.argument("call_id", metavar="ID")
@click.option("--person", help="Who calls back; without it, who had taken that call.")
@click.pass_obj
def calls_callback(config: Path, call_id: str, person: str | None) -> None:
    """Call the caller of a call back, as the hotline: the person's phone rings first. ID as for `show`."""

    async def work() -> None:
        settings = load_settings(config)
        async with open_store(settings.database.get_secret_value(), create=False) as store:
            call = await CallLog(store).call(call_id)
        caller = _who_calls(call, person, settings)
        answer = await ask_engine(settings, f"/calls/{call.id}/callback", {"person": caller})
        name = settings.people[caller].name
        say(f"{name}'s phone rings; who answers and presses 1 is connected to {call.caller}.")
        say(f"`lcr calls show {answer['id']}` tells how it went.")

    run_async(work)


def _who_calls(call: CallRow, person: str | None, settings: Settings) -> str:
    """The person named, or who took the call. UsageError, naming those one may name."""
    reachable = [id_ for id_, who in settings.people.items() if who.phones]
    if person is None and call.answered_by in reachable:
        return call.answered_by
    if person is None:
        whom = (
            "took that call"
            if call.answered_by is None
            else f"took that call and has a phone here ({call.answered_by})"
        )
        raise UsageError(f"Nobody {whom}: say by --person who shall call back; {suggest('', reachable)}")
    if person not in reachable:
        known = "has no phone" if person in settings.people else "is not in the configuration"
        raise UsageError(f"{person} {known}; {suggest(person, reachable)}")
    return person
