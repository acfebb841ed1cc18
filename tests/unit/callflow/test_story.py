"""The story of a call says, in plain English and in order, what an admin needs to know about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings, strategies

from lcr_asterisk.callflow.events import (
    CallArrived,
    Caller,
    CallerHungUp,
    CallerPressed,
    CommandFailed,
    Connected,
    ConnectFailed,
    Event,
    HandedToDialplan,
    LegAnswered,
    LegEnd,
    LegEnded,
    LegPressed,
    LegRang,
    MessageKept,
    MessageLost,
    MessageRecorded,
    NoRoom,
    Phone,
    PinAccepted,
    PinKeyed,
    PinWrong,
    PromptEnded,
    Responder,
    ResponderFreed,
    RespondersFound,
    Resumed,
    Skipped,
    SkipReason,
    TimePassed,
)
from lcr_asterisk.callflow.plan import Refusal, RoutePlan, Then
from lcr_asterisk.callflow.story import story
from tests.unit.callflow.plans import (
    ALICE,
    BOB,
    direct,
    hotline,
    recorded,
    refused,
    voicemail_line,
    with_choice,
    with_pin,
    with_signs_of_life,
    with_submenu,
)

NINE = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CALL = "20261121-090000-k7m3q"

CAROL = Responder("carol", "Carol", (Phone("PJSIP/carol", "sip:carol"), Phone("PJSIP/+1415@trunk", "+1415")))
EVE = Responder("eve", "Eve", (Phone("PJSIP/eve", "sip:eve"),))
DORA = Responder("dora", "Dora", ())


@dataclass(frozen=True)
class Entry:
    at: datetime
    event: Event


def told(*events: tuple[float, Event], plan: RoutePlan | None = None, caller: Caller | None = None) -> list[str]:
    """The lines of a call that arrives at 9:00:00 and then takes these events, each after so many seconds."""
    arrived = CallArrived(CALL, "channel-1", caller or Caller("+15551234567", ""), "+14155551000", plan or direct())
    journal: Sequence[tuple[float, Event]] = [(0.0, arrived), *events]
    lines = story([Entry(NINE + timedelta(seconds=after), event) for after, event in journal])
    return [f"{line.at:%M:%S} {line.text}" for line in lines]


def leg(number: int) -> str:
    return f"{CALL}-leg-{number}"


def played(number: int) -> PromptEnded:
    return PromptEnded(f"{CALL}-play-{number}")


def found(level: int, *responders: Responder, skipped: tuple[Skipped, ...] = ()) -> RespondersFound:
    return RespondersFound(level, responders, skipped)


def test_a_call_that_someone_takes_is_told_from_arrival_to_hangup() -> None:
    assert told(
        (0.5, TimePassed()),
        (1.0, CallerPressed("2")),
        (1.0, found(0, ALICE, BOB)),
        (1.2, LegRang(leg(1))),
        (5.0, LegAnswered(leg(2))),
        (8.0, LegPressed(leg(2), "1")),
        (8.0, Connected(leg(2))),
        (8.1, LegEnded(leg(1), LegEnd.CANCELLED)),
        (30.0, LegPressed(leg(2), "4")),
        (73.0, LegEnded(leg(2), LegEnd.HUNG_UP)),
        (73.1, CallerHungUp()),
        plan=hotline(tries=2),
        caller=Caller("+15551234567", "ACME"),
    ) == [
        "00:00 call from +15551234567 “ACME” to +14155551000 (Production Incidents)",
        "00:00 caller hears “welcome”",
        "00:01 caller pressed 2: Payments",
        "00:01 rang Alice Martin (+14155550101) and Bob Chen (sip:bob) at level 1",
        "00:01 Alice Martin's phone rings",
        "00:05 Bob Chen answered after 4 s",
        "00:08 Bob Chen pressed 1",
        "00:08 stopped ringing Alice Martin",
        "00:08 connected to Bob Chen after 8 s",
        "01:13 Bob Chen hung up after 1 min 5 s of talk",
        "01:13 call over: connected to Bob Chen",
    ]


def test_escalation_to_voicemail_shows_every_level_and_why_it_was_over() -> None:
    assert told(
        (0.0, found(0, ALICE)),
        (25.0, TimePassed()),
        (25.0, found(1, BOB, CAROL, skipped=(Skipped("dora", "Dora", SkipReason.NO_PHONE),))),
        (25.1, LegEnded(leg(1), LegEnd.CANCELLED)),
        (27.0, LegEnded(leg(2), LegEnd.REJECTED)),
        (28.0, LegEnded(leg(3), LegEnd.BUSY)),
        (29.0, LegEnded(leg(4), LegEnd.UNREACHABLE, "503 Service Unavailable")),
        (31.0, played(2)),
        (33.0, played(3)),
        (34.0, played(4)),
        (46.0, MessageRecorded(12.0)),
        (46.1, MessageKept("r4nd0m")),
        (48.0, played(5)),
        (48.1, CallerHungUp()),
    ) == [
        "00:00 call from +15551234567 to +14155551000 (Production Incidents)",
        "00:00 rang Alice Martin (+14155550101) at level 1",
        "00:25 Alice Martin did not answer → level 2",
        "00:25 rang Bob Chen (sip:bob) and Carol (sip:carol and +1415) at level 2",
        "00:25 not rung: Dora has no phone",
        "00:25 caller hears “level”",
        "00:27 Bob Chen rejected the call",
        "00:28 Carol (sip:carol) was busy",
        "00:29 Carol (+1415) could not be reached (503 Service Unavailable)",
        "00:29 no answer from anyone → voicemail",
        "00:29 caller hears “no answer”",
        "00:31 caller hears “voicemail”",
        "00:33 caller hears “beep”",
        "00:34 recording the message",
        "00:46 message kept (12 s)",
        "00:46 caller hears “message kept”",
        "00:48 call over: voicemail, nobody answered",
    ]


def test_levels_with_nobody_to_ring_are_told_with_the_reason() -> None:
    busy = Skipped("eve", "Eve", SkipReason.BUSY)
    assert told(
        (0.0, found(0, skipped=(Skipped("dora", "Dora", SkipReason.NO_PHONE),))),
        (0.1, found(1, skipped=(busy,))),
    )[1:] == [
        "00:00 level 1: nobody to ring (Dora has no phone) → level 2",
        "00:00 level 2: nobody to ring (Eve is on another call)",
        "00:00 no answer from anyone → voicemail",
        "00:00 caller hears “no answer”",
    ]
    assert told((0.0, found(0)), (0.1, found(1)))[1:3] == [
        "00:00 level 1: nobody to ring → level 2",
        "00:00 level 2: nobody to ring",
    ]
    assert "nobody is on call → voicemail" in told((0.0, found(0)), (0.1, found(1)))[3]
    again = told((0.0, found(0, ALICE)), (2.0, LegEnded(leg(1), LegEnd.BUSY)), (2.0, found(1, ALICE, DORA)))
    assert "00:02 level 2: nobody to ring (Dora has no phone, Alice Martin was rung before)" in again


def test_two_pressing_1_in_the_same_instant_shows_who_was_late() -> None:
    assert told(
        (0.0, found(0, ALICE, BOB)),
        (3.0, LegAnswered(leg(1))),
        (3.0, LegAnswered(leg(2))),
        (5.0, LegPressed(leg(2), "1")),
        (5.0, LegPressed(leg(1), "1")),
        (5.0, Connected(leg(2))),
        (20.0, TimePassed()),
    )[4:] == [
        "00:05 Bob Chen pressed 1",
        "00:05 Alice Martin hears “taken”",
        "00:05 Alice Martin pressed 1, too late",
        "00:05 connected to Bob Chen after 5 s",
    ]


def test_a_responders_voicemail_box_a_pass_and_a_hangup_are_told_apart() -> None:
    lines = told(
        (0.0, found(0, ALICE, BOB, EVE)),
        (3.0, LegAnswered(leg(1))),
        (4.0, LegAnswered(leg(2))),
        (4.0, LegAnswered(leg(3))),
        (5.0, LegEnded(leg(3), LegEnd.HUNG_UP)),
        (6.0, LegPressed(leg(2), "7")),
        (7.0, LegPressed(leg(2), "2")),
        (18.0, TimePassed()),
    )
    assert lines[5:] == [
        "00:05 Eve hung up without pressing 1",
        "00:06 Bob Chen pressed 7",
        "00:07 Bob Chen pressed 2 to pass",
        "00:18 Alice Martin answered but did not press 1 → level 2",
    ]


def test_a_caller_who_hangs_up_while_phones_ring() -> None:
    assert told(
        (0.0, found(0, ALICE, BOB)),
        (3.0, LegAnswered(leg(1))),
        (9.0, CallerHungUp()),
        (9.1, LegEnded(leg(2), LegEnd.CANCELLED)),
        (11.0, LegEnded(leg(1), LegEnd.HUNG_UP)),
    )[3:] == [
        "00:09 caller hung up",
        "00:09 stopped ringing Bob Chen",
        "00:09 Alice Martin hears “caller gone”",
        "00:11 call over: hung up while someone was about to take it",
    ]


def test_a_caller_who_no_longer_wants_to_wait_is_shown_going_to_voicemail() -> None:
    lines = told((0.0, found(0, ALICE)), (9.0, CallerPressed("*")))
    assert lines[2:] == [
        "00:09 caller pressed *",
        "00:09 stopped ringing Alice Martin → voicemail",
        "00:09 caller hears “voicemail”",
    ]
    waited = told((0.0, found(0, ALICE)), (300.0, TimePassed()))
    assert "05:00 the longest wait is over → voicemail" in waited
    polite = direct(no_answer=Then.HANG_UP)
    assert "05:00 the longest wait is over → goodbye" in told(
        (0.0, found(0, ALICE)), (300.0, TimePassed()), plan=polite
    )


def test_the_menu_shows_wrong_digits_and_silence() -> None:
    lines = told(
        (0.5, TimePassed()), (2.5, played(1)), (3.0, CallerPressed("7")), (30.0, TimePassed()), plan=hotline(tries=2)
    )
    assert lines[2:] == [
        "00:02 caller hears “menu”",
        "00:03 caller pressed 7: not a choice",
        "00:03 caller hears “menu”",
        "00:30 nothing chosen → voicemail",
        "00:30 caller hears “voicemail”",
    ]
    to_team = hotline(tries=1, fallback="payments")
    lines = told((0.5, TimePassed()), (2.5, played(1)), (20.0, TimePassed()), plan=to_team)
    assert lines[-1] == "00:20 nothing chosen → Payments"


def test_signs_of_life_are_not_told() -> None:
    lines = told(
        (0.5, TimePassed()),
        (2.5, played(1)),
        (8.5, played(2)),
        (14.5, TimePassed()),
        plan=with_signs_of_life(hotline()),
    )
    assert lines[2:] == ["00:02 caller hears “menu”", "00:14 nothing chosen", "00:14 caller hears “menu”"]


def test_a_connection_that_fails_goes_on_to_the_next_level() -> None:
    ringing: tuple[tuple[float, Event], ...] = (
        (0.0, found(0, ALICE)),
        (3.0, LegAnswered(leg(1))),
        (5.0, LegPressed(leg(1), "1")),
    )
    failed = told(*ringing, (5.1, ConnectFailed(leg(1), "500 Allocation failed")))
    assert failed[-1] == "00:05 Alice Martin could not be connected (500 Allocation failed) → level 2"
    assert told(*ringing, (12.0, TimePassed()))[-1] == "00:12 Alice Martin could not be connected in time → level 2"
    gone = told(*ringing, (5.1, LegEnded(leg(1), LegEnd.HUNG_UP)))
    assert gone[-1] == "00:05 Alice Martin was gone before the connection stood → level 2"


def test_what_went_wrong_is_told_where_it_went_wrong() -> None:
    voicemail = voicemail_line()
    recording: tuple[tuple[float, Event], ...] = ((0.5, TimePassed()), (3.0, played(1)), (4.0, played(2)))
    lines = told(*recording, (5.0, MessageRecorded(0.9)), plan=voicemail)
    assert lines[-2:] == ["00:05 message of 0.9 s: too short to keep", "00:05 caller hears “goodbye”"]
    lines = told(*recording, (9.0, MessageRecorded(5.0)), (9.1, MessageLost("disk full")), plan=voicemail)
    assert "00:09 the message could not be kept (disk full)" in lines
    storing = ((9.0, MessageRecorded(5.0)), (11.0, TimePassed()), (60.0, TimePassed()))
    lines = told(*recording, *storing, plan=voicemail)
    assert "01:00 the message could not be kept in time" in lines
    lines = told(*recording, (200.0, TimePassed()), plan=voicemail)
    assert lines[-1] == "03:20 the end of the message was not reported"
    lines = told((6.0, TimePassed()), (6.1, CommandFailed("StartHold", "404")), (6.2, PromptEnded("x", failed=True)))
    assert lines[1:] == [
        "00:06 level 1: who is on call was not found out in time → level 2",
        "00:06 Asterisk could not carry out StartHold (404)",
        "00:06 a prompt could not be played",
    ]
    lines = told((1.0, HandedToDialplan("KeyError")), (2.0, CallerHungUp()))
    assert lines[1:] == [
        "00:01 a defect here (KeyError) → the dialplan's own voicemail",
        "00:01 call over: failed, internal error",
    ]
    assert told((1.0, LegRang("leg-nobody-knows")))[-1].startswith("00:01 impossible event: ")


def test_a_restart_in_mid_call_is_told() -> None:
    talking = told(
        (0.0, found(0, ALICE, BOB)),
        (3.0, LegAnswered(leg(1))),
        (9.0, Resumed(True, ((leg(1), True),), (leg(1),))),
    )
    assert talking[3:] == [
        "00:09 the engine is back after a gap",
        "00:09 the line to Bob Chen was lost while the engine was away",
        "00:09 connected to Alice Martin after 9 s",
    ]
    gone = told((0.0, found(0, ALICE)), (9.0, Resumed(False, (), ())))
    assert gone[2:] == [
        "00:09 the engine is back after a gap: the caller had hung up",
        "00:09 the line to Alice Martin was lost while the engine was away",
        "00:09 call over: hung up while phones rang",
    ]


def test_recording_and_its_notice_are_told() -> None:
    lines = told(
        (0.0, found(0, ALICE)),
        (3.0, LegAnswered(leg(1))),
        (5.0, LegPressed(leg(1), "1")),
        (5.0, Connected(leg(1))),
        (7.0, played(2)),
        (9.0, CallerPressed("4")),
        (15.0, CallerHungUp()),
        plan=recorded(direct()),
    )
    assert lines[4:] == [
        "00:05 connected to Alice Martin after 5 s",
        "00:05 both hear “notice”",
        "00:07 recording the conversation",
        "00:15 caller hung up after 10 s of talk",
    ], "digits pressed in a conversation are nobody else's business"


def test_that_nobody_is_recorded_whom_the_notice_did_not_reach_is_told() -> None:
    lines = told(
        (0.0, found(0, ALICE)),
        (3.0, LegAnswered(leg(1))),
        (5.0, LegPressed(leg(1), "1")),
        (5.0, Connected(leg(1))),
        (5.5, replace(played(2), failed=True)),
        (15.0, CallerHungUp()),
        plan=recorded(direct()),
    )
    assert lines[5:] == [
        "00:05 both hear “notice”",
        "00:05 the notice could not be played, so this conversation is not recorded",
        "00:15 caller hung up after 10 s of talk",
    ]


def test_a_callers_name_cannot_write_on_an_admins_terminal() -> None:
    """Escape sequences, new lines and direction marks in a SIP display name do not reach the terminal."""
    hostile = "\x1b]0;owned\x07\x1b[31mBank\r\n09:00:00  connected\u202egro.live\u2028\x00\ud800" + "x" * 500
    lines = told(caller=Caller("", hostile))
    assert lines == [
        "00:00 call from a hidden number “]0;owned[31mBank 09:00:00 connectedgro.live "
        + "x" * 35
        + "…” to +14155551000 (Production Incidents)"
    ]


def test_braces_in_what_asterisk_says_are_harmless() -> None:
    lines = told((0.0, found(0, ALICE)), (1.0, LegEnded(leg(1), LegEnd.DEAD_NUMBER, "{0.__class__} {")))
    assert lines[-1] == "00:01 Alice Martin: the number does not exist ((0.__class__) () → level 2"


ANY_PLAN = [hotline(), direct(), voicemail_line(), with_pin(with_submenu(direct()))]
LEGS = strategies.sampled_from([leg(number) for number in range(1, 5)])
DIGITS = strategies.sampled_from("12*7#")
ANYTHING = strategies.one_of(
    strategies.sampled_from([TimePassed(), CallerHungUp(), MessageKept("r4nd0m"), MessageLost("disk full")]),
    strategies.builds(found, strategies.integers(0, 1), strategies.sampled_from([ALICE, BOB, CAROL])),
    strategies.builds(found, strategies.integers(0, 1)),
    strategies.builds(played, strategies.integers(1, 6)),
    strategies.builds(CallerPressed, DIGITS),
    strategies.sampled_from([PinKeyed(), PinWrong(), PinAccepted("Acme")]),
    strategies.builds(LegAnswered, LEGS),
    strategies.builds(LegPressed, LEGS, DIGITS),
    strategies.builds(LegEnded, LEGS, strategies.sampled_from(LegEnd), strategies.text()),
    strategies.builds(Connected, LEGS),
    strategies.builds(ConnectFailed, LEGS, strategies.text()),
    strategies.builds(MessageRecorded, strategies.floats(0, 100)),
    strategies.builds(Resumed, strategies.booleans(), strategies.just(((leg(1), True),)), strategies.just(())),
)


@settings(deadline=None, max_examples=200)
@given(
    strategies.sampled_from([hotline(), direct(), voicemail_line(), with_pin(with_submenu(direct()))]),
    strategies.lists(ANYTHING, max_size=30),
)
def test_any_journal_can_be_told(plan: RoutePlan, events: list[Event]) -> None:
    """The story is told while the call goes on, so no order of events may stop it; each line is one line."""
    for line in told(*((20.0 * number, event) for number, event in enumerate(events, 1)), plan=plan):
        assert line.isprintable()


def test_a_policy_that_is_walked_again_is_told_as_such() -> None:
    lines = told(
        (0.0, found(0, ALICE)),
        (3.0, LegEnded(leg(1), LegEnd.REJECTED)),
        (4.0, TimePassed()),
        (4.0, found(0, ALICE)),
        plan=direct(levels=(25,), repeat=1),
    )
    assert lines[2:4] == [
        "00:03 Alice Martin rejected the call → level 1 again",
        "00:04 rang Alice Martin (+14155550101) at level 1",
    ]


def test_who_is_on_call_is_told_with_the_schedule_that_says_so() -> None:
    alice, bob = replace(ALICE, via="platform"), replace(BOB, via="platform")
    assert told((0.0, found(0, alice)))[1] == "00:00 rang Alice Martin (+14155550101) at level 1, on call in platform"
    assert told((0.0, found(0, alice, bob)))[1] == (
        "00:00 rang Alice Martin (+14155550101) and Bob Chen (sip:bob) at level 1, on call in platform"
    )
    assert told((0.0, found(0, alice, BOB)))[1] == (
        "00:00 rang Alice Martin (+14155550101, on call in platform) and Bob Chen (sip:bob) at level 1"
    )


def test_a_schedule_with_nobody_on_call_is_named() -> None:
    lines = told((0.0, RespondersFound(0, (), (), ("platform",))), (0.0, RespondersFound(1, (ALICE,), (), ("a", "b"))))
    assert lines[1:4] == [
        "00:00 level 1: nobody to ring (nobody is on call in platform) → level 2",
        "00:00 rang Alice Martin (+14155550101) at level 2",
        "00:00 nobody is on call in a and b",
    ]


def test_what_was_edited_away_while_the_engine_was_away_is_said() -> None:
    gone = Skipped("dora", "dora", SkipReason.UNKNOWN)
    lines = told((0.0, found(0, skipped=(gone,))), (0.0, RespondersFound(1, (), known=False)))
    assert lines[1:3] == [
        "00:00 level 1: nobody to ring (dora is no longer in the configuration) → level 2",
        "00:00 level 2: nobody to ring (it is no longer in the configuration)",
    ]


def test_test_mode_is_told_in_the_first_line() -> None:
    testing = replace(direct(), test_person="bob", test_name="Bob Chen")
    assert told((0.0, found(0, BOB)), (0.1, LegEnded(leg(1), LegEnd.BUSY)), (0.1, found(1, BOB)), plan=testing) == [
        "00:00 call from +15551234567 to +14155551000 (Production Incidents), test mode: goes to Bob Chen",
        "00:00 rang Bob Chen (sip:bob) at level 1",
        "00:00 Bob Chen was busy → level 2",
        "00:00 level 2: nobody to ring (Bob Chen was rung before)",
        "00:00 no answer from anyone → voicemail",
        "00:00 caller hears “no answer”",
    ]


def test_a_caller_who_was_refused_before_answer_is_told() -> None:
    assert told((0.1, CallerHungUp()), plan=refused(Refusal.BLOCKED)) == [
        "00:00 call from +15551234567 to +14155551000 (Production Incidents)",
        "00:00 refused before answer",
        "00:00 call over: refused, a blocked caller",
    ]


def test_whose_pin_was_keyed_is_told_and_no_digit_of_any() -> None:
    assert told(
        (0.5, TimePassed()),
        (1.0, PinKeyed()),
        (2.0, PinWrong()),
        (6.0, played(2)),
        (12.0, TimePassed()),
        (13.0, PinAccepted("Acme")),
        (13.0, PinAccepted("Acme")),
        plan=with_pin(hotline()),
    )[1:] == [
        "00:00 caller hears “pin”",
        "00:02 caller keyed a wrong PIN",
        "00:02 caller hears “pin”",
        "00:12 no PIN keyed in time",
        "00:12 caller hears “pin”",
        "00:13 caller keyed the PIN of Acme",
        "00:13 caller hears “welcome”",
    ]
    away = told((0.5, TimePassed()), *((float(at), PinWrong()) for at in (1, 2, 3, 4)), plan=with_pin(direct()))
    assert away[-2:] == ["00:03 caller keyed a wrong PIN", "00:03 caller hears “wrong pin”"]


def test_the_way_through_menus_is_told() -> None:
    lines = told((0.5, TimePassed()), (2.0, CallerPressed("2")), (3.0, CallerPressed("1")), plan=with_submenu(direct()))
    assert lines[1:] == [
        "00:00 caller hears “menu”",
        "00:02 caller pressed 2: the next menu",
        "00:02 caller hears “submenu”",
        "00:03 caller pressed 1: Payments",
    ]


def test_phones_that_ring_one_after_the_other_are_told_as_they_ring() -> None:
    lines = told(
        (0.0, found(0, replace(CAROL, in_order=True))),
        (3.0, LegEnded(leg(1), LegEnd.BUSY)),
        (25.0, TimePassed()),
    )
    assert lines[1:] == [
        "00:00 rang Carol (sip:carol) at level 1",
        "00:03 Carol (sip:carol) was busy",
        "00:03 rang Carol (+1415) next",
        "00:25 Carol (+1415) did not answer → level 2",
    ]


def test_who_gets_free_and_is_rung_then_is_told() -> None:
    lines = told(
        (0.0, found(0, BOB, skipped=(Skipped("alice", "Alice Martin", SkipReason.BUSY),))),
        (9.0, ResponderFreed("zoe")),
        (9.0, ResponderFreed("alice")),
        (10.0, TimePassed()),
        (10.0, found(0, ALICE, BOB)),
        (10.5, found(0, ALICE, BOB)),
    )
    assert lines[1:] == [
        "00:00 rang Bob Chen (sip:bob) at level 1",
        "00:00 not rung: Alice Martin is on another call",
        "00:09 Alice Martin is free again",
        "00:10 rang Alice Martin (+14155550101) at level 1 for what is left of it",
    ]


def test_a_message_that_is_recorded_again_is_told_take_by_take() -> None:
    lines = told(
        (0.5, TimePassed()),
        (3.0, played(1)),
        (3.5, played(2)),
        (10.0, CallerPressed("#")),
        (10.0, MessageRecorded(6.5)),
        (11.0, CallerPressed("2")),
        (11.5, played(4)),
        (12.0, CallerPressed("#")),
        (12.0, MessageRecorded(0.5)),
        (12.1, MessageKept("recording-1")),
        plan=with_choice(voicemail_line()),
    )
    assert lines[3:] == [
        "00:03 recording the message",
        "00:10 caller pressed #",
        "00:10 caller hears “voicemail choice”",
        "00:11 caller pressed 2",
        "00:11 caller hears “beep”",
        "00:11 recording the message again",
        "00:12 caller pressed #",
        "00:12 message of 0.5 s: too short to keep",
        "00:12 message kept (6 s)",
        "00:12 caller hears “message kept”",
    ]


def test_a_disk_without_room_is_told() -> None:
    assert "00:00 the disk has no room for a message" in told(
        (0.5, TimePassed()), (0.5, NoRoom()), (0.6, NoRoom()), plan=voicemail_line()
    )
