"""Numbers: a hotline is reached however its number is written, and responders see the number that was agreed on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.acceptance.hotline import Hotline

PATIENT, DESK = "+14155551017", "+14155551008"
TRUNK = "trunk: {endpoint: trunk, "
SHOWS_CALLERS = f"{TRUNK}caller_id: caller, "


@pytest.mark.parametrize(
    ("dialled", "route"),
    [
        ("4155551017", "patient"),
        ("14155551017", "patient"),
        ("0014155551017", "patient"),
        ("03055501082", "german-ringing"),
        ("+493055501082", "german-ringing"),
    ],
    ids=["as at home in the US", "without its plus", "with 00", "as at home in Germany", "in full"],
)
async def test_a_hotline_is_reached_by_its_number_as_the_trunk_writes_it(
    hotline: Hotline, dialled: str, route: str
) -> None:
    caller, dave = hotline.caller(), hotline.phone("dave")
    await caller.dials(dialled)
    await dave.rings()
    await caller.hangs_up()
    await dave.stops_ringing()
    call = await hotline.logged(caller)
    assert (call.route, call.dialled) == (route, dialled)


@pytest_asyncio.fixture
async def shows_callers(hotline: Hotline) -> AsyncIterator[Hotline]:
    """A hotline whose trunk lets it show the numbers of its callers."""
    await hotline.edit(TRUNK, SHOWS_CALLERS)
    await hotline.says("configuration reloaded")
    yield hotline
    hotline.output.clear()
    await hotline.edit(SHOWS_CALLERS, TRUNK)
    await hotline.says("configuration reloaded")


async def test_responders_see_the_number_of_the_hotline(hotline: Hotline) -> None:
    caller, dave = hotline.caller(), hotline.phone("dave")
    await caller.dials(PATIENT)
    ring = await dave.rings()
    await caller.hangs_up()
    await dave.stops_ringing()
    assert (ring.shown_name, ring.shown_number) == ("Patient", PATIENT)


async def test_or_that_of_the_caller_where_the_trunk_allows_it(shows_callers: Hotline) -> None:
    hotline = shows_callers
    caller, hidden = hotline.caller(), hotline.world.caller("")
    dave, sam = hotline.phone("dave"), hotline.phone("sam")
    await caller.dials(PATIENT)
    ring = await dave.rings()
    await caller.hangs_up()
    await dave.stops_ringing()
    assert (ring.shown_name, ring.shown_number) == ("Patient", caller.number)

    again = hotline.caller()
    await again.dials(DESK)
    assert (await sam.rings()).shown_number == again.number, "a softphone shows it too"
    await again.hangs_up()
    await sam.stops_ringing()

    await hidden.dials(PATIENT)
    assert (await dave.rings()).shown_number == PATIENT, "a hidden number stays hidden"
    await hidden.hangs_up()
    await dave.stops_ringing()
