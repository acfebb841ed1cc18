"""Every prompt is a file Asterisk can play, made once and before a call."""

from __future__ import annotations

import asyncio
import re
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lcr_asterisk.audio.convert import to_telephone
from lcr_asterisk.audio.loudness import window_levels
from lcr_asterisk.audio.prompts import LONGEST_PROMPT, PromptLibrary, Say, SoundFile
from lcr_asterisk.audio.tts import CommandSpeech, EspeakNg
from lcr_asterisk.audio.wav import read_pcm, wav_bytes
from lcr_asterisk.callflow.plan import Prompt
from lcr_asterisk.errors import AudioError

if TYPE_CHECKING:
    from tests.unit.audio.conftest import ToneSpeech


def ignore(line: str) -> None:
    """Progress nobody reads."""


def file_of(prompt: Prompt) -> Path:
    (uri,) = prompt.media
    assert uri.startswith("sound:/")
    return Path(uri.removeprefix("sound:") + ".wav")


def level_of(path: Path) -> float:
    levels = sorted(window_levels(read_pcm(path), 0.02))
    return levels[len(levels) * 3 // 4]


@pytest.fixture
def library(tmp_path: Path, speech: ToneSpeech) -> PromptLibrary:
    return PromptLibrary(tmp_path / "sounds", speech)


async def test_a_spoken_prompt_is_telephone_sound(tmp_path: Path) -> None:
    library = PromptLibrary(tmp_path / "sounds", EspeakNg())
    prompt = await library.say("welcome", "You have reached Production Incidents.", "en")
    with wave.open(str(file_of(prompt))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert file.getnframes() / 8000 == prompt.seconds
    assert prompt.name == "welcome"
    assert file_of(prompt).stat().st_mode & 0o444 == 0o444, "Asterisk may run as another user"


async def test_silence_around_a_prompt_is_cut(library: PromptLibrary) -> None:
    """The engine pads its one second of tone with half a second before and one after it."""
    prompt = await library.say("welcome", "Hello", "en")
    assert 1.0 <= prompt.seconds < 1.2


async def test_a_second_run_renders_nothing(
    tmp_path: Path, speech: ToneSpeech, make_audio: Callable[..., Path]
) -> None:
    own = make_audio("own.mp3")
    wanted: list[Say | SoundFile] = [
        Say("welcome", "Hello", "en"),
        Say("goodbye", "Bye", "en"),
        SoundFile("notice", own),
    ]
    first: list[str] = []
    second: list[str] = []
    made = await PromptLibrary(tmp_path / "sounds", speech).prepare(wanted, first.append)
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (tmp_path / "sounds").iterdir()}
    again = await PromptLibrary(tmp_path / "sounds", speech).prepare(wanted, second.append)
    after = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (tmp_path / "sounds").iterdir()}
    assert made == again
    assert [prompt.name for prompt in made] == ["welcome", "goodbye", "notice"]
    assert before == after
    assert sorted(speech.runs) == ["en: Bye", "en: Hello"]
    assert len(first) == 3
    assert re.fullmatch(r"prompt 3 of 3 ready: \w+", first[-1])
    assert second == []


async def test_a_text_two_routes_share_is_rendered_once(library: PromptLibrary, speech: ToneSpeech) -> None:
    one, two = await library.prepare([Say("welcome", "Hello", "en"), Say("notice", "Hello", "en")], ignore)
    assert one.media == two.media
    assert speech.runs == ["en: Hello"]


async def test_another_text_or_language_or_engine_is_another_file(library: PromptLibrary, tmp_path: Path) -> None:
    prompts = [await library.say("x", "Hello", "en"), await library.say("x", "Hallo", "en")]
    prompts += [await library.say("x", "Hello", "de")]
    prompts += [await PromptLibrary(tmp_path / "sounds", EspeakNg()).say("x", "Hello", "en")]
    assert len({prompt.media for prompt in prompts}) == 4


@pytest.mark.parametrize("damage", ["emptied", "cut short", "overwritten"])
async def test_a_damaged_prompt_is_made_again(damage: str, library: PromptLibrary, speech: ToneSpeech) -> None:
    path = file_of(await library.say("welcome", "Hello", "en"))
    good = path.read_bytes()
    path.write_bytes({"emptied": b"", "cut short": good[:1000], "overwritten": b"x" * len(good)}[damage])
    await library.say("welcome", "Hello", "en")
    assert path.read_bytes() == good
    assert len(speech.runs) == 2


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp3", ()),
        ("a.ogg", ()),
        ("a.flac", ("-ac", "2", "-ar", "48000")),
        ("a.m4a", ()),
        ("a.wav", ("-ar", "96000", "-ac", "2", "-acodec", "pcm_s24le")),
        ("ulaw.wav", ("-ar", "8000", "-acodec", "pcm_mulaw")),
        ("float.wav", ("-acodec", "pcm_f32le")),
        ("mp3 in disguise.wav", ("-f", "mp3")),
        ("-leading dash, and comma.opus", ()),
    ],
)
async def test_any_usual_audio_file_is_converted(
    name: str, options: tuple[str, ...], library: PromptLibrary, make_audio: Callable[..., Path]
) -> None:
    path = make_audio("./" + name, seconds=1.5, options=options)
    prompt = await library.file("welcome", path)
    assert prompt.seconds == pytest.approx(1.5, abs=0.15)
    assert len(read_pcm(file_of(prompt))) == round(prompt.seconds * 16000)


async def test_loud_and_soft_sources_are_heard_alike(library: PromptLibrary, make_audio: Callable[..., Path]) -> None:
    loud = await library.file("loud", make_audio("loud.wav", options=("-filter:a", "volume=17dB")))
    soft = await library.file("soft", make_audio("soft.wav", options=("-filter:a", "volume=-20dB")))
    spoken = await PromptLibrary(file_of(loud).parent, EspeakNg()).say("spoken", "Nobody could take your call.", "en")
    assert level_of(file_of(loud)) == pytest.approx(level_of(file_of(soft)), rel=0.1)
    assert level_of(file_of(spoken)) == pytest.approx(level_of(file_of(soft)), rel=0.5)


def test_sound_above_the_telephone_band_does_not_fold_into_it(make_audio: Callable[..., Path]) -> None:
    """A sibilant at 6 kHz would otherwise come out as a whistle at 2 kHz."""
    sibilant = "sine=frequency=6000:sample_rate=44100:duration=1"
    path = make_audio("s.wav", source=sibilant, options=("-filter:a", "volume=17dB"))
    levels = window_levels(to_telephone(path, longest=5), 0.02)
    assert max(levels[5:-5]) < 30


async def refused(library: PromptLibrary, path: Path, pattern: str) -> None:
    with pytest.raises(AudioError, match=pattern) as caught:
        await library.file("welcome", path)
    assert "welcome" in str(caught.value)
    assert str(path) in str(caught.value)
    assert not list(path.parent.glob("sounds/**/*.part"))


async def test_files_that_cannot_be_played_are_named(
    library: PromptLibrary, tmp_path: Path, make_audio: Callable[..., Path]
) -> None:
    text = tmp_path / "notes.mp3"
    text.write_text("not audio at all\n" * 100)
    empty = tmp_path / "empty.wav"
    empty.touch()
    header_only = tmp_path / "header.wav"
    header_only.write_bytes(wav_bytes(b""))
    silent = tmp_path / "silent.wav"
    silent.write_bytes(wav_bytes(bytes(32000)))
    long = tmp_path / "long.wav"
    long.write_bytes(wav_bytes(b"\x00\x10" * round(8000 * (LONGEST_PROMPT + 5))))
    huge = tmp_path / "huge.mp3"
    with huge.open("wb") as file:
        file.truncate(400_000_000)
    picture = make_audio("picture.png", source="color=red:size=16x16:duration=0.04")
    await refused(library, tmp_path / "absent.wav", "No such file")
    await refused(library, tmp_path, "Is a directory|not a file")
    await refused(library, text, "not audio")
    await refused(library, empty, "empty")
    await refused(library, header_only, "no sound|not audio")
    await refused(library, silent, "nothing can be heard")
    await refused(library, long, "longer than 180 s")
    await refused(library, huge, "far too large")
    await refused(library, picture, "not audio|no sound")


async def test_all_that_is_wrong_is_said_at_once(library: PromptLibrary, tmp_path: Path) -> None:
    absent = [SoundFile(name, tmp_path / f"{name}.wav") for name in ("welcome", "away")]
    with pytest.raises(AudioError) as caught:
        await library.prepare([*absent, Say("level", "", "en")], ignore)
    assert [line.split(":")[0] for line in caught.value.message.splitlines()] == [
        "Prompt welcome",
        "Prompt away",
        "Prompt level",
    ]


async def test_a_missing_ffmpeg_says_how_to_install_it(
    library: PromptLibrary, make_audio: Callable[..., Path], request: pytest.FixtureRequest
) -> None:
    path = make_audio("a.mp3")
    request.getfixturevalue("no_programs")
    await refused(library, path, r"ffmpeg is not installed.*apt-get install ffmpeg")


@pytest.mark.parametrize(
    ("program", "pattern"),
    [
        ("pass", "what the speech engine wrote: no such file"),
        ("open(sys.argv[1], 'w')", "what the speech engine wrote: empty"),
    ],
)
async def test_an_engine_that_writes_nothing_is_found_out(program: str, pattern: str, tmp_path: Path) -> None:
    engine = CommandSpeech([sys.executable, "-c", f"import sys; {program}", "{output}"])
    with pytest.raises(AudioError, match=pattern):
        await PromptLibrary(tmp_path / "sounds", engine).say("welcome", "Hello", "en")
    assert not list((tmp_path / "sounds").iterdir())


async def test_no_more_engines_run_at_once_than_allowed(tmp_path: Path) -> None:
    """Rendering a large configuration leaves room for the calls of a running system."""
    program = (
        "import os, sys, time; d, out = sys.argv[1:]; os.mkdir(f'{d}/{os.getpid()}'); time.sleep(0.1);"
        "open(f'{d}/../seen', 'a').write(str(len(os.listdir(d))) + '\\n'); os.rmdir(f'{d}/{os.getpid()}');"
        "sys.exit('no sound')"
    )
    (tmp_path / "running").mkdir()
    engine = CommandSpeech([sys.executable, "-c", program, str(tmp_path / "running"), "{output}"])
    library = PromptLibrary(tmp_path / "sounds", engine, at_once=2)
    with pytest.raises(AudioError):
        await library.prepare([Say(f"p{n}", f"text {n}", "en") for n in range(6)], ignore)
    seen = [int(line) for line in (tmp_path / "seen").read_text().split()]
    assert len(seen) == 6
    assert max(seen) <= 2


async def test_two_libraries_may_render_into_one_directory(tmp_path: Path, speech: ToneSpeech) -> None:
    """A reloaded configuration, or another process, may want the same prompt in the same moment."""
    libraries = [PromptLibrary(tmp_path / "sounds", speech) for _ in range(4)]
    prompts = await asyncio.gather(*(library.say("x", "Hello", "en") for library in libraries))
    assert len(set(prompts)) == 1
    assert read_pcm(file_of(prompts[0]))
    assert len(list((tmp_path / "sounds").iterdir())) == 1


async def test_a_path_asterisk_would_misread_is_refused(tmp_path: Path, speech: ToneSpeech) -> None:
    with pytest.raises(AudioError, match="comma or ampersand"):
        PromptLibrary(tmp_path / "a,b", speech)


async def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, speech: ToneSpeech) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(AudioError, match=r"taken/sounds: cannot be made"):
        PromptLibrary(tmp_path / "taken" / "sounds", speech)


async def test_hold_music_is_a_directory_with_one_file(library: PromptLibrary, make_audio: Callable[..., Path]) -> None:
    own = await library.hold_music()
    given = await library.hold_music(make_audio("music.mp3", seconds=3, options=("-filter:a", "volume=10dB")))
    assert own != given
    for directory, least in ((own, 30.0), (given, 3.0)):
        (file,) = directory.iterdir()
        assert len(read_pcm(file)) / 16000 >= least
        assert level_of(file) < 2500, "music waits behind speech"


async def test_hold_music_is_made_once(library: PromptLibrary, tmp_path: Path, make_audio: Callable[..., Path]) -> None:
    music = make_audio("music.mp3", seconds=2)
    (file,) = (await library.hold_music(music)).iterdir()
    before = file.stat().st_ino, file.stat().st_mtime_ns
    (again,) = (await library.hold_music(music)).iterdir()
    assert (again.stat().st_ino, again.stat().st_mtime_ns) == before
    with pytest.raises(AudioError, match=r"absent\.mp3: cannot be read: No such file"):
        await library.hold_music(tmp_path / "absent.mp3")


async def test_the_beep_the_pause_and_the_sign_of_life_are_ready_too(library: PromptLibrary) -> None:
    beep, pause, waiting = await library.beep(), await library.pause(), await library.waiting()
    assert waiting.seconds == 2.0
    assert 0.3 <= beep.seconds <= 0.5
    assert level_of(file_of(beep)) > 2000
    assert not any(read_pcm(file_of(pause)))
