"""The story of a call back tells whose phones rang for whom, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lcr_asterisk.callflow.events import Event, HandedToDialplan, LegEnd
from lcr_asterisk.callflow.story import story
from tests.unit.callflow.plans import CAROL, EARLIER, direct
from tests.unit.callflow.test_machine_callback import asking, bridging, calling, talking
from tests.unit.callflow.transcript import Playbook


@dataclass(frozen=True)
class Entry:
    at: datetime
    event: Event


def told(playbook: Playbook, beginning: int = 0) -> Sequence[str]:
    lines = story([Entry(at, event) for at, event in playbook.journal])
    return [f"{line.at:%M:%S} {line.text}" for line in lines[beginning:]]


def test_from_the_command_to_the_last_hangup() -> None:
    playbook = talking().after(60).hangs_up().does("drop alice").ends("alice").does("end: connected, taken, by alice")
    assert told(playbook) == [
        f"00:00 call back to +15551234567 “A. Caller” for call {EARLIER} (Production Incidents)",
        "00:00 rang Alice Martin (+14155550101)",
        "00:05 Alice Martin answered after 5 s",
        "00:08 Alice Martin pressed 1",
        "00:08 called +15551234567",
        "00:12 caller answered after 4 s",
        "00:12 connected to Alice Martin after 12 s",
        "01:12 caller hung up after 1 min 0 s of talk",
        "01:12 call over: connected to Alice Martin",
    ]


def test_a_caller_who_is_not_reached() -> None:
    happened = calling().after(4).is_not_reached(LegEnd.REJECTED, "SIP 603")
    playbook = (
        happened.does("release alice", "play callback_failed to alice")
        .ends("alice")
        .does("end: unanswered, caller_rejected")
    )
    assert told(playbook, beginning=5) == [
        "00:12 caller rejected the call (SIP 603)",
        "00:12 Alice Martin hears “callback failed”",
        "00:12 call over: the caller rejected the call",
    ]


def test_a_responder_who_hangs_up_while_the_callers_phone_rings() -> None:
    playbook = calling().after(4).ends("alice").does("hang up")
    playbook.is_not_reached(LegEnd.CANCELLED).does("end: abandoned, responder_left")
    assert told(playbook, beginning=5) == [
        "00:12 Alice Martin was gone before the connection stood",
        "00:12 stopped ringing caller",
        "00:12 call over: the responder hung up first",
    ]


def test_a_responder_who_passes_on_one_of_two_phones() -> None:
    playbook = Playbook(direct()).is_asked(CAROL).does("ring carol", "ring carol's phone 2")
    playbook.answers("carol").does("play callback to carol").keys("carol", "2").does(
        "drop carol", "drop carol's phone 2"
    )
    assert told(playbook, beginning=1)[0] == "00:00 rang Carol Diaz (+14155550103)", "her other phone shows no number"
    assert told(playbook, beginning=3)[0].endswith("pressed 2 to pass")


def test_a_gap_before_the_caller_was_called_says_nothing_of_the_caller() -> None:
    playbook = asking().resumes(caller=False, alice=True).does("stop callback to alice", "play callback to alice")
    assert told(playbook, beginning=3) == ["00:05 the engine is back after a gap"]
    playbook = bridging().resumes(caller=False, alice=True).does("release alice", "play callback_failed to alice")
    assert told(playbook, beginning=6)[0] == "00:12 the engine is back after a gap: the caller had hung up"


def test_a_defect_takes_no_message_from_who_was_called() -> None:
    playbook = calling()
    playbook.happens(HandedToDialplan("oops"))
    assert "00:08 a defect here (oops) → the call is over" in told(playbook)
