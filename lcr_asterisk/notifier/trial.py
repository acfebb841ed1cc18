"""A real test message on each way of a person, and to each place of a team, with what each of them answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from lcr_asterisk.config.settings import Settings
from lcr_asterisk.notifier.decisions import Delivered, GiveUp, RetryAfter
from lcr_asterisk.notifier.delivery import Deliverer
from lcr_asterisk.notifier.messages import Kind, Message, Named
from lcr_asterisk.notifier.targets import Target, of_alert, of_way


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one test message: the target's name, and why it was not delivered, or None."""

    target: str
    why: str | None


def ways_of_person(settings: Settings, person: str) -> list[Target]:
    """All but calls, which nobody should get for a try."""
    return [target for way in settings.people[person].ways if (target := of_way(way.to)) is not None]


def places_of_team(settings: Settings, team: str) -> list[Target]:
    return [of_alert(alert) for alert in settings.teams[team].alerts]


def message_to_person(settings: Settings, person: str, at: datetime) -> Message:
    """What a person gets; `at` is aware."""
    name = settings.people[person].name
    said = f"a page would reach {name} here"
    return Message(id=(id_ := _new_id()), kind=Kind.TEST, at=at, summary=said, dedupe_key=id_)


def message_to_team(settings: Settings, team: str, at: datetime) -> Message:
    """What a team gets; `at` is aware."""
    who, zone = Named(team, settings.teams[team].name), settings.zone_for(team=team) or UTC
    said = f"pages of {who.name} would be told here"
    return Message(id=(id_ := _new_id()), kind=Kind.TEST, at=at, summary=said, dedupe_key=id_, zone=zone, team=who)


async def send(deliverer: Deliverer, targets: Sequence[Target], message: Message) -> list[Answer]:
    """One attempt each, side by side, in the order of the targets."""
    decisions = await asyncio.gather(*(deliverer.deliver(target, message) for target in targets))
    answers = []
    for target, decision in zip(targets, decisions, strict=True):
        match decision:
            case Delivered():
                answers.append(Answer(target.name, None))
            case RetryAfter(why=why) | GiveUp(why):
                answers.append(Answer(target.name, why))
    return answers


def _new_id() -> str:
    return f"test-{uuid4()}"
