"""A call can be rehearsed where nothing can be spoken: prompts are as long as they are, or about as long."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from lcr_asterisk.audio.estimate import EstimatedPrompts, words_of
from lcr_asterisk.audio.prompts import PromptLibrary, SoundFile
from lcr_asterisk.audio.tts import CommandSpeech, EspeakNg
from lcr_asterisk.audio.wav import BYTES_PER_SECOND, wav_bytes

TONES = CommandSpeech([sys.executable, "-m", "lcr_asterisk.simulator.tone_tts", "--output", "{output}"])


async def test_what_was_spoken_before_is_as_long_as_it_is(tmp_path: Path) -> None:
    library = PromptLibrary(tmp_path, TONES)
    made = await library.say("menu", "tone:menu:3", "en")
    estimated = await EstimatedPrompts(library).say("menu", "tone:menu:3", "en")
    assert estimated.seconds == made.seconds


async def test_what_was_never_spoken_is_about_as_long_as_it_would_be(tmp_path: Path) -> None:
    text = "I am sorry. Nobody could take your call just now."
    spoken = await PromptLibrary(tmp_path / "real", EspeakNg()).say("no_answer", text, "en")
    for library in (None, PromptLibrary(tmp_path / "other", EspeakNg())):
        estimated = await EstimatedPrompts(library).say("no_answer", text, "en")
        assert estimated.seconds == pytest.approx(spoken.seconds, rel=0.2)


async def test_an_estimate_makes_nothing_and_needs_no_speech_engine(tmp_path: Path) -> None:
    library = PromptLibrary(tmp_path, CommandSpeech(["/does/not/exist", "{output}"]))
    prompts = EstimatedPrompts(library)
    await prompts.say("welcome", "Welcome.", "en")
    await prompts.beep()
    await prompts.pause()
    await prompts.waiting()
    await prompts.hold_music()
    assert not await asyncio.to_thread(lambda: list(tmp_path.iterdir()))


async def test_a_sound_file_is_as_long_as_it_plays(tmp_path: Path) -> None:
    sound = tmp_path / "welcome.wav"
    sound.write_bytes(wav_bytes(b"\1\1" * BYTES_PER_SECOND))
    (prompt,) = await EstimatedPrompts().prepare([SoundFile("welcome", sound)], print)
    assert prompt.seconds == 2.0
    assert words_of(prompt) == "welcome.wav"


async def test_a_sound_file_that_only_a_converter_could_measure_is_taken_for_some_seconds(tmp_path: Path) -> None:
    sound = tmp_path / "welcome.mp3"
    sound.write_bytes(b"ID3")
    (prompt,) = await EstimatedPrompts().prepare([SoundFile("welcome", sound)], print)
    assert 1 < prompt.seconds < 30


async def test_an_estimated_prompt_tells_its_text() -> None:
    assert words_of(await EstimatedPrompts().say("welcome", "Welcome.", "en")) == "Welcome."
