"""Test mode: for a few minutes a route's calls go to one person and nobody else is bothered; it ends by itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.testmodes import TestModes
from tests.acceptance.hotline import Hotline


async def rings_only_carol(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    carol = hotline.phone("carol")
    await caller.dials("+14155551001")
    await carol.rings()
    await carol.answers()
    await carol.hears("whisper")
    await carol.presses("1")
    caller.speaks("caller-voice")
    await carol.hears("caller-voice")
    await caller.hangs_up()
    call = await hotline.logged(caller)
    assert (call.answered_by, call.test_person) == ("carol", "carol")
    assert (alice.rang_count, bob.rang_count) == (0, 0)
    assert "test mode" in await hotline.lcr("calls", "show", call.id)


async def rings_as_always(hotline: Hotline) -> None:
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    await caller.dials("+14155551001")
    await alice.rings()
    await bob.rings()
    await caller.hangs_up()
    await alice.stops_ringing()
    await bob.stops_ringing()
    assert (await hotline.logged(caller)).test_person is None


async def test_calls_go_to_one_person_until_it_is_switched_off(hotline: Hotline) -> None:
    told = await hotline.lcr("test-mode", "on", "direct", "--to", "carol")
    assert "Carol Diaz" in told
    await hotline.says("route direct is in test mode")
    await rings_only_carol(hotline)
    (shown,) = json.loads(await hotline.lcr("oncall", "--json"))["test_modes"]
    assert (shown["route"], shown["person"]) == ("direct", "carol")
    await hotline.lcr("test-mode", "off", "direct")
    await hotline.says("no longer in test mode")
    await rings_as_always(hotline)


async def test_it_survives_a_restart_of_the_engine(hotline: Hotline) -> None:
    await hotline.lcr("test-mode", "on", "direct", "--to", "carol")
    await hotline.kill_engine()
    await hotline.start_engine()
    await rings_only_carol(hotline)
    await hotline.lcr("test-mode", "off", "direct")
    await hotline.says("no longer in test mode")


async def test_it_ends_by_itself(hotline: Hotline) -> None:
    now = datetime.now(UTC)
    async with open_store(hotline.settings.database.get_secret_value()) as store:
        await TestModes(store).turn_on("direct", "carol", now + timedelta(seconds=6), now)
    await hotline.says("route direct is in test mode")
    await hotline.says("no longer in test mode")
    await rings_as_always(hotline)
