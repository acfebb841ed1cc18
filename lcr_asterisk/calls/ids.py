"""The ids of a call's parts in Asterisk. All derive from the call's id, so each part tells which call it belongs to."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

APP = "lcr"
ENDS = "lcr-ends"  # hears of nothing but the end of channels, also of those that end before APP could hear of them
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no letter that is mistaken for another when read aloud
_CALL = r"\d{8}-\d{6}-[a-z2-9]{5}"
_PART = re.compile(rf"({_CALL})-(?:leg-\d+|play-\d+|ear-(?:caller|responder)|aside-\d+|talk|message(?:-\d+)?)")
_CALLED_BACK = re.compile(rf"{_CALL}-caller")
_LEG = re.compile(rf"{_CALL}-leg-\d+")
_EAR = re.compile(rf"{_CALL}-ear-(?:caller|responder)")
_ASIDE = re.compile(rf"{_CALL}-aside-\d+")
_MESSAGE = re.compile(rf"{_CALL}-message(?:-\d+)?")
_BRIDGE = re.compile(rf"{_CALL}-talk")


def new_call_id(now: datetime) -> str:
    """Such as "20261121-090012-k7m3q": sorts by time, and a person can read it out."""
    return f"{now:%Y%m%d-%H%M%S}-" + "".join(secrets.choice(_ALPHABET) for _ in range(5))


def call_of(part: str) -> str | None:
    """The call that a leg, playback, bridge or recording belongs to; None for anything that is not ours."""
    match = _PART.fullmatch(part)
    return match.group(1) if match else None


def begun_at(call: str) -> datetime:
    """When the call with this id arrived, to the second; aware UTC."""
    return datetime.strptime(call[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)


def is_leg(channel: str) -> bool:
    return _LEG.fullmatch(channel) is not None


def caller(call: str) -> str:
    """The channel of a caller whom we call back."""
    return f"{call}-caller"


def is_called_back(channel: str) -> bool:
    """Whether this is the channel of a caller whom we call back."""
    return _CALLED_BACK.fullmatch(channel) is not None


def is_ear(channel: str) -> bool:
    """Whether this is a channel that listens to one side of a talk, or the recording that it makes."""
    return _EAR.fullmatch(channel) is not None


def aside(playback: str) -> str:
    """The channel on which something is played to one of those who talk."""
    return playback.replace("-play-", "-aside-")


def is_aside(channel: str) -> bool:
    return _ASIDE.fullmatch(channel) is not None


def is_bridge(bridge: str) -> bool:
    return _BRIDGE.fullmatch(bridge) is not None


def talk(call: str) -> str:
    """The bridge in which caller and responder talk, and the recording of it."""
    return f"{call}-talk"


def ears(call: str) -> tuple[str, str]:
    """What listens to the caller and to the responder where a talk is recorded in stereo, and the recordings of it."""
    return f"{call}-ear-caller", f"{call}-ear-responder"


def message(call: str, take: int = 1) -> str:
    """The recording of the caller's message; a further `take` where the caller records it again."""
    return f"{call}-message" if take == 1 else f"{call}-message-{take}"


def is_message(recording: str) -> bool:
    return _MESSAGE.fullmatch(recording) is not None
