"""Who may be called back, by whom, and what Asterisk is asked for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from lcr_asterisk.ari.messages import (
    ChannelDestroyed,
    ChannelDtmfReceived,
    ChannelHangupRequest,
    ChannelState,
    StasisEnd,
    StasisStart,
)
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Reason
from lcr_asterisk.calls.callbacks import Callbacks
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.driver import CallDriver
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.calls.reconcile import reconcile
from lcr_asterisk.errors import AriDisconnected, AriTimeout, CallbackRefused, Conflict, LcrError, NoSuchCall, UsageError
from lcr_asterisk.store.rows import AwayMessage
from tests.unit.calls.conftest import ARRIVED, Desk, Kept, channel

BEFORE = "20261121-083000-x2y4z"
CALLER = "+14155552671"


@dataclass
class Office:
    """A desk with a log in which there is one call, by whoever the test says."""

    desk: Desk
    kept: Kept
    ready: bool = True

    async def had_a_call(
        self, caller: str = CALLER, route: str = "direct", dialled: str = "+14155551001", team: str | None = "platform"
    ) -> None:
        ended = ARRIVED + timedelta(seconds=9)
        row = AwayMessage(BEFORE, "1.0", route, "Direct", team, caller, "ACME", dialled, ARRIVED, ended, None)
        await self.kept.log.adopt_away_call(row)

    async def calls_back(self, person: str = "bob", of: str = BEFORE) -> CallDriver:
        """The new call."""

        def new_driver(call_id: str, book: PlanBook) -> CallDriver:
            return CallDriver(call_id, book, Clock(), self.desk.executor, self.desk.journal, lambda *_: None)

        callbacks = Callbacks(
            self.kept.log, self.desk.registry, Clock(), lambda: self.desk.book, new_driver, lambda: self.ready
        )
        call_id = await callbacks.begin(of, person)
        (driver,) = (driver for driver in self.desk.registry if driver.call_id == call_id)
        return driver

    def reports(self, message: Any) -> None:
        self.desk.switchboard.on_event(message)

    def dialled(self) -> list[dict[str, str]]:
        return [dict(request.query) for request in self.desk.asterisk.sent if str(request) == "POST channels"]

    async def calls_the_caller(self) -> CallDriver:
        """Bob has pressed 1."""
        driver = await self.calls_back()
        leg = driver.call.legs[0].id
        self.reports(StasisStart(channel(leg), ()))
        self.reports(ChannelDtmfReceived(channel(leg), "1", 100))
        return driver


@pytest.fixture
def office(desk: Desk, kept: Kept) -> Office:
    return Office(desk, kept)


async def test_the_responder_is_rung_as_the_hotline_and_then_the_caller(office: Office) -> None:
    """Also where phones otherwise show the caller's own number."""
    await office.had_a_call()
    driver = await office.calls_the_caller()
    bob, caller = office.dialled()
    assert (bob["endpoint"], bob["callerId"]) == ("PJSIP/+14155550102@trunk", '"Call back · Direct" <+14155551001>')
    assert "originator" not in bob, "there is no caller's channel yet"
    assert (caller["endpoint"], caller["callerId"]) == (f"PJSIP/{CALLER}@trunk", '"Direct" <+14155551001>')
    assert (caller["channelId"], caller["originator"]) == (f"{driver.call_id}-caller", driver.call.legs[0].id)
    assert office.desk.asterisk.requests(f"POST channels/{driver.call.legs[0].id}/moh")


async def test_the_number_they_had_dialled_calls_them_back(office: Office) -> None:
    office.desk.book.settings.routes["direct"].__dict__["numbers"] = ("+14155551001", "+14155551008")
    await office.had_a_call(dialled="14155551008")
    driver = await office.calls_back()
    assert (driver.call.dialled, driver.call.plan.number) == ("+14155551008", "+14155551008")


async def test_a_national_number_is_called_in_its_international_form(office: Office) -> None:
    await office.had_a_call("(415) 555-2671")
    assert (await office.calls_back()).call.caller == ev.Caller(CALLER, "ACME")


async def test_what_is_said_is_in_the_responders_language(office: Office) -> None:
    await office.had_a_call()
    bob = await office.calls_back("bob")
    office.desk.registry.forget(bob.call_id)
    alice = await office.calls_back("alice")
    assert bob.call.callback is not None
    assert alice.call.callback is not None
    assert bob.call.callback.ask.media != alice.call.callback.ask.media
    assert len(bob.call.callback.ask.media) == len(alice.call.callback.ask.media)


async def test_phones_ring_as_their_person_wants_them(office: Office) -> None:
    await office.had_a_call()
    assert len((await office.calls_back("olga")).call.legs) == 1


async def test_a_pin_is_not_asked_for_and_the_team_is_that_of_the_call(office: Office) -> None:
    await office.had_a_call(route="guarded", dialled="+14155551002", team="platform")
    call = (await office.calls_back()).call
    assert (call.unproven, call.team) == (False, "rota"), "platform is not a team of this route any more"


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("", "hid their number"),
        ("anonymous", "hid their number"),
        ("+1", "is not a number that can be called"),
        ("+14155", "is not a number that can be called"),
        ("112", "is not a number that can be called"),
        ("+14155552671@evil", "is not a number that can be called"),
        ("+1415555267199", "is not a number that can be called"),
        ("sip:alice", "hid their number"),
        ("+14155551001", "is a number of this hotline itself"),
    ],
)
async def test_only_a_number_that_the_network_knows_is_called(office: Office, number: str, why: str) -> None:
    await office.had_a_call(number)
    with pytest.raises(CallbackRefused, match=why):
        await office.calls_back()
    assert office.dialled() == []


@pytest.mark.parametrize(
    ("person", "error", "why"),
    [("nora", CallbackRefused, "Nora Nophone has no phone"), ("bobb", UsageError, 'did you mean "bob"')],
)
async def test_who_cannot_be_rung_is_named(office: Office, person: str, error: type[LcrError], why: str) -> None:
    await office.had_a_call()
    with pytest.raises(error, match=why):
        await office.calls_back(person)


async def test_a_call_that_is_not_in_the_log_cannot_be_answered(office: Office) -> None:
    await office.had_a_call()
    for of in ("", "20261121", BEFORE[:-1], f"{BEFORE}x"):
        with pytest.raises(NoSuchCall):
            await office.calls_back(of=of)


async def test_a_route_that_is_no_longer_there_calls_nobody_back(office: Office) -> None:
    await office.had_a_call(route="gone")
    with pytest.raises(CallbackRefused, match="not in the configuration"):
        await office.calls_back()


async def test_who_is_blocked_is_not_called_either(office: Office) -> None:
    """Whoever calls from a premium number and is refused is in the log, too."""
    await office.had_a_call("+14155559671", route="guarded", dialled="+14155551002", team="rota")
    with pytest.raises(CallbackRefused, match=r"\+14155559671 is blocked on Guarded"):
        await office.calls_back()
    assert office.dialled() == []


async def test_a_route_without_a_number_has_none_to_call_from(office: Office) -> None:
    office.desk.book.settings.routes["direct"].__dict__["numbers"] = ()
    await office.had_a_call()
    with pytest.raises(CallbackRefused, match="Direct has no number to call from"):
        await office.calls_back()


async def test_without_asterisk_nothing_is_begun(office: Office) -> None:
    await office.had_a_call()
    office.ready = False
    with pytest.raises(AriDisconnected):
        await office.calls_back()


async def test_a_caller_is_called_back_by_one_at_a_time(office: Office) -> None:
    await office.had_a_call()
    await office.calls_back("bob")
    with pytest.raises(CallbackRefused, match=r"\+14155552671 is being called back already"):
        await office.calls_back("alice")


async def test_who_is_on_another_call_calls_nobody_back(office: Office) -> None:
    await office.had_a_call()
    office.reports(StasisStart(channel("7.0"), ("inbound", "+14155551001")))
    leg = next(leg.id for leg in office.desk.driver.call.legs if leg.person == "bob")
    office.reports(StasisStart(channel(leg), ()))
    with pytest.raises(CallbackRefused, match="Bob Chen is on another call"):
        await office.calls_back("bob")


# -- what Asterisk reports -------------------------------------------------------------------------------------------


def destroyed(name: str, cause: int = 16, tech_cause: int | None = None) -> ChannelDestroyed:
    return ChannelDestroyed(channel(name), cause, "cause", tech_cause)


async def test_why_a_caller_is_not_reached_is_what_the_network_said(office: Office) -> None:
    await office.had_a_call()
    driver = await office.calls_the_caller()
    name = f"{driver.call_id}-caller"
    office.reports(ChannelHangupRequest(channel(name), 17))
    assert isinstance(driver.call.stage, st.CallingBack), "why is told when the channel ends"
    office.reports(destroyed(name, 17, 486))
    assert driver.call.caller_leg is not None
    assert (driver.call.caller_leg.end, driver.call.caller_leg.detail) == (LegEnd.BUSY, "SIP 486")
    assert driver.call.reason is Reason.CALLER_BUSY


async def test_a_caller_who_answers_is_bridged_and_a_hangup_is_theirs(office: Office) -> None:
    await office.had_a_call()
    driver = await office.calls_the_caller()
    name = f"{driver.call_id}-caller"
    office.reports(StasisStart(channel(name), ()))
    assert len(office.desk.registry) == 1, "who is called back is no newcomer"
    assert office.desk.asterisk.requests(f"POST bridges/{driver.call_id}-talk/addChannel")
    office.reports(StasisEnd(channel(name)))
    assert (driver.call.reason, driver.call.caller_present) == (Reason.CALLER_NOT_REACHED, False)


async def test_a_number_that_asterisk_cannot_dial_is_not_reached(office: Office) -> None:
    await office.had_a_call()
    driver = await office.calls_the_caller()
    await office.desk.asterisk.refuses("POST channels", Conflict(409, "exists", "POST channels"))
    assert isinstance(driver.call.stage, st.CallingBack), "it rings already, from before a crash"
    _, subscription = office.desk.asterisk.asked[-1]
    subscription.set_exception(AriTimeout("no reply"))
    await asyncio.sleep(0)
    assert driver.call.reason is Reason.CALLER_NOT_REACHED
    assert f"DELETE channels/{driver.call_id}-caller" in office.desk.asterisk.requests("DELETE channels")


async def test_a_caller_who_answers_when_all_is_over_is_hung_up(office: Office) -> None:
    hung_up: list[str] = []
    office.desk.switchboard._hang_up = hung_up.append
    office.reports(StasisStart(channel(f"{BEFORE}-caller"), ()))
    assert hung_up == [f"{BEFORE}-caller"]
    assert len(office.desk.registry) == 0


async def test_a_defect_leaves_no_message_to_be_taken_from_who_was_called(office: Office) -> None:
    await office.had_a_call()
    driver = await office.calls_the_caller()
    office.desk.executor.rescue(driver.call.channel)
    assert office.desk.asterisk.requests("DELETE channels")[-1] == f"DELETE channels/{driver.call.channel}"
    assert not office.desk.asterisk.requests(f"POST channels/{driver.call.channel}/continue")


# -- after a gap -----------------------------------------------------------------------------------------------------


async def test_after_a_gap_a_caller_who_is_being_called_is_known_to_ring_or_to_have_answered(office: Office) -> None:
    await office.had_a_call()
    driver = await office.calls_the_caller()
    call, name, leg = driver.call, f"{driver.call_id}-caller", driver.call.legs[0].id
    there = channel(leg)
    for theirs, present, answered in (
        (channel(name, state=ChannelState.RINGING), True, False),
        (replace(channel(name), application="MusicOnHold"), True, False),
        (channel(name), True, True),
        (None, False, False),
    ):
        channels = [there] if theirs is None else [there, theirs]
        found = reconcile([call], frozenset({leg}), channels, [])
        assert found.resumed[call.id] == ev.Resumed(present, ((leg, True),), (), answered)
        assert (found.newcomers, found.stray_legs) == ((), ())


async def test_the_line_of_a_caller_whom_nobody_calls_back_any_more_is_closed() -> None:
    name = f"{BEFORE}-caller"
    found = reconcile([], frozenset({name}), [channel(name)], [])
    assert (found.newcomers, found.stray_legs) == ((), (name,))
