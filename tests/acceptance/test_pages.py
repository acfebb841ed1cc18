"""A message or a missed call rings who is on call, who hears it and decides by a key; the team sees what came of it."""

from __future__ import annotations

from pathlib import Path

from lcr_asterisk.simulator.phone import ResponderPhone
from tests.acceptance.paged_hotline import PagedHotline
from tests.acceptance.voices import tones_in

PLATFORM, CLIMB, DIRECT = "+14155551000", "+14155551002", "+14155551005"  # Alice, then Bob
CHANNEL = "C0000000001"
LONGEST_SILENCE = 3.0


async def hears_the_message(phone: ResponderPhone) -> None:
    """The team, who called, and the caller's own voice; then what the keys mean."""
    await phone.rings()
    await phone.answers()
    for sound in ("whisper", "digits", "notice", "caller-voice", "choice"):
        await phone.hears(sound)


async def test_a_message_rings_who_is_on_call_who_hears_it_and_acknowledges_with_1(
    paged: PagedHotline, tmp_path: Path
) -> None:
    services, alice, bob = paged.services, paged.phone("alice"), paged.phone("bob")
    page = await paged.message(paged.caller(name="ACME"), PLATFORM)
    await hears_the_message(alice)
    await services.slack.shows(CHANNEL, page, "Page for Platform", "ACME", "/acknowledge/")
    # These wait a moment for the MP3, and nobody needs what is still unsent when somebody takes care.
    await services.teams.shows(page, "Page for Platform")
    await services.hook.gets(page, "page.opened")
    mail = await services.mailed(page, "alice@example.com")
    await alice.presses("1")
    await alice.hears("message_kept")
    await alice.is_hung_up()
    assert (await paged.page(page)).by == "Alice Martin", "written down before she hears that it is hers"
    assert alice.longest_silence() < LONGEST_SILENCE

    settled = await services.slack.shows(CHANNEL, page, "Acknowledged by Alice Martin, page for Platform")
    assert "/acknowledge/" not in settled
    assert len(services.slack.messages(CHANNEL, page)) == 1, "changed in place"
    await services.teams.shows(page, "Acknowledged by Alice Martin, page for Platform")
    opened, _ = services.teams.cards(page)
    assert "Page for Platform" in opened
    await services.hook.gets(page, "page.acknowledged")
    assert services.hook.kinds(page) == ["page.opened", "page.acknowledged"]
    assert bob.rang_count == 0, "nobody else is called"

    (recording,) = [part for part in mail.iter_attachments() if part.get_content_maintype() == "audio"]
    file = tmp_path / str(recording.get_filename())
    file.write_bytes(recording.get_content())
    assert tones_in(file)["caller-voice"] > 1.2

    told = await paged.lcr("pages", "show", page)
    story = (
        "opened: a message from ACME",
        "level 1: Alice Martin",
        "answered, and listens",
        "acknowledged by Alice Martin (phone)",
    )
    places = [told.find(line) for line in story]
    assert places == sorted(places) and places[0] > 0, told


async def test_who_passes_it_on_with_2_rings_the_next_who_hears_it_again_and_calls_the_caller_back(
    paged: PagedHotline,
) -> None:
    alice, bob, caller = paged.phone("alice"), paged.phone("bob"), paged.caller()
    page = await paged.message(caller, CLIMB)
    customer = paged.world.phone(caller.number)
    await hears_the_message(alice)
    await paged.services.hook.gets(page, "page.opened")
    await alice.presses("2")
    await alice.hears("goodbye")
    await alice.is_hung_up()
    await hears_the_message(bob)
    await bob.presses("5")
    for sound in ("whisper", "caller-voice", "choice"):
        await bob.hears(sound)
    await paged.services.hook.gets(page, "page.escalated")
    await bob.presses("3")
    await customer.rings()
    assert (await paged.page(page)).by == "Bob Chen"
    await customer.answers()
    customer.speaks("caller-voice")
    await bob.hears("caller-voice")
    bob.speaks("bob-voice")
    await customer.hears("bob-voice")
    await bob.hangs_up()
    await customer.is_hung_up()
    assert bob.longest_silence() < LONGEST_SILENCE
    assert paged.services.hook.kinds(page)[:2] == ["page.opened", "page.escalated"]
    await paged.services.hook.gets(page, "page.acknowledged")


async def test_a_missed_call_rings_who_is_on_call_and_says_that_there_is_no_message(paged: PagedHotline) -> None:
    alice, caller = paged.phone("alice"), paged.caller()
    await caller.dials(DIRECT)
    await alice.rings()
    await caller.hangs_up()
    await alice.stops_ringing()
    page = (await paged.logged(caller)).id
    await alice.rings()
    await alice.answers()
    for sound in ("whisper", "digits", "no_answer", "choice"):
        await alice.hears(sound)
    await alice.presses("1")
    await alice.is_hung_up()
    assert (await paged.page(page)).by == "Alice Martin"
