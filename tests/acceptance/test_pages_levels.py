"""A page that nobody acknowledges climbs its levels and stays open; calls about the same are one page."""

from __future__ import annotations

import json

from tests.acceptance.hotline import until
from tests.acceptance.paged_hotline import PagedHotline
from tests.acceptance.services import Slack

LADDER = "+14155551001"  # Carol, then Dave, a second each, by e-mail
CHANNEL = "C0000000002"
UNHEARD = "+14155551006"  # Frank for 10 s, then Grace, by phone
CHANNEL_OF_UNHEARD = "C0000000003"
RINGS_OUT = 120.0  # seconds to wait for it; the phone itself rings for 40


async def told_aloud(slack: Slack, page: str) -> None:
    """The team hears aloud of this page. Who acknowledges it sooner than that spares them."""

    async def told() -> bool:
        return bool(slack.aloud(page))

    await until(told, f"nobody was told aloud of {page}")


async def test_nobody_acknowledges_so_level_after_level_is_told_and_at_last_the_team_aloud(paged: PagedHotline) -> None:
    slack, hook = paged.services.slack, paged.services.hook
    page = await paged.message(paged.caller(name="ACME"), LADDER)
    await hook.gets(page, "page.exhausted")
    assert hook.kinds(page) == ["page.opened", "page.escalated", "page.exhausted"]
    carol, dave = [(await paged.services.mailed(page, f"{who}@example.com"))["Date"] for who in ("carol", "dave")]
    assert carol.datetime <= dave.datetime
    await slack.shows(CHANNEL, page, "Escalated, page for Ladder")
    await told_aloud(slack, page)
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


async def test_no_phone_is_answered_or_its_owner_passes_so_the_team_hears_it_aloud_and_nobody_else_is_called(
    paged: PagedHotline,
) -> None:
    services = paged.services
    phones = {person: paged.phone(person) for person, who in paged.settings.people.items() if who.phones}
    frank, grace = phones["frank"], phones["grace"]
    page = await paged.message(paged.caller(name="ACME"), UNHEARD)
    first, second = await frank.rings(), await grace.rings(within=RINGS_OUT)
    assert first.at < second.at
    await grace.answers()
    for sound in ("whisper", "caller-voice", "choice"):
        await grace.hears(sound)
    await grace.presses("2")
    await grace.hears("goodbye")
    await grace.is_hung_up()
    await services.hook.gets(page, "page.exhausted")
    await services.slack.shows(CHANNEL_OF_UNHEARD, page, "Escalated, page for Unheard")
    await told_aloud(services.slack, page)
    await frank.stops_ringing(within=RINGS_OUT)

    row = await paged.page(page, lambda row: row.due is None)
    assert (row.stage, row.by) == ("exhausted", None), "nothing more will happen by itself, and it stays open"
    assert page[-5:] in await paged.lcr("pages", "--open")
    assert services.hook.kinds(page) == ["page.opened", "page.escalated", "page.exhausted"]
    (aloud,) = services.slack.aloud(page)
    assert "NOBODY ACKNOWLEDGED the page for Unheard" in aloud
    rang = {person: phone.rang_count for person, phone in phones.items() if phone.rang_count}
    assert rang == {"frank": 1, "grace": 1}, "each once, and nobody else"

    told = await paged.lcr("pages", "show", page)
    story = (
        "level 1: Frank Gray",
        "level 2: Grace Hall",
        "Grace Hall by voice: answered, and listens",
        "Grace Hall by voice: passed on",
        "every level was told, and NOBODY ACKNOWLEDGED",
        "Frank Gray by voice: did not answer",
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
