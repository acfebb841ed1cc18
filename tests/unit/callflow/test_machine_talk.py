"""Two people talk until one hangs up; a recording begins only when both have heard of it."""

from __future__ import annotations

from dataclasses import replace

from lcr_asterisk.callflow.events import LegEnd
from tests.unit.callflow.journeys import connecting, talking
from tests.unit.callflow.plans import direct, recorded
from tests.unit.callflow.transcript import Playbook


def noticed() -> Playbook:
    """Connected on a recorded route: both hear that the call will be recorded."""
    return connecting(recorded(direct())).bridged("alice").does("play notice to both")


def test_a_conversation_has_no_end_in_time() -> None:
    assert talking().call.deadline() is None


def test_when_the_responder_hangs_up_the_caller_is_hung_up() -> None:
    talking().after(600).ends("alice").does("hang up").hangs_up().does("end: connected, taken, by alice")


def test_when_the_caller_hangs_up_the_responder_is_hung_up() -> None:
    playbook = talking().after(600).hangs_up().does("drop alice").ends("alice").does("end: connected, taken, by alice")
    assert playbook.call.legs[0].end is LegEnd.HUNG_UP


def test_digits_between_people_who_talk_mean_nothing() -> None:
    talking().presses("*").does_nothing().keys("alice", "2").does_nothing()


def test_a_recorded_route_without_a_notice_records_from_the_first_word() -> None:
    connecting(recorded(direct(), notice=False)).bridged("alice").does("record the talk")


def test_with_a_notice_recording_begins_when_it_has_been_heard() -> None:
    noticed().after(2).hears_out("notice to both").does("record the talk")


def test_without_recording_no_notice_is_played() -> None:
    connecting(replace(recorded(direct()), record=False)).bridged("alice").does_nothing()


def test_nobody_is_recorded_where_the_notice_could_not_be_played() -> None:
    playbook = noticed().hears_out("notice to both", failed=True).does_nothing()
    assert playbook.call.deadline() is None
    playbook.after(5).resumes(alice=True, bridged=["alice"]).does_nothing()  # nor after a gap


def test_a_notice_whose_end_is_never_reported_does_not_prevent_the_recording() -> None:
    playbook = noticed().due_after(2 + 5).does("record the talk")
    assert playbook.call.deadline() is None


def test_a_notice_that_ends_late_does_not_record_twice() -> None:
    noticed().due_after(2 + 5).does("record the talk").hears_out("notice to both").does_nothing()


def test_hanging_up_during_the_notice_ends_the_call() -> None:
    (
        noticed()
        .ends("bob")
        .does_nothing()
        .hangs_up()
        .does("drop alice")
        .hears_out("notice to both")
        .does_nothing()
        .ends("alice")
        .does("end: connected, taken, by alice")
    )


def test_max_wait_does_not_part_people_who_talk() -> None:
    playbook = connecting(direct(max_wait=10)).bridged("alice").does_nothing()
    assert playbook.call.deadline() is None
    playbook.late(1000).does_nothing()


def test_how_long_the_caller_waited_is_known() -> None:
    call = talking().call
    assert call.connected_at is not None
    assert (call.connected_at - call.arrived_at).total_seconds() == 8.0


def test_another_leg_that_ends_does_not_end_the_conversation() -> None:
    connecting().bridged("alice").does_nothing().ends("bob").does_nothing()


def test_word_that_another_leg_was_bridged_does_not_change_who_talks() -> None:
    playbook = connecting().bridged("bob").does_nothing().bridged("alice").does_nothing()
    assert playbook.call.outcome is not None
    assert playbook.call.outcome.answered_by == "alice"
