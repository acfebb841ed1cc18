"""The `lcr` command. Every error of ours is one sentence on standard error; exit codes: 0 ok, 1 no, 2 usage."""

from __future__ import annotations

import sys

import click

from lcr_asterisk.cli.asterisk import asterisk_group
from lcr_asterisk.cli.calls import calls
from lcr_asterisk.cli.configuration import config_group
from lcr_asterisk.cli.health import health
from lcr_asterisk.cli.notifier import notifier
from lcr_asterisk.cli.notify import notify_group
from lcr_asterisk.cli.oncall import oncall
from lcr_asterisk.cli.pages import outbox_group, pages_group
from lcr_asterisk.cli.route import route_group
from lcr_asterisk.cli.run import demo, run
from lcr_asterisk.cli.test_mode import test_mode
from lcr_asterisk.errors import ConfigError, LcrError


def main() -> None:
    """Entry point of the `lcr` program."""
    try:
        lcr(prog_name="lcr", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except ConfigError as error:
        click.echo(str(error), err=True)  # as `config check` prints it: editors and terminals jump to each line
        sys.exit(error.exit_code)
    except LcrError as error:
        click.echo(f"lcr: {error}", err=True)
        sys.exit(error.exit_code)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lcr-asterisk")
def lcr() -> None:
    """Live call routing on your own Asterisk."""


COMMANDS = (
    run,
    notifier,
    health,
    demo,
    config_group,
    oncall,
    route_group,
    test_mode,
    calls,
    pages_group,
    outbox_group,
    notify_group,
    asterisk_group,
)
for command in COMMANDS:
    lcr.add_command(command)
