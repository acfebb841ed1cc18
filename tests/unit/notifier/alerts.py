"""A page's alert as tests need it, with hostile words wherever a caller can put some."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from lcr_asterisk.notifier.messages import Caller, Kind, Message, Named, Recording, Step

AT = datetime(2026, 11, 21, 8, 0, 12, tzinfo=UTC)
HOSTILE = (
    "<!channel> <@U1> <https://evil.example|Acknowledge> & *bold* [Acknowledge](https://evil.example) "
    '@everyone {{DATE(2026-01-01)}} <img src=x onerror="x()">\r\nBcc: everybody@example.com\u202eltr\x00'
)

PAGE = Message(
    id="msg-20261121-1",
    kind=Kind.PAGE_OPENED,
    at=AT,
    summary="Acme left a message on Production Incidents",
    dedupe_key="page-7",
    zone=ZoneInfo("Europe/Berlin"),
    page="7",
    team=Named("platform", "Platform"),
    route=Named("production", "Production Incidents"),
    caller=Caller("+14155550177", "Acme"),
    calls=2,
    duration=65.0,
    steps=(Step(AT, "the caller dialled"), Step(AT + timedelta(seconds=5), "Alice Martin is rung")),
    recording=Recording(12.0, "https://hotline.example.com/recordings/1"),
    transcript="The website is down.",
    acknowledge_link="https://hotline.example.com/acknowledge/abc.def",
)


def page(**changed: Any) -> Message:
    return replace(PAGE, **changed)


def hostile(words: str = HOSTILE, **changed: Any) -> Message:
    """The same, said by somebody who means harm."""
    return page(
        summary=words,
        caller=Caller("+14155550177", words),
        team=Named("platform", words),
        route=Named("production", words),
        person=Named("alice", words),
        steps=(Step(AT, words),),
        transcript=words,
        **changed,
    )


def with_recording(directory: Path, content: bytes = b"ID3 sound") -> Message:
    file = directory / "0123.mp3"
    file.write_bytes(content)
    return page(recording=Recording(12.0, "https://hotline.example.com/recordings/1", file))


words = st.text(max_size=4000)
anything = st.builds(
    hostile,
    words,
    kind=st.sampled_from(Kind),
    calls=st.integers(1, 99),
    duration=st.none() | st.floats(0, 1e5),
)
many_steps = st.builds(
    lambda text, times, count, said: page(steps=(Step(AT, text * times),) * count, transcript=said),
    st.text(min_size=1, max_size=8),
    st.integers(1, 60),
    st.integers(1, 900),
    st.sampled_from(["", "<&>" * 5000, "é" * 20000, "🎉" * 20000]),
)
