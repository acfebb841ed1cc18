"""`lcr config`: look at the configuration, and at what it may say."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.cli.base import CONFIG, JSON, data_directory, say
from lcr_asterisk.config.check import check
from lcr_asterisk.config.reference import reference
from lcr_asterisk.config.schema import schema


@click.group("config")
def config_group() -> None:
    """Look at the configuration, and at what it may say."""


@config_group.command("check")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@JSON
@CONFIG
def config_check(file: Path | None, strict: bool, as_json: bool, config: Path) -> None:
    """Name every mistake in FILE (or --config), warn of what is surely not meant, or say that all is well.

    Exit code 1 means that the file cannot be used; with --strict, that there are warnings.
    """
    found = check(file or config, os.environ, data_directory(), Clock().wall())
    if as_json:
        listed = {"problems": found.problems, "warnings": found.warnings}
        say(json.dumps({**listed, "more": found.more, "summary": found.summary}, indent=2, ensure_ascii=False))
    else:
        for line in found.lines:
            say(line)
    if found.problems or (strict and found.warnings):
        sys.exit(1)


@config_group.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of the YAML, with which an editor completes keys and underlines mistakes."""
    say(json.dumps(schema(), indent=2, ensure_ascii=False))


@config_group.command("reference")
def config_reference() -> None:
    """Print a description of every key, in Markdown."""
    click.echo(reference(), nl=False)
