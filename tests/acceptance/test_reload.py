"""An edited configuration is in force for the next call, a wrong one for none, and no call in progress feels either."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from lcr_asterisk.callflow.outcome import Result
from lcr_asterisk.pbx.root import AsteriskBinary
from tests.acceptance.hotline import Hotline, until

ONE = "one: {name: One, escalation: [{ring: [alice], for: 25s}]}"
PATIENT = "{ring: [dave], for: 60s}, {ring: [erin], for: 20s}"


@pytest_asyncio.fixture(scope="module")
async def own_hotline(
    tmp_path_factory: pytest.TempPathFactory, asterisk_binary: AsteriskBinary
) -> AsyncIterator[Hotline]:
    async with Hotline(tmp_path_factory.mktemp("reload"), asterisk_binary) as hotline:
        yield hotline


@pytest_asyncio.fixture
async def hotline(own_hotline: Hotline) -> AsyncIterator[Hotline]:
    """A hotline of this file's own, whose configuration is at first the usual one and may be edited."""
    await own_hotline.world.starts_afresh()
    own_hotline.output.clear()
    usual = own_hotline.config.read_text("utf-8")
    yield own_hotline
    print("\n".join(own_hotline.output))
    await own_hotline.nothing_is_left()
    if own_hotline.config.read_text("utf-8") != usual:
        own_hotline.output.clear()
        own_hotline.config.write_text(usual, "utf-8")
        await own_hotline.says("configuration reloaded")


async def test_an_edited_policy_is_in_force_for_the_next_call_and_said(hotline: Hotline) -> None:
    await hotline.edit(ONE, "one: {name: One, escalation: [{ring: [erin], for: 25s}]}")
    line = await hotline.says("configuration reloaded")
    assert "level 1" in line
    assert "erin" in line
    caller, alice, erin = hotline.caller(), hotline.phone("alice"), hotline.phone("erin")
    await caller.dials("+14155551002")
    await erin.rings()
    await caller.hangs_up()
    await erin.stops_ringing()
    assert alice.rang_count == 0


async def test_a_call_in_progress_keeps_the_policy_it_began_with(hotline: Hotline) -> None:
    caller, dave = hotline.caller(), hotline.phone("dave")
    carol, erin = hotline.phone("carol"), hotline.phone("erin")
    await caller.dials("+14155551017")
    await dave.rings()
    await hotline.edit(PATIENT, "{ring: [dave], for: 60s}, {ring: [carol], for: 20s}")
    await hotline.says("configuration reloaded")
    await dave.rejects()
    await erin.rings()
    await erin.answers()
    await erin.hears("whisper")
    await erin.presses("1")
    caller.speaks("caller-voice")
    await erin.hears("caller-voice")
    await caller.hangs_up()
    assert carol.rang_count == 0
    assert (await hotline.logged(caller)).answered_by == "erin"


async def test_two_people_who_talk_do_not_notice_a_reload(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials("+14155551002")
    await alice.rings()
    await alice.answers()
    await alice.hears("whisper")
    await alice.presses("1")
    alice.speaks("alice-voice")
    await caller.hears("alice-voice")
    await hotline.edit(
        '  closed: {name: Closed, numbers: ["+14155551004"], active: false',
        '  closed: {name: Shut, numbers: ["+14155551004"], active: false',
    )
    await hotline.says("configuration reloaded")
    caller.speaks("caller-voice")
    await alice.hears("caller-voice")
    await caller.hangs_up()
    await alice.is_hung_up()
    assert (await hotline.logged(caller)).result is Result.CONNECTED


async def test_a_wrong_file_is_refused_aloud_and_the_running_configuration_stays(hotline: Hotline) -> None:
    good = hotline.config.read_text("utf-8")
    await hotline.edit(ONE, "one: {name: One, escalation: [{ring: [alcie], for: 10s}]}")
    line = await hotline.says("alcie")
    assert "did you mean" in line
    assert f"{hotline.config}:" in line, "the place of the mistake is named"
    await hotline.says("REFUSED")
    told = (await hotline.readiness())["details"]["configuration"]
    assert "alcie" in told

    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials("+14155551002")
    await alice.rings()
    await caller.hangs_up()
    await alice.stops_ringing()

    hotline.config.write_text(good, "utf-8")
    await hotline.says("configuration reloaded: nothing has changed")
    assert "configuration" not in (await hotline.readiness())["details"]


async def test_a_hangup_signal_reads_the_file_again_at_once(hotline: Hotline) -> None:
    hotline.hang_up_terminal()
    await hotline.says("configuration reloaded: nothing has changed")


async def test_a_file_that_is_gone_leaves_the_engine_as_it_is(hotline: Hotline) -> None:
    content = hotline.config.read_bytes()
    hotline.config.unlink()
    await hotline.says("there is no such file")

    async def ready() -> bool:
        return bool((await hotline.readiness())["ready"])

    await until(ready, "the engine is not ready without its file")
    hotline.config.write_bytes(content)
    await hotline.says("configuration reloaded: nothing has changed")
