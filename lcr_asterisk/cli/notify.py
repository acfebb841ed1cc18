"""`lcr notify test`: does an alert reach them?"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import click
from pydantic import SecretStr

from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.cli.base import CONFIG, JSON, data_directory, load_settings, run_async, say
from lcr_asterisk.config.problems import suggest
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import UsageError
from lcr_asterisk.notifier import trial
from lcr_asterisk.notifier.delivery import Deliverer
from lcr_asterisk.notifier.targets.voice import Engine, Voice
from lcr_asterisk.pbx.secrets import secret
from lcr_asterisk.web.api import API_TOKEN, PREFIX


@click.group("notify")
def notify_group() -> None:
    """Alerts to people and teams."""


@notify_group.command("test")
@click.argument("who", metavar="PERSON|TEAM")
@CONFIG
@JSON
def test(who: str, config: Path, as_json: bool) -> None:
    """Send a real test message on each way of a person, or to each place of a team, and print what each answers.

    Nobody is called: of voice, it says whether the engine could. Exit code 1 where one does not work, or there is none.
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
        engine = _engine(settings) if any(isinstance(one, Voice) for targets, _ in wanted for one in targets) else None
        slack_api = settings.notifier.slack_api
        async with Deliverer(
            clock.wall, smtp=settings.smtp, engine=engine, allowed=allowed, slack_api=slack_api
        ) as deliverer:
            for targets, message in wanted:
                answers.extend(await trial.send(deliverer, settings, targets, message))

    finished = run_async(work)
    if as_json:
        say(
            json.dumps(
                [{"target": answer.target, "delivered": not answer.why, "why": answer.why} for answer in answers]
            )
        )
    else:
        for answer in answers:
            say(f"{answer.target}: {_words(answer)}")
        if not answers and finished:
            say(f"{who} is told in no way; write phones: or notify: for a person, alerts: for a team.")
    sys.exit(0 if finished and answers and all(answer.fine for answer in answers) else 1)


def _engine(settings: Settings) -> Engine:
    token = SecretStr(secret(data_directory(), API_TOKEN))
    return Engine(f"http://{settings.web.listen.from_here}{PREFIX}", token)


def _words(answer: trial.Answer) -> str:
    if answer.why is None:
        return "delivered"
    return f"{'NOT delivered' if answer.tried else 'not tried'}: {answer.why}"
