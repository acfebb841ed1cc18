"""The simulated carrier and phones are what they seem: two real Asterisks, real SIP and RTP, and a plain dialplan.

The system here is no hotline: its dialplan rings one phone for each number.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lcr_asterisk.pbx.instance import Instance
from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.pbx.spec import InstanceSpec, Login, Trunk
from lcr_asterisk.simulator.addresses import free_address, some_rtp_ports
from lcr_asterisk.simulator.phone import Caller, ResponderPhone
from lcr_asterisk.simulator.tones import write_tone
from lcr_asterisk.simulator.world import World

TO_ALICE = "+14155551001"
TO_BOB = "+14155551002"
TO_NOBODY = "+14155551003"
BRIEFLY_TO_ALICE = "+14155551004"
HOTLINE = """
[lcr-inbound](+)
exten => +14155551001,1,Dial(PJSIP/+14155550101@trunk,60)
 same => n,Hangup()
exten => +14155551002,1,Dial(PJSIP/bob,60)
 same => n,Hangup()
exten => +14155551003,1,Dial(PJSIP/+14155550199@trunk,60)
 same => n,Hangup()
exten => +14155551004,1,Dial(PJSIP/+14155550101@trunk,5)
 same => n,Hangup()
"""


@pytest.fixture(scope="module")
async def world(asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    directory = tmp_path_factory.mktemp("world")
    bob = Login("bob", "a-password")
    sip = free_address("127.0.0.1", "udp")
    outside = World(directory / "world", asterisk_binary, system=sip, softphones=(bob,))
    system = InstanceSpec(
        directory / "system",
        http=free_address("127.0.0.1", "tcp"),
        sip=sip,
        rtp=some_rtp_ports(),
        trunk=Trunk(outside.sip),
        softphones=(bob,),
        extra={"extensions.conf": HOTLINE},
    )
    async with Instance(system, asterisk_binary), outside:
        await outside.softphones_register(within=60)
        yield outside


@pytest.fixture
def caller(world: World) -> Caller:
    return world.caller("+14155559999", name="Dana Caller")


@pytest.fixture
def alice(world: World) -> ResponderPhone:
    return world.phone("+14155550101")


@pytest.fixture(autouse=True)
async def fresh(world: World) -> AsyncIterator[None]:
    yield
    await world.starts_afresh()


async def test_two_phones_talk_and_hear_each_other_at_once(caller: Caller, alice: ResponderPhone) -> None:
    await caller.dials(TO_ALICE)
    ring = await alice.rings()
    assert (ring.shown_name, ring.shown_number) == ("Dana Caller", "+14155559999")
    await alice.answers()
    await caller.is_answered()
    caller.speaks("caller-voice")
    alice.speaks("alice-voice")
    assert (await alice.hears("caller-voice")).name == "caller-voice"
    await caller.hears("alice-voice")
    assert not caller.has_heard("caller-voice"), "a phone must not hear itself"
    await caller.hangs_up()
    await alice.is_hung_up()
    assert alice.cause == 16


async def test_keys_cross_both_ways_while_people_talk(caller: Caller, alice: ResponderPhone) -> None:
    await caller.dials(TO_ALICE)
    await alice.rings()
    await alice.answers()
    await caller.is_answered()
    caller.speaks("caller-voice")
    await caller.presses("12#")
    await alice.receives("12#")
    await alice.presses("1")
    await caller.receives("1")
    await alice.hangs_up()
    await caller.is_hung_up()


async def test_a_phone_rings_as_soon_as_it_is_called(caller: Caller, alice: ResponderPhone) -> None:
    """A busy machine may hold up one ring, but not each."""
    delays = []
    for _ in range(3):
        dialled = await caller.dials(TO_ALICE)
        delays.append((await alice.rings()).at - dialled)
        await caller.hangs_up()
        await alice.stops_ringing()
    assert 0 < min(delays) < 1


async def test_sound_arrives_when_it_is_made(caller: Caller, alice: ResponderPhone) -> None:
    """The ear's clock is that of the phones: delays that tests and the bench measure are the system's own.

    A busy machine may hold up one sound, but not each.
    """
    await caller.dials(TO_ALICE)
    await alice.rings()
    await alice.answers()
    await caller.is_answered()
    delays = []
    for _ in range(5):
        spoke = caller.speaks("caller-voice")
        delays.append((await alice.hears("caller-voice")).start - spoke)
        caller.falls_silent()
        await alice.no_longer_hears("caller-voice")
    assert 0 < min(delays) < 0.1
    await caller.hangs_up()


async def test_a_file_is_spoken_and_found_again_in_what_was_heard(
    caller: Caller, alice: ResponderPhone, tmp_path: Path
) -> None:
    """A busy machine may hold up one sentence in its middle, but not each."""
    file = tmp_path / "sentence.wav"
    write_tone(file, "carol-voice", 0.5)
    await caller.dials(TO_ALICE)
    await alice.rings()
    await alice.answers()
    await caller.is_answered()
    for _ in range(3):
        before = alice.ear.seconds_of("carol-voice")
        caller.speaks(file)
        async with asyncio.timeout(10):
            while alice.ear.seconds_of("carol-voice") == before:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await alice.no_longer_hears("carol-voice")
        # Counted, not timed: a packet that was held up on its way is as long as any other.
        heard = alice.ear.seconds_of("carol-voice") - before
        if heard == pytest.approx(0.5, abs=0.05) and alice.ear.contains(file):
            break
    assert heard == pytest.approx(0.5, abs=0.05), alice.story()
    assert alice.ear.contains(file)
    await caller.hangs_up()


@pytest.mark.parametrize(("status", "cause"), [(486, 17), (404, 1), (403, 21), (480, 19), (503, 34)])
async def test_a_phone_that_cannot_be_reached_says_why_and_does_not_ring(
    world: World, alice: ResponderPhone, status: int, cause: int
) -> None:
    caller = world.caller("+14155559998")
    alice.refuses_with(status)
    await caller.dials(TO_ALICE)
    assert await caller.is_refused() == cause
    assert alice.rang_count == 0


async def test_a_responder_rejects(caller: Caller, alice: ResponderPhone) -> None:
    await caller.dials(TO_ALICE)
    await alice.rings()
    await alice.rejects()
    assert await caller.is_refused() == 21


async def test_a_number_without_a_phone_does_not_exist(caller: Caller) -> None:
    await caller.dials(TO_NOBODY)
    assert await caller.is_refused() == 1


async def test_a_phone_that_is_announced_away_does_not_ring_and_is_refused_after_the_announcement(
    caller: Caller, alice: ResponderPhone
) -> None:
    alice.is_announced_away(404)
    dialled = await caller.dials(TO_ALICE)
    assert await caller.is_refused() == 1
    assert alice.rang_count == 0
    assert caller.ended_at is not None
    assert caller.ended_at - dialled > 0.9


async def test_an_announcement_without_an_end_goes_on_until_the_caller_gives_up(
    world: World, caller: Caller, alice: ResponderPhone
) -> None:
    alice.is_announced_away(None)
    dialled = await caller.dials(BRIEFLY_TO_ALICE)
    await caller.is_refused(within=60)
    assert caller.ended_at is not None
    assert caller.ended_at - dialled > 4.5, "the system dials for 5 s"
    async with asyncio.timeout(60):  # of the two that are ended, the caller's line may be the first
        while "PJSIP" in await world.asterisk.cli("core show channels concise"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_phone_stops_ringing_when_the_caller_gives_up(caller: Caller, alice: ResponderPhone) -> None:
    await caller.dials(TO_ALICE)
    await alice.rings()
    await caller.hangs_up()
    await alice.stops_ringing()
    assert alice.rang_count == 1


async def test_a_second_caller_finds_a_busy_phone(world: World, caller: Caller, alice: ResponderPhone) -> None:
    await caller.dials(TO_ALICE)
    await alice.rings()
    await alice.answers()
    second = world.caller("+14155559997")
    await second.dials(TO_ALICE)
    assert await second.is_refused() == 17
    await caller.hangs_up()
    await alice.is_hung_up()


async def test_a_voicemail_box_answers_by_itself_and_speaks(caller: Caller, alice: ResponderPhone) -> None:
    alice.has_voicemail_box(after=0.1)
    await caller.dials(TO_ALICE)
    await caller.hears("greeting")
    await caller.hangs_up()
    await alice.is_hung_up()


async def test_a_registered_softphone_rings(world: World, caller: Caller) -> None:
    bob = world.phone("sip:bob")
    await caller.dials(TO_BOB)
    await bob.rings()
    await bob.answers()
    bob.speaks("bob-voice")
    await caller.hears("bob-voice")
    await bob.hangs_up()
    await caller.is_hung_up()


async def test_a_phone_told_not_to_listen_still_rings_answers_and_presses(world: World, alice: ResponderPhone) -> None:
    caller = world.caller("+14155559996", listen=False)
    await caller.dials(TO_ALICE)
    await alice.rings()
    await alice.answers()
    await caller.is_answered()
    await caller.presses("5")
    await alice.receives("5")
    await caller.hangs_up()
    await alice.is_hung_up()


async def test_a_failed_expectation_tells_what_happened_instead(caller: Caller, alice: ResponderPhone) -> None:
    await caller.dials(TO_ALICE)
    await alice.rings()
    await alice.answers()
    await caller.is_answered()
    alice.speaks("alice-voice")
    await caller.hears("alice-voice")
    with pytest.raises(AssertionError) as failure:
        await caller.hears("welcome", within=0.1)
    told = str(failure.value)
    assert "+14155559999 did not hear welcome within 0.1 s" in told
    assert "dialled +14155551001" in told
    assert re.search(r"heard alice-voice for \d+\.\d\d s", told)
    await caller.hangs_up()
