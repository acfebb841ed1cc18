"""What `lcr route test` foretells is what happens: each option of a menu, no answer and a rejection, in real calls.

Beyond these, every call of the suite is compared with its rehearsal when its test is over (conftest.py, rehearsed.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.outcome import Result
from lcr_asterisk.callflow.states import Apologising, Call
from lcr_asterisk.dryrun.rehearsal import End
from lcr_asterisk.store.journal import JournalEntry
from tests.acceptance.hotline import Hotline
from tests.acceptance.rehearsed import read, rings_as_rehearsed

TO_THE_END, STRICT, DESK = "+14155551092", "+14155551002", "+14155551008"
LEVELS = {"1": [["alice", "bob"], ["carol"]], "2": [["dave"], ["erin"]]}  # by the option of the menu


async def foretold(hotline: Hotline, *arguments: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(await hotline.lcr("route", "test", *arguments, "--json"))
    return result


def rung(foretold: dict[str, Any]) -> list[list[str]]:
    return [step["people"] for step in foretold["steps"] if step["kind"] == "ring"]


def gave_up_at(journal: Sequence[JournalEntry]) -> datetime:
    """When the engine began to tell the caller that nobody answers."""
    call: Call | None = None
    for entry in journal:
        call, _ = step(call, entry.event, entry.at)
        if isinstance(call.stage, Apologising):
            return entry.at
    raise AssertionError("nobody was told so")


@pytest.mark.parametrize("option", LEVELS)
async def test_each_option_of_a_menu_rings_whom_the_rehearsal_names_until_nobody_is_left(
    hotline: Hotline, option: str
) -> None:
    told = await foretold(hotline, "--to", TO_THE_END, "--press", option)
    assert (rung(told), told["end"]) == (LEVELS[option], End.VOICEMAIL)
    caller = hotline.caller()
    levels = [[hotline.phone(person) for person in level] for level in LEVELS[option]]
    await caller.dials(TO_THE_END)
    await caller.hears("welcome")
    await caller.presses(option)
    for phone in (phone for level in levels for phone in level):
        await phone.rings()
    await caller.hears("no_answer")
    await caller.hears("beep")
    await caller.hangs_up()

    call = await hotline.logged(caller)
    legs = await hotline.legs(call)
    assert [[leg.person for leg in legs if leg.level == level] for level in (1, 2)] == LEVELS[option]
    assert (call.result, call.reason) == (Result.UNANSWERED, told["reason"])
    (journal,) = await hotline.journals(caller)
    waited = (gave_up_at(journal) - legs[0].rang_at).total_seconds()  # by the engine's clock
    # A machine that halts adds to it, but not as much as another level would, which is 2 s.
    assert told["longest_wait"] - 0.1 < waited < told["longest_wait"] + 2


async def test_who_rejects_leads_on_as_foretold(hotline: Hotline) -> None:
    told = await foretold(hotline, "--to", STRICT, "--reject", "alice")
    assert (rung(told), told["end"]) == ([["alice"]], End.HANG_UP)
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials(STRICT)
    await alice.rings()
    await alice.rejects()
    await caller.hears("goodbye")
    await caller.is_hung_up()
    (leg,) = await hotline.legs(await hotline.logged(caller))
    assert (leg.person, leg.end) == ("alice", LegEnd.REJECTED)


async def test_a_call_that_rings_anybody_else_than_foretold_is_noticed(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials(STRICT)
    await alice.rings()
    await caller.hangs_up()
    await alice.stops_ringing()
    await hotline.logged(caller)
    (journal,) = await hotline.journals(caller)
    real, book = read(journal), await hotline.rehearsal_book()
    rings_as_rehearsed(book, real)
    with pytest.raises(AssertionError, match="rehearsed"):
        rings_as_rehearsed(book, replace(real, call=replace(real.call, dialled=DESK)))
