"""Whoever is called about a page hears what it is about, decides by a key, and is let alone when nobody is needed.

The notifier is not there: each test puts a page into the database, and asks the engine for the call as it would.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Reason, Result
from lcr_asterisk.paging.commands import Deliver
from lcr_asterisk.paging.events import Acknowledged, PeopleFound
from lcr_asterisk.paging.page import step
from lcr_asterisk.paging.policy import Cause, Level, Policy, Recipient, Way, Why
from lcr_asterisk.paging.states import Page, Progress
from lcr_asterisk.paging.story import story
from lcr_asterisk.pbx.secrets import secret
from lcr_asterisk.simulator.phone import Caller, ResponderPhone
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.rows import CallRow
from tests.acceptance.hotline import Hotline, until
from tests.acceptance.silence import LONGEST
from tests.acceptance.voices import leaves_a_message, speaks_after_the_beep

MAILBOX = "+14155551088"
HOTLINE = "+14155551002"  # Alice, then goodbye


@dataclass
class Paged:
    """A page, and the delivery by which somebody is to be called about it."""

    hotline: Hotline
    page: str
    delivery: str
    person: str

    async def begins(self) -> str:
        """The id of the call."""
        status, said, _ = await self.asks("POST", "", {"delivery": self.delivery, "person": self.person})
        assert status == 202, said
        return said["id"]

    async def stops(self) -> int:
        """What is answered."""
        status, _, _ = await self.asks("DELETE", f"/{self.delivery}")
        return status

    async def asks(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, str], str]:
        """The status, what is said, and after how many seconds to ask again."""
        url = f"http://{self.hotline.web}/api/v1/pages/{self.page}/calls{path}"
        headers = {"Authorization": f"Bearer {secret(self.hotline.data, 'api')}"}
        async with aiohttp.ClientSession() as http, http.request(method, url, json=body, headers=headers) as reply:
            said = await reply.json() if reply.status != 204 else {}
            return reply.status, said, reply.headers.get("Retry-After", "")

    async def is_acknowledged_elsewhere(self) -> None:
        async with pages(self.hotline) as store:
            await store.take(self.page, Acknowledged("bob", "Bob Chen", "link"), datetime.now(UTC))

    async def now(self) -> Page:
        async with pages(self.hotline) as store:
            page: Page | None = None
            for at, event in await store.entries(self.page):
                page, _ = step(page, event, at)
        assert page is not None
        return page

    async def progress(self, wanted: Progress) -> None:
        """So far has the call come, as the page knows it."""
        found: Progress | None = None

        async def reached() -> bool:
            nonlocal found
            delivery = (await self.now()).delivery(self.delivery)
            found = delivery.progress if delivery is not None else None
            return found is wanted

        await until(reached, lambda: f"the page knows the call as {found}")

    async def tells(self) -> list[str]:
        """The life of the page, in words."""
        async with pages(self.hotline) as store:
            return [line.text for line in story(await store.entries(self.page))]


@asynccontextmanager
async def pages(hotline: Hotline) -> AsyncIterator[Pages]:
    async with open_store(hotline.settings.database.get_secret_value(), create=False) as store:
        yield Pages(store)


async def a_page(hotline: Hotline, call: CallRow, why: Why, person: str = "alice") -> Paged:
    """About this call; the person is to be called about it."""
    cause = Cause(call.id, why, call.started, call.route, call.route_name, call.caller, call.caller_name)
    policy = Policy("platform", "Platform", (Level(300.0),), 0, (), 0.0)
    now = datetime.now(UTC)
    async with pages(hotline) as store:
        page = await store.report(cause, policy, now)
        name = hotline.settings.people[person].name
        people = (Recipient(person, name, (Way(f"voice:{person}", "voice", call=True),)),)
        await store.take(page, PeopleFound(0, people), now)
        worked = await store.work([], now, 100)
    (delivery,) = [do.delivery.id for of, do in worked.commands if of.id == page and isinstance(do, Deliver)]
    return Paged(hotline, page, delivery, person)


async def a_page_about_a_message(hotline: Hotline, person: str = "alice", caller: Caller | None = None) -> Paged:
    caller = caller or hotline.caller()
    await caller.dials(MAILBOX)
    await leaves_a_message(hotline, caller)
    return await a_page(hotline, await hotline.logged(caller), Why.MESSAGE, person)


async def answers(phone: ResponderPhone) -> None:
    await phone.rings()
    await phone.answers()
    await phone.hears("whisper")


async def is_told_of_the_message(phone: ResponderPhone) -> None:
    await answers(phone)
    for sound in ("digits", "notice", "caller-voice", "choice"):
        await phone.hears(sound)


def never_in_silence(phone: ResponderPhone) -> None:
    assert phone.longest_silence() <= LONGEST, phone.story()


async def test_who_is_called_hears_team_caller_and_message_and_1_acknowledges(hotline: Hotline) -> None:
    paged, alice = await a_page_about_a_message(hotline), hotline.phone("alice")
    call = await paged.begins()
    assert await paged.begins() == call, "asked again while it rings: the same call"
    ring = await alice.rings()
    assert (ring.shown_name, ring.shown_number) == ("Page · Few words", MAILBOX)
    await alice.answers()
    for sound in ("whisper", "digits", "notice", "caller-voice", "choice"):
        await alice.hears(sound)
    assert alice.rang_count == 1
    await paged.progress(Progress.LISTENING)
    await alice.hears("choice")
    await alice.presses("1")
    await alice.hears("message_kept")
    page = await paged.now()
    assert (page.open, page.by) == (False, "Alice Martin"), "before she hears that it is hers"
    await alice.is_hung_up()
    never_in_silence(alice)

    row = await hotline.ended(call)
    assert (row.result, row.reason, row.answered_by) == (Result.ACKNOWLEDGED, Reason.TAKEN, "alice")
    assert (row.callback_of, row.team, row.wait_seconds) == (paged.page, "platform", None)
    assert "acknowledged by Alice Martin (phone)" in await paged.tells()
    told = await hotline.lcr("calls", "show", call)
    assert f"about page {paged.page}" in told
    assert "call over: acknowledged by Alice Martin" in told
    assert await paged.stops() == 404


async def test_the_silence_that_ended_a_message_is_not_played(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials(MAILBOX)
    await speaks_after_the_beep(hotline, caller, 1.5)
    await caller.hears("message_kept")
    await caller.is_hung_up()
    paged = await a_page(hotline, await hotline.logged(caller), Why.MESSAGE)
    call = await paged.begins()
    await is_told_of_the_message(alice)
    await alice.presses("1")
    await alice.is_hung_up()
    never_in_silence(alice)
    await hotline.ended(call)


async def test_who_hears_of_a_missed_call_is_told_that_there_is_no_message(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    await caller.dials(HOTLINE)
    await alice.rings()
    await alice.rejects()
    await caller.is_hung_up()
    paged = await a_page(hotline, await hotline.logged(caller), Why.MISSED)
    call = await paged.begins()
    await answers(alice)
    await alice.hears("no_answer")
    await alice.hears("choice")
    assert not alice.has_heard("caller-voice")
    await alice.hangs_up()
    row = await hotline.ended(call)
    assert (row.result, row.reason) == (Result.UNANSWERED, Reason.NOT_ACKNOWLEDGED)
    await paged.progress(Progress.OVER)
    assert (await paged.now()).open
    assert "Alice Martin by voice: answered, but did not acknowledge" in await paged.tells()


async def test_2_passes_it_on(hotline: Hotline) -> None:
    paged, alice = await a_page_about_a_message(hotline), hotline.phone("alice")
    call = await paged.begins()
    await is_told_of_the_message(alice)
    await alice.presses("2")
    await alice.hears("goodbye")
    await alice.is_hung_up()
    never_in_silence(alice)
    await paged.progress(Progress.OVER)
    assert (await hotline.ended(call)).reason is Reason.RESPONDER_PASSED
    assert "Alice Martin by voice: passed on" in await paged.tells()


async def test_5_says_it_all_again_at_any_time(hotline: Hotline) -> None:
    paged, alice = await a_page_about_a_message(hotline), hotline.phone("alice")
    call = await paged.begins()
    await answers(alice)
    await alice.hears("caller-voice")
    await alice.presses("5")
    for sound in ("whisper", "digits", "notice", "caller-voice", "choice"):
        await alice.hears(sound)
    await alice.hangs_up()
    never_in_silence(alice)
    await hotline.ended(call)


async def test_3_acknowledges_and_calls_the_caller_back_in_the_same_call(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    paged = await a_page_about_a_message(hotline, caller=caller)
    customer = hotline.world.phone(caller.number)
    call = await paged.begins()
    await is_told_of_the_message(alice)
    await alice.presses("3")
    ring = await customer.rings()
    assert (ring.shown_name, ring.shown_number) == ("Few words", MAILBOX)
    assert not (await paged.now()).open
    await alice.hears("hold")
    assert await paged.stops() == 404, "that it is taken care of does not end the call back"
    await customer.answers()
    customer.speaks("caller-voice")
    await alice.hears("caller-voice")
    alice.speaks("alice-voice")
    await customer.hears("alice-voice")
    await customer.hangs_up()
    await alice.is_hung_up()
    row = await hotline.ended(call)
    assert (row.result, row.answered_by, row.callback_of) == (Result.CONNECTED, "alice", paged.page)


async def test_a_caller_who_cannot_be_reached_leaves_the_page_acknowledged(hotline: Hotline) -> None:
    caller, alice = hotline.caller(), hotline.phone("alice")
    paged = await a_page_about_a_message(hotline, caller=caller)
    hotline.world.phone(caller.number).is_busy()
    call = await paged.begins()
    await is_told_of_the_message(alice)
    await alice.presses("3")
    await alice.hears("caller_gone")  # the tone of "could not be reached" as well
    await alice.is_hung_up()
    never_in_silence(alice)
    row = await hotline.ended(call)
    assert (row.result, row.reason, row.answered_by) == (Result.ACKNOWLEDGED, Reason.CALLER_BUSY, "alice")
    assert not (await paged.now()).open


async def test_a_caller_who_hid_their_number_is_not_offered_to_be_called_back(hotline: Hotline) -> None:
    hidden, alice = hotline.world.caller(""), hotline.phone("alice")
    await hidden.dials(MAILBOX)
    await leaves_a_message(hotline, hidden)
    await hotline.nothing_is_left()
    (newest,) = json.loads(await hotline.lcr("calls", "--json", "--limit", "1"))
    paged = await a_page(hotline, await hotline.ended(newest["id"]), Why.MESSAGE)
    call = await paged.begins()
    await is_told_of_the_message(alice)
    await alice.presses("3")
    await alice.hears("choice")
    assert (await paged.now()).open
    await alice.presses("1")
    await alice.hears("message_kept")
    await alice.is_hung_up()
    await hotline.ended(call)


async def test_a_phone_that_is_not_answered_is_told_to_the_page(hotline: Hotline) -> None:
    paged, alice = await a_page_about_a_message(hotline), hotline.phone("alice")
    call = await paged.begins()
    await alice.rings()
    await alice.stops_ringing(within=30)
    row = await hotline.ended(call)
    assert (row.result, row.reason) == (Result.UNANSWERED, Reason.RESPONDER_NOT_REACHED)
    await paged.progress(Progress.OVER)
    assert "Alice Martin by voice: did not answer" in await paged.tells()


async def test_a_voicemail_box_acknowledges_nothing(hotline: Hotline) -> None:
    paged, alice = await a_page_about_a_message(hotline), hotline.phone("alice")
    alice.has_voicemail_box()
    call = await paged.begins()
    await alice.rings()
    await alice.is_hung_up(within=40)
    row = await hotline.ended(call)
    assert (row.result, row.reason) == (Result.UNANSWERED, Reason.NOT_ACKNOWLEDGED)
    (leg,) = await hotline.legs(row)
    assert leg.end is LegEnd.NOT_CONFIRMED


async def test_a_phone_stops_ringing_when_somebody_else_takes_care_of_it(hotline: Hotline) -> None:
    paged, alice = await a_page_about_a_message(hotline), hotline.phone("alice")
    call = await paged.begins()
    await alice.rings()
    await paged.is_acknowledged_elsewhere()
    assert await paged.stops() == 204
    await alice.stops_ringing()  # it would go on for 15 s
    row = await hotline.ended(call)
    assert (row.result, row.reason) == (Result.UNANSWERED, Reason.SETTLED)
    assert await paged.stops() == 404
    await paged.progress(Progress.OVER)
    status, said, later = await paged.asks("POST", "", {"delivery": paged.delivery, "person": "alice"})
    assert (status, later) == (409, "15"), said
    assert alice.rang_count == 1


async def test_who_listens_then_hears_that_it_is_taken_care_of(hotline: Hotline) -> None:
    paged, alice = await a_page_about_a_message(hotline), hotline.phone("alice")
    call = await paged.begins()
    await answers(alice)
    await paged.is_acknowledged_elsewhere()
    assert await paged.stops() == 204
    await alice.hears("taken")
    await alice.is_hung_up()
    never_in_silence(alice)
    assert (await hotline.ended(call)).reason is Reason.SETTLED
    assert (await paged.now()).by == "Bob Chen"


async def test_who_presses_1_just_too_late_hears_that_it_is_taken_care_of(hotline: Hotline) -> None:
    paged, alice = await a_page_about_a_message(hotline), hotline.phone("alice")
    call = await paged.begins()
    await is_told_of_the_message(alice)
    await paged.is_acknowledged_elsewhere()
    await alice.presses("1")
    await alice.hears("taken")
    await alice.is_hung_up()
    assert (await hotline.ended(call)).reason is Reason.SETTLED
    assert (await paged.now()).by == "Bob Chen"


async def test_who_is_on_another_call_is_not_rung_and_who_listens_gets_no_call(hotline: Hotline) -> None:
    paged, alice = await a_page_about_a_message(hotline), hotline.phone("alice")
    caller = hotline.caller()
    await caller.dials(HOTLINE)
    await answers(alice)
    body = {"delivery": paged.delivery, "person": "alice"}
    status, said, later = await paged.asks("POST", "", body)
    assert (status, said, later) == (409, {"error": "Alice Martin is on another call."}, "15")
    await alice.hangs_up()
    await caller.is_hung_up()
    await hotline.logged(caller)

    call = await paged.begins()
    await answers(alice)
    other = hotline.caller()
    await other.dials(HOTLINE)
    await other.hears("no_answer")
    await alice.presses("1")
    await alice.is_hung_up()
    assert alice.rang_count == 2, "once for each call that she could take"
    await hotline.ended(call)


async def test_nobody_is_called_about_what_is_not_there(hotline: Hotline) -> None:
    paged = await a_page_about_a_message(hotline)
    for page, delivery, person, expected, why in (
        ("20261121-090000-zzzzz", paged.delivery, "alice", 404, "There is no page '20261121-090000-zzzzz'."),
        (paged.page, "other", "alice", 404, f"Page {paged.page} has no delivery 'other'."),
        (paged.page, paged.delivery, "nobody", 503, "There is no person 'nobody'."),
        (paged.page, paged.delivery, "nora", 503, "Nora Nophone has no phone to be rung."),
    ):
        asked = Paged(hotline, page, delivery, person)
        status, said, _ = await asked.asks("POST", "", {"delivery": delivery, "person": person})
        assert (status, said) == (expected, {"error": why})


async def test_what_is_said_is_in_the_responders_language(hotline: Hotline) -> None:
    paged, gerd = await a_page_about_a_message(hotline, "gerd"), hotline.phone("gerd")
    call = await paged.begins()
    await is_told_of_the_message(gerd)
    assert gerd.has_heard("german")
    await gerd.presses("1")
    await gerd.hears("message_kept")
    await gerd.hears("german")
    await gerd.is_hung_up()
    await hotline.ended(call)


async def test_who_listens_while_the_engine_is_killed_is_told_again_and_can_acknowledge(hotline: Hotline) -> None:
    paged, alice = await a_page_about_a_message(hotline), hotline.phone("alice")
    call = await paged.begins()
    await answers(alice)
    await paged.progress(Progress.LISTENING)
    await hotline.call_has(call, "LegAnswered")
    await hotline.kill_engine()
    await hotline.start_engine()
    for sound in ("whisper", "caller-voice", "choice"):
        await alice.hears(sound)
    await alice.presses("1")
    await alice.hears("message_kept")
    await alice.is_hung_up()
    row = await hotline.ended(call)
    assert (row.result, row.answered_by) == (Result.ACKNOWLEDGED, "alice")
    assert (await paged.now()).by == "Alice Martin"


async def test_who_hangs_up_while_the_engine_is_away_has_not_heeded_the_page(hotline: Hotline) -> None:
    paged, alice = await a_page_about_a_message(hotline), hotline.phone("alice")
    call = await paged.begins()
    await answers(alice)
    await paged.progress(Progress.LISTENING)
    await hotline.call_has(call, "LegAnswered")
    await hotline.kill_engine()
    await alice.hangs_up()
    await hotline.start_engine()
    row = await hotline.ended(call)
    assert (row.result, row.reason) == (Result.UNANSWERED, Reason.NOT_ACKNOWLEDGED)
    await paged.progress(Progress.OVER)


async def test_a_page_that_is_taken_care_of_while_the_engine_is_away_stops_the_phone(hotline: Hotline) -> None:
    paged, alice = await a_page_about_a_message(hotline), hotline.phone("alice")
    call = await paged.begins()
    await answers(alice)
    await paged.progress(Progress.LISTENING)
    await hotline.call_has(call, "LegAnswered")
    await hotline.kill_engine()
    await paged.is_acknowledged_elsewhere()
    await hotline.start_engine()
    await alice.hears("taken")
    await alice.is_hung_up()
    assert (await hotline.ended(call)).reason is Reason.SETTLED
