"""What is folded at a start, whatever version wrote it; and who came in while nobody looked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from lcr_asterisk.ari.requests import Request
from lcr_asterisk.callflow.events import CallArrived, Caller, RespondersFound
from lcr_asterisk.calls.caretaker import Caretaker
from lcr_asterisk.calls.resume import Resumption, fold
from lcr_asterisk.errors import Conflict, IllegalEvent, NotFound, ServerError
from lcr_asterisk.store.journal import JournalEntry
from tests.unit.callflow.plans import ALICE, direct
from tests.unit.calls.conftest import ARRIVED, Asterisk, Desk

CALL = "20261121-090012-k7m3q"


def test_a_journal_that_the_rules_fail_at_does_not_keep_the_engine_from_starting() -> None:
    """Such as one of another version: its caller is served as a newcomer, and all other calls go on."""
    arrived = CallArrived(CALL, "1.0", Caller("", ""), "+14155551001", direct(levels=()))
    found = RespondersFound(0, (ALICE,))
    with pytest.raises(IllegalEvent, match="IndexError"):
        fold([JournalEntry(CALL, 0, ARRIVED, arrived), JournalEntry(CALL, 1, ARRIVED, found)])


def test_an_empty_journal_is_no_call() -> None:
    with pytest.raises(IllegalEvent):
        fold([])


# -- who came in while nobody looked ---------------------------------------------------------------------------------

FIRST, SECOND = "1.0", "2.0"
NUMBER = "+14155551001"
NOT_SET = NotFound(404, "Provided variable was not found", "variable")


@dataclass
class Newcomer:
    """What Asterisk answers to what they dialled, and the application in which they are `then`: None, they hung up."""

    variable: str | Exception
    then: str | None = "Stasis"


class Waiting(Asterisk):
    """An Asterisk in whose application these callers wait, by channel."""

    def __init__(self, newcomers: dict[str, Newcomer]) -> None:
        super().__init__()
        self._newcomers = newcomers
        self._in: dict[str, str | None] = dict.fromkeys(newcomers, "Stasis")

    def send(self, request: Request, timeout: float = 5.0) -> asyncio.Future[Any]:
        future = super().send(request, timeout)
        reply = self._reply(request.uri.split("/"))
        if isinstance(reply, Exception):
            future.set_exception(reply)
        else:
            future.set_result(reply)
        return future

    def _reply(self, uri: list[str]) -> object:
        match uri:
            case ["applications", _]:
                return {"channel_ids": [channel for channel, where in self._in.items() if where == "Stasis"]}
            case ["channels"]:
                return [self._channel(channel) for channel, where in self._in.items() if where is not None]
            case ["bridges"]:
                return []
            case ["channels", channel, "variable"]:
                newcomer = self._newcomers[channel]
                self._in[channel] = newcomer.then
                return {"value": newcomer.variable} if isinstance(newcomer.variable, str) else newcomer.variable
            case ["channels", channel] if self._in[channel] is not None:
                return self._channel(channel)
            case _:
                return NotFound(404, "Provided channel was not found", "/".join(uri))

    def _channel(self, channel: str) -> dict[str, object]:
        return {
            "id": channel,
            "name": f"PJSIP/{channel}",
            "state": "Up",
            "caller": {"name": "", "number": "+14155550199"},
            "connected": {"name": "", "number": ""},
            "dialplan": {"context": "lcr-engine", "exten": "s", "priority": 1, "app_name": self._in[channel]},
            "creationtime": "2026-11-21T09:00:12.000+0000",
        }


async def served(desk: Desk, newcomers: dict[str, Newcomer]) -> dict[str, str]:
    """Whose call has begun when the engine has looked once, and for which number."""
    asterisk = Waiting(newcomers)
    await Resumption(asterisk, desk.registry, desk.switchboard, Caretaker(asterisk.send), lambda _: None).run()
    assert len(asterisk.requests("GET applications/")) == 1, "whoever is next has waited"
    return {driver.call.channel: driver.call.dialled for driver in desk.registry}


async def test_a_newcomer_who_is_on_the_way_out_keeps_nobody_waiting(desk: Desk) -> None:
    leaving = Newcomer(Conflict(409, "Channel not in Stasis application", "variable"), then=None)
    assert await served(desk, {FIRST: leaving, SECOND: Newcomer(NUMBER)}) == {SECOND: NUMBER}


@pytest.mark.parametrize("answer", [NOT_SET, ServerError(500, "Internal Server Error", "variable")])
async def test_a_newcomer_of_whom_no_number_is_noted_is_served_as_any_caller_without_one(
    desk: Desk, answer: Exception
) -> None:
    assert await served(desk, {FIRST: Newcomer(answer), SECOND: Newcomer(NUMBER)}) == {FIRST: "", SECOND: NUMBER}


@pytest.mark.parametrize("then", [None, "Playback"])
async def test_a_newcomer_who_hung_up_or_went_on_in_the_dialplan_is_not_served(desk: Desk, then: str | None) -> None:
    assert await served(desk, {FIRST: Newcomer(NOT_SET, then), SECOND: Newcomer(NUMBER)}) == {SECOND: NUMBER}
