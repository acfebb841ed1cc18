"""Menus inside menus: each asks its own question, and a caller who knows the way keys it without listening."""

from __future__ import annotations

from tests.acceptance.hotline import Hotline

NUMBER = "+14155551034"


async def test_an_option_leads_to_another_menu_and_from_there_to_a_team(hotline: Hotline) -> None:
    caller, sam, alice = hotline.caller(), hotline.phone("sam"), hotline.phone("alice")
    await caller.dials(NUMBER)
    await caller.hears("menu")
    await caller.presses("2")
    await caller.hears("notice")
    await caller.presses("1")
    await sam.rings()
    await caller.hangs_up()
    await sam.stops_ringing()
    assert alice.rang_count == 0, "1 is her team in the first menu only"
    call = await hotline.logged(caller)
    assert call.team == "desk"
    assert "caller pressed 2: the next menu" in await hotline.lcr("calls", "show", call.id)


async def test_a_caller_who_knows_the_way_keys_it_at_once(hotline: Hotline) -> None:
    caller, dave = hotline.caller(), hotline.phone("dave")
    await caller.dials(NUMBER)
    await caller.hears("menu")
    await caller.presses("223")
    await dave.rings()
    await caller.hangs_up()
    await dave.stops_ringing()
    assert (await hotline.logged(caller)).team == "payments"


async def test_who_chooses_nothing_in_an_inner_menu_goes_where_the_outer_one_leads(hotline: Hotline) -> None:
    caller, dave = hotline.caller(), hotline.phone("dave")
    await caller.dials(NUMBER)
    await caller.hears("menu")
    await caller.presses("2")
    await caller.hears("notice")
    await dave.rings()
    await caller.hangs_up()
    await dave.stops_ringing()
    assert (await hotline.logged(caller)).team == "payments"
