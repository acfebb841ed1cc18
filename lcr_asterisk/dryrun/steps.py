"""The steps of a rehearsed call as an admin thinks of them, each with the rule behind it and its line in the file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from lcr_asterisk.audio.estimate import words_of
from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.outcome import Reason
from lcr_asterisk.callflow.plan import Menu, Prompt, Refusal
from lcr_asterisk.callflow.states import Call
from lcr_asterisk.callflow.story import NOT_RUNG
from lcr_asterisk.calls.admission import caller_number
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.config.callers import CallersSettings
from lcr_asterisk.config.problems import Path
from lcr_asterisk.config.values import show_duration
from lcr_asterisk.dryrun.rules import rule_source, rule_words, when
from lcr_asterisk.dryrun.simulation import Moment
from lcr_asterisk.oncall.schedule import on_call


class Kind(StrEnum):
    PROMPT = "prompt"
    MENU = "menu"
    PIN = "pin"
    RING = "ring"
    SKIP = "skip"  # a level at which nobody is rung
    REST = "rest"  # between two walks through the levels
    VOICEMAIL = "voicemail"
    HANG_UP = "hang_up"
    CONNECTED = "connected"
    REFUSE = "refuse"  # before answer


@dataclass(frozen=True, slots=True)
class RuleUsed:
    """Why a person is on call: this rule of this schedule, where it is written, and until when (None: for long)."""

    person: str
    schedule: str
    rule: str
    at: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """What happens next in a call, and why; `at` is where that is written, as "lcr.yaml:31".

    `people` are rung (ids), on all `phones`, at once or in this order as `why` says, for `seconds`; a prompt or menu
    takes as many. `level` counts from 1.
    `hears` is what the caller hears, as far as it is a text. A menu has its `options` and the keys `pressed` in it; it
    begins at `menu_at`, and `at` is where what follows is written.
    `not_rung` says whom this level would ring and does not, and why; `declined` are those of `people` who decline.
    """

    kind: Kind
    why: str
    at: str
    people: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    seconds: float = 0.0
    level: int | None = None
    hears: str = ""
    options: tuple[str, ...] = ()
    pressed: str = ""
    menu_at: str = ""
    rules: tuple[RuleUsed, ...] = ()
    not_rung: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()


def steps_of(book: PlanBook, moments: Iterable[Moment]) -> tuple[Step, ...]:
    """The steps of a call that was simulated with this book."""
    telling = _Telling(book)
    for moment in moments:
        telling.take(moment)
    return tuple(telling.steps)


class _Telling:
    def __init__(self, book: PlanBook) -> None:
        self.steps: list[Step] = []
        self._book = book
        self._settings = book.settings
        self._since: datetime | None = None  # when the menu, or the question for a PIN, began
        self._keys = ""
        self._menu: Path = ()
        self._level_since: datetime | None = None

    def take(self, moment: Moment) -> None:
        self._leave(moment)
        self._enter(moment)
        match moment.event:
            case ev.RespondersFound() as found:
                self._level(moment, found)
            case ev.LegEnded(leg=leg, end=ev.LegEnd.REJECTED):
                self._declined(leg, moment)
            case _:
                pass
        self._rest(moment)
        for command in moment.commands:
            self._command(command, moment)

    # -- menus and PINs --------------------------------------------------------------------------------------------

    def _enter(self, moment: Moment) -> None:
        before, after = moment.before, moment.after
        match after.stage:
            case st.Choosing(menu=menu) if not _in_menu(before, menu):
                outer = before.stage.menu if before is not None and isinstance(before.stage, st.Choosing) else None
                inside = outer is not None and any(option == menu for _, option in outer.options)
                self._menu = (*self._menu, "options", self._keys[-1]) if inside else self._of_route(after, "menu")
                self._since, self._keys = moment.at, ""
            case st.AskingPin() if before is None or not isinstance(before.stage, st.AskingPin):
                self._since = moment.at
            case _:
                pass

    def _leave(self, moment: Moment) -> None:
        before, after = moment.before, moment.after
        if before is None or self._since is None:
            return
        seconds = (moment.at - self._since).total_seconds()
        match before.stage:
            case st.Choosing(menu=menu):
                if isinstance(moment.event, ev.CallerPressed):
                    self._keys += moment.event.digit
                if not _in_menu(after, menu):
                    self.steps.append(self._menu_step(menu, after, seconds))
            case st.AskingPin() if not isinstance(after.stage, st.AskingPin):
                self.steps.append(self._pin_step(after, seconds))
            case _:
                pass

    def _menu_step(self, menu: Menu, after: Call, seconds: float) -> Step:
        chosen = dict(menu.options).get(self._keys[-1:])
        if chosen is not None:
            where: Path = (*self._menu, "options", self._keys[-1])
            why = f"{self._keys[-1]} → {'another menu' if isinstance(chosen, Menu) else chosen}"
        elif after.reason is Reason.MAX_WAIT:
            where, why = ("defaults", "max_wait"), f"max_wait of {show_duration(after.plan.max_wait)} is over"
        else:
            tries = "1 try" if menu.tries == 1 else f"{menu.tries} tries"
            what = "no option pressed" if self._keys else "nothing pressed"
            where, why = (*self._menu, "fallback"), f"{what} in {tries} → {menu.fallback}"
        digits = tuple(digit for digit, _ in menu.options)
        return self._step(
            Kind.MENU,
            why,
            where,
            seconds=seconds,
            hears=words_of(menu.prompt),
            options=digits,
            pressed=self._keys,
            menu_at=self._settings.source(*self._menu),
        )

    def _pin_step(self, after: Call, seconds: float) -> Step:
        pin = after.plan.pin
        assert pin is not None
        asked = "the caller is not in callers.allow" if self._callers(after).allow else "every caller is asked for one"
        why = f"{asked}; no right PIN" if after.label is None else f"{asked}; the PIN of {after.label}"
        return self._step(
            Kind.PIN, why, self._of_route(after, "callers", "pin"), seconds=seconds, hears=words_of(pin.ask)
        )

    # -- levels ----------------------------------------------------------------------------------------------------

    def _level(self, moment: Moment, found: ev.RespondersFound) -> None:
        before, after = moment.before, moment.after
        team = after.plan.find_team(after.team or "")
        if before is None or team is None:
            return
        where: Path = ("teams", team.id, "escalation", found.level)
        again = ", again" if before.cycle else ""
        begins = f"level {found.level + 1} of {team.id}{again}: "
        legs = [leg for leg in after.legs if before.leg(leg.id) is None]
        rung = tuple(dict.fromkeys(leg.person for leg in legs))
        not_rung = self._not_rung(before, found)
        if not legs:
            why = begins + "; ".join(not_rung)
            self.steps.append(self._step(Kind.SKIP, why, where, level=found.level + 1, not_rung=not_rung))
            return
        self._level_since = moment.at
        responders = {responder.person: responder for responder in found.responders}
        whys, rules = [], []
        for person in rung:
            in_order = ", one phone after the other" if responders[person].in_order else ""
            if after.plan.test_person is not None:
                whys.append(f"{person}, in test mode{in_order}")
                continue
            why, rule = self._why(person, responders[person].via, moment.at)
            whys.append(why + in_order)
            rules += rule
        seconds = team.levels[found.level].ring
        if (
            after.wait_until is not None
            and isinstance(after.stage, st.Ringing)
            and after.wait_until < after.stage.until
        ):
            whys.append(f"no longer than max_wait of {show_duration(after.plan.max_wait)}")
            seconds = (after.wait_until - moment.at).total_seconds()
        self.steps.append(
            self._step(
                Kind.RING,
                begins + "; ".join((*whys, *not_rung)),
                where,
                people=rung,
                phones=tuple(phone.shown for person in rung for phone in responders[person].phones),
                seconds=seconds,
                level=found.level + 1,
                rules=tuple(rules),
                not_rung=not_rung,
            )
        )

    def _declined(self, leg_id: str, moment: Moment) -> None:
        leg = moment.after.leg(leg_id)
        index = max((index for index, step in enumerate(self.steps) if step.kind is Kind.RING), default=None)
        if leg is None or index is None or self._level_since is None:
            return
        level = self.steps[index]
        declined = tuple(dict.fromkeys((*level.declined, leg.person)))
        over = not isinstance(moment.after.stage, st.Ringing)
        seconds = (moment.at - self._level_since).total_seconds() if over else level.seconds
        self.steps[index] = replace(level, declined=declined, seconds=seconds)

    def _rest(self, moment: Moment) -> None:
        stage = moment.after.stage
        if isinstance(stage, st.Resting) and (moment.before is None or moment.before.stage is not stage):
            where: Path = ("teams", moment.after.team or "", "repeat")
            seconds = (stage.until - moment.at).total_seconds()
            self.steps.append(self._step(Kind.REST, "repeat: all levels again", where, seconds=seconds))

    def _why(self, person: str, via: str | None, at: datetime) -> tuple[str, list[RuleUsed]]:
        if via is None:
            return person, []
        schedule = self._book.schedules[via]
        found = on_call(schedule, at)
        words, source = rule_words(found.rule), rule_source(self._settings, via, found.rule)
        until = f", until {when(found.until, schedule.zone, at)}" if found.until is not None else ""
        why = f"{person} by {words} of schedule {via}{until}"
        return why, [RuleUsed(person, via, words, source, found.until)]

    def _not_rung(self, before: Call, found: ev.RespondersFound) -> tuple[str, ...]:
        said = [f"nobody is on call in schedule {schedule}" for schedule in found.empty]
        said += [f"{skip.person} {NOT_RUNG[skip.reason]}" for skip in found.skipped]
        said += [f"{who.person} was rung already" for who in found.responders if who.person in before.rung]
        return tuple(said)

    # -- what is heard, and the end --------------------------------------------------------------------------------

    def _command(self, command: do.Command, moment: Moment) -> None:
        after = moment.after
        match command:
            case do.PlayToCaller(prompt=prompt):
                self._played(prompt, after)
            case do.RejectCaller():
                self.steps.append(self._refused(after))
            case do.HangUpCaller() if not self._left_a_message(after):
                why, where = self._end(after)
                self.steps.append(self._step(Kind.HANG_UP, why, where))
            case do.Connect(leg=leg_id):
                leg = after.leg(leg_id)
                assert leg is not None
                why = f"{leg.person} answers and presses 1"
                where = ("people", leg.person)
                self.steps.append(
                    self._step(Kind.CONNECTED, why, where, people=(leg.person,), phones=(leg.phone.shown,))
                )
            case _:
                pass

    def _played(self, prompt: Prompt, after: Call) -> None:
        match after.stage:
            case st.Welcoming():
                self._prompt(prompt, "welcome", after)
            case st.Apologising():
                key = "no_one_on_call" if after.reason is Reason.NO_ONE_ON_CALL else "no_answer"
                self._prompt(prompt, key, after)
            case st.VoicemailGreeting():
                why, where = self._end(after)
                seconds = after.plan.voicemail.longest
                self.steps.append(self._step(Kind.VOICEMAIL, why, where, seconds=seconds, hears=words_of(prompt)))
            case st.Parting() if not self._left_a_message(after):
                self._prompt(prompt, prompt.name, after)
            case _:
                pass  # menus and PINs are steps of their own, the notice at a new level belongs to the level

    def _prompt(self, prompt: Prompt, key: str, after: Call) -> None:
        route = self._settings.routes.get(after.plan.id)
        own = route is not None and getattr(route.messages, key, None) is not None
        why = f"messages.{key}" if own else f"the default message {key}"
        where = self._of_route(after, "messages", key)
        self.steps.append(self._step(Kind.PROMPT, why, where, seconds=prompt.seconds, hears=words_of(prompt)))

    def _left_a_message(self, after: Call) -> bool:
        return after.message is not None

    def _end(self, after: Call) -> tuple[str, Path]:
        """What leads to voicemail or the end of the call, as the file says it."""
        plan = after.plan
        reason = after.outcome.reason if after.outcome is not None else after.reason
        match reason:
            case Reason.NO_ONE_ON_CALL:
                return f"no_one_on_call: {plan.no_one_on_call}", self._of_route(after, "no_one_on_call")
            case Reason.NO_ANSWER:
                return f"no_answer: {plan.no_answer}", self._of_route(after, "no_answer")
            case Reason.MAX_WAIT:
                over = f"max_wait of {show_duration(plan.max_wait)} is over, no_answer: {plan.no_answer}"
                return over, self._of_route(after, "no_answer")
            case Reason.NO_CHOICE:
                return "the fallback of the menu", (*self._menu, "fallback")
            case Reason.VOICEMAIL_ROUTE:
                return "type: voicemail", self._of_route(after, "type")
            case Reason.CALLER_CHOSE_VOICEMAIL:
                return "the caller presses *", self._of_route(after)
            case Reason.INACTIVE:
                return "active: false", self._of_route(after, "active")
            case Reason.WRONG_PIN:
                return "no right PIN", self._of_route(after, "callers", "pin")
            case _:
                return "no route has this number", ("routes",)

    def _refused(self, after: Call) -> Step:
        callers, number = self._callers(after), self._number(after)
        shown = number or "a hidden number"
        if after.plan.refusal is Refusal.BLOCKED:
            index, pattern = next(
                (index, pattern) for index, pattern in enumerate(callers.block) if pattern.matches(number)
            )
            why = f"{shown} is blocked by {pattern}"
            return self._step(Kind.REFUSE, why, self._of_route(after, "callers", "block", index))
        return self._step(Kind.REFUSE, f"{shown} is not in callers.allow", self._of_route(after, "callers", "allow"))

    # -- tools -----------------------------------------------------------------------------------------------------

    def _step(self, kind: Kind, why: str, where: Path, **more: Any) -> Step:
        return Step(kind, why, self._settings.source(*where), **more)

    def _of_route(self, call: Call, *path: str | int) -> Path:
        return ("routes", call.plan.id, *path) if call.plan.id else ("routes",)

    def _callers(self, call: Call) -> CallersSettings:
        return self._settings.routes[call.plan.id].callers

    def _number(self, call: Call) -> str | None:
        region = self._settings.routes[call.plan.id].region or self._settings.defaults.region
        return caller_number(call.caller.number, region)


def _in_menu(call: Call | None, menu: Menu) -> bool:
    return call is not None and isinstance(call.stage, st.Choosing) and call.stage.menu == menu
