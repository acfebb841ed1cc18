"""The 3 s rule: from the answer to the end of a call its caller is never left longer than that without any sound.

Listened for at the callers' phones, in every test of the suite (conftest.py). What a caller hears is known by ear; when
two people talk and when a message is recorded, where it is for people to be silent, is what the call's journal says.
While a test has the engine away, nobody can be held to the rule, and the stretch is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.states import Call, Recording, Talking
from lcr_asterisk.simulator.ear import Ear
from lcr_asterisk.store.journal import JournalEntry
from tests.acceptance.hotline import Hotline

LONGEST = 3.0  # seconds

Stretch = tuple[float, float]  # from, until: the event loop's time


@dataclass(frozen=True)
class Silence:
    """The longest time without a sound in one call, in seconds."""

    caller: str
    seconds: float
    story: str


async def silences(hotline: Hotline) -> list[Silence]:
    """Of every call that was listened to and is over: its longest silence where there had to be sound."""
    found = []
    for caller in hotline.world.callers:
        if not caller.listens or not caller.answered_calls:
            continue
        excused = [*hotline.engine_away]
        for journal in await hotline.journals(caller):
            excused += on_the_loop(people_have_the_line(journal))
        for since, until in caller.answered_calls:
            found.append(Silence(caller.number, longest(caller.ear, since, until, excused), caller.story()))
    return found


def longest(ear: Ear, since: float, until: float, excused: Iterable[Stretch]) -> float:
    """The longest silence between `since` and `until` of which no part lies in an excused stretch, in seconds."""
    return max((ear.longest_silence(*stretch) for stretch in the_rest(since, until, excused)), default=0.0)


def the_rest(since: float, until: float, excused: Iterable[Stretch]) -> Iterator[Stretch]:
    """What is left between `since` and `until` without the excused stretches, in order."""
    for start, end in sorted(excused):
        if start > since:
            yield since, min(start, until)
        since = max(since, end)
        if since >= until:
            return
    yield since, until


def people_have_the_line(journal: Iterable[JournalEntry]) -> Iterator[tuple[datetime, datetime]]:
    """When in a call two people talked, or the caller's message was recorded."""
    call: Call | None = None
    began: datetime | None = None
    for entry in journal:
        call, _ = step(call, entry.event, entry.at)
        theirs = isinstance(call.stage, Talking | Recording)
        if theirs and began is None:
            began = entry.at
        elif not theirs and began is not None:
            yield began, entry.at
            began = None
    if began is not None:
        yield began, datetime.max.replace(tzinfo=UTC)


def on_the_loop(stretches: Iterable[tuple[datetime, datetime]]) -> Iterator[Stretch]:
    """Wall times as times of the event loop."""
    wall_minus_loop = datetime.now(UTC).timestamp() - asyncio.get_running_loop().time()
    for start, end in stretches:
        yield start.timestamp() - wall_minus_loop, end.timestamp() - wall_minus_loop
