"""Whoever comes in is served, once, and never left in silence."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from pathlib import Path

import pytest

from lcr_asterisk.ari.messages import ChannelDtmfReceived, PlaybackFinished, StasisEnd, StasisStart
from lcr_asterisk.callflow.events import CallerPressed, PinAccepted, PinKeyed, PinWrong, PromptEnded, TimePassed
from lcr_asterisk.callflow.outcome import Outcome, Reason, Result
from lcr_asterisk.calls.plans import PlanBook
from tests.unit.callflow.plans import direct
from tests.unit.calls.conftest import Desk, channel
from tests.unit.hung_disk import HungDisk

CALLER = "1795228294.0"
IN = ("inbound", "+14155551001")
PHONES = 3  # of the team
MISSING = Path("/no/such/directory/welcome")


async def test_a_caller_who_is_seen_twice_is_one_call_and_rings_each_phone_once(desk: Desk) -> None:
    """After a gap a caller may be found in Asterisk in the same instant in which Asterisk reports them."""
    desk.switchboard.begin(channel(CALLER), IN[1])
    desk.switchboard.on_event(StasisStart(channel(CALLER), IN))
    assert len(desk.registry) == 1
    assert len([request for request in desk.asterisk.requests("POST") if request == "POST channels"]) == PHONES


@pytest.mark.parametrize("args", [(), ("inbound",), ("inbound", ""), ("something", "else", "entirely")])
async def test_a_caller_without_a_number_is_answered_and_told_so(desk: Desk, args: tuple[str, ...]) -> None:
    desk.switchboard.on_event(StasisStart(channel(CALLER), args))
    assert desk.asterisk.requests(f"POST channels/{CALLER}/answer")
    assert desk.driver.call.plan.name == "Unknown number"


async def test_a_caller_whom_this_program_cannot_serve_goes_to_the_dialplan(desk: Desk) -> None:
    # A book whose prompts are missing stands for any defect between the caller and their call.
    desk.book = PlanBook(desk.book.settings, {}, direct(), {}, {}, {}, {}, {}, {})
    desk.switchboard.on_event(StasisStart(channel(CALLER), IN))
    assert len(desk.registry) == 0
    assert desk.asterisk.requests("POST")[-1] == f"POST channels/{CALLER}/continue"


# -- callers who have to prove who they are ------------------------------------------------------------------------


def comes_in(desk: Desk, dialled: str, number: str = "+14155550199") -> None:
    desk.switchboard.on_event(StasisStart(channel(CALLER, number=number), ("inbound", dialled)))


def keys(desk: Desk, digits: str) -> None:
    for digit in digits:
        desk.switchboard.on_event(ChannelDtmfReceived(channel(CALLER), digit, 100))


async def test_a_blocked_caller_is_refused_by_the_dialplan_and_never_answered(desk: Desk) -> None:
    comes_in(desk, "+14155551002", number="anonymous")
    call = desk.driver.call
    assert desk.asterisk.requests("POST") == [f"POST channels/{CALLER}/continue"]
    assert ("context", "lcr-refused") in desk.asterisk.sent[0].query
    desk.switchboard.on_event(StasisEnd(channel(CALLER)))
    assert len(desk.registry) == 0
    assert call.outcome == Outcome(Result.REFUSED, Reason.BLOCKED_CALLER)


async def test_no_digit_of_a_pin_is_written_down(desk: Desk) -> None:
    comes_in(desk, "+14155551002")
    keys(desk, "4712#")  # before the question, too
    keys(desk, "0815")
    keys(desk, "00")
    keys(desk, "#2")
    kinds = [type(entry.event) for entry in desk.journal.entries[1:]]
    assert [kind for kind in kinds if kind in (PinKeyed, PinWrong, PinAccepted, CallerPressed)] == [
        *([PinKeyed] * 4),
        PinWrong,
        *([PinKeyed] * 6),
        PinAccepted,
        CallerPressed,
    ], "the # is the end of the PIN and not a choice, the digit after it is"
    assert desk.journal.entries[-1].event == CallerPressed("2")


async def test_what_is_keyed_after_the_last_try_is_not_written_down_either(desk: Desk) -> None:
    comes_in(desk, "+14155551002")
    keys(desk, "1#2#3#")
    keys(desk, "4711#")
    assert not [entry for entry in desk.journal.entries if isinstance(entry.event, CallerPressed)]
    assert desk.driver.call.label is None


async def test_whose_pin_it_was_is_shown_at_the_phones_that_ring(desk: Desk) -> None:
    comes_in(desk, "+14155551002")
    keys(desk, "4711#")
    rung = [dict(request.query) for request in desk.asterisk.sent if str(request) == "POST channels"]
    assert {query["callerId"] for query in rung} == {'"Acme Corp · Guarded" <+14155550199>'}


async def test_calls_of_a_route_in_test_mode_ring_one_person(desk: Desk) -> None:
    desk.test_modes["direct"] = "bob"
    comes_in(desk, IN[1])
    assert {leg.person for leg in desk.driver.call.legs} == {"bob"}
    assert desk.driver.call.plan.test_person == "bob"


# -- prompts that nobody heard -------------------------------------------------------------------------------------


def fails_to_play(desk: Desk) -> Path:
    """The welcome of a call fails; the file that it was to come from."""
    comes_in(desk, "+14155551003")
    desk.driver.post(TimePassed())
    (played,) = desk.asterisk.requests(f"POST channels/{CALLER}/play/")
    desk.switchboard.on_event(PlaybackFinished(played.rpartition("/")[2], f"sound:{MISSING}", "failed"))
    return MISSING.with_suffix(".wav")


def prompts_ended(desk: Desk) -> list[PromptEnded]:
    return [entry.event for entry in desk.journal.entries if isinstance(entry.event, PromptEnded)]


async def test_a_prompt_whose_file_is_missing_is_said(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    missing = fails_to_play(desk)
    await asyncio.gather(*desk.beside)
    assert f"a prompt was not heard: {missing} is missing; restart the engine to make it again" in caplog.messages


async def test_a_call_goes_on_though_nobody_can_look_for_the_file_of_a_prompt(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuses(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "exists", refuses)
        file = fails_to_play(desk)
        assert [event.failed for event in prompts_ended(desk)] == [True]
        await asyncio.gather(*desk.beside)
    assert f"a prompt was perhaps not heard: {file} cannot be looked for: Permission denied" in caplog.messages


async def test_a_disk_that_hangs_holds_up_no_call(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = HungDisk()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "exists", disk.before(Path.exists))
        fails_to_play(desk)
        assert len(prompts_ended(desk)) == 1, "before the disk has answered"
        await asyncio.gather(*desk.beside)
    assert disk.held_nothing_up


async def test_prompts_on_a_disk_that_hangs_take_one_thread(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers' messages are kept in the others."""
    answers, asked = threading.Event(), asyncio.Event()
    loop, looks = asyncio.get_running_loop(), Counter[str]()

    def hangs(path: Path) -> bool:
        looks["begun"] += 1
        loop.call_soon_threadsafe(asked.set)
        return looks["begun"] > 1 or answers.wait(30)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "exists", hangs)
        for _ in range(51):
            desk.switchboard.on_event(PlaybackFinished("nobody's", f"sound:{MISSING}", "failed"))
        await asked.wait()
        await asyncio.to_thread(int)
        assert looks["begun"] == 1
        answers.set()
        await asyncio.gather(*desk.beside)
    assert looks["begun"] == 51
