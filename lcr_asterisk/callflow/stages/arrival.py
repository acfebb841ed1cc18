"""From the first ring to the menu: who is refused, the PIN, and the welcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.plan import Prompt, Refusal, combine
from lcr_asterisk.callflow.stages import ending, menus
from lcr_asterisk.callflow.turn import Turn

EAR_PAUSE = timedelta(milliseconds=500)  # between answering and the first prompt
PIN_TRIES = 3
PIN_TIMEOUT = timedelta(seconds=6)  # for the next digit
PIN_PAUSE = timedelta(seconds=2)  # after a whole PIN without #, or digits keyed ahead of the question
PIN_LONGEST = timedelta(seconds=60)  # that a PIN may take, so that there is a sign of life between its digits

REFUSED = {
    Refusal.INACTIVE: Outcome(Result.REFUSED, Reason.INACTIVE),
    Refusal.UNKNOWN_NUMBER: Outcome(Result.REFUSED, Reason.UNKNOWN_NUMBER),
    Refusal.BLOCKED: Outcome(Result.REFUSED, Reason.BLOCKED_CALLER),
    Refusal.NOT_ALLOWED: Outcome(Result.REFUSED, Reason.NOT_ALLOWED),
}


def arrive(turn: Turn) -> None:
    refusal = turn.call.plan.refusal
    if refusal is not None and refusal.before_answer:
        turn.do(do.RejectCaller())
        turn.change(outcome=REFUSED[refusal])
        ending.close(turn)
        return
    turn.do(do.AnswerCaller())
    if turn.call.plan.rings_at_once:
        after_welcome(turn)


def first_prompt(turn: Turn) -> None:
    plan = turn.call.plan
    if plan.refusal is not None:
        inactive = plan.refusal is Refusal.INACTIVE
        words = plan.messages.inactive if inactive else plan.messages.unknown_number
        ending.part(turn, words, REFUSED[plan.refusal])
    elif plan.pin is not None and turn.call.unproven:
        ask_pin(turn, plan.pin.ask, PIN_TRIES)
    else:
        welcome(turn)


def ask_pin(turn: Turn, prompt: Prompt, tries_left: int) -> None:
    playback, until = turn.play(prompt)
    turn.change(stage=st.AskingPin(tries_left, playback, until + PIN_TIMEOUT, question=playback))


def pin_asked(turn: Turn, stage: st.AskingPin) -> None:
    """The question has been heard out, and the first digit is due; or the signs of life are over, not the wait."""
    if stage.waiting:
        turn.change(stage=replace(stage, playback=None))
    else:
        await_digit(turn, stage, PIN_TIMEOUT)


def await_digit(turn: Turn, stage: st.AskingPin, timeout: timedelta) -> None:
    playback = turn.await_key(PIN_LONGEST.total_seconds())
    turn.change(stage=replace(stage, playback=playback, until=turn.now + timeout, waiting=True))


def pin_keyed(turn: Turn, label: str | None) -> None:
    match turn.call.stage:
        case st.Arriving() if turn.call.unproven:  # someone who knows what will be asked, or a stray key
            turn.change(stage=st.AskingPin(PIN_TRIES, None, turn.now + PIN_PAUSE, label, asked=False))
        case st.AskingPin() as stage:
            timeout = PIN_TIMEOUT if label is None and stage.asked else PIN_PAUSE
            if stage.waiting and stage.playback is not None:
                # Begun anew with each digit, no sign of life would come while somebody keys.
                turn.change(stage=replace(stage, label=label, until=turn.now + timeout))
            else:
                turn.quieten()
                await_digit(turn, replace(stage, label=label), timeout)
        case _:
            pass  # late: the last try is over


def pin_paused(turn: Turn, stage: st.AskingPin) -> None:
    """Nothing more was keyed: so that was the PIN, or it was none."""
    if stage.label is not None:
        pin_accepted(turn, stage.label)
    elif not stage.asked and turn.call.plan.pin is not None:
        turn.quieten()
        ask_pin(turn, turn.call.plan.pin.ask, stage.tries_left)
    else:
        pin_wrong(turn)


def pin_accepted(turn: Turn, label: str) -> None:
    if isinstance(turn.call.stage, st.AskingPin):
        turn.quieten()
        turn.change(label=label)
        welcome(turn)


def pin_wrong(turn: Turn) -> None:
    """A wrong PIN or none: asked again with a word before it, until the tries are used up."""
    pin = turn.call.plan.pin
    if not isinstance(turn.call.stage, st.AskingPin) or pin is None:
        return
    tries_left = turn.call.stage.tries_left - 1
    if tries_left:
        turn.quieten()
        ask_pin(turn, combine(pin.ask.name, (turn.call.plan.messages.wrong_choice, pin.ask)), tries_left)
    else:
        ending.turn_away(turn, pin)


def welcome(turn: Turn) -> None:
    plan = turn.call.plan
    if plan.messages.welcome is not None:
        turn.change(stage=st.Welcoming(*turn.play(plan.messages.welcome)))
    else:
        after_welcome(turn)


def after_welcome(turn: Turn) -> None:
    plan = turn.call.plan
    if plan.menu is not None:
        menus.play(turn, plan.menu, plan.menu.tries, plan.menu.prompt)
    else:
        menus.serve(turn, plan.team)


def interrupted(turn: Turn, digit: str) -> None:
    """Someone who knows the menu dials ahead: the digit counts as the choice."""
    turn.quieten()
    menu = turn.call.plan.menu
    if menu is not None:
        menus.choose(turn, menu, menu.tries, digit)
    else:
        after_welcome(turn)
