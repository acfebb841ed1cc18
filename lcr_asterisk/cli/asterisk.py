"""`lcr asterisk`: an Asterisk of our own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from lcr_asterisk.cli.base import CONFIG, data_directory, load_settings, run_async, say
from lcr_asterisk.own_pbx import own_spec
from lcr_asterisk.pbx.instance import Instance, run_forever
from lcr_asterisk.pbx.render import write_config
from lcr_asterisk.pbx.root import ensure_asterisk


@click.group("asterisk")
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
