"""Whoever follows the link of an alert takes care of it: all phones are left alone from then on."""

from __future__ import annotations

from tests.acceptance.paged_hotline import PagedHotline

BOTH = "+14155551003"  # Alice and Bob


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
    await alice.stops_ringing()  # it would go on for 40 s
    await bob.hears("taken")
    await bob.is_hung_up()
    assert "was here before you" in await paged.follows(link, button=True)
    assert "It is taken care of" in await paged.follows(link, button=False)
    await paged.services.hook.gets(page, "page.acknowledged")
    assert paged.services.hook.kinds(page) == ["page.opened", "page.acknowledged"]
    assert (alice.rang_count, bob.rang_count) == (1, 1)


async def test_a_link_stops_phones_also_while_the_notifier_is_dead(paged: PagedHotline) -> None:
    alice, bob = paged.phone("alice"), paged.phone("bob")
    page = await paged.message(paged.caller(), BOTH)
    link = (await paged.services.hook.gets(page, "page.opened"))["acknowledge_url"]
    await alice.rings()
    await bob.rings()
    await bob.answers()
    await bob.hears("whisper")
    await paged.kill_notifier()
    assert "Thank you" in await paged.follows(link, button=True)
    await alice.stops_ringing()  # it would go on for 40 s
    await bob.hears("taken")
    await bob.is_hung_up()
    await paged.start_notifier()
    await paged.services.hook.gets(page, "page.acknowledged")
    assert (alice.rang_count, bob.rang_count) == (1, 1)
