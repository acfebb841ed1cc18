"""Who is on call is asked in the moment a level starts: a handoff counts at once, also in the middle of a call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
import yaml
from aiohttp import web

from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.simulator.addresses import free_address
from tests.acceptance.hotline import CONFIG, Hotline

BERLIN = ZoneInfo("Europe/Berlin")
LONG_AGO = "2020-01-01T09:00:00"

CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//On call//EN
BEGIN:VEVENT
UID:1@example.com
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20260101
RRULE:FREQ=DAILY
SUMMARY:On call
ATTENDEE;CN=Dave Evans:mailto:Dave@Example.com
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


@dataclass
class CalendarSite:
    """A calendar on the web, which can go away."""

    port: int = field(default_factory=lambda: free_address("127.0.0.1", "tcp").port)
    runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/secret-token/oncall.ics"

    async def open(self) -> None:
        app = web.Application()
        app.router.add_get("/secret-token/oncall.ics", self._calendar)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port).start()

    async def close(self) -> None:
        if self.runner is not None:
            await self.runner.cleanup()
            self.runner = None

    async def _calendar(self, _: web.Request) -> web.Response:
        return web.Response(text=CALENDAR, content_type="text/calendar")


def on_call(site: CalendarSite) -> str:
    """The configuration of the suite with schedules: a rotation whose handoff the test sets, and a calendar's."""
    content = yaml.load(CONFIG.read_text(), yaml.BaseLoader)  # every scalar as text
    rota = {"people": ["alice", "bob"], "start": LONG_AGO, "every": "1d"}
    content["schedules"] = {
        "rota": {"timezone": "Europe/Berlin", "layers": [rota]},
        "feed": {"ical": site.url, "people": {"dave@example.com": "dave"}},
    }
    levels = [{"ring": ["schedule:rota"], "for": "15s"}, {"ring": ["schedule:rota"], "for": "20s"}]
    content["teams"] = {
        "rota": {"name": "Rota", "escalation": levels},
        "feed": {"name": "Feed", "escalation": [{"ring": ["schedule:feed"], "for": "20s"}]},
    }
    content["routes"] = {
        "rota": {"name": "Rota", "numbers": ["+14155551001"], "team": "rota", "messages": {"welcome": "none"}},
        "feed": {"name": "Feed", "numbers": ["+14155551002"], "team": "feed", "messages": {"welcome": "none"}},
    }
    content["defaults"]["max_wait"] = "60s"
    return yaml.safe_dump(content, default_style='"')


@pytest_asyncio.fixture(scope="module")
async def site() -> AsyncIterator[CalendarSite]:
    site = CalendarSite()
    await site.open()
    yield site
    await site.close()


@pytest_asyncio.fixture(scope="module")
async def scheduled_hotline(
    tmp_path_factory: pytest.TempPathFactory, asterisk_binary: AsteriskBinary, site: CalendarSite
) -> AsyncIterator[Hotline]:
    directory = tmp_path_factory.mktemp("handoff")
    config = directory / "schedules.yaml"
    config.write_text(on_call(site))
    async with Hotline(directory, asterisk_binary, config) as hotline:
        yield hotline
        print("\n".join(hotline.output))  # shown with a failure


@pytest_asyncio.fixture
async def hotline(scheduled_hotline: Hotline) -> AsyncIterator[Hotline]:
    await scheduled_hotline.world.starts_afresh()
    yield scheduled_hotline
    await scheduled_hotline.nothing_is_left()
    await scheduled_hotline.rang_as_rehearsed()


async def test_a_handoff_in_the_middle_of_a_call_rings_who_is_on_call_then(hotline: Hotline) -> None:
    # Whenever the first level starts from now on, it is over after the handoff.
    handoff = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=14)
    first_turn = handoff.astimezone(BERLIN).replace(tzinfo=None) - timedelta(days=1)
    await hotline.edit(LONG_AGO, first_turn.isoformat())
    await hotline.says("configuration reloaded")
    caller, alice, bob = hotline.caller(), hotline.phone("alice"), hotline.phone("bob")
    await caller.dials("+14155551001")
    await alice.rings()
    assert datetime.now(UTC) < handoff, "this machine is too slow for this test"
    await bob.rings(within=30)
    assert datetime.now(UTC) > handoff
    await caller.hangs_up()
    await bob.stops_ringing()
    rung = [(leg.person, leg.level) for leg in await hotline.legs(await hotline.logged(caller))]
    assert rung == [("alice", 1), ("bob", 2)]


async def test_a_calendar_says_who_rings_also_while_its_source_is_away(hotline: Hotline, site: CalendarSite) -> None:
    caller, dave = hotline.caller(), hotline.phone("dave")
    await caller.dials("+14155551002")
    await dave.rings()
    await caller.hangs_up()
    await dave.stops_ringing()
    await hotline.logged(caller)

    await site.close()
    await hotline.stop_engine()
    await hotline.start_engine()
    caller = hotline.caller()
    await caller.dials("+14155551002")
    await dave.rings()
    await caller.hangs_up()
    await dave.stops_ringing()

    shown = json.loads(await hotline.lcr("oncall", "--schedule", "feed", "--json"))
    assert shown["on_call"] == ["dave"]
    assert "secret-token" not in "\n".join(hotline.output), "a feed's address is a secret"
