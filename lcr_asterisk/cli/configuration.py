"""`lcr config`: look at the configuration."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from lcr_asterisk.cli.base import CONFIG, data_directory
from lcr_asterisk.config.check import check


@click.group("config")
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
