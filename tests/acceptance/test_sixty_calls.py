"""Sixty callers at once of whom each fares differently: all as foretold, and nothing is left of them."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.simulator.phone import Caller, ResponderPhone
from tests.acceptance.hotline import CONFIG, Hotline
from tests.acceptance.voices import speaks_for

ROUTES, OPTIONS = 20, 3
CALLS = ROUTES * OPTIONS
PATIENTLY = 45.0  # seconds that a step may take among so many
SEED = 20261121

CONNECTED, REJECTED, VOICEMAIL = "connected", "rejected", "voicemail"
IN_THE_MENU, WHILE_RINGING, DURING_CONFIRMATION, IN_THE_MESSAGE = (
    "hangs up in the menu",
    "hangs up while phones ring",
    "hangs up while somebody is about to take it",
    "hangs up in the middle of the message",
)
FORETOLD = {
    CONNECTED: (Result.CONNECTED, Reason.TAKEN),
    REJECTED: (Result.UNANSWERED, Reason.NO_ANSWER),
    VOICEMAIL: (Result.VOICEMAIL, Reason.CALLER_CHOSE_VOICEMAIL),
    IN_THE_MENU: (Result.ABANDONED, Reason.DURING_MENU),
    WHILE_RINGING: (Result.ABANDONED, Reason.WHILE_RINGING),
    DURING_CONFIRMATION: (Result.ABANDONED, Reason.DURING_CONFIRMATION),
    IN_THE_MESSAGE: (Result.VOICEMAIL, Reason.CALLER_CHOSE_VOICEMAIL),
}
LISTENS = (CONNECTED, DURING_CONFIRMATION)  # where a responder answers


def fates(chance: random.Random) -> list[str]:
    """How each of the sixty calls is to go; every way is among them."""
    points = [IN_THE_MENU, WHILE_RINGING, DURING_CONFIRMATION, IN_THE_MESSAGE]
    drawn = [CONNECTED] * 24 + [REJECTED] * 10 + [VOICEMAIL] * 10 + points + chance.choices(points, k=12)
    chance.shuffle(drawn)
    return drawn


def crowd() -> str:
    """The configuration of the suite with twenty hotlines of three teams each, and two people in every team."""
    content = yaml.load(CONFIG.read_text(), yaml.BaseLoader)  # every scalar as text
    content["people"], content["teams"], content["routes"] = {}, {}, {}
    for call in range(CALLS):
        for role in ("first", "second"):
            content["people"][f"{role}-{call}"] = {"name": f"{role} {call}", "phones": [number_of(role, call)]}
        level = {"ring": [f"first-{call}", f"second-{call}"]}
        content["teams"][f"team-{call}"] = {"name": f"Team {call}", "escalation": [level]}
    for route in range(ROUTES):
        options = {str(option + 1): f"team-{route * OPTIONS + option}" for option in range(OPTIONS)}
        content["routes"][f"route-{route}"] = {
            "name": f"Route {route}",
            "numbers": [f"+14155552{route:03}"],
            # So long that the last has come in while the first still hears it.
            "menu": {"prompt": {"say": "tone:menu:20"}, "options": options, "fallback": "hang_up"},
            "messages": {"hold": {"say": "tone:hold:5"}},
            "no_answer": "hang_up",
        }
    content["defaults"] |= {"ring": "60s", "confirm": "60s", "max_wait": "180s"}
    return str(yaml.safe_dump(content, default_style='"'))


def number_of(role: str, call: int) -> str:
    return f"+1415557{'1' if role == 'first' else '2'}{call:03}"


@pytest_asyncio.fixture
async def busy_hotline(tmp_path: Path, asterisk_binary: AsteriskBinary) -> AsyncIterator[Hotline]:
    config = tmp_path / "crowd.yaml"
    config.write_text(crowd())
    async with Hotline(tmp_path, asterisk_binary, config, lines=2 * CALLS) as hotline:
        yield hotline
        print("\n".join(hotline.output))  # shown with a failure


class Crowd:
    """The sixty, who all listen to their menus before the first of them goes on."""

    def __init__(self, hotline: Hotline, chance: random.Random) -> None:
        self.hotline = hotline
        self._chance = chance
        self._in_their_menus = asyncio.Barrier(CALLS)

    async def call(self, number: int, fate: str) -> Caller:
        """One of the calls, from dialling to its end."""
        caller = self.hotline.caller()
        phones = [
            self.hotline.world.phone(number_of(role, number), listen=role == "first" and fate in LISTENS)
            for role in ("first", "second")
        ]
        moment = self._chance.uniform(0, 1)  # seconds after which somebody hangs up
        await caller.dials(f"+14155552{number // OPTIONS:03}")
        await caller.hears("menu", within=PATIENTLY)
        await self._in_their_menus.wait()
        if fate == IN_THE_MENU:
            await asyncio.sleep(moment)
            await caller.hangs_up(PATIENTLY)
            assert [phone.rang_count for phone in phones] == [0, 0]
            return caller
        await caller.presses(str(number % OPTIONS + 1))
        for phone in phones:
            await phone.rings(PATIENTLY)
        await self._once_phones_ring(caller, phones, fate, moment)
        return caller

    async def _once_phones_ring(self, caller: Caller, phones: list[ResponderPhone], fate: str, moment: float) -> None:
        first, second = phones
        ringing = phones
        match fate:
            case _ if fate in LISTENS:
                await first.answers(PATIENTLY)
                await first.hears("whisper", PATIENTLY)
                ringing = [second]
                if fate == CONNECTED:
                    await self._talk(caller, first)
                else:
                    await asyncio.sleep(moment)
                    await caller.hangs_up(PATIENTLY)
                    await first.hears("caller_gone", PATIENTLY)
                await first.is_hung_up(PATIENTLY)
            case _ if fate == REJECTED:
                for phone in phones:
                    await phone.rejects(PATIENTLY)
                await caller.hears("no_answer", PATIENTLY)
                await caller.hears("goodbye", PATIENTLY)
                await caller.is_hung_up(PATIENTLY)
                ringing = []
            case _ if fate == WHILE_RINGING:
                await asyncio.sleep(moment)
                await caller.hangs_up(PATIENTLY)
            case _:
                await caller.presses("*")
                await caller.hears("voicemail", PATIENTLY)
                await caller.hears("beep", PATIENTLY)
                await caller.no_longer_hears("beep", PATIENTLY)
                await self.hotline.records("message", (await self.hotline.live(caller)).id)
                # More than is asked for below: the end of it may be lost where a key or a hangup overtakes it.
                await speaks_for(caller, "caller-voice", 4.0 + moment)
                if fate == VOICEMAIL:
                    await caller.presses("#")
                    await caller.hears("message_kept", PATIENTLY)
                    await caller.is_hung_up(PATIENTLY)
                else:
                    await caller.hangs_up(PATIENTLY)
        for phone in ringing:
            await phone.stops_ringing(PATIENTLY)

    async def _talk(self, caller: Caller, responder: ResponderPhone) -> None:
        """For seconds: a talk that ends in the instant in which it begins may be logged as a caller who gave up."""
        await responder.presses("1")
        caller.speaks("caller-voice")
        await responder.hears("caller-voice", PATIENTLY)
        await speaks_for(responder, "alice-voice", 2.0)
        await caller.hears("alice-voice", PATIENTLY)
        await caller.hangs_up(PATIENTLY)


@pytest.mark.alone
@pytest.mark.timeout(300)
async def test_sixty_calls_at_once_end_as_foretold_and_leave_nothing_behind(busy_hotline: Hotline) -> None:
    hotline, chance = busy_hotline, random.Random(SEED)
    before = await hotline.at_rest()
    foretold, sixty = fates(chance), Crowd(hotline, chance)
    async with asyncio.timeout(200), asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(sixty.call(number, fate)) for number, fate in enumerate(foretold)]

    for number, (call, fate) in enumerate(zip(calls, foretold, strict=True)):
        logged = await hotline.logged(call.result())
        assert (fate, logged.result, logged.reason) == (fate, *FORETOLD[fate])
        assert logged.answered_by == (f"first-{number}" if fate == CONNECTED else None)
        if logged.result is Result.VOICEMAIL:
            assert (await hotline.kept(logged)).seconds > 2

    print(f"sixty calls: {dict(Counter(foretold))}")
    await hotline.nothing_is_left()
    after = await hotline.at_rest()
    assert (after["calls"], after["tasks"]) == (0, before["tasks"])
