"""The way to each stage of a call, as a playbook that stands there: for tests that begin in the middle."""

from __future__ import annotations

from collections.abc import Callable

from lcr_asterisk.callflow.plan import Refusal, RoutePlan, Then
from tests.unit.callflow.plans import (
    ALICE,
    BOB,
    direct,
    hotline,
    refused,
    voicemail_line,
    welcoming,
    with_choice,
    with_keys,
    with_pin,
)
from tests.unit.callflow.transcript import Playbook


def arriving(plan: RoutePlan | None = None) -> Playbook:
    return Playbook(plan or hotline()).arrives().does("answer")


def welcomed(plan: RoutePlan | None = None) -> Playbook:
    return arriving(plan or hotline()).due_after(0.5).does("play welcome")


def asking_pin(plan: RoutePlan | None = None) -> Playbook:
    """The question for the PIN plays."""
    return arriving(with_pin(plan or hotline())).due_after(0.5).does("play pin")


def choosing(plan: RoutePlan | None = None) -> Playbook:
    """The welcome is over and the menu prompt plays."""
    return welcomed(plan).after(4).hears_out("welcome").does("play menu")


def finding(plan: RoutePlan | None = None) -> Playbook:
    """Without a word before: the question who is on call has just been asked."""
    return Playbook(plan or direct()).arrives().does("answer", "find platform level 1")


def ringing(plan: RoutePlan | None = None) -> Playbook:
    """Alice's and Bob's phones ring at level 1."""
    return finding(plan).finds(ALICE, BOB).does("ring alice", "ring bob", "start hold")


def second_level(plan: RoutePlan | None = None) -> Playbook:
    """Nobody answered at level 1, level 2 is being looked up."""
    return ringing(plan).due_after(25).does("drop alice", "drop bob", "find platform level 2")


def confirming(plan: RoutePlan | None = None) -> Playbook:
    """Alice answered after 5 s and hears who is calling; Bob's phone rings."""
    return ringing(plan).after(5).answers("alice").does("play whisper to alice")


def connecting(plan: RoutePlan | None = None) -> Playbook:
    """Alice pressed 1 after 8 s."""
    return (
        confirming(plan)
        .after(3)
        .keys("alice", "1")
        .does("stop hold", "stop whisper to alice", "connect alice", "drop bob")
    )


def talking(plan: RoutePlan | None = None) -> Playbook:
    """Alice and the caller talk; Bob's phone is quiet."""
    return connecting(plan).ends("bob").does_nothing().bridged("alice").does_nothing()


def handing_over(plan: RoutePlan | None = None) -> Playbook:
    """Alice has handed the caller over to payments; the caller hears so, and so does she."""
    playbook = talking(with_keys(plan or direct())).keys("alice", "*").does_nothing().keys("alice", "2").does_nothing()
    return playbook.keys("alice", "1").does("separate alice", "play handed_over to alice", "play to_payments")


def resting(plan: RoutePlan | None = None) -> Playbook:
    """Nobody took it, and the only level will be rung once more."""
    return ringing(plan or direct((25,), 1)).due_after(25).does("drop alice", "drop bob")


def apologising(plan: RoutePlan | None = None) -> Playbook:
    """Nobody is on call, and the caller hears so."""
    return finding(plan).finds().does("find platform level 2").finds(level=2).does("play no_one_on_call")


def greeting(plan: RoutePlan | None = None) -> Playbook:
    """The voicemail prompt of a voicemail line plays."""
    return (
        Playbook(plan or voicemail_line()).arrives().does("answer").due_after(0.5).does("check room", "play voicemail")
    )


def beeping(plan: RoutePlan | None = None) -> Playbook:
    return greeting(plan).after(2).hears_out("voicemail").does("play beep")


def recording(plan: RoutePlan | None = None) -> Playbook:
    return beeping(plan).after(0.5).hears_out("beep").does("record a message")


def reviewing(plan: RoutePlan | None = None) -> Playbook:
    """A message of 7 s was ended by the hash key, and the caller hears that it can be recorded again."""
    playbook = recording(with_choice(plan or voicemail_line())).after(7).presses("#").does_nothing()
    return playbook.speaks(7).does("play voicemail_choice")


def recording_again(plan: RoutePlan | None = None) -> Playbook:
    """The caller records a second time."""
    playbook = reviewing(plan).presses("2").does("stop voicemail_choice", "play beep").after(0.5)
    return playbook.hears_out("beep").does("record take 2")


def keeping(plan: RoutePlan | None = None) -> Playbook:
    """A message of 7 s is being stored."""
    return recording(plan).after(7).speaks(7).does("keep the message of 7 s")


def parting(plan: RoutePlan | None = None) -> Playbook:
    """The caller of an inactive route hears so."""
    return arriving(plan or refused(Refusal.INACTIVE)).due_after(0.5).does("play inactive")


def closing(plan: RoutePlan | None = None) -> Playbook:
    """The caller has heard the last words and is being hung up."""
    return parting(plan).after(2).hears_out("inactive").does("hang up")


def rejected() -> Playbook:
    """A blocked caller was turned away without an answer, and is not gone yet."""
    return Playbook(refused(Refusal.BLOCKED)).arrives().does("reject")


def over(plan: RoutePlan | None = None) -> Playbook:
    return closing(plan).hangs_up().does("end: refused, inactive")


EVERY_STAGE: dict[str, Callable[[], Playbook]] = {
    "Arriving": arriving,
    "AskingPin": asking_pin,
    "Rejected": rejected,
    "Welcoming": welcomed,
    "Choosing": choosing,
    "Finding": finding,
    "Ringing": ringing,
    "Ringing, one confirms": confirming,
    "Finding, second level": second_level,
    "Resting": resting,
    "Connecting": connecting,
    "Talking": talking,
    "HandingOver": handing_over,
    "Apologising": apologising,
    "Apologising, then the end": lambda: apologising(direct(no_one_on_call=Then.HANG_UP)),
    "VoicemailGreeting": greeting,
    "Beeping": beeping,
    "Recording": recording,
    "Reviewing": reviewing,
    "Keeping": keeping,
    "Parting": parting,
    "Closing": closing,
    "Over": over,
}


def welcome_without_menu() -> Playbook:
    return welcomed(welcoming(direct()))
