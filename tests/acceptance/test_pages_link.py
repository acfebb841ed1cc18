"""Whoever follows the link of an alert takes care of it: all phones are left alone from then on."""

from __future__ import annotations

import asyncio

from tests.acceptance.paged_hotline import PagedHotline

BOTH = "+14155551003"  # Alice and Bob
AT_ONCE = 2.0  # seconds; their phones would ring for 10


async def test_a_link_stops_a_phone_that_rings_and_tells_who_listens_and_works_once(paged: PagedHotline) -> None:
    alice, bob = paged.phone("alice"), paged.phone("bob")
    page = await paged.message(paged.caller(), BOTH)
    link = (await paged.services.hook.gets(page, "page.opened"))["acknowledge_url"]
    await alice.rings()
    await bob.rings()
    await bob.answers()
    await bob.hears("whisper")
    assert "Acknowledge this page?" in await paged.follows(link, button=False)
    assert (await paged.page(page)).acknowledged is None, "whatever only opens links acknowledges nothing"

    assert "Thank you" in await paged.follows(link, button=True)
    acknowledged_at = asyncio.get_running_loop().time()
    assert await alice.stops_ringing() - acknowledged_at < AT_ONCE
    assert (await bob.hears("taken")).start - acknowledged_at < AT_ONCE
    await bob.is_hung_up()
    assert "was here before you" in await paged.follows(link, button=True)
    assert "It is taken care of" in await paged.follows(link, button=False)
    await paged.services.hook.gets(page, "page.acknowledged")
    assert paged.services.hook.kinds(page) == ["page.opened", "page.acknowledged"]
    assert (alice.rang_count, bob.rang_count) == (1, 1)
