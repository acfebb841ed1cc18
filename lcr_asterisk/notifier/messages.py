"""What an alert says, whoever is told and however: one `Message`, from which every target renders its own form.

Much of it comes from outside (a caller's name, the words of a transcript) and is hostile: the functions here give it
back on one line and without control characters, and each target escapes it for its own markup.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """What has happened; the value is the event's type in JSON."""

    PAGE_OPENED = "page.opened"
    PAGE_NOTIFIED = "page.notified"
    PAGE_ESCALATED = "page.escalated"
    PAGE_ACKNOWLEDGED = "page.acknowledged"
    PAGE_EXHAUSTED = "page.exhausted"
    PAGE_CLOSED = "page.closed"
    CALL_MISSED = "call.missed"
    VOICEMAIL_RECEIVED = "voicemail.received"
    SYSTEM_DEGRADED = "system.degraded"
    SYSTEM_RECOVERED = "system.recovered"
    TEST = "test"


_LONGEST_HEADLINE, _LONGEST_FACT, _LONGEST_STEP = 150, 300, 300  # characters

SETTLED = frozenset({Kind.PAGE_ACKNOWLEDGED, Kind.PAGE_CLOSED, Kind.SYSTEM_RECOVERED})
"""After these nobody has to do anything any more."""


@dataclass(frozen=True, slots=True)
class Named:
    """A team, route or person: its id in the YAML, and what people call it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who called: the number as E.164, None where it is hidden; a name, or the label of a PIN, if there is one."""

    number: str | None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, in words; `at` is aware."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A caller's message: its length, a page to hear it on, and the file (MP3 or WAV) for those who can attach one."""

    seconds: float
    link: str | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one alert says.

    `id` is its idempotency key: the same at each attempt and for each target. `at` is aware; people read times in
    `zone`. `summary` is a sentence about what happened. `dedupe_key` is the same in all messages about one page, or
    about one trouble of the system, so that services can put them together. `person` is who acknowledged or closed a
    page, or who is told. `calls` counts the calls of a page, `duration` is the call's length in seconds. Of a trouble
    of the system, `since` is when it began, aware, and `advice` what to do about it.
    """

    id: str
    kind: Kind
    at: datetime
    summary: str
    dedupe_key: str
    zone: tzinfo = UTC
    page: str | None = None
    team: Named | None = None
    route: Named | None = None
    caller: Caller | None = None
    person: Named | None = None
    calls: int = 1
    duration: float | None = None
    steps: tuple[Step, ...] = ()
    recording: Recording | None = None
    transcript: str | None = None
    acknowledge_link: str | None = None
    since: datetime | None = None
    advice: str | None = None


IsWanted = Callable[[], Awaitable[bool]]
"""Whether something is still to be sent; asked right before that, after all waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message that is made when its turn has come, and sent only where it is still wanted then.

    `id` and `page` are those of the message. `settles`: nothing that was to be told of the page before is wanted now.
    """

    id: str
    page: str | None
    settles: bool
    message: Callable[[], Awaitable[Message]]
    is_wanted: IsWanted


async def always() -> bool:
    """Wanted whatever happens."""
    return True


def ready(message: Message) -> Alert:
    """An alert that says this."""

    async def made() -> Message:
        return message

    settles = message.kind in SETTLED
    return Alert(id=message.id, page=message.page, settles=settles, message=made, is_wanted=always)


def headline(message: Message) -> str:
    """What it is about, on one line, as a subject or a title."""
    return cut(one_line(f"{_begin(message)}: {message.summary}"), _LONGEST_HEADLINE)


def _begin(message: Message) -> str:
    team = message.team.name if message.team else "the team"
    by = f" by {message.person.name}" if message.person else ""
    match message.kind:
        case Kind.PAGE_OPENED | Kind.PAGE_NOTIFIED:
            return f"Page for {team}"
        case Kind.PAGE_ESCALATED:
            return f"Escalated, page for {team}"
        case Kind.PAGE_ACKNOWLEDGED:
            return f"Acknowledged{by}, page for {team}"
        case Kind.PAGE_EXHAUSTED:
            return f"NOBODY ACKNOWLEDGED the page for {team}"
        case Kind.PAGE_CLOSED:
            return f"Closed{by}, page for {team}"
        case Kind.CALL_MISSED:
            return f"Missed call for {team}"
        case Kind.VOICEMAIL_RECEIVED:
            return f"Message for {team}"
        case Kind.SYSTEM_DEGRADED:
            return "Hotline degraded"
        case Kind.SYSTEM_RECOVERED:
            return "Hotline recovered"
        case Kind.TEST:
            return "Test of the hotline's alerts"


def facts(message: Message) -> tuple[tuple[str, str], ...]:
    """What is known, as labels and values, each on one line; what is not known is left out."""
    known = [
        ("Team", message.team.name if message.team else None),
        ("Route", message.route.name if message.route else None),
        ("Caller", show_caller(message.caller) if message.caller else None),
        ("Calls", str(message.calls) if message.calls > 1 else None),
        ("When", show_time(message.at, message.zone)),
        ("Since", show_time(message.since, message.zone) if message.since else None),
        ("What to do", message.advice),
        ("Duration", show_seconds(message.duration) if message.duration is not None else None),
        ("Recording", show_seconds(message.recording.seconds) if message.recording else None),
        ("Page", message.page),
    ]
    return tuple((label, cut(one_line(value), _LONGEST_FACT)) for label, value in known if value)


def steps(message: Message) -> tuple[str, ...]:
    """What happened, a line for each step, with its time of day."""
    return tuple(
        f"{step.at.astimezone(message.zone):%H:%M:%S}  {cut(one_line(step.text), _LONGEST_STEP)}"
        for step in message.steps
    )


def transcript(message: Message) -> str:
    """What the caller said, on one line; empty where it is not known."""
    return one_line(message.transcript or "")


def acknowledge_link(message: Message) -> str | None:
    """The link, while there is something to acknowledge."""
    return None if message.kind in SETTLED else message.acknowledge_link


def show_caller(caller: Caller) -> str:
    number = caller.number or "hidden number"
    return f"{caller.name} ({number})" if caller.name else number


def show_time(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def show_seconds(seconds: float) -> str:
    """Such as "1 min 5 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def one_line(text: str) -> str:
    """The text without line breaks, control characters, and those that change the direction of writing.

    The latter would let a caller's name turn around what is written after it.
    """
    spaced = "".join(" " if character.isspace() else character for character in text)
    kept = (character for character in spaced if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return " ".join("".join(kept).split())


def cut(text: str, longest: int) -> str:
    """At most so many characters, with an ellipsis where something is missing."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def last_lines(lines: tuple[str, ...], longest: int) -> str:
    """The lines, without the first of them where all are longer than so many characters: what came last matters."""
    kept: list[str] = []
    room = longest - len(LEFT_OUT)
    for line in reversed(lines):
        room -= len(line) + 1
        if room < 0:
            return "\n".join([LEFT_OUT, *kept])
        kept.insert(0, line)
    return "\n".join(kept)


LEFT_OUT = "… earlier steps are left out"
