"""`lcr notifier`: work pages and deliver alerts."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

import click

from lcr_asterisk.cli.base import CONFIG, data_directory, run_async, say
from lcr_asterisk.notifier_app import run_notifier
from lcr_asterisk.reload import ConfigFile


@click.command()
@CONFIG
def notifier(config: Path) -> None:
    """Take the engine's events, work pages until somebody acknowledges, and deliver alerts.

    It runs beside `lcr run`, with the same configuration and data directory; either may be restarted at any time.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for told_elsewhere in ("alembic", "apscheduler"):  # that nothing was to be done, and that something was, is no news
        logging.getLogger(told_elsewhere).setLevel(logging.WARNING)
    file, asked = ConfigFile(config, os.environ, data_directory()), asyncio.Event()
    settings = file.load()
    run_async(lambda: run_notifier(file, settings, say, asked), on_hangup=asked.set)
