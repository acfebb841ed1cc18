"""How a call ended: one result, one reason, and who took it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    CONNECTED = "connected"  # someone took the call
    VOICEMAIL = "voicemail"  # a message was kept
    ACKNOWLEDGED = "acknowledged"  # a page call: who was called takes care of it, and was not connected to the caller
    UNANSWERED = "unanswered"  # told that nobody is available; where we call: who was called is not reached, or passes
    ABANDONED = "abandoned"  # the caller hung up first
    REFUSED = "refused"  # inactive or unknown number, or a caller who is not let through
    FAILED = "failed"  # something broke; the reason names it


class Reason(StrEnum):
    """The last turning point of the call: why it went to that result."""

    TAKEN = "taken"
    RESPONDER_ENDED = "responder_ended"  # by a key, so that the caller hears goodbye
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
    RESPONDER_NOT_REACHED = "responder_not_reached"  # where we call: the responder's phones were not answered
    RESPONDER_PASSED = "responder_passed"  # where we call: the responder would rather not
    RESPONDER_LEFT = "responder_left"  # a call back: the responder hung up while the caller's phone rang
    CALLER_BUSY = "caller_busy"
    CALLER_REJECTED = "caller_rejected"
    CALLER_NO_ANSWER = "caller_no_answer"
    CALLER_DEAD_NUMBER = "caller_dead_number"
    CALLER_NOT_REACHED = "caller_not_reached"  # a call back: for any other cause; the caller's leg tells it
    NOT_ACKNOWLEDGED = "not_acknowledged"  # a page call: the responder answered and pressed nothing that decides
    SETTLED = "settled"  # a page call: meanwhile the page was acknowledged elsewhere, or closed
    NOT_NOTED = "not_noted"  # a page call: the acknowledgement could not be written down while the responder waited
    ENGINE_AWAY = "engine_away"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`answered_by` is the person id of who took it, where someone did."""

    result: Result
    reason: Reason
    answered_by: str | None = None
