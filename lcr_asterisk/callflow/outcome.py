"""How a call ended: one result, one reason, and who took it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    CONNECTED = "connected"  # someone took the call
    VOICEMAIL = "voicemail"  # a message was kept
    UNANSWERED = "unanswered"  # told that nobody is available
    ABANDONED = "abandoned"  # the caller hung up first
    REFUSED = "refused"  # inactive or unknown number, or a caller who is not let through
    FAILED = "failed"  # something broke; the reason names it


class Reason(StrEnum):
    """The last turning point of the call: why it went to that result."""

    TAKEN = "taken"
    NO_ANSWER = "no_answer"
    NO_ONE_ON_CALL = "no_one_on_call"
    MAX_WAIT = "max_wait"
    NO_CHOICE = "no_choice"
    CALLER_CHOSE_VOICEMAIL = "caller_chose_voicemail"
    VOICEMAIL_ROUTE = "voicemail_route"
    INACTIVE = "inactive"
    UNKNOWN_NUMBER = "unknown_number"
    BLOCKED_CALLER = "blocked_caller"
    NOT_ALLOWED = "not_allowed"
    WRONG_PIN = "wrong_pin"
    DURING_PIN = "during_pin"
    DURING_WELCOME = "during_welcome"
    DURING_MENU = "during_menu"
    WHILE_RINGING = "while_ringing"
    DURING_CONFIRMATION = "during_confirmation"
    NO_MESSAGE = "no_message"
    MESSAGE_LOST = "message_lost"
    NO_ROOM = "no_room"  # for a message: the disk is full
    ENGINE_AWAY = "engine_away"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`answered_by` is the person id of who took it, where someone did."""

    result: Result
    reason: Reason
    answered_by: str | None = None
