"""What was said in a message can be read in the log, by a real engine; a slow or broken one disturbs no call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from lcr_asterisk.audio.convert import to_telephone
from lcr_asterisk.audio.tts import EspeakNg
from lcr_asterisk.audio.wav import wav_bytes
from lcr_asterisk.callflow.outcome import Result
from lcr_asterisk.pbx.root import AsteriskBinary
from lcr_asterisk.simulator.phone import Caller
from lcr_asterisk.store.rows import CallRow
from tests.acceptance.hotline import CONFIG, Hotline, until
from tests.acceptance.test_connected import connected

POCKETSPHINX = Path(__file__).parents[1] / "speech" / "pocketsphinx_engine.py"
ENGLISH, GERMAN, ONE = "+14155551088", "+14155551087", "+14155551002"
WORDS = "the database is down"
TRANSCRIBED_WITHIN = 120.0  # seconds: whatever else runs on the machine comes before it
# English is understood by a real engine, every other language by nobody: that one is only named.
ENGINE = (
    f"""command: [sh, -c, 'if [ "$1" = en ]; then exec "$2" "$3" "$4"; else echo words in "$1"; fi', sh, """
    f""""{{language}}", "${{PYTHON}}", "{POCKETSPHINX}", "{{input}}"]"""
)
TROUBLE = (
    """command: [sh, -c, 'if [ "$1" = en ]; then sleep 600; else echo no model >&2; exit 3; fi', sh, """
    """"{language}", "{input}"]"""
)


@pytest_asyncio.fixture(scope="module")
async def own_hotline(
    tmp_path_factory: pytest.TempPathFactory, asterisk_binary: AsteriskBinary
) -> AsyncIterator[Hotline]:
    directory = tmp_path_factory.mktemp("transcripts")
    config = directory / "transcribed.yaml"
    config.write_text(f"{CONFIG.read_text('utf-8')}transcripts:\n  engine: command\n  {ENGINE}\n", "utf-8")
    async with Hotline(directory, asterisk_binary, config) as hotline:
        yield hotline


@pytest_asyncio.fixture
async def hotline(own_hotline: Hotline) -> AsyncIterator[Hotline]:
    """A hotline whose messages are transcribed."""
    await own_hotline.world.starts_afresh()
    own_hotline.output.clear()
    yield own_hotline
    print("\n".join(own_hotline.output))
    await own_hotline.nothing_is_left()


@pytest_asyncio.fixture
async def message(tmp_path: Path) -> Path:
    """What a caller has to say, as it sounds on a telephone."""
    spoken, path = tmp_path / "spoken.wav", tmp_path / "message.wav"
    await EspeakNg().speak(WORDS, "en", spoken)
    path.write_bytes(wav_bytes(to_telephone(spoken, longest=10) + bytes(16000)))
    return path


async def leaves(hotline: Hotline, caller: Caller, number: str, message: Path) -> CallRow:
    """Say it after the beep, and hear that it is kept."""
    await caller.dials(number)
    await caller.hears("beep")
    await caller.no_longer_hears("beep")
    recording = (await hotline.live(caller)).id
    await hotline.records("message", recording)
    caller.speaks(message)
    # Not that of somebody else. All of the words are in it then; a key might overtake them.
    await hotline.recording_grows("message", 4.0, recording)
    await caller.presses("#")
    await caller.hears("voicemail_choice")
    await caller.presses("1")
    await caller.hears("message_kept")
    await caller.is_hung_up()
    call = await hotline.logged(caller)
    assert call.result is Result.VOICEMAIL
    return call


async def transcript(hotline: Hotline, call: CallRow) -> str:
    """As soon as there is one."""
    words: list[str] = []

    async def there() -> bool:
        words[:] = [kept.transcript for kept in await hotline.recordings(call) if kept.transcript is not None]
        return bool(words)

    await until(there, f"no transcript of {call.id}", TRANSCRIBED_WITHIN)
    return words[0]


async def test_what_callers_said_can_be_read_in_the_log_in_the_language_of_their_hotline(
    hotline: Hotline, message: Path
) -> None:
    english, german = await asyncio.gather(
        *(leaves(hotline, hotline.caller(), number, message) for number in (ENGLISH, GERMAN))
    )
    assert await transcript(hotline, english) == WORDS
    assert await transcript(hotline, german) == "words in de"
    assert f"“{WORDS}”" in await hotline.lcr("calls", "show", english.id)
    (recording,) = json.loads(await hotline.lcr("calls", "show", english.id, "--json"))["recordings"]
    assert recording["transcript"] == WORDS


async def test_an_engine_that_fails_or_never_ends_disturbs_no_call(hotline: Hotline, message: Path) -> None:
    await hotline.edit(ENGINE, TROUBLE)
    await hotline.says("configuration reloaded")
    failed = await leaves(hotline, hotline.caller(), GERMAN, message)
    assert "no model" in await hotline.says("exit code 3")
    unending = await leaves(hotline, hotline.caller(), ENGLISH, message)
    caller, alice = hotline.caller(), hotline.phone("alice")
    await connected(caller, alice, ONE)
    alice.speaks("alice-voice")
    await caller.hears("alice-voice")
    await caller.hangs_up()
    assert (await hotline.logged(caller)).answered_by == "alice"
    for call in (failed, unending):
        assert (await hotline.kept(call)).transcript is None
    stopping = asyncio.get_running_loop().time()
    await hotline.stop_engine()
    assert asyncio.get_running_loop().time() - stopping < 30, "and it holds nobody up who stops the engine"
    await hotline.start_engine()
