"""What happened in a call, in words: its journal, folded again and told line by line.

`narrate` tells one step of the machine, from the state before, the event, the state after and the commands. It goes by
differences between the two states wherever it can, so that a phone that stops is told whatever made it stop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import keys, machine
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.events import LegEnd, SkipReason
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.callflow.plan import Menu
from lcr_asterisk.callflow.states import Call, Leg, LegStage
from lcr_asterisk.errors import IllegalEvent

LONGEST_TEXT = 80  # characters of a text from outside

UNDECIDED = (LegStage.DIALLING, LegStage.SCREENING, LegStage.CHOSEN)

NOT_RUNG = {
    SkipReason.NO_PHONE: "has no phone",
    SkipReason.BUSY: "is on another call",
    SkipReason.UNKNOWN: "is no longer in the configuration",
}

# How a leg ended by itself; {} is who. Those that we ended are told in `_released`.
ENDED = {
    LegEnd.BUSY: "{} was busy",
    LegEnd.REJECTED: "{} rejected the call",
    LegEnd.NO_ANSWER: "{} did not answer",
    LegEnd.DEAD_NUMBER: "{}: the number does not exist",
    LegEnd.TRUNK_REFUSED: "{}: our trunk was not let in",
    LegEnd.UNREACHABLE: "{} could not be reached",
    LegEnd.HUNG_UP: "{} hung up",
    LegEnd.NOT_CONFIRMED: "{} answered but did not press 1",
    LegEnd.PASSED: "{} passed",
    LegEnd.TAKEN: "stopped ringing {}",
    LegEnd.CANCELLED: "stopped ringing {}",
    LegEnd.HANDED_OVER: "{} handed the caller over",
    LegEnd.LOST: "the line to {} was lost while the engine was away",
}

PAGE_KEYS = {
    keys.TOOK_IT: "to take care of it",
    keys.CALL_BACK: "to take care of it and call back",
    keys.AGAIN: "to hear it again",
}

NOBODY = {
    Reason.NO_ANSWER: "no answer from anyone",
    Reason.NO_ONE_ON_CALL: "nobody is on call",
    Reason.MAX_WAIT: "the longest wait is over",
}

REASONS = {
    Reason.TAKEN: "taken",
    Reason.RESPONDER_ENDED: "ended by the responder",
    Reason.NO_ANSWER: "nobody answered",
    Reason.NO_ONE_ON_CALL: "nobody on call",
    Reason.MAX_WAIT: "waited too long",
    Reason.NO_CHOICE: "nothing chosen in the menu",
    Reason.CALLER_CHOSE_VOICEMAIL: "the caller's choice",
    Reason.VOICEMAIL_ROUTE: "a voicemail line",
    Reason.INACTIVE: "line not active",
    Reason.UNKNOWN_NUMBER: "number not known here",
    Reason.BLOCKED_CALLER: "a blocked caller",
    Reason.NOT_ALLOWED: "not one of the callers allowed",
    Reason.WRONG_PIN: "no right PIN",
    Reason.DURING_PIN: "when asked for the PIN",
    Reason.DURING_WELCOME: "during the welcome",
    Reason.DURING_MENU: "in the menu",
    Reason.WHILE_RINGING: "while phones rang",
    Reason.DURING_CONFIRMATION: "while someone was about to take it",
    Reason.NO_MESSAGE: "leaving no message",
    Reason.MESSAGE_LOST: "message lost",
    Reason.NO_ROOM: "no room for a message",
    Reason.RESPONDER_NOT_REACHED: "no answer from the responder",
    Reason.RESPONDER_PASSED: "the responder passed",
    Reason.RESPONDER_LEFT: "the responder hung up first",
    Reason.CALLER_BUSY: "the caller was busy",
    Reason.CALLER_REJECTED: "the caller rejected the call",
    Reason.CALLER_NO_ANSWER: "the caller did not answer",
    Reason.CALLER_DEAD_NUMBER: "the caller's number does not exist",
    Reason.CALLER_NOT_REACHED: "the caller could not be reached",
    Reason.NOT_ACKNOWLEDGED: "not acknowledged",
    Reason.SETTLED: "no longer needed",
    Reason.NOT_NOTED: "could not be noted in time",
    Reason.ENGINE_AWAY: "engine away",
    Reason.INTERNAL_ERROR: "internal error",
}


THEN_HUNG_UP = (
    Reason.DURING_PIN,
    Reason.DURING_WELCOME,
    Reason.DURING_MENU,
    Reason.WHILE_RINGING,
    Reason.DURING_CONFIRMATION,
)


class Entry(Protocol):
    """One line of a journal: an event and its moment."""

    @property
    def at(self) -> datetime: ...
    @property
    def event(self) -> ev.Event: ...


@dataclass(frozen=True, slots=True)
class StoryLine:
    at: datetime
    text: str


def story(entries: Iterable[Entry]) -> list[StoryLine]:
    """A whole call told from its journal. An impossible event is told as one."""
    lines: list[StoryLine] = []
    call: Call | None = None
    for entry in entries:
        try:
            after, commands = machine.step(call, entry.event, entry.at)
        except IllegalEvent as error:
            lines.append(StoryLine(entry.at, f"impossible event: {printable(error.message)}"))
            continue
        lines += [StoryLine(entry.at, text) for text in narrate(call, entry.event, after, commands)]
        call = after
    return lines


def narrate(before: Call | None, event: ev.Event, after: Call, commands: Sequence[do.Command]) -> list[str]:
    """What one step of the machine means to people: no line, or several. Texts from outside are made printable."""
    if before is None:
        lines = _beginning(after) if after.outgoing else [_arrival(after)]
    elif before.over:
        return []
    else:
        lines = [*_event(before, event, after), *_released(before, event, after), *_next_phones(before, event, after)]
        lines = _and_so(lines, before, after)
        if before.connected_at is None and after.connected_at is not None:
            lines.append(f"connected to {_winner(after)} after {duration(after.arrived_at, after.connected_at)}")
    return lines + _commands(after, commands)


def outcome_words(result: Result, reason: Reason) -> str:
    """An outcome as people say it: "connected", "voicemail, nobody answered", "hung up in the menu"."""
    why = REASONS[reason]
    match result:
        case Result.ACKNOWLEDGED:
            return "acknowledged" if reason is Reason.TAKEN else f"acknowledged, {why}"
        case Result.CONNECTED:
            return "connected" if reason is Reason.TAKEN else f"connected, {why}"
        case Result.UNANSWERED:
            return why
        case Result.ABANDONED if reason is Reason.RESPONDER_LEFT:
            return why  # it was not the caller who hung up
        case Result.ABANDONED:
            return f"hung up {why}" if reason in THEN_HUNG_UP else f"hung up, {why}"
        case Result.VOICEMAIL if reason is Reason.VOICEMAIL_ROUTE:
            return "voicemail"
        case _:
            return f"{result}, {why}"


def printable(text: str) -> str:
    """Text from outside, safe for a terminal, a log and a database: one line, no control or direction characters."""
    cleaned = "".join(character for character in " ".join(text.split()) if character.isprintable())
    return cleaned if len(cleaned) <= LONGEST_TEXT else cleaned[: LONGEST_TEXT - 1] + "…"


def seconds_words(seconds: float) -> str:
    """A duration in people's words: "0.4 s", "7 s", "1 min 5 s", "1 h 2 min"."""
    if 0 < seconds < 1:
        return f"{max(seconds, 0.1):.1f} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def duration(start: datetime, end: datetime) -> str:
    """The time between two moments, in people's words."""
    return seconds_words((end - start).total_seconds())


def caller_words(number: str, name: str) -> str:
    """Who calls, as shown to people: the number, or that it is hidden, and the name that came with it."""
    shown, name = printable(number) or "a hidden number", printable(name)
    return f"{shown} “{name}”" if name and name != shown else shown


def _arrival(call: Call) -> str:
    caller = caller_words(call.caller.number, call.caller.name)
    to = f"call from {caller} to {printable(call.dialled)} ({printable(call.plan.name)})"
    return to if call.plan.test_person is None else f"{to}, test mode: goes to {printable(call.plan.test_name)}"


def _beginning(call: Call) -> list[str]:
    """Of a call that is ours: what it is about, and whose phones ring; of phones that ring in order, the first."""
    phones: dict[str, list[str]] = {}
    for leg in call.legs:
        phones.setdefault(printable(leg.name), []).append(printable(leg.phone.shown))
    rung = [f"rang {name} ({_and(shown)})" for name, shown in phones.items()]
    caller = caller_words(call.caller.number, call.caller.name)
    route = printable(call.plan.name)
    if call.page is not None:
        return [f"about page {call.page.page}: call {call.about} of {caller} ({route})", *rung]
    return [f"call back to {caller} for call {call.about} ({route})", *rung]


# -- what the event itself says --------------------------------------------------------------------------------------


def _untold(call: Call) -> bool:
    return isinstance(call.stage, st.Talking) and call.stage.untold


def _event(before: Call, event: ev.Event, after: Call) -> list[str]:
    match event:
        case ev.PromptEnded(failed=True) if _untold(after) and not _untold(before):
            return ["the notice could not be played, so this conversation is not recorded"]
        case ev.PromptEnded(failed=True):
            return ["a prompt could not be played"]
        case ev.CallerPressed(digit=digit):
            return _caller_pressed(before, printable(digit))
        case ev.PinAccepted() | ev.TimePassed() if after.label != before.label:
            return [f"caller keyed the PIN of {printable(after.label or '')}"]
        case ev.TimePassed():
            return _time_passed(before, after)
        case ev.PinWrong() if isinstance(before.stage, st.AskingPin):
            return ["caller keyed a wrong PIN"]
        case ev.CallerHungUp() if isinstance(before.stage, st.Closing):
            return []  # we hung up
        case ev.CallerHungUp() if before.caller_present:
            if isinstance(before.stage, st.Talking) and after.caller_left_at is not None:
                return [f"caller hung up after {duration(before.stage.since, after.caller_left_at)} of talk"]
            return ["caller hung up"]
        case ev.CallerAnswered() if before.caller_rings:
            rang = [(leg.rang_at, leg.answered_at) for leg in [after.caller_leg] if leg is not None]
            return [f"caller answered after {duration(since, until)}" for since, until in rang if until is not None]
        case ev.CallerNotReached(detail=detail) if after.caller_leg != before.caller_leg:
            ends = [leg.end for leg in [after.caller_leg] if leg is not None and leg.end is not None]
            return [ENDED[end].format("caller") + _detail(detail) for end in ends]
        case ev.RespondersFound() if isinstance(before.stage, st.Finding) and before.stage.level == event.level:
            return _responders_found(before, event, after)
        case ev.RespondersFound() if _looks_for_somebody_to_join(before, event):
            return _responders_found(before, event, after)
        case ev.RespondersFound() if isinstance(before.stage, st.Ringing) and before.legs != after.legs:
            return [f"rang {_rung_words(event, after.legs[len(before.legs) :])} for what is left of it"]
        case ev.ResponderFreed(person=person) if before.waits_for(person):
            names = (printable(skip.name) for skip in before.skipped if skip.person == person)
            return [f"{name} is free again" for name in names][:1]
        case ev.LegRang(leg=leg_id):
            return [f"{_who(after, leg)}'s phone rings" for leg in _legs(before, leg_id) if leg.pending]
        case ev.LegAnswered(leg=leg_id):
            return [_answered(after, leg) for leg in _legs(before, leg_id) if leg.stage is LegStage.DIALLING]
        case ev.LegPressed(leg=leg_id, digit=digit) if before.connected_at and _legs(before, leg_id)[0].joined_at:
            return _keyed(before, after, _legs(before, leg_id)[0], digit)
        case ev.LegPressed(leg=leg_id, digit=digit):
            screened = [leg for leg in _legs(before, leg_id) if leg.answered_at and leg.stage is not LegStage.CHOSEN]
            return [_leg_pressed(after, leg, printable(digit)) for leg in screened]
        case ev.PageNoted(ours=ours) if isinstance(before.stage, st.Acknowledging):
            return ["the page is acknowledged" if ours else "somebody else had acknowledged the page"]
        case ev.PageSettled() if before.stage != after.stage:
            return ["the page is taken care of elsewhere"]
        case ev.Connected(leg=leg_id) if before.connected_at is not None:
            now = [leg for leg in _legs(after, leg_id) if leg.joined_at is not None]
            return [f"{_who(after, leg)} joined" for leg in now if leg not in before.legs]
        case ev.ConnectFailed(leg=leg_id, detail=detail):
            return [f"{_who(after, leg)} could not be connected{_detail(detail)}" for leg in _legs(before, leg_id)]
        case ev.NoRoom() if after.stage != before.stage:
            return ["the disk has no room for a message"]
        case ev.MessageRecorded(seconds=seconds) if isinstance(before.stage, st.Recording):
            if seconds >= before.plan.voicemail.shortest:
                return []  # a later line says how long it was and that it is kept, or why not
            return [f"message of {seconds_words(seconds)}: too short to keep"]
        case ev.MessageKept() if after.message != before.message:
            long = before.stage.seconds if isinstance(before.stage, st.Keeping) else 0
            return ["message kept" + (f" ({seconds_words(long)})" if long else "")]
        case ev.MessageLost(detail=detail) if isinstance(before.stage, st.Keeping):
            return [f"the message could not be kept{_detail(detail)}"]
        case ev.CommandFailed(command=command, detail=detail):
            return [f"Asterisk could not carry out {command}{_detail(detail)}"]
        case ev.HandedToDialplan(detail=detail):
            safe_way = "the call is over" if before.outgoing else "the dialplan's own voicemail"
            return [f"a defect here{_detail(detail)} → {safe_way}"]
        case ev.Resumed():
            gone = not event.caller_present and before.caller_present
            return ["the engine is back after a gap" + (": the caller had hung up" if gone else "")]
        case _:
            return []


def _looks_for_somebody_to_join(call: Call, found: ev.RespondersFound) -> bool:
    bringing = call.stage.bringing if isinstance(call.stage, st.Talking) else None
    return bringing is not None and bringing.level == found.level and not bringing.ringing and bringing.leg is None


def _keyed(before: Call, after: Call, leg: Leg, digit: str) -> list[str]:
    """A code that is complete; digits on the way to one say nothing."""
    who, code = _who(after, leg), leg.keyed + digit
    if code == keys.BRING_IN:
        again = isinstance(before.stage, st.Talking) and before.stage.bringing is not None
        return [f"{who} asked for somebody to join" + (", once more" if again else "")]
    if code == keys.END_CALL:
        return [f"{who} ended the call"]
    goal = _team_name(after, after.team)
    return [f"{who} handed the caller over to {goal}"] if isinstance(after.stage, st.HandingOver) else []


def _time_passed(before: Call, after: Call) -> list[str]:
    if after.stage == before.stage:
        return []
    match before.stage:
        case st.AskingPin(asked=True):
            return ["no PIN keyed in time"]
        case st.Choosing() if after.reason is not Reason.MAX_WAIT:
            return ["nothing chosen"]
        case st.Finding(level=level) if after.reason is not Reason.MAX_WAIT:
            return [f"level {level + 1}: who is on call was not found out in time"]
        case st.Connecting(leg=leg_id) if not after.connected_at:
            return [f"{_who(after, leg)} could not be connected in time" for leg in _legs(before, leg_id)]
        case st.Keeping() if not isinstance(after.stage, st.Keeping):
            return ["the message could not be kept in time"]
        case st.Recording():
            return ["the end of the message was not reported"]
        case _:
            return []


def _caller_pressed(before: Call, digit: str) -> list[str]:
    if isinstance(before.stage, st.Talking | st.Closing):
        return []  # meant for whoever they talk to
    menu = before.plan.menu if isinstance(before.stage, st.Welcoming) else None
    if isinstance(before.stage, st.Choosing):
        menu = before.stage.menu
    if menu is not None:
        return [f"caller pressed {digit}: {_option_words(before, dict(menu.options).get(digit))}"]
    return [f"caller pressed {digit}"]


def _option_words(call: Call, option: str | Menu | None) -> str:
    if isinstance(option, Menu):
        return "the next menu"
    return _team_name(call, option) if option is not None else "not a choice"


def _responders_found(before: Call, found: ev.RespondersFound, after: Call) -> list[str]:
    rung = after.legs[len(before.legs) :]
    why_not = [f"{printable(skip.name)} {NOT_RUNG[skip.reason]}" for skip in found.skipped]
    persons = {leg.person for leg in rung}
    unrung = [responder for responder in found.responders if responder.person not in persons]
    why_not += [f"{printable(who.name)} {NOT_RUNG[SkipReason.NO_PHONE]}" for who in unrung if not who.phones]
    again = [printable(who.name) for who in unrung if who.phones]
    if again:
        why_not.append(f"{_and(again)} {'was' if len(again) == 1 else 'were'} rung before")
    empty = [f"nobody is on call in {_and([printable(schedule) for schedule in found.empty])}"] if found.empty else []
    if not rung:
        why = [*why_not, *empty] + ([] if found.known else ["it is no longer in the configuration"])
        return [f"level {found.level + 1}: nobody to ring" + (f" ({', '.join(why)})" if why else "")]
    not_rung = [f"not rung: {', '.join(why_not)}"] if why_not else []
    return [f"rang {_rung_words(found, rung)}", *not_rung, *empty]


def _rung_words(found: ev.RespondersFound, rung: Sequence[Leg]) -> str:
    """Who was rung and where, and by which schedule: once for all of them where that is the same."""
    via = {who.person: f"on call in {printable(who.via)}" if who.via else "" for who in found.responders}
    schedules = {via[leg.person] for leg in rung}
    phones: dict[str, list[str]] = {}
    for leg in rung:
        phones.setdefault(leg.person, []).append(printable(leg.phone.shown))
    names = {leg.person: printable(leg.name) for leg in rung}
    at_level = f"at level {found.level + 1}"
    if len(schedules) == 1:
        everybody = _and([f"{names[person]} ({_and(shown)})" for person, shown in phones.items()])
        return ", ".join(filter(None, [f"{everybody} {at_level}", *schedules]))
    each = [
        f"{names[person]} ({', '.join(filter(None, [_and(shown), via[person]]))})" for person, shown in phones.items()
    ]
    return f"{_and(each)} {at_level}"


def _answered(after: Call, leg: Leg) -> str:
    now = after.leg(leg.id)
    answered_at = now.answered_at if now else None
    return f"{_who(after, leg)} answered" + (f" after {duration(leg.rang_at, answered_at)}" if answered_at else "")


def _leg_pressed(after: Call, leg: Leg, digit: str) -> str:
    pressed = f"{_who(after, leg)} pressed {digit}"
    if after.page is not None and digit in PAGE_KEYS:
        pressed += f" {PAGE_KEYS[digit]}"
    now = after.leg(leg.id)
    if digit == keys.TOOK_IT and (now is None or now.stage is not LegStage.CHOSEN):
        return f"{pressed}, too late"
    return f"{pressed} to pass" if now is not None and now.end is LegEnd.PASSED else pressed


# -- phones that are out of the game now -----------------------------------------------------------------------------


def _released(before: Call, event: ev.Event, after: Call) -> list[str]:
    """Legs that could still have had the call, or had it, and no longer can; those of one fate in one line."""
    fates: dict[str, list[str]] = {}
    for leg in before.legs:
        now = after.leg(leg.id)
        if leg.stage in UNDECIDED and now is not None and now.stage not in UNDECIDED and now.end is not None:
            fate = _fate(event, type(before.stage), leg, now, now.end)
            if fate:
                fates.setdefault(fate, []).append(_who(after, leg))
    return [fate.format(_and(names)) for fate, names in fates.items()]


def _next_phones(before: Call, event: ev.Event, after: Call) -> list[str]:
    """Phones of people who want them rung one after the other."""
    if isinstance(event, ev.RespondersFound):
        return []
    return [f"rang {printable(leg.name)} ({printable(leg.phone.shown)}) next" for leg in after.legs[len(before.legs) :]]


def _fate(event: ev.Event, stage: type[st.Stage], leg: Leg, now: Leg, end: LegEnd) -> str:
    """A phrase with a place for who it befell, or nothing where another line says it."""
    detail = _detail(now.detail).replace("{", "(").replace("}", ")")
    if leg.stage is LegStage.CHOSEN:
        if isinstance(event, ev.LegEnded) and leg.joined_at is not None and now.ended_at is not None:
            return "{} hung up after " + duration(leg.joined_at, now.ended_at) + " of talk"
        if isinstance(event, ev.LegEnded) and stage is st.Acknowledging:
            return "{} hung up"
        if isinstance(event, ev.LegEnded):
            return "{} was gone before the connection stood"
        return ENDED[end] if end is LegEnd.LOST else ""
    if leg.stage is LegStage.SCREENING:
        if end in (LegEnd.PASSED, LegEnd.TAKEN, LegEnd.CANCELLED):
            return ""  # they pressed 2, or hear why there is no call to take
        if end is not LegEnd.NOT_CONFIRMED and end is not LegEnd.LOST:
            return "{} hung up without pressing 1"
    return ENDED[end] + (detail if isinstance(event, ev.LegEnded) else "")


# -- what follows ----------------------------------------------------------------------------------------------------


def _and_so(lines: list[str], before: Call, after: Call) -> list[str]:
    """The lines with what they lead to: "Alice did not answer → level 2", or a line of its own for giving up."""
    if isinstance(after.stage, st.Apologising) and not isinstance(before.stage, st.Apologising):
        then = "voicemail" if after.stage.to_voicemail else "goodbye"
        nobody = NOBODY.get(after.reason, "nobody took it") if after.reason else "nobody took it"
        return [*lines, f"{nobody} → {then}"]
    level, next_level = _level(before), _level(after)
    if level is not None and next_level is not None and (level, before.cycle) != (next_level, after.cycle):
        leads_to = f"level {next_level + 1}" + (" again" if after.cycle != before.cycle else "")
        lines = lines or [f"level {level + 1} is over"]
    elif isinstance(after.stage, st.VoicemailGreeting) and lines and _led_to_voicemail(before):
        leads_to = "voicemail"
    elif after.team != before.team and after.reason is Reason.NO_CHOICE and lines:
        leads_to = _team_name(after, after.team)
    else:
        return lines
    return [*lines[:-1], f"{lines[-1]} → {leads_to}"]


def _led_to_voicemail(before: Call) -> bool:
    return isinstance(before.stage, st.Choosing | st.Finding | st.Ringing | st.Resting)


def _level(call: Call) -> int | None:
    if isinstance(call.stage, st.Resting):
        return 0
    return call.stage.level if isinstance(call.stage, st.Finding | st.Ringing | st.Connecting) else None


def _commands(after: Call, commands: Sequence[do.Command]) -> list[str]:
    lines = []
    for command in commands:
        match command:
            case do.RejectCaller():
                lines.append("refused before answer")
            case do.PlayToCaller() if getattr(after.stage, "waiting", False):
                pass  # a sign of life says nothing
            case do.PlayToCaller(prompt=prompt):
                lines.append(f"caller hears {_prompt_name(prompt.name)}")
            case do.PlayToBoth(prompt=prompt):
                lines.append(f"both hear {_prompt_name(prompt.name)}")
            case do.PlayToLeg(leg=leg_id, prompt=prompt):
                told = [leg for leg in _legs(after, leg_id) if leg.stage is LegStage.PARTING]
                lines += [f"{_who(after, leg)} hears {_prompt_name(prompt.name)}" for leg in told]
            case do.PlayAside(leg=leg_id, prompt=prompt):
                lines += [f"{_who(after, leg)} hears {_prompt_name(prompt.name)}" for leg in _legs(after, leg_id)]
            case do.DialCaller(phone=phone):
                lines.append(f"called {printable(phone.shown)}")
            case do.RecordTalk():
                lines.append("recording the conversation")
            case do.RecordMessage(take=take):
                lines.append("recording the message" if take == 1 else "recording the message again")
            case do.EndCall(outcome=outcome):
                lines.append(f"call over: {_outcome(after, outcome)}")
            case _:
                pass
    return lines


# -- words -----------------------------------------------------------------------------------------------------------


def _outcome(call: Call, outcome: Outcome) -> str:
    words = outcome_words(outcome.result, outcome.reason)
    by = {Result.CONNECTED: f"connected to {_winner(call)}", Result.ACKNOWLEDGED: f"acknowledged by {_winner(call)}"}
    return words.replace(outcome.result, by.get(outcome.result, outcome.result), 1)


def _winner(call: Call) -> str:
    person = call.outcome.answered_by if call.outcome else None
    return next((printable(leg.name) for leg in call.legs if leg.person == person), "someone")


def _team_name(call: Call, team_id: str | None) -> str:
    team = call.plan.find_team(team_id or "")
    return printable(team.name) if team else "nobody"


def _legs(call: Call, leg_id: str) -> list[Leg]:
    return [leg for leg in call.legs if leg.id == leg_id]


def _who(call: Call, leg: Leg) -> str:
    """The responder's name; with the phone, where more than one of theirs was rung."""
    several = any(other.person == leg.person and other.phone != leg.phone for other in call.legs)
    return f"{printable(leg.name)} ({printable(leg.phone.shown)})" if several else printable(leg.name)


def _prompt_name(name: str) -> str:
    return f"“{printable(name).replace('_', ' ')}”"


def _detail(detail: str) -> str:
    return f" ({printable(detail)})" if printable(detail) else ""


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
