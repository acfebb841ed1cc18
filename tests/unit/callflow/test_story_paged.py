"""The story of a page call tells what it is about, whose phones rang, what was pressed, and what became of it."""

from __future__ import annotations

from lcr_asterisk.callflow.events import HandedToDialplan, LegEnd
from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.callflow.story import outcome_words
from tests.unit.callflow.plans import EARLIER
from tests.unit.callflow.test_machine_paged import acknowledging, calling, choosing, paging, telling
from tests.unit.callflow.test_story_callback import told


def test_from_the_first_ring_to_the_last_hangup() -> None:
    playbook = (
        acknowledging().is_noted().does("play thanks to alice").ends("alice").does("end: acknowledged, taken, by alice")
    )
    assert told(playbook) == [
        f"00:00 about page {EARLIER}: call {EARLIER} of +15551234567 “A. Caller” (Production Incidents)",
        "00:00 rang Alice Martin (+14155550101)",
        "00:05 Alice Martin answered after 5 s",
        "00:32 Alice Martin pressed 1 to take care of it",
        "00:32 the page is acknowledged",
        "00:32 Alice Martin hears “thanks”",
        "00:32 call over: acknowledged by Alice Martin",
    ]


def test_a_call_back_after_it() -> None:
    playbook = calling().is_not_reached(LegEnd.BUSY, "SIP 486").does("release alice", "play callback_failed to alice")
    playbook.ends("alice").does("end: acknowledged, caller_busy, by alice")
    assert told(playbook, beginning=3) == [
        "00:32 Alice Martin pressed 3 to take care of it and call back",
        "00:32 the page is acknowledged",
        "00:32 called +15551234567",
        "00:32 caller was busy (SIP 486)",
        "00:32 Alice Martin hears “callback failed”",
        "00:32 call over: acknowledged by Alice Martin, the caller was busy",
    ]


def test_who_passes_it_on_after_hearing_it_twice() -> None:
    playbook = choosing().keys("alice", "5").does("stop choice to alice", "play page to alice")
    playbook.keys("alice", "2").does("stop page to alice", "play passed to alice")
    playbook.ends("alice").does("end: unanswered, responder_passed")
    assert told(playbook, beginning=3) == [
        "00:31 Alice Martin pressed 5 to hear it again",
        "00:31 Alice Martin pressed 2 to pass",
        "00:31 Alice Martin hears “passed”",
        "00:31 call over: the responder passed",
    ]


def test_a_page_that_is_taken_care_of_elsewhere() -> None:
    playbook = telling().is_settled().does("stop page to alice", "play settled to alice").is_settled().does_nothing()
    playbook.ends("alice").does("end: unanswered, settled")
    assert told(playbook, beginning=3) == [
        "00:05 the page is taken care of elsewhere",
        "00:05 Alice Martin hears “settled”",
        "00:05 call over: no longer needed",
    ]
    playbook = paging().is_settled().does("drop alice").ends("alice").does("end: unanswered, settled")
    assert told(playbook, beginning=2)[:2] == [
        "00:00 the page is taken care of elsewhere",
        "00:00 stopped ringing Alice Martin",
    ]


def test_who_is_too_late_or_hangs_up_while_it_is_written_down() -> None:
    playbook = acknowledging().ends("alice").does_nothing().is_noted(ours=False).does("end: unanswered, settled")
    assert told(playbook, beginning=4) == [
        "00:32 Alice Martin hung up",
        "00:32 somebody else had acknowledged the page",
        "00:32 call over: no longer needed",
    ]


def test_who_decides_nothing() -> None:
    playbook = telling().ends("alice").does("end: unanswered, not_acknowledged").is_noted().does_nothing()
    assert told(playbook, beginning=3) == [
        "00:05 Alice Martin hung up without pressing 1",
        "00:05 call over: not acknowledged",
    ]


def test_a_defect_is_no_voicemail() -> None:
    playbook = telling()
    playbook.happens(HandedToDialplan("oops"))
    assert "00:05 a defect here (oops) → the call is over" in told(playbook)


def test_outcomes_in_words() -> None:
    assert outcome_words(Result.ACKNOWLEDGED, Reason.TAKEN) == "acknowledged"
    assert outcome_words(Result.ACKNOWLEDGED, Reason.NOT_NOTED) == "acknowledged, could not be noted in time"
    assert outcome_words(Result.UNANSWERED, Reason.RESPONDER_NOT_REACHED) == "no answer from the responder"
