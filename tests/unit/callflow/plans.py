"""Route plans for the tests of the call flow: short to write, with prompts of round lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lcr_asterisk.callflow.events import Callback, PageCall, Phone, Responder, Skipped, SkipReason
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

EARLIER = "20261121-083000-x2y4z"  # the call that a call back answers, or that a page call is about
ALICE = Responder("alice", "Alice Martin", (Phone("PJSIP/+14155550101@trunk", "+14155550101"),))
BOB = Responder("bob", "Bob Chen", (Phone("PJSIP/bob", "sip:bob"),))
CAROL = Responder("carol", "Carol Diaz", (Phone("PJSIP/+14155550103@trunk", "+14155550103"), Phone("PJSIP/carol", "")))
CAROL_IN_ORDER = Responder("carol", "Carol Diaz", CAROL.phones, in_order=True)
DAVE = Responder("dave", "Dave Okoro", (Phone("PJSIP/dave", "sip:dave"),))

ALICE_BUSY = Skipped("alice", "Alice Martin", SkipReason.BUSY)
ALICE_NO_PHONE = Skipped("alice", "Alice Martin", SkipReason.NO_PHONE)

SECONDS = {"welcome": 4.0, "menu": 6.0, "beep": 0.5, "whisper": 5.0, "page": 6.0, "message": 20.0}
OTHERWISE = 2.0

RING = 25.0
CONFIRM = 15.0
MAX_WAIT = 300.0
MENU_TIMEOUT = 6.0
LIMITS = VoicemailLimits(longest=120.0, silence=5.0, shortest=2.0)


def prompt(name: str) -> Prompt:
    return Prompt(name, (f"sound:/sounds/{name}",), SECONDS.get(name, OTHERWISE))


def team(name: str, levels: Sequence[float] = (RING, RING), repeat: int = 0) -> Team:
    """A team whose levels ring for these seconds."""
    return Team(name, name.title(), tuple(Level(ring) for ring in levels), repeat, prompt("whisper"))


MESSAGES = CallerMessages(
    welcome=None,
    notice=None,
    wrong_choice=prompt("wrong_choice"),
    level=prompt("level"),
    no_answer=prompt("no_answer"),
    no_one_on_call=prompt("no_one_on_call"),
    inactive=prompt("inactive"),
    unknown_number=prompt("unknown_number"),
    voicemail=prompt("voicemail"),
    beep=prompt("beep"),
    message_kept=prompt("message_kept"),
    message_lost=prompt("message_lost"),
    no_room=prompt("no_room"),
    goodbye=prompt("goodbye"),
)


def direct(
    levels: Sequence[float] = (RING, RING),
    repeat: int = 0,
    *,
    no_answer: Then = Then.VOICEMAIL,
    no_one_on_call: Then = Then.VOICEMAIL,
    max_wait: float = MAX_WAIT,
    confirm: float = CONFIRM,
    record: bool = False,
) -> RoutePlan:
    """A hotline that plays nothing first: phones ring at once. Its team is "platform"."""
    return RoutePlan(
        id="production",
        name="Production Incidents",
        number="+14155551000",
        type=RouteType.DIRECT,
        refusal=None,
        menu=None,
        team="platform",
        teams=(team("platform", levels, repeat), team("payments", levels, repeat)),
        messages=MESSAGES,
        responder_messages=ResponderMessages(prompt("taken"), prompt("caller_gone"), prompt("caller_to_voicemail")),
        no_answer=no_answer,
        no_one_on_call=no_one_on_call,
        hold="hold",
        confirm=confirm,
        max_wait=max_wait,
        voicemail=LIMITS,
        record=record,
        shown_caller_id=("Hotline", "+14155551000"),
    )


def welcoming(plan: RoutePlan) -> RoutePlan:
    """The same route with a welcome message."""
    return replace(plan, messages=replace(plan.messages, welcome=prompt("welcome")))


def with_menu(plan: RoutePlan, *, fallback: str = "voicemail", tries: int = 3) -> RoutePlan:
    """The same route with a menu: 1 for platform, 2 for payments."""
    options = (("1", "platform"), ("2", "payments"))
    return replace(plan, menu=Menu(prompt("menu"), options, tries, MENU_TIMEOUT, fallback))


def with_submenu(plan: RoutePlan, *, fallback: str = "voicemail", inner_fallback: str = "voicemail") -> RoutePlan:
    """The same route with a menu: 1 for platform, and 2 for a menu in which 1 is payments; two tries there."""
    inner = Menu(prompt("submenu"), (("1", "payments"),), 2, 4.0, inner_fallback)
    return replace(plan, menu=Menu(prompt("menu"), (("1", "platform"), ("2", inner)), 3, MENU_TIMEOUT, fallback))


def with_pin(plan: RoutePlan) -> RoutePlan:
    """The same route, for those who key a PIN; Acme has one, and so has Globex."""
    labels = (("Acme", prompt("acme")), ("Globex", prompt("globex")))
    return replace(plan, pin=PinCheck(prompt("pin"), prompt("wrong_pin")), labels=labels)


def hotline(*, fallback: str = "voicemail", tries: int = 3) -> RoutePlan:
    """Welcome, then a menu for two teams of two levels each."""
    return with_menu(welcoming(direct()), fallback=fallback, tries=tries)


def voicemail_line() -> RoutePlan:
    """A route that takes messages only."""
    return replace(direct(), type=RouteType.VOICEMAIL, team=None)


def with_choice(plan: RoutePlan) -> RoutePlan:
    """The same route, on which a message can be recorded again."""
    return replace(plan, messages=replace(plan.messages, voicemail_choice=prompt("voicemail_choice")))


def with_signs_of_life(plan: RoutePlan) -> RoutePlan:
    """The same route, on which a caller hears every other second that a key is awaited."""
    return replace(plan, messages=replace(plan.messages, waiting=prompt("waiting")))


def recorded(plan: RoutePlan, *, notice: bool = True) -> RoutePlan:
    """The same route, whose conversations are recorded, after a consent notice or without."""
    return replace(plan, record=True, messages=replace(plan.messages, notice=prompt("notice") if notice else None))


def with_keys(plan: RoutePlan) -> RoutePlan:
    """The same route, on which responders can do all there is while they talk; *21 is payments, *22 platform."""
    goals = tuple(HandOver(digit, team, prompt(f"to_{team}")) for digit, team in (("1", "payments"), ("2", "platform")))
    by_alice = (("", "alice", prompt("by_alice")), ("de", "alice", prompt("von_alice")))
    keys = InCallKeys(True, goals, True, prompt("nobody_joins"), prompt("handed_over"), by_alice)
    return replace(plan, in_call=keys)


def refused(why: Refusal) -> RoutePlan:
    """What answers an inactive route, or a number that no route has."""
    return replace(welcoming(direct()), refusal=why)


def page_call(*, listens: float = 280.0, hidden: bool = False) -> PageCall:
    """About a page for which a message was left; where the caller is hidden, they cannot be called back."""
    number = Phone("PJSIP/+15551234567@trunk", "+15551234567")
    callback = Callback(EARLIER, number, RING, prompt("callback"), prompt("callback_failed"))
    return PageCall(
        page=EARLIER,
        delivery=f"{EARLIER}-3",
        of=EARLIER,
        ring=RING,
        listens=listens,
        tell=(prompt("page"), prompt("message"), prompt("choice")),
        thanks=prompt("thanks"),
        passed=prompt("passed"),
        settled=prompt("settled"),
        not_noted=prompt("not_noted"),
        callback=None if hidden else callback,
    )
