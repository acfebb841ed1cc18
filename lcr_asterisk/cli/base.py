"""What all commands share: their options, where data lies, and how one runs until a signal ends it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click

from lcr_asterisk.config.load import load
from lcr_asterisk.config.settings import Settings

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


def data_directory() -> Path:
    """LCR_DATA, or ./var."""
    return Path(os.environ.get("LCR_DATA", "var")).absolute()


def load_settings(config: Path) -> Settings:
    return load(config, os.environ, data_directory())


def say(line: str) -> None:
    click.echo(line)


def run_async(work: Callable[[], Coroutine[Any, Any, None]], on_hangup: Callable[[], None] | None = None) -> bool:
    """Run until done (True), or until SIGTERM, SIGHUP or Ctrl-C cancels it in order (False).

    With `on_hangup` a SIGHUP calls that instead, also the one of a terminal that closes: calls are worth more.
    """

    async def cancellable() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        for number in (signal.SIGTERM, signal.SIGINT):
            _handle(loop, number, task.cancel)
        _handle(loop, signal.SIGHUP, on_hangup or task.cancel)
        await work()

    try:
        asyncio.run(cancellable())
    except asyncio.CancelledError:
        return False
    return True


def _handle(loop: asyncio.AbstractEventLoop, number: signal.Signals, handler: Callable[[], object]) -> None:
    # What is ignored stays so: SIGHUP under nohup, SIGINT in the background of a shell script.
    if signal.getsignal(number) is not signal.SIG_IGN:
        loop.add_signal_handler(number, handler)


def database(config: Path) -> str:
    """The database's URL, of this configuration."""
    return load_settings(config).database.get_secret_value()
