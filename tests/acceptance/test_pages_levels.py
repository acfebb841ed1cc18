"""A page that nobody acknowledges climbs its levels and stays open; calls about the same are one page."""

from __future__ import annotations

import json

from tests.acceptance.paged_hotline import PagedHotline

LADDER = "+14155551001"  # Carol, then Dave, a second each, by e-mail
CHANNEL = "C0000000002"


async def test_nobody_acknowledges_so_level_after_level_is_told_and_at_last_the_team_aloud(paged: PagedHotline) -> None:
    slack, hook = paged.services.slack, paged.services.hook
    page = await paged.message(paged.caller(name="ACME"), LADDER)
    await hook.gets(page, "page.exhausted")
    assert hook.kinds(page) == ["page.opened", "page.escalated", "page.exhausted"]
    carol, dave = [(await paged.services.mailed(page, f"{who}@example.com"))["Date"] for who in ("carol", "dave")]
    assert carol.datetime <= dave.datetime
    await slack.shows(CHANNEL, page, "Escalated, page for Ladder")
    assert (await paged.page(page)).stage == "exhausted"
    assert page[-5:] in await paged.lcr("pages", "--open")

    said = await paged.lcr("pages", "ack", page[-5:], "--by", "dave")
    assert said == f"Page {page} is acknowledged by Dave Evans; nobody else is told of it.\n"
    await slack.shows(CHANNEL, page, "Acknowledged by Dave Evans, page for Ladder")
    (aloud,) = slack.aloud(page)
    assert "NOBODY ACKNOWLEDGED the page for Ladder" in aloud, "a change of a message makes no sound"
    assert (await hook.gets(page, "page.acknowledged"))["person"]["name"] == "Dave Evans"

    told = await paged.lcr("pages", "show", page)
    story = (
        "level 1: Carol Diaz",
        "level 2 is next",
        "level 2: Dave Evans",
        "NOBODY ACKNOWLEDGED",
        "acknowledged by Dave Evans (command line)",
    )
    places = [told.find(line) for line in story]
    assert places == sorted(places) and places[0] > 0, told


async def test_a_second_call_about_the_same_joins_the_page(paged: PagedHotline) -> None:
    hook = paged.services.hook
    page = await paged.message(paged.caller(), LADDER)
    second = await paged.message(paged.caller(), LADDER)
    joined = await hook.gets(page, "voicemail.received")
    assert joined["calls"] == 2
    assert (await paged.page(page)).calls == 2
    assert second not in [row["id"] for row in json.loads(await paged.lcr("pages", "--json"))]
    assert hook.kinds(second) == []
    await paged.services.slack.shows(CHANNEL, page, "Calls\n2")
    assert "call 2 joined: a message from" in await paged.lcr("pages", "show", page)
