"""The `lcr` command. Every error of ours is one sentence on standard error; exit codes: 0 ok, 1 no, 2 usage."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click

from lcr_asterisk.app import run_engine
from lcr_asterisk.config.check import check
from lcr_asterisk.config.load import load
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import LcrError, UsageError
from lcr_asterisk.own_pbx import own_spec
from lcr_asterisk.pbx.instance import Instance, run_forever
from lcr_asterisk.pbx.render import write_config
from lcr_asterisk.pbx.root import ensure_asterisk
from lcr_asterisk.store.calllog import CallLog
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.report import call_story, calls_json, calls_table, read_report

CONFIG = click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path),
    envvar="LCR_CONFIG",
    default=Path("lcr.yaml"),
    show_default=True,
    help="The YAML file; also by LCR_CONFIG.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def main() -> None:
    """Entry point of the `lcr` program."""
    try:
        lcr(prog_name="lcr", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except LcrError as error:
        click.echo(f"lcr: {error}", err=True)
        sys.exit(error.exit_code)


def data_directory() -> Path:
    """LCR_DATA, or ./var."""
    return Path(os.environ.get("LCR_DATA", "var")).absolute()


def load_settings(config: Path) -> Settings:
    return load(config, os.environ, data_directory())


def say(line: str) -> None:
    click.echo(line)


def run_async(work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    """Run until done (True), or until SIGTERM, SIGHUP or Ctrl-C cancels it in order (False)."""

    async def cancellable() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            # What is ignored stays so: SIGHUP under nohup, SIGINT in the background of a shell script.
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, task.cancel)
        await work()

    try:
        asyncio.run(cancellable())
    except asyncio.CancelledError:
        return False
    return True


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lcr-asterisk")
def lcr() -> None:
    """Live call routing on your own Asterisk."""


@lcr.command()
@CONFIG
def run(config: Path) -> None:
    """Serve calls: connect to Asterisk and route whatever comes in."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)  # migrations that had nothing to do are no news
    settings = load_settings(config)
    run_async(lambda: run_engine(settings, data_directory(), say))


@lcr.command()
def demo() -> None:
    """Start a whole system beside whatever runs here, place two real calls through it, and tell their story."""
    try:
        # Here, because a system that serves calls has no use for numpy and simulated phones.
        from lcr_asterisk.demo.run import run_demo
    except ImportError as error:
        raise UsageError(
            f"The demo cannot listen: {error}.", remedy="Install the extra: pip install 'lcr-asterisk[simulator]'"
        ) from error
    data = data_directory()
    binary = ensure_asterisk(data, say)
    if not run_async(lambda: run_demo(data, binary, say)):
        click.echo("\nThe demo was interrupted; all that it had started is stopped.", err=True)
        sys.exit(130)


@lcr.group("config")
def config_group() -> None:
    """Look at the configuration."""


@config_group.command("check")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@CONFIG
def config_check(file: Path | None, config: Path) -> None:
    """Name every mistake in FILE (or --config), or say that there is none."""
    found = check(file or config, os.environ, data_directory())
    for problem in found.problems:
        click.echo(problem)
    click.echo(found.summary)
    if found.problems:
        sys.exit(1)


@lcr.group("calls", invoke_without_command=True)
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
        async with open_store(_database(config), create=False) as store:
            logged = await CallLog(store).calls(limit, route)
        click.echo(json.dumps(calls_json(logged), indent=2) if as_json else calls_table(logged))

    run_async(work)


@calls.command("show")
@click.argument("call_id", metavar="ID")
@click.pass_obj
def calls_show(config: Path, call_id: str) -> None:
    """Tell one call from beginning to end. ID may be the beginning or the end of one."""

    async def work() -> None:
        async with open_store(_database(config), create=False) as store:
            click.echo(call_story(await read_report(CallLog(store), call_id)))

    run_async(work)


def _database(config: Path) -> str:
    return load_settings(config).database.get_secret_value()


@lcr.group("asterisk")
def asterisk_group() -> None:
    """Get, configure and run an Asterisk of our own."""


@asterisk_group.command("install")
def asterisk_install() -> None:
    """Find a suitable Asterisk, or make a private one under the data directory."""
    ensure_asterisk(data_directory(), say)


@asterisk_group.command("config")
@CONFIG
def asterisk_config(config: Path) -> None:
    """Write the configuration of our own Asterisk under the data directory."""
    settings, data = load_settings(config), data_directory()

    async def work() -> None:
        spec = await own_spec(settings, data, say)
        say(f"written: {write_config(spec, ensure_asterisk(data, say))}")

    run_async(work)


@asterisk_group.command("run")
@CONFIG
def asterisk_run(config: Path) -> None:
    """Run our own Asterisk in the foreground."""
    settings, data = load_settings(config), data_directory()

    async def work() -> None:
        binary = await asyncio.to_thread(ensure_asterisk, data, say)
        await run_forever(Instance(await own_spec(settings, data, say), binary), say)

    run_async(work)
