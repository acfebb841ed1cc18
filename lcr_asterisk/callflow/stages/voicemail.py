"""Taking a message: prompt, beep, recording, and the word that it is kept, once it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.keys import KEEP_IT, RECORD_AGAIN
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.plan import Prompt
from lcr_asterisk.callflow.stages import ending
from lcr_asterisk.callflow.turn import Turn

QUIET_KEEPING = timedelta(seconds=2)  # a disk takes less; then the caller hears that the line is alive
TAKES = 3  # as often may a caller record
REVIEW_TIME = timedelta(seconds=2)  # for a key, after the question
QUIET_ALREADY = timedelta(milliseconds=500)  # instead of QUIET_KEEPING where that time has passed without a sound
KEEP_GRACE = timedelta(seconds=30)  # for the disk and the database
NO_ROOM = Outcome(Result.FAILED, Reason.NO_ROOM)
MESSAGE_LOST = Outcome(Result.FAILED, Reason.MESSAGE_LOST)


def greet(turn: Turn) -> None:
    """Nobody is asked for a message that the disk could not hold."""
    turn.do(do.CheckRoom())
    turn.change(stage=st.VoicemailGreeting(*turn.play(turn.call.plan.messages.voicemail)))


def no_room(turn: Turn) -> None:
    if isinstance(turn.call.stage, st.VoicemailGreeting | st.Beeping):
        turn.quieten()
        messages = turn.call.plan.messages
        if not keep_what_there_is(turn):
            ending.part(turn, messages.no_room or messages.message_lost, NO_ROOM)


def beep(turn: Turn) -> None:
    turn.change(stage=st.Beeping(*turn.play(turn.call.plan.messages.beep)))


def record(turn: Turn) -> None:
    limits = turn.call.plan.voicemail
    take = turn.call.take + 1
    turn.do(do.RecordMessage(limits, take))
    turn.change(take=take, stage=st.Recording(turn.after(limits.longest) + KEEP_GRACE))


def finished(turn: Turn, stage: st.Recording) -> None:
    """The caller ended the recording by a key, and so is there to be asked."""
    turn.change(stage=replace(stage, finished=True))


def recorded(turn: Turn, seconds: float) -> None:
    call = turn.call
    if not isinstance(call.stage, st.Recording):
        return
    if seconds < call.plan.voicemail.shortest:
        turn.do(do.DiscardMessage(call.take))
        if not keep_what_there_is(turn):
            ending.part(turn, call.plan.messages.goodbye, ending.outcome_without_message(turn))
        return
    if call.best is not None:
        turn.do(do.DiscardMessage(call.best[0]))
    turn.change(best=(call.take, seconds))
    choice = call.plan.messages.voicemail_choice
    if choice is not None and call.stage.finished and call.caller_present and call.take < TAKES:
        ask(turn, choice)
    else:
        keep(turn, call.take, seconds)


def ask(turn: Turn, choice: Prompt) -> None:
    playback, until = turn.play(choice)
    turn.change(stage=st.Reviewing(playback, until + REVIEW_TIME, choice))


def asked(turn: Turn, stage: st.Reviewing) -> None:
    """The question has been heard out, and a key is due; or the sign of life has, which makes the time no longer."""
    if stage.waiting:
        turn.change(stage=replace(stage, playback=None))
    else:
        playback = turn.await_key(REVIEW_TIME.total_seconds())
        turn.change(stage=replace(stage, playback=playback, until=turn.now + REVIEW_TIME, waiting=True))


def reviewed(turn: Turn, digit: str) -> None:
    if digit == RECORD_AGAIN:
        turn.quieten()
        beep(turn)
    elif digit in KEEP_IT:
        turn.quieten()
        keep_what_there_is(turn)


def keep_what_there_is(turn: Turn, quiet: timedelta = QUIET_KEEPING) -> bool:
    """The last take that was a message is the message; whether there is one."""
    if turn.call.best is None:
        return False
    keep(turn, *turn.call.best, quiet)
    return True


def nothing_keyed(turn: Turn) -> None:
    """Silence keeps the message, and is not made longer than need be."""
    turn.quieten()
    keep_what_there_is(turn, quiet=QUIET_ALREADY)


def never_began(turn: Turn) -> None:
    """Nothing could be recorded, or nobody can read it."""
    if not keep_what_there_is(turn):
        ending.part(turn, turn.call.plan.messages.message_lost, MESSAGE_LOST)


def keep(turn: Turn, take: int, seconds: float, quiet: timedelta = QUIET_KEEPING) -> None:
    """After a `quiet` moment in which it is not kept yet, the caller hears that the line is alive."""
    turn.do(do.KeepMessage(seconds, take))
    turn.change(stage=st.Keeping(seconds, turn.now + quiet, False, take))


def still_keeping(turn: Turn, stage: st.Keeping) -> None:
    if stage.holding:
        lost(turn)
        return
    if turn.call.caller_present:
        turn.do(do.StartHold(turn.call.plan.hold))
    turn.change(stage=replace(stage, until=turn.now + KEEP_GRACE, holding=True))


def kept(turn: Turn, recording: str) -> None:
    kept = Outcome(Result.VOICEMAIL, turn.call.reason or Reason.VOICEMAIL_ROUTE)
    if isinstance(turn.call.stage, st.Keeping):
        turn.quieten()
        turn.change(message=recording)
        if turn.call.best is not None and turn.call.best[0] != turn.call.stage.take:
            turn.do(do.DiscardMessage(turn.call.best[0]))
        ending.part(turn, turn.call.plan.messages.message_kept, kept)
    elif turn.call.outcome == MESSAGE_LOST:
        turn.change(message=recording, outcome=kept)  # after we had stopped waiting for it


def lost(turn: Turn) -> None:
    stage = turn.call.stage
    if not isinstance(stage, st.Keeping):
        return
    turn.quieten()
    if turn.call.best is not None and turn.call.best[0] != stage.take:
        keep_what_there_is(turn)
    else:
        ending.part(turn, turn.call.plan.messages.message_lost, MESSAGE_LOST)


def keep_again(turn: Turn, stage: st.Keeping) -> None:
    """Whether the message was stored is not known; storing it twice is harmless, and losing it is not."""
    turn.quieten()
    keep(turn, stage.take, stage.seconds)
