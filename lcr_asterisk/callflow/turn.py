"""One step of a call in the making: the tools that every rule in `stages/` uses, and none of the rules."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.plan import Prompt, Team, combine
from lcr_asterisk.callflow.states import Call, Leg
from lcr_asterisk.errors import IllegalEvent

ANSWER_GRACE = timedelta(seconds=5)  # for FindResponders and Connect
PLAYBACK_GRACE = timedelta(seconds=5)  # beyond a prompt's length: its end was lost, go on


class Turn:
    """One step in the making: the call as it changes and the commands so far."""

    def __init__(self, call: Call, now: datetime) -> None:
        self.call = call
        self.now = now
        self.commands: list[do.Command] = []

    def change(self, **fields: Any) -> None:
        self.call = replace(self.call, **fields)

    def do(self, *commands: do.Command) -> None:
        self.commands.extend(commands)

    def change_leg(self, leg: Leg, **fields: Any) -> Leg:
        changed = replace(leg, **fields)
        self.change(legs=tuple(changed if other.id == leg.id else other for other in self.call.legs))
        return changed

    def after(self, seconds: float) -> datetime:
        return self.now + timedelta(seconds=seconds)

    def until_played(self, prompt: Prompt) -> datetime:
        return self.after(prompt.seconds) + PLAYBACK_GRACE

    def next_playback(self) -> str:
        self.change(serial=self.call.serial + 1)
        return f"{self.call.id}-play-{self.call.serial}"

    def play(self, prompt: Prompt) -> tuple[str, datetime]:
        """Play to the caller; the playback's id and the backstop for its end."""
        playback = self.next_playback()
        self.do(do.PlayToCaller(playback, prompt))
        return playback, self.until_played(prompt)

    def await_key(self, seconds: float) -> str | None:
        """Let the caller hear now and then that the line is alive, for so long; the playback's id, if there is one."""
        sign = self.call.plan.messages.waiting
        if sign is None:
            return None
        playback, _ = self.play(combine(sign.name, [sign] * math.ceil(seconds / sign.seconds)))
        return playback

    def quieten(self) -> None:
        """Stop whatever the caller hears now, so that the next thing starts at once."""
        match self.call.stage:
            case st.Keeping(holding=True) if not self.call.caller_present:
                pass
            case st.Ringing(notice=None) | st.Finding(holding=True) | st.Resting() | st.Keeping(holding=True):
                self.do(do.StopHold())
            case (
                st.Ringing(notice=str(playback))
                | st.AskingPin(playback=str(playback))
                | st.Choosing(playback=str(playback))
                | st.Reviewing(playback=str(playback))
            ):
                self.do(do.StopPrompt(playback))
            case (
                st.Welcoming(playback=playback)
                | st.HandingOver(playback=playback)
                | st.Apologising(playback=playback)
                | st.VoicemailGreeting(playback=playback)
                | st.Beeping(playback=playback)
                | st.Parting(playback=playback)
            ):
                self.do(do.StopPrompt(playback))
            case _:
                pass

    @property
    def waited_enough(self) -> bool:
        """Whether `max_wait` has passed."""
        return self.call.wait_until is not None and self.now >= self.call.wait_until

    @property
    def team(self) -> Team:
        team = self.call.plan.find_team(self.call.team or "")
        if team is None:
            raise IllegalEvent(f"{self.call.id}: no team {self.call.team!r} in its plan")
        return team

    def known_leg(self, leg_id: str) -> Leg:
        leg = self.call.leg(leg_id)
        if leg is None:
            raise IllegalEvent(f"{self.call.id}: there is no leg {leg_id}")
        return leg
