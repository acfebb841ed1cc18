"""Carriers and softphones of other makes: sipp as the carrier, baresip as a responder's softphone."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from lcr_asterisk.callflow.events import LegEnd
from lcr_asterisk.callflow.outcome import Result
from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.pbx.spec import Address
from lcr_asterisk.simulator.addresses import free_address
from lcr_asterisk.simulator.baresip import Baresip
from lcr_asterisk.simulator.phone import Caller
from lcr_asterisk.simulator.sipp import Called, Sipp, called, dialling, waits
from lcr_asterisk.simulator.tones import write_tone
from lcr_asterisk.simulator.world import HOST
from tests.acceptance.hotline import CONFIG, Hotline, follows_at_once, until
from tests.acceptance.voices import speaks_for, tones_in

MENU, BEHIND_CARRIER, BOTH, DESK = "+14155551000", "+14155551001", "+14155551002", "+14155551003"
PAIR = "+14155551004"
A_WHILE = waits(3000)  # milliseconds, in which the one who was called hears what the call is for; sipp does not listen


def other_clients() -> str:
    """The configuration of the suite, with a trunk of its own and a softphone that is not of our world."""
    content = yaml.load(CONFIG.read_text(), yaml.BaseLoader)  # every scalar as text
    content["trunk"] |= {"port": "${CARRIER_PORT}", "user": "lcr", "password": "not-the-right-one"}
    content["trunk"]["watch"] = "false"  # sipp would take the question for the call
    content["people"]["barry"] = {"name": "Barry Baresip", "phones": ["sip:barry"]}
    levels = {"behind": [["alice"], ["sam"]], "both": [["alice", "sam"]], "desk": [["barry"]]}
    levels["pair"] = [["barry", "sam"], ["alice"]]
    content["teams"] = {
        team: {"name": team, "escalation": [{"ring": people, "for": "20s"} for people in of_team]}
        for team, of_team in levels.items()
    }
    numbers = {"behind": BEHIND_CARRIER, "both": BOTH, "desk": DESK, "pair": PAIR}
    content["routes"] = {
        team: {"name": team, "numbers": [number], "team": team, "messages": {"welcome": "none"}}
        for team, number in numbers.items()
    }
    content["defaults"]["max_wait"] = "60s"
    return str(yaml.safe_dump(content, default_style='"'))


@pytest.fixture(scope="module")
def outside() -> Address:
    """Where the carrier is to which this hotline's trunk leads; each test puts its own sipp there."""
    return free_address(HOST, "udp")


@pytest_asyncio.fixture(scope="module")
async def mixed_hotline(
    tmp_path_factory: pytest.TempPathFactory, asterisk_binary: AsteriskBinary, outside: Address
) -> AsyncIterator[Hotline]:
    directory = tmp_path_factory.mktemp("other-clients")
    config = directory / "other-clients.yaml"
    config.write_text(other_clients())
    environment = {"CARRIER_PORT": str(outside.port)}
    async with Hotline(
        directory, asterisk_binary, config, environment=environment, not_of_the_world={"barry"}
    ) as hotline:
        await hotline.world.softphones_register()
        yield hotline


@pytest_asyncio.fixture
async def mixed(mixed_hotline: Hotline) -> AsyncIterator[Hotline]:
    """A hotline whose responders are behind sipp, and whose callers and one softphone are of our world."""
    await mixed_hotline.world.starts_afresh()
    mixed_hotline.output.clear()
    yield mixed_hotline
    print("\n".join(mixed_hotline.output))  # shown with a failure
    await mixed_hotline.nothing_is_left()


# -- sipp calls --------------------------------------------------------------------------------------------------------


async def chooses_payments(hotline: Hotline, directory: Path, caller: Caller, *steps: str) -> None:
    """sipp calls as this caller and plays `steps`; dave, who rings for payments, takes the call and hangs up."""
    dave = hotline.phone("dave")
    async with Sipp(directory, steps, at=free_address(HOST, "udp"), calls=hotline.sip) as carrier:
        ring = await dave.rings()
        assert ring.shown_name == "Production Incidents"
        await dave.answers()
        await dave.hears("whisper")
        await dave.presses("1")
        await hotline.answered(caller)
        await dave.hangs_up()
        await carrier.is_done()
    call = await hotline.logged(caller)
    assert (call.result, call.team, call.answered_by) == (Result.CONNECTED, "payments", "dave")


async def test_a_carriers_call_is_taken_with_the_key_as_an_rtp_event(hotline: Hotline, tmp_path: Path) -> None:
    caller = hotline.caller()
    line = dialling(MENU, caller.number)
    steps = (line.dials(), A_WHILE, line.presses_by_event("2"), line.is_hung_up())
    await chooses_payments(hotline, tmp_path / "sipp", caller, *steps)


@pytest.mark.parametrize("offered", [False, True], ids=["rtp events not offered", "rtp events offered too"])
async def test_a_carriers_call_is_taken_with_the_key_as_sip_info(
    hotline: Hotline, tmp_path: Path, offered: bool
) -> None:
    caller = hotline.caller()
    line = dialling(MENU, caller.number, events=offered)
    steps = (line.dials(), A_WHILE, line.presses_by_info("2"), line.is_hung_up())
    await chooses_payments(hotline, tmp_path / "sipp", caller, *steps)


async def test_a_carrier_that_hangs_up_a_call_which_is_over_does_no_harm(hotline: Hotline, tmp_path: Path) -> None:
    caller = hotline.caller()
    line = dialling(MENU, caller.number)
    steps = (line.dials(), A_WHILE, line.presses_by_info("2"), line.is_hung_up_and_hangs_up_late())
    await chooses_payments(hotline, tmp_path / "sipp", caller, *steps)


async def test_a_caller_behind_the_carrier_hangs_up_while_phones_ring(hotline: Hotline, tmp_path: Path) -> None:
    caller, dave = hotline.caller(), hotline.phone("dave")
    line = dialling(MENU, caller.number)
    steps = (line.dials(), A_WHILE, line.presses_by_info("2"), waits(3000), line.hangs_up())
    async with Sipp(tmp_path / "sipp", steps, at=free_address(HOST, "udp"), calls=hotline.sip) as carrier:
        await dave.rings()
        await carrier.is_done()
        await dave.stops_ringing()
    assert (await hotline.logged(caller)).result is Result.ABANDONED


# -- sipp is called ----------------------------------------------------------------------------------------------------

PRESSES = {"an rtp event": Called.presses_by_event, "sip info": Called.presses_by_info}


@pytest.mark.parametrize("way", PRESSES)
async def test_a_responder_behind_the_carrier_takes_the_call(
    mixed: Hotline, outside: Address, tmp_path: Path, way: str
) -> None:
    caller = mixed.caller()
    line = called(events=way == "an rtp event")
    steps = (line.answers(), A_WHILE, PRESSES[way](line, "1"), line.is_hung_up())
    async with Sipp(tmp_path / "sipp", steps, at=outside) as carrier:
        await caller.dials(BEHIND_CARRIER)
        assert (await mixed.answered(caller)).answered_by == "alice"
        await caller.hangs_up()
        await carrier.is_done()
    assert (await mixed.logged(caller)).result is Result.CONNECTED


@pytest.mark.parametrize(
    ("status", "end"), [("486 Busy Here", LegEnd.BUSY), ("503 Service Unavailable", LegEnd.UNREACHABLE)]
)
async def test_a_refusal_by_the_carrier_costs_no_time(
    mixed: Hotline, outside: Address, tmp_path: Path, status: str, end: LegEnd
) -> None:
    caller, sam = mixed.caller(), mixed.phone("sam")
    async with Sipp(tmp_path / "sipp", [called().refuses_with(status)], at=outside) as carrier:
        await caller.dials(BEHIND_CARRIER)
        await sam.rings()
        await carrier.is_done()
        await caller.hangs_up()
    first, second = await mixed.legs(await mixed.logged(caller))
    follows_at_once(first, second)
    assert (first.person, first.end) == ("alice", end)


async def test_a_carrier_that_does_not_know_our_password_has_not_rejected_the_call(
    mixed: Hotline, outside: Address, tmp_path: Path
) -> None:
    caller, sam = mixed.caller(), mixed.phone("sam")
    asks = called().wants_a_password()
    async with Sipp(tmp_path / "sipp", [asks, asks], at=outside) as carrier:
        await caller.dials(BEHIND_CARRIER)
        await sam.rings()
        await carrier.is_done()
        await caller.hangs_up()
    first, second = await mixed.legs(await mixed.logged(caller))
    follows_at_once(first, second)
    assert (first.person, first.end, first.detail) == ("alice", LegEnd.TRUNK_REFUSED, "SIP 401")


async def test_sound_before_the_answer_is_no_answer_and_the_refusal_behind_it_costs_no_time(
    mixed: Hotline, outside: Address, tmp_path: Path
) -> None:
    caller, sam = mixed.caller(), mixed.phone("sam")
    announces = called().announces_and_refuses_with("404 Not Found")
    async with Sipp(tmp_path / "sipp", [announces], at=outside) as carrier:
        await caller.dials(BEHIND_CARRIER)
        await sam.rings()
        await carrier.is_done()
        await caller.hangs_up()
    first, second = await mixed.legs(await mixed.logged(caller))
    follows_at_once(first, second)
    assert (first.person, first.end, first.answered_at) == ("alice", LegEnd.DEAD_NUMBER, None)


async def test_an_answer_that_crosses_our_cancel_is_hung_up_and_bothers_nobody(
    mixed: Hotline, outside: Address, tmp_path: Path
) -> None:
    """sam takes the call in the instant in which alice's phone answers: hers is ended, theirs goes on."""
    caller, sam = mixed.caller(), mixed.phone("sam")
    line = called()
    async with Sipp(tmp_path / "sipp", [line.answers_as_it_is_cancelled(), line.is_hung_up()], at=outside) as carrier:
        await caller.dials(BOTH)
        await sam.rings()
        await sam.answers()
        await sam.hears("whisper")
        await sam.presses("1")
        await carrier.is_done()
        caller.speaks("caller-voice")
        await sam.hears("caller-voice")
        await caller.hangs_up()
    call = await mixed.logged(caller)
    assert (call.result, call.answered_by) == (Result.CONNECTED, "sam")
    assert {leg.person: leg.end for leg in await mixed.legs(call)}["alice"] is LegEnd.TAKEN


async def test_a_late_bye_of_a_responder_does_no_harm(mixed: Hotline, outside: Address, tmp_path: Path) -> None:
    caller = mixed.caller()
    line = called()
    steps = (line.answers(), A_WHILE, line.presses_by_info("1"), line.is_hung_up_and_hangs_up_late())
    async with Sipp(tmp_path / "sipp", steps, at=outside) as carrier:
        await caller.dials(BEHIND_CARRIER)
        await mixed.answered(caller)
        await caller.hangs_up()
        await carrier.is_done()
    assert (await mixed.logged(caller)).answered_by == "alice"


# -- baresip -----------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def barry(mixed: Hotline, tmp_path: Path) -> AsyncIterator[Baresip]:
    voice = tmp_path / "voice.wav"
    write_tone(voice, "bob-voice", 60)
    async with Baresip(tmp_path / "baresip", mixed.softphones["barry"], mixed.sip, voice) as barry:
        await barry.is_registered()
        yield barry


async def hears(barry: Baresip, name: str) -> None:
    """More than 0.1 s of this tone, as far as baresip has written by now what it hears."""

    async def heard() -> bool:
        try:
            tones = await asyncio.to_thread(tones_in, barry.heard())
        except (ValueError, subprocess.CalledProcessError):  # there is no file yet, or no more than its beginning
            return False
        return tones.get(name, 0.0) > 0.1

    await until(heard, f"baresip did not hear {name}")


async def test_a_registered_softphone_of_another_make_takes_a_call(mixed: Hotline, barry: Baresip) -> None:
    caller = mixed.caller()
    await caller.dials(DESK)
    shown = await barry.rings()
    assert shown["peerdisplayname"] == "desk"
    await barry.answers()
    await mixed.journal_has(caller, "LegAnswered")
    await hears(barry, "whisper")
    await barry.presses("1")
    await caller.hears("bob-voice")
    await speaks_for(caller, "caller-voice", 2.0)
    await caller.hangs_up()
    await barry.is_hung_up()
    call = await mixed.logged(caller)
    assert (call.result, call.answered_by) == (Result.CONNECTED, "barry")
    heard = tones_in(barry.heard())
    assert heard["whisper"] > 0.1
    assert heard["caller-voice"] > 0.8


async def test_a_softphone_of_another_make_that_hangs_up_ends_the_callers_call(mixed: Hotline, barry: Baresip) -> None:
    caller = mixed.caller()
    await caller.dials(DESK)
    await barry.rings()
    await barry.answers()
    await mixed.journal_has(caller, "LegAnswered")
    await barry.presses("1")
    await caller.hears("bob-voice")
    await barry.hangs_up()
    await caller.is_hung_up()
    assert (await mixed.logged(caller)).answered_by == "barry"


async def test_a_softphone_of_another_make_passes_and_the_others_ring_on(mixed: Hotline, barry: Baresip) -> None:
    caller, sam = mixed.caller(), mixed.phone("sam")
    await caller.dials(PAIR)
    await barry.rings()
    await sam.rings()
    await barry.answers()
    await mixed.journal_has(caller, "LegAnswered")
    await barry.presses("2")
    await barry.is_hung_up()
    assert sam.ended_at is None, "the phone beside it still rings"
    await caller.hangs_up()
    await sam.stops_ringing()
    ends = {leg.person: leg.end for leg in await mixed.legs(await mixed.logged(caller))}
    assert ends == {"barry": LegEnd.PASSED, "sam": LegEnd.CANCELLED}


async def test_a_softphone_of_another_make_declines_and_the_others_ring_on(mixed: Hotline, barry: Baresip) -> None:
    """This one declines by 486, as many do."""
    caller, sam = mixed.caller(), mixed.phone("sam")
    await caller.dials(PAIR)
    await barry.rings()
    await sam.rings()
    await barry.hangs_up()
    await mixed.journal_has(caller, "LegEnded")
    assert sam.ended_at is None, "the phone beside it still rings"
    await caller.hangs_up()
    await sam.stops_ringing()
    ends = {leg.person: leg.end for leg in await mixed.legs(await mixed.logged(caller))}
    assert ends == {"barry": LegEnd.BUSY, "sam": LegEnd.CANCELLED}


async def test_a_softphone_of_another_make_hears_that_the_call_is_taken(mixed: Hotline, barry: Baresip) -> None:
    caller, sam = mixed.caller(), mixed.phone("sam")
    await caller.dials(PAIR)
    await barry.rings()
    await sam.rings()
    await barry.answers()
    await mixed.journal_has(caller, "LegAnswered")
    await sam.answers()
    await sam.hears("whisper")
    await sam.presses("1")
    await barry.is_hung_up()
    caller.speaks("caller-voice")
    await sam.hears("caller-voice")
    await caller.hangs_up()
    heard = tones_in(barry.heard())
    assert heard["taken"] > 0.3
    assert "caller-voice" not in heard
    assert (await mixed.logged(caller)).answered_by == "sam"
