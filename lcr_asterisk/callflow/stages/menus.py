"""The keypad menu: a choice, another try, or the fallback."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.plan import Menu, Prompt, RouteType, Then, combine
from lcr_asterisk.callflow.stages import ending, levels, voicemail
from lcr_asterisk.callflow.turn import Turn


def play(turn: Turn, menu: Menu, tries_left: int, prompt: Prompt) -> None:
    playback, until = turn.play(prompt)
    turn.change(stage=st.Choosing(menu, tries_left, playback, until + timedelta(seconds=menu.timeout)))


def read_out(turn: Turn, stage: st.Choosing) -> None:
    """The menu has been heard out, and a digit is due; or the wait for it has, which `until` ends."""
    if stage.waiting:
        turn.change(stage=replace(stage, playback=None))
    else:
        timeout = stage.menu.timeout
        playback = turn.await_key(timeout)
        turn.change(stage=replace(stage, playback=playback, until=turn.after(timeout), waiting=True))


def choose(turn: Turn, menu: Menu, tries_left: int, digit: str) -> None:
    option = dict(menu.options).get(digit)
    if option is None:
        no_valid_choice(turn, menu, tries_left)
    elif isinstance(option, Menu):
        play(turn, option, option.tries, option.prompt)
    else:
        serve(turn, option)


def no_valid_choice(turn: Turn, menu: Menu, tries_left: int) -> None:
    """A wrong digit or none: the menu again with a word before it, or the fallback after the last try."""
    if tries_left > 1:
        again = combine(menu.prompt.name, (turn.call.plan.messages.wrong_choice, menu.prompt))
        play(turn, menu, tries_left - 1, again)
        return
    turn.change(reason=Reason.NO_CHOICE)
    if menu.fallback == Then.VOICEMAIL:
        turn.change(team=turn.call.plan.team, wait_until=None)
        voicemail.greet(turn)
    elif menu.fallback == Then.HANG_UP:
        ending.part(turn, turn.call.plan.messages.goodbye, Outcome(Result.UNANSWERED, Reason.NO_CHOICE))
    else:
        serve(turn, menu.fallback)


def serve(turn: Turn, team: str | None) -> None:
    turn.change(team=team)
    if turn.call.plan.type is RouteType.VOICEMAIL:
        turn.change(reason=Reason.VOICEMAIL_ROUTE, wait_until=None)
        voicemail.greet(turn)
    else:
        levels.start(turn, 0)
