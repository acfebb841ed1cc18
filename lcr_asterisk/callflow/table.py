"""The table of a call's stages and events, drawn from the machine itself: `python -m lcr_asterisk.callflow.table`.

Nothing is listed by hand. Calls of every kind are walked through, each event tried in every situation that is reached,
and what the machine does about it is noted down. docs/call-states.md is what this prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.plan import (
    CallerMessages,
    HandOver,
    InCallKeys,
    Level,
    Menu,
    PinCheck,
    Prompt,
    Refusal,
    ResponderMessages,
    RoutePlan,
    RouteType,
    Team,
    Then,
    VoicemailLimits,
)
from lcr_asterisk.callflow.states import Call, LegStage

BEGAN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CALLER = ev.Caller("+15551234567", "")
STAYS = "(stays)"

_INTRODUCTION = """\
# Stages of a call, and what each event leads to

Made by `python -m lcr_asterisk.callflow.table`, which walks calls of every kind through the machine; a test compares.
An event that is not listed changes nothing in that stage: it is late, or does not concern it. *(stays)* means that
something is done, or remembered, in the same stage. What the stages are: `callflow/states.py`; the rules:
`callflow/machine.py`.

| in | when | then |
|---|---|---|"""

Cells = dict[tuple[str, str], set[str]]


def table() -> str:
    """Markdown: for each stage and each event that may do something there, the stages that may follow."""
    cells = _walk()
    stages = [stage.__name__ for stage in get_args(st.Stage)]
    events = [event.__name__ for event in get_args(ev.Event)]
    lines = [_INTRODUCTION, *(_row("", event, cells["", event], stages) for event in events if ("", event) in cells)]
    for stage in stages:
        lines += [_row(stage, event, cells[stage, event], stages) for event in events if (stage, event) in cells]
    return "\n".join(lines) + "\n"


def _row(stage: str, event: str, then: set[str], stages: list[str]) -> str:
    order = [*stages, STAYS]
    return f"| {stage} | {event} | {', '.join(sorted(then, key=order.index))} |"


def _walk() -> Cells:
    cells: Cells = {}
    seen: set[object] = set()
    waiting: list[tuple[Call, datetime]] = []

    def note(before: str, event: ev.Event, then: str, after: Call, now: datetime) -> None:
        cells.setdefault((before, type(event).__name__), set()).add(then)
        shape = _shape(after, later)
        if shape not in seen:
            seen.add(shape)
            waiting.append((after, now))

    plans = tuple(_plans())
    alike: dict[RoutePlan, int] = {}
    later = {id(plan): alike.setdefault(_without_beginning(plan), len(alike)) for plan in plans}
    for plan in plans:
        arrived = ev.CallArrived("call", "channel", CALLER, plan.number, plan)
        call, _ = step(None, arrived, BEGAN)
        note("", arrived, type(call.stage).__name__, call, BEGAN)
    asked = ev.CallbackAsked("call", "channel", CALLER, _PLAIN.number, _PLAIN, _ALICE, _CALLBACK)
    call, _ = step(None, asked, BEGAN)
    note("", asked, type(call.stage).__name__, call, BEGAN)
    paged = ev.PageCallAsked("call", "channel", CALLER, _PLAIN.number, _PLAIN, _ALICE, _PAGE)
    call, _ = step(None, paged, BEGAN)
    note("", paged, type(call.stage).__name__, call, BEGAN)
    while waiting:
        call, now = waiting.pop()
        for event in _events(call):
            at = max(now, call.deadline() or now) if isinstance(event, ev.TimePassed) else now
            after, commands = step(call, event, at)
            if after != call or commands:
                name = type(after.stage).__name__
                same = type(after.stage) is type(call.stage)
                note(type(call.stage).__name__, event, STAYS if same else name, after, at)
    return cells


def _without_beginning(plan: RoutePlan) -> RoutePlan:
    """What of a plan matters once its calls have come to a team: routes that begin in other ways are alike then."""
    return replace(plan, menu=None, pin=None, labels=(), messages=replace(plan.messages, welcome=None))


def _shape(call: Call, later: Mapping[int, int]) -> object:
    """What tells one situation from another: not its times, and not the names of its parts."""
    plan = id(call.plan)
    begins = isinstance(call.stage, st.Arriving | st.AskingPin | st.Welcoming | st.Choosing)
    legs = frozenset((leg.stage, leg.playback is None, bool(leg.then), leg.keyed) for leg in call.legs if leg.live)
    return (
        plan if begins else later[plan],
        begins,
        _kind(call.stage),
        legs,
        call.caller_present,
        call.callback is None,
        call.page is None,
        call.caller_rings,
        call.unproven,
        call.cycle,
        call.handed_over is None,
        bool(call.rung),
        call.wait_until is None,
        call.connected_at is None,
        call.outcome is not None and (call.outcome.result, call.outcome.reason),
    )


def _kind(value: Any) -> object:
    if is_dataclass(value):
        return type(value), tuple(_kind(getattr(value, field.name)) for field in fields(value))
    return value if isinstance(value, bool | int | frozenset | None) else type(value)


# -- what may happen -------------------------------------------------------------------------------------------------


def _events(call: Call) -> Iterator[ev.Event]:
    yield ev.TimePassed()
    yield from (ev.PromptEnded(playback) for playback in _playbacks(call))
    yield from (ev.CallerPressed(digit) for digit in "129*#")
    yield from (ev.PinKeyed(), ev.PinAccepted("Acme"), ev.PinWrong(), ev.CallerHungUp())
    yield from (ev.CallerAnswered(), ev.CallerNotReached(ev.LegEnd.BUSY))
    yield from (ev.PageNoted(ours=True), ev.PageNoted(ours=False), ev.PageSettled())
    if isinstance(call.stage, st.Finding):
        level = call.stage.level
        yield from (ev.RespondersFound(level, ()), ev.RespondersFound(level, (_ALICE, _BOB), (_CAROL_BUSY,)))
    if isinstance(call.stage, st.Ringing):
        yield from (ev.ResponderFreed("carol"), ev.RespondersFound(call.stage.level, (_CAROL,)))
    if isinstance(call.stage, st.Talking) and call.stage.bringing is not None:
        level = call.stage.bringing.level
        yield from (ev.RespondersFound(level, ()), ev.RespondersFound(level, (_CAROL,)))
    for leg in call.legs:
        yield from (ev.LegPressed(leg.id, "*"), ev.LegPressed(leg.id, "9"), ev.CodeAbandoned(leg.id))
        yield from (ev.LegRang(leg.id), ev.LegAnswered(leg.id), ev.LegPressed(leg.id, "1"), ev.LegPressed(leg.id, "2"))
        yield from (ev.LegPressed(leg.id, "3"), ev.LegPressed(leg.id, "5"))
        yield from (ev.LegEnded(leg.id, ev.LegEnd.BUSY), ev.Connected(leg.id), ev.ConnectFailed(leg.id, ""))
    yield from (ev.NoRoom(), ev.MessageRecorded(0.0), ev.MessageRecorded(9.0))
    yield from (ev.MessageKept("message"), ev.MessageLost(""))
    yield from (ev.CommandFailed(command.__name__, "") for command in (do.FindResponders, do.RecordMessage))
    yield ev.HandedToDialplan("")
    yield from _resumptions(call)


def _playbacks(call: Call) -> Iterable[str]:
    stage = call.stage
    playing = [getattr(stage, "playback", None), getattr(stage, "notice", None), *(leg.playback for leg in call.legs)]
    return [playback for playback in playing if playback is not None]


def _resumptions(call: Call) -> Iterator[ev.Resumed]:
    live = tuple((leg.id, leg.stage is not LegStage.DIALLING) for leg in call.legs if leg.live)
    yield from (ev.Resumed(True, live, ()), ev.Resumed(True, (), ()), ev.Resumed(False, (), ()))
    yield from (ev.Resumed(True, live, (leg,)) for leg, _ in live)
    yield ev.Resumed(True, live, (), caller_answered=False)


# -- calls of every kind ---------------------------------------------------------------------------------------------


def _prompt(name: str) -> Prompt:
    return Prompt(name, (), 1.0)


_ALICE = ev.Responder(
    "alice", "Alice", (ev.Phone("PJSIP/alice", "sip:alice"), ev.Phone("PJSIP/attic", "sip:attic")), in_order=True
)
_BOB = ev.Responder("bob", "Bob", (ev.Phone("PJSIP/bob", "sip:bob"),))
_CAROL = ev.Responder("carol", "Carol", (ev.Phone("PJSIP/carol", "sip:carol"),))
_CAROL_BUSY = ev.Skipped("carol", "Carol", ev.SkipReason.BUSY)
_CALLBACK = ev.Callback(
    "before", ev.Phone("PJSIP/+15551234567@trunk", CALLER.number), 9.0, _prompt("ask"), _prompt("failed")
)
_PAGE = ev.PageCall(
    "page",
    "delivery",
    "before",
    9.0,
    60.0,
    (_prompt("page"), _prompt("choice")),
    _prompt("thanks"),
    _prompt("passed"),
    _prompt("settled"),
    _prompt("not_noted"),
    _CALLBACK,
)
_GOAL = HandOver("1", "team", _prompt("handing_over"))
_KEYS = InCallKeys(True, (), True, _prompt("nobody_joins"), _prompt("handed_over"))
_PIN = PinCheck(_prompt("pin"), _prompt("wrong_pin"))
_MESSAGES = CallerMessages(
    **{field.name: _prompt(field.name) for field in fields(CallerMessages) if field.name not in ("welcome", "notice")},
    welcome=None,
    notice=None,
)
_PLAIN = RoutePlan(
    id="route",
    name="Route",
    number="+14155551000",
    type=RouteType.DIRECT,
    refusal=None,
    menu=None,
    team="team",
    teams=(Team("team", "Team", (Level(5.0), Level(5.0)), 1, _prompt("whisper")),),
    messages=_MESSAGES,
    responder_messages=ResponderMessages(_prompt("taken"), _prompt("caller_gone"), _prompt("caller_to_voicemail")),
    no_answer=Then.VOICEMAIL,
    no_one_on_call=Then.VOICEMAIL,
    hold="lcr",
    confirm=9.0,
    max_wait=timedelta(minutes=5).total_seconds(),
    voicemail=VoicemailLimits(120.0, 5.0, 2.0),
    record=False,
    shown_caller_id=("", ""),
)


def _plans() -> Iterator[RoutePlan]:
    welcoming = replace(_PLAIN, messages=replace(_MESSAGES, welcome=_prompt("welcome")))
    yield from (_PLAIN, welcoming, replace(_PLAIN, max_wait=2.0), replace(_PLAIN, type=RouteType.VOICEMAIL))
    yield replace(_PLAIN, no_answer=Then.HANG_UP, no_one_on_call=Then.HANG_UP)
    yield replace(_PLAIN, record=True, messages=replace(_MESSAGES, notice=_prompt("notice")))
    for fallback in (Then.VOICEMAIL, Then.HANG_UP, "team"):
        inner = Menu(_prompt("menu"), (("1", "team"),), 1, 6.0, fallback)
        yield replace(welcoming, menu=Menu(_prompt("menu"), (("1", "team"), ("2", inner)), 2, 6.0, fallback))
    yield replace(welcoming, pin=_PIN, labels=(("Acme", _prompt("label")),))
    yield replace(_PLAIN, pin=_PIN, max_wait=2.0)
    once = replace(_PLAIN, teams=(replace(_PLAIN.teams[0], repeat=0),), no_answer=Then.HANG_UP)
    yield from (replace(once, in_call=keys) for keys in (_KEYS, replace(_KEYS, bring_in=False, hand_over=(_GOAL,))))
    yield from (replace(_PLAIN, refusal=refusal) for refusal in Refusal)


if __name__ == "__main__":  # pragma: no branch
    print(table(), end="")
