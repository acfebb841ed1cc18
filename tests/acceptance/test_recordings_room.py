"""A disk that is nearly full: nobody is asked for a message that could not be kept, and readiness says so."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.pbx.root import AsteriskBinary
from tests.acceptance.hotline import Hotline, until
from tests.acceptance.test_connected import connected
from tests.acceptance.voices import leaves_a_message

MAILBOX, RECORDED = "+14155551003", "+14155551007"
NO_DISK_HAS_THIS = "recordings: {min_free: 999999GB}\n"


@pytest_asyncio.fixture(scope="module")
async def own_hotline(
    tmp_path_factory: pytest.TempPathFactory, asterisk_binary: AsteriskBinary
) -> AsyncIterator[Hotline]:
    async with Hotline(tmp_path_factory.mktemp("room"), asterisk_binary) as hotline:
        yield hotline


@pytest_asyncio.fixture
async def full(own_hotline: Hotline) -> AsyncIterator[Hotline]:
    """A hotline whose disk has less room than recordings have to leave free."""
    usual = own_hotline.config.read_text("utf-8")
    own_hotline.config.write_text(usual + NO_DISK_HAS_THIS, "utf-8")
    await own_hotline.says("min_free is now 999999GB")
    yield own_hotline
    print("\n".join(own_hotline.output))
    await own_hotline.nothing_is_left()
    own_hotline.config.write_text(usual, "utf-8")
    await own_hotline.says("min_free is now 200MB")
    own_hotline.output.clear()


async def test_the_caller_is_told_and_not_asked_for_a_message(full: Hotline) -> None:
    caller = full.caller()
    await caller.dials(MAILBOX)
    await caller.hears("no_room")
    await caller.is_hung_up()
    assert not caller.has_heard("voicemail")
    assert not caller.has_heard("beep")
    call = await full.logged(caller)
    assert (call.result, call.reason) == (Result.FAILED, Reason.NO_ROOM)
    assert "the disk has no room for a message" in await full.lcr("calls", "show", call.id)


async def test_readiness_says_so_and_that_it_is_over(full: Hotline) -> None:
    told = await full.readiness()
    assert (told["ready"], told["checks"]["room"]) == (False, False)
    assert "999999000 MB have to be" in told["details"]["room"]
    await full.edit(NO_DISK_HAS_THIS, "recordings: {min_free: 1MB}\n")

    async def ready() -> bool:
        return bool((await full.readiness())["checks"]["room"])

    await until(ready, "there was room again and nobody said so")
    caller = full.caller()
    await caller.dials(MAILBOX)
    await leaves_a_message(full, caller)
    await full.kept(await full.logged(caller))


async def test_people_talk_and_are_not_recorded(full: Hotline) -> None:
    caller, alice = full.caller(), full.phone("alice")
    await connected(caller, alice, RECORDED)
    await caller.hears("notice")
    await caller.no_longer_hears("notice")
    alice.speaks("alice-voice")
    await caller.hears("alice-voice")
    await caller.hangs_up()
    call = await full.logged(caller)
    assert (call.result, call.answered_by) == (Result.CONNECTED, "alice")
    assert await full.recordings(call) == []
    assert "not recorded: the disk has no room" in await full.says("not recorded")
