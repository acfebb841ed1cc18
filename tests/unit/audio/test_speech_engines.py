"""Texts become speech, whatever is in them, and what goes wrong is said in a sentence with its remedy."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path

import pytest

from lcr_asterisk.audio.convert import to_telephone
from lcr_asterisk.audio.loudness import silent
from lcr_asterisk.audio.tts import CommandSpeech, EspeakNg, SpeechEngine
from lcr_asterisk.errors import AudioError


async def spoken(engine: SpeechEngine, text: str, directory: Path, language: str = "en") -> bytes:
    output = directory / "spoken.wav"
    output.unlink(missing_ok=True)
    await engine.speak(text, language, output)
    return to_telephone(output, longest=60)


async def test_espeak_says_a_text(tmp_path: Path) -> None:
    pcm = await spoken(EspeakNg(), "You have reached Production Incidents.", tmp_path)
    assert not silent(pcm)
    assert 1.5 < len(pcm) / 16000 < 5


@pytest.mark.parametrize(
    "text",
    [
        "-w /etc/hosts",
        "--help",
        "a\nsecond line\x01\x00 and more",
        "<speak>$(reboot)</speak>",
        "[[h@l'oU]] `ls`",
        "Grüße",
    ],
)
async def test_a_text_is_only_ever_spoken(text: str, tmp_path: Path) -> None:
    """No text is taken for an option, a shell command or a control code of the engine."""
    assert not silent(await spoken(EspeakNg(), text, tmp_path))


async def test_a_text_is_said_to_its_end(tmp_path: Path) -> None:
    one = await spoken(EspeakNg(), "Please hold.", tmp_path)
    two = await spoken(EspeakNg(), "Please hold.\n\nPlease hold.", tmp_path)
    assert len(two) > 1.5 * len(one)


@pytest.mark.parametrize("language", ["en", "en-GB", "en_US", "de", "de-AT", "fr", "es-MX", "pt-BR", "zh"])
async def test_espeak_finds_a_voice_for_a_language(language: str, tmp_path: Path) -> None:
    assert not silent(await spoken(EspeakNg(), "123", tmp_path, language))


@pytest.mark.parametrize("language", ["", "../../etc/passwd", "-w", "english please"])
async def test_what_is_no_language_is_refused(language: str, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="not a language"):
        await EspeakNg().speak("Hello", language, tmp_path / "x.wav")


async def test_an_unknown_voice_is_named_by_the_engine(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"espeak-ng failed with exit code 1: .*voice"):
        await EspeakNg().speak("Hello", "qqq", tmp_path / "x.wav")


@pytest.mark.parametrize("text", ["", "  \n", "\x00", "...", "x" * 5000])
async def test_a_text_that_cannot_be_said_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"nothing to say|too long to say"):
        await EspeakNg().speak(text, "en", tmp_path / "x.wav")


@pytest.mark.usefixtures("no_programs")
async def test_a_missing_espeak_says_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"espeak-ng is not installed.*apt-get install espeak-ng"):
        await EspeakNg().speak("Hello", "en", tmp_path / "x.wav")


async def test_a_command_gets_text_language_and_output(tmp_path: Path) -> None:
    program = "import sys; open(sys.argv[2], 'w').write(sys.argv[1] + '|' + sys.stdin.read())"
    engine = CommandSpeech([sys.executable, "-c", program, "--voice={language}", "{output}"])
    await engine.speak("-x {output} 'quoted'", "de-CH", tmp_path / "out.wav")
    assert (tmp_path / "out.wav").read_text() == "--voice=de-ch|-x {output} 'quoted'"


def test_a_command_must_say_where_it_writes() -> None:
    with pytest.raises(AudioError, match=r"does not say where it writes.*\{output\}"):
        CommandSpeech(["piper", "--model", "en.onnx"])


async def test_a_failing_command_is_quoted(tmp_path: Path) -> None:
    engine = CommandSpeech([sys.executable, "-c", "import sys; sys.exit('no such model')", "{output}"])
    with pytest.raises(AudioError, match="exit code 1: no such model"):
        await engine.speak("Hello", "en", tmp_path / "x.wav")


def children() -> set[int]:
    """The processes that this one started: those that run, and those that ended and were not waited for."""
    found = set[int]()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended while this looked
            _, parent, *_ = stat.read_text(errors="replace").rpartition(")")[2].split()
            if int(parent) == os.getpid():
                found.add(int(stat.parent.name))
    return found


@pytest.mark.parametrize("ended_by", ["timeout", "cancellation"])
async def test_a_command_that_hangs_is_ended(ended_by: str, tmp_path: Path) -> None:
    """Neither a hanging engine nor a cancelled start leaves a process behind."""
    started, before = tmp_path / "started", children()
    os.mkfifo(started)
    program = f"import time; open({str(started)!r}, 'w').close(); time.sleep(600)"
    engine = CommandSpeech([sys.executable, "-c", program, "{output}"], timeout=1.0 if ended_by == "timeout" else 60.0)
    speaking = asyncio.ensure_future(engine.speak("Hello", "en", tmp_path / "x.wav"))
    if ended_by == "cancellation":
        await asyncio.to_thread(started.read_text)
        assert children() - before
        speaking.cancel()
    expected = AudioError if ended_by == "timeout" else asyncio.CancelledError
    with pytest.raises(expected, match="did not finish within 1 s" if ended_by == "timeout" else None):
        await speaking
    assert not children() - before


def test_the_same_engine_with_another_voice_is_another_sound() -> None:
    engines: list[SpeechEngine] = [EspeakNg(), EspeakNg(pitch=60), CommandSpeech(["a", "{output}"])]
    identities = {engine.identity(language) for engine in engines for language in ("en", "de")}
    assert len(identities) == 6
    assert EspeakNg().identity("en-US") == EspeakNg().identity("en_us")
