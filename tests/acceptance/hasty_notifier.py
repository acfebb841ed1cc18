"""`lcr notifier`, as it is but for its patience with troubles: seconds, not minutes, or tests would take an hour."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from lcr_asterisk.cli.base import data_directory, run_async, say
from lcr_asterisk.notifier_app import run_notifier
from lcr_asterisk.paging.trouble import Limits
from lcr_asterisk.reload import ConfigFile

PATIENCE = 4.0
LIMITS = Limits(patience=PATIENCE, calm=1.0, long_calm=1.0)


def main() -> None:
    file, asked = ConfigFile(Path(os.environ["LCR_CONFIG"]), os.environ, data_directory()), asyncio.Event()
    settings = file.load()
    run_async(lambda: run_notifier(file, settings, say, asked, lambda _: LIMITS, look_every=0.2))


if __name__ == "__main__":
    main()
