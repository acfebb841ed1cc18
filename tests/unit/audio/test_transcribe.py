"""What was said in a recording can be read, by an engine of one's own choice on one's own machine."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lcr_asterisk.audio.convert import to_telephone
from lcr_asterisk.audio.hearing import main
from lcr_asterisk.audio.transcribe import CommandTranscriber, model_transcriber
from lcr_asterisk.audio.tts import EspeakNg
from lcr_asterisk.audio.wav import STEREO_FORMAT, header, wav_bytes
from lcr_asterisk.errors import AudioError

POCKETSPHINX = Path(__file__).parents[2] / "speech" / "pocketsphinx_engine.py"
TELLS_THE_FORMAT = (
    "import sys, wave; w = wave.open(sys.argv[1]); print(w.getframerate(), w.getnchannels(), w.getsampwidth(),"
    " round(w.getnframes() / w.getframerate(), 1), ' \\n', sys.argv[2])"
)


@pytest.fixture
def wav(tmp_path: Path, make_tone: Callable[..., bytes]) -> Path:
    path = tmp_path / "0123456789abcdef.wav"
    path.write_bytes(wav_bytes(make_tone(2.0)))
    return path


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


@pytest.mark.parametrize("words", ["the database is down", "the network is working again", "the printer is down"])
async def test_a_real_engine_understands_what_was_said_on_the_telephone(tmp_path: Path, words: str) -> None:
    spoken, recording = tmp_path / "spoken.wav", tmp_path / "recording.wav"
    await EspeakNg().speak(words, "en", spoken)
    recording.write_bytes(wav_bytes(to_telephone(spoken, longest=10)))
    engine = CommandTranscriber(python(str(POCKETSPHINX), "{input}"))
    assert await engine.transcribe(recording, "en") == words


async def test_an_engine_gets_the_sound_that_models_take_and_the_language(wav: Path) -> None:
    engine = CommandTranscriber(python("-c", TELLS_THE_FORMAT, "{input}", "{language}"))
    assert await engine.transcribe(wav, "pt_BR") == "16000 1 2 2.0 pt-br"


@pytest.fixture
def stereo(tmp_path: Path) -> Path:
    path = tmp_path / "talk.wav"
    path.write_bytes(header(STEREO_FORMAT, 32000) + bytes(32000))
    return path


async def test_a_talk_in_stereo_is_heard_with_both_voices_together(stereo: Path) -> None:
    engine = CommandTranscriber(python("-c", TELLS_THE_FORMAT, "{input}", "{language}"))
    assert await engine.transcribe(stereo, "en") == "16000 1 2 1.0 en"


async def test_one_recording_is_heard_at_a_time(wav: Path, tmp_path: Path) -> None:
    busy = tmp_path / "busy"
    exclusively = (
        f"import os, time; os.mkdir({str(busy)!r}); time.sleep(0.2); os.rmdir({str(busy)!r}); print('alone')  # "
    )
    engine = CommandTranscriber(python("-c", exclusively + "{input}"))
    assert await asyncio.gather(*(engine.transcribe(wav, "en") for _ in range(3))) == ["alone"] * 3


async def test_an_engine_that_fails_or_hangs_is_named_with_its_last_words(wav: Path) -> None:
    with pytest.raises(AudioError, match="failed with exit code 1: no model"):
        await CommandTranscriber(python("-c", "import sys; sys.exit('no model')", "{input}")).transcribe(wav, "en")
    with pytest.raises(AudioError, match=r"did not finish within 1 s"):
        hangs = CommandTranscriber(python("-c", "import time; time.sleep(60)", "{input}"), timeout=1)
        await hangs.transcribe(wav, "en")


@pytest.mark.usefixtures("no_programs")
async def test_without_ffmpeg_the_remedy_is_said(wav: Path) -> None:
    with pytest.raises(AudioError, match=r"cannot be transcribed: ffmpeg is not installed.*apt-get install ffmpeg"):
        await CommandTranscriber(python("-c", "", "{input}")).transcribe(wav, "en")


@pytest.mark.parametrize("engine", ["vosk", "faster-whisper"])
async def test_an_engine_that_is_not_installed_says_how_to_get_it(
    engine: str, wav: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AudioError, match=f"{engine} is not installed .*pip install {engine}"):
        await model_transcriber(engine, "/opt/models/none").transcribe(wav, "en")
    assert main([engine, "/opt/models/none", "en", str(wav)]) == 1
    assert f"pip install {engine}" in capsys.readouterr().err
