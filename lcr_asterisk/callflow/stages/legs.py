"""What one phone of a responder goes through, from ringing to the last word it hears."""

from __future__ import annotations

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.plan import Prompt, combine
from lcr_asterisk.callflow.states import Leg, LegStage
from lcr_asterisk.callflow.turn import Turn


def answered(turn: Turn, leg: Leg) -> None:
    if leg.stage is LegStage.DROPPED:
        turn.do(do.DropLeg(leg.id))  # answered in the instant it was dropped
    elif leg.stage is LegStage.DIALLING:
        screen(turn, leg)


def screen(turn: Turn, leg: Leg) -> None:
    hush(turn, leg)
    answered = leg.answered_at or turn.now
    leg = turn.change_leg(leg, stage=LegStage.SCREENING, until=turn.after(turn.call.plan.confirm), answered_at=answered)
    whisper(turn, leg)


def choose(turn: Turn, leg: Leg) -> None:
    """This one it is. One found in the bridge after a crash may have been answered without our hearing of it."""
    hush(turn, leg)
    answered = leg.answered_at or turn.now
    turn.change_leg(leg, stage=LegStage.CHOSEN, until=None, playback=None, answered_at=answered)


def hush(turn: Turn, leg: Leg) -> None:
    if leg.playback is not None:
        turn.do(do.StopPrompt(leg.playback))


def whisper(turn: Turn, leg: Leg) -> None:
    playback = turn.next_playback()
    turn.change_leg(leg, playback=playback)
    who = turn.call.plan.label_in(turn.call.label, leg.language)
    summons = turn.call.summons
    words = turn.team.whisper_in(leg.language) if summons is None else summons.ask
    words = combine(words.name, [part for part in (introduction(turn, leg), who, words) if part is not None])
    turn.do(do.PlayToLeg(leg.id, playback, words))


def introduction(turn: Turn, leg: Leg) -> Prompt | None:
    """Who has handed the caller over, if somebody has."""
    keys, handed_over = turn.call.plan.in_call, turn.call.handed_over
    return keys.introduction(handed_over.by, leg.language) if keys is not None and handed_over is not None else None


def prompt_ended(turn: Turn, leg: Leg, failed: bool) -> None:
    if leg.stage is LegStage.SCREENING and not failed:
        whisper(turn, leg)
    elif leg.stage is LegStage.PARTING:
        drop(turn, leg)
    elif leg.stage is LegStage.CHOSEN and leg.playback is not None:
        turn.do(do.EndAside(leg.playback))
        turn.change_leg(leg, playback=None)


def release(turn: Turn, words: Prompt, end: LegEnd) -> None:
    """End every leg that has not won: unanswered ones at once, answered ones after a word of explanation."""
    for leg in turn.call.legs:
        if leg.stage is LegStage.DIALLING:
            drop(turn, leg, end)
        elif leg.stage is LegStage.SCREENING:
            explain(turn, leg, words, end)


def explain(turn: Turn, leg: Leg, words: Prompt, end: LegEnd) -> None:
    """Tell a responder who has answered why there is no call to take, then hang up."""
    hush(turn, leg)
    playback = turn.next_playback()
    until = turn.until_played(words)
    turn.change_leg(leg, stage=LegStage.PARTING, playback=playback, until=until, then=(), keyed="", end=end)
    turn.do(do.PlayToLeg(leg.id, playback, words))


def drop(turn: Turn, leg: Leg, end: LegEnd | None = None) -> None:
    turn.do(do.DropLeg(leg.id))
    turn.change_leg(leg, stage=LegStage.DROPPED, until=None, playback=None, then=(), keyed="", end=leg.end or end)


def drop_all(turn: Turn) -> None:
    """Nobody watches over these legs any more: none may stay behind."""
    for leg in turn.call.legs:
        if leg.live:
            drop(turn, leg, LegEnd.CANCELLED)


def gone(turn: Turn, leg: Leg, end: LegEnd, detail: str = "") -> None:
    """Its channel is no more. Why we dropped it says more than how the channel closed."""
    turn.change_leg(
        leg,
        stage=LegStage.ENDED,
        until=None,
        playback=None,
        then=(),
        keyed="",
        ended_at=turn.now,
        end=leg.end or end,
        detail=detail,
    )
