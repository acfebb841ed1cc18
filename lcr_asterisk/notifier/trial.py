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
from lcr_asterisk.notifier.targets.voice import Voice


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one test message: the target's name, and why it was not delivered, or None.

    `tried` is False where it was not to be delivered.
    """

    target: str
    why: str | None
    tried: bool = True

    @property
    def fine(self) -> bool:
        return self.why is None or not self.tried


def ways_of_person(settings: Settings, person: str) -> list[Target]:
    return [of_way(way.to, person) for way in settings.people[person].ways]


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


async def send(deliverer: Deliverer, settings: Settings, targets: Sequence[Target], message: Message) -> list[Answer]:
    """One attempt each, side by side, in the order of the targets. Nobody is called."""
    return await asyncio.gather(*(_try(deliverer, settings, target, message) for target in targets))


async def _try(deliverer: Deliverer, settings: Settings, target: Target, message: Message) -> Answer:
    if isinstance(target, Voice):
        return await _without_calling(deliverer, settings, target)
    match await deliverer.deliver(target, message):
        case Delivered():
            return Answer(target.name, None)
        case RetryAfter(why=why) | GiveUp(why):
            return Answer(target.name, why)


async def _without_calling(deliverer: Deliverer, settings: Settings, target: Voice) -> Answer:
    """A call is about a page, which somebody would have to acknowledge; but all that it needs can be looked at."""
    phones = settings.people[target.person].phones
    if not phones:
        return Answer(target.name, "there is no phone to call; write phones:")
    if problem := await deliverer.engine_problem():
        return Answer(target.name, problem)
    return Answer(target.name, f"a test calls nobody; a page would ring {', '.join(map(str, phones))}", tried=False)


def _new_id() -> str:
    return f"test-{uuid4()}"
