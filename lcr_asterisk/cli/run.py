"""`lcr run`: serve calls. `lcr demo`: see it work."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

import click

from lcr_asterisk.app import run_engine
from lcr_asterisk.cli.base import CONFIG, data_directory, run_async, say
from lcr_asterisk.errors import UsageError
from lcr_asterisk.pbx.root import ensure_asterisk
from lcr_asterisk.reload import ConfigFile


@click.command()
@CONFIG
def run(config: Path) -> None:
    """Serve calls: connect to Asterisk and route whatever comes in.

    An edited configuration is in force for the next call as soon as it is saved, or after SIGHUP; a wrong one is
    refused, and the running one stays.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for told_elsewhere in ("alembic", "apscheduler"):  # that nothing was to be done, and that something was, is no news
        logging.getLogger(told_elsewhere).setLevel(logging.WARNING)
    file, asked = ConfigFile(config, os.environ, data_directory()), asyncio.Event()
    settings = file.load()
    run_async(lambda: run_engine(file, settings, say, asked), on_hangup=asked.set)


@click.command()
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
