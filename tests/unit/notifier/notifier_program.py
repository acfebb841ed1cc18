"""`lcr notifier`, as it is but for its death by SIGKILL: right before or right after one of its commits.

Argument: the number of the moment at which to die (0: at none), counted as in `engine_program.py`. Between two of them
something else is done, such as an alert that a place takes.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from lcr_asterisk.cli.base import data_directory, run_async, say
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.notifier.system.judging import limits
from lcr_asterisk.notifier.system.watch import LOOK_EVERY
from lcr_asterisk.notifier_app import Notifier
from lcr_asterisk.reload import ConfigFile
from lcr_asterisk.store.database import open_store
from tests.unit.notifier.engine_program import Mortal


async def run(file: ConfigFile, settings: Settings, asked: asyncio.Event, die_at: int) -> None:
    async with open_store(settings.database.get_secret_value()) as store, AsyncExitStack() as stack:
        await Notifier(file, settings, Mortal(store, die_at), stack, asked, say, limits, LOOK_EVERY).run()


def main() -> None:
    file, asked = ConfigFile(Path(os.environ["LCR_CONFIG"]), os.environ, data_directory()), asyncio.Event()
    settings = file.load()
    run_async(lambda: run(file, settings, asked, int(sys.argv[1])))
