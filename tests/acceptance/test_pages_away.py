"""The notifier, or the engine, may end while a page is worked: the page goes on, and nobody is told twice."""

from __future__ import annotations

from lcr_asterisk.simulator.phone import WITHIN, ResponderPhone
from tests.acceptance.hotline import until
from tests.acceptance.paged_hotline import PagedHotline

CLIMB, LATER = "+14155551002", "+14155551004"
SEVERAL_TRIES = 60.0  # seconds: a call that could not be made is tried again after 5, then after 10


def only_repeated_with_the_same_key(paged: PagedHotline, page: str) -> None:
    keys = dict(paged.services.hook.keys(page))
    assert set(paged.services.hook.keys(page)) == set(keys.items())


async def listens(phone: ResponderPhone, rings_within: float = WITHIN) -> None:
    await phone.rings(rings_within)
    await phone.answers()
    await phone.hears("choice")


async def test_the_notifier_is_killed_while_the_phone_rings_and_a_closed_page_rings_nobody(paged: PagedHotline) -> None:
    alice, bob = paged.phone("alice"), paged.phone("bob")
    page = await paged.message(paged.caller(), CLIMB)
    await alice.rings()
    await paged.services.hook.gets(page, "page.opened")
    await paged.kill_notifier()
    await paged.start_notifier()
    said = await paged.lcr("pages", "close", page[-5:])
    assert said == f"Page {page} is closed.\n"
    await alice.stops_ringing()  # it would go on for 40 s
    await paged.services.hook.gets(page, "page.closed")
    assert paged.services.hook.kinds(page) == ["page.opened", "page.closed"]
    assert (alice.rang_count, bob.rang_count) == (1, 0)
    only_repeated_with_the_same_key(paged, page)


async def test_a_page_is_acknowledged_by_phone_while_the_notifier_is_dead(paged: PagedHotline) -> None:
    alice, bob = paged.phone("alice"), paged.phone("bob")
    page = await paged.message(paged.caller(), CLIMB)
    await listens(alice)
    await paged.services.hook.gets(page, "page.opened")
    await paged.kill_notifier()
    await alice.presses("1")
    await alice.hears("message_kept")
    await alice.is_hung_up()
    assert (await paged.page(page)).by == "Alice Martin"
    await paged.start_notifier()
    await paged.services.hook.gets(page, "page.acknowledged")
    assert paged.services.hook.kinds(page) == ["page.opened", "page.acknowledged"]
    assert bob.rang_count == 0
    only_repeated_with_the_same_key(paged, page)


async def test_without_an_engine_other_ways_are_used_at_once_and_calls_as_soon_as_it_is_back(
    paged: PagedHotline,
) -> None:
    """Erin is called, and gets an e-mail, after 8 s: there is time to stop the engine."""
    erin = paged.phone("erin")
    page = await paged.message(paged.caller(), LATER)
    await paged.services.hook.gets(page, "page.opened")
    await paged.stop_engine()
    await paged.services.mailed(page, "erin@example.com")
    not_now, listened = "voice: not now: the engine: it cannot be reached: Connection refused", "answered, and listens"

    async def tried() -> bool:
        return not_now in await paged.lcr("pages", "show", page)

    await until(tried, "erin was not to be called")
    await paged.start_engine()
    await listens(erin, SEVERAL_TRIES)
    await erin.presses("1")
    await erin.is_hung_up()
    assert (await paged.page(page)).by == "Erin Fox"
    assert erin.rang_count == 1
    told = await paged.lcr("pages", "show", page)
    assert 0 < told.find(not_now) < told.find(listened), told
