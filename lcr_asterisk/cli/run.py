"""`lcr run`: serve calls. `lcr demo`: see it work."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from lcr_asterisk.app import run_engine
from lcr_asterisk.cli.base import CONFIG, data_directory, load_settings, run_async, say
from lcr_asterisk.errors import UsageError
from lcr_asterisk.pbx.root import ensure_asterisk


@click.command()
@CONFIG
def run(config: Path) -> None:
    """Serve calls: connect to Asterisk and route whatever comes in."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)  # migrations that had nothing to do are no news
    settings = load_settings(config)
    run_async(lambda: run_engine(settings, data_directory(), say))


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
