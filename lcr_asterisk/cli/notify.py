"""`lcr notify test`: does an alert reach them?"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import click

from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.cli.base import CONFIG, JSON, load_settings, run_async, say
from lcr_asterisk.config.problems import suggest
from lcr_asterisk.errors import UsageError
from lcr_asterisk.notifier import trial
from lcr_asterisk.notifier.delivery import Deliverer


@click.group("notify")
def notify_group() -> None:
    """Alerts to people and teams."""


@notify_group.command("test")
@click.argument("who", metavar="PERSON|TEAM")
@CONFIG
@JSON
def test(who: str, config: Path, as_json: bool) -> None:
    """Send a real test message on each way of a person, or to each place of a team, and print what each answers.

    Nobody is called. Exit code 1 where one was not delivered, or where there is none.
    """
    settings = load_settings(config)
    clock = Clock()
    wanted = []
    if who in settings.people:
        wanted.append((trial.ways_of_person(settings, who), trial.message_to_person(settings, who, clock.wall())))
    if who in settings.teams:
        wanted.append((trial.places_of_team(settings, who), trial.message_to_team(settings, who, clock.wall())))
    if not wanted:
        raise UsageError(f"There is no person or team {who}; {suggest(who, [*settings.people, *settings.teams])}")
    # What the log would say is printed below.
    logging.getLogger("lcr_asterisk.notifier").addHandler(logging.NullHandler())
    answers: list[trial.Answer] = []

    async def work() -> None:
        allowed = settings.notifier.allow_private
        async with Deliverer(clock.wall, smtp=settings.smtp, allowed=allowed) as deliverer:
            for targets, message in wanted:
                answers.extend(await trial.send(deliverer, targets, message))

    finished = run_async(work)
    if as_json:
        say(
            json.dumps(
                [{"target": answer.target, "delivered": not answer.why, "why": answer.why} for answer in answers]
            )
        )
    else:
        for answer in answers:
            say(f"{answer.target}: {'delivered' if answer.why is None else f'NOT delivered: {answer.why}'}")
        if not answers and finished:
            say(f"{who} is told in no way but calls; write notify: for a person, alerts: for a team.")
    sys.exit(0 if finished and answers and all(answer.why is None for answer in answers) else 1)
