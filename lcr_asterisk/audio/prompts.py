"""Prompts rendered ahead: what Asterisk plays in a call is a file that was made, read back and heard before.

A file's name is a hash of everything its sound depends on, so making it again is finding it, a changed text is a new
file, and a call in progress keeps the files it began with.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lcr_asterisk.audio import loudness, synth
from lcr_asterisk.audio.convert import to_telephone
from lcr_asterisk.audio.files import make_directory, naming, write_whole
from lcr_asterisk.audio.ringback import Ringback, ringback_of, ringing
from lcr_asterisk.audio.tts import SpeechEngine, speakable
from lcr_asterisk.audio.wav import BYTES_PER_SECOND, wav_bytes, whole_pcm
from lcr_asterisk.callflow.plan import Prompt
from lcr_asterisk.errors import AudioError

LONGEST_PROMPT = 180.0
LONGEST_MUSIC = 1200.0

# Part of every name: raise it when the same source shall sound different.
_MAKING = "2"


@dataclass(frozen=True, slots=True)
class Say:
    """A text to be spoken. `language` is a tag like "en" or "pt-BR"; `name` is what people call the prompt."""

    name: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class SoundFile:
    """An audio file to be converted, of any format ffmpeg reads."""

    name: str
    path: Path


class PromptMaker(Protocol):
    """What prompts come from: the library that really makes them, or something that only knows how long they are."""

    async def say(self, name: str, text: str, language: str) -> Prompt: ...

    async def prepare(
        self, wanted: Iterable[Say | SoundFile], progress: Callable[[str], None]
    ) -> tuple[Prompt, ...]: ...

    async def beep(self) -> Prompt: ...

    async def pause(self) -> Prompt: ...

    async def waiting(self) -> Prompt: ...

    async def hold_music(self, source: Path | None = None) -> Path: ...

    async def ringing(self, region: str | None) -> Path: ...


class PromptLibrary:
    """Makes prompts and keeps them in `directory`, which Asterisk must be able to read under the same path.

    `at_once` bounds how many are made at the same time. Raises AudioError when `directory` cannot be used.
    """

    def __init__(self, directory: Path, speech: SpeechEngine, *, at_once: int = 2) -> None:
        self._directory = directory.resolve()
        if any(character in str(self._directory) for character in ",&\n"):
            raise AudioError(
                f"{self._directory}: Asterisk takes a comma or ampersand in the name of a sound for the end of it.",
                remedy="Use a data directory without these characters in its path.",
            )
        with naming(self._directory, "made"):
            make_directory(self._directory, 0o755)
        self._speech = speech
        self._turn = asyncio.Semaphore(at_once)
        self._making: dict[Path, asyncio.Lock] = {}

    async def say(self, name: str, text: str, language: str) -> Prompt:
        """The prompt that says `text`. Raises AudioError, naming the prompt."""
        try:
            return await self._made(name, self._said(text, language), lambda: self._speak(text, language))
        except AudioError as error:
            raise AudioError(f"Prompt {name}: {error.message}", remedy=error.remedy) from error

    async def file(self, name: str, path: Path) -> Prompt:
        """The prompt that plays an audio file. Raises AudioError, naming the prompt and the file."""
        try:
            target = await asyncio.to_thread(self._filed, "prompt", path)
            return await self._made(name, target, lambda: asyncio.to_thread(_prompt_from_file, path))
        except AudioError as error:
            raise AudioError(f"Prompt {name}: {error.message}", remedy=error.remedy) from error

    async def beep(self) -> Prompt:
        """The beep before a recording."""
        return await self._made("beep", self._named("beep"), lambda: asyncio.to_thread(synth.beep))

    async def pause(self) -> Prompt:
        """A short silence inside a prompt that is put together from parts."""
        return await self._made("pause", self._named("pause"), lambda: asyncio.to_thread(synth.pause))

    async def waiting(self) -> Prompt:
        """One sign of life, with the quiet around it, for a caller of whom a key is awaited."""
        return await self._made("waiting", self._named("waiting"), lambda: asyncio.to_thread(synth.waiting))

    async def prepare(self, wanted: Iterable[Say | SoundFile], progress: Callable[[str], None]) -> tuple[Prompt, ...]:
        """Make many prompts; the answer is in the order of `wanted`. `progress` hears a line for each that is new.

        Raises AudioError; when several fail, one error names them all.
        """
        requests = tuple(wanted)
        missing = await asyncio.to_thread(self._missing, requests)
        made = 0

        async def one(request: Say | SoundFile) -> Prompt | AudioError:
            nonlocal made
            try:
                prompt = await self._request(request)
            except AudioError as error:
                return error
            if request in missing:
                made += 1
                progress(f"prompt {made} of {len(missing)} ready: {request.name}")
            return prompt

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(request), name=f"prompt-{request.name}") for request in requests]
        results = [task.result() for task in tasks]
        failures = [result for result in results if isinstance(result, AudioError)]
        if failures:
            message = "\n".join(dict.fromkeys(failure.message for failure in failures))
            raise AudioError(message, remedy=next((failure.remedy for failure in failures if failure.remedy), None))
        return tuple(result for result in results if isinstance(result, Prompt))

    async def hold_music(self, source: Path | None = None) -> Path:
        """A directory with one file for a music-on-hold class of `mode=files`: `source`, or our own piece.

        Raises AudioError, naming the file.
        """
        if source is None:
            target = self._directory / self._key("music", "own") / "hold.wav"
            await self._made("hold music", target, lambda: asyncio.to_thread(_own_music))
        else:
            found = await asyncio.to_thread(self._filed, "music", source)
            target = found.with_suffix("") / "hold.wav"
            await self._made("hold music", target, lambda: asyncio.to_thread(_music_from_file, source))
        return target.parent

    async def ringing(self, region: str | None) -> Path:
        """The same with the tone of phones that ring, as in `region` (such as "US")."""
        tone = ringback_of(region)
        target = self._directory / self._key("ringing", repr(tone)) / "hold.wav"
        await self._made("ringing", target, lambda: asyncio.to_thread(_ringing, tone))
        return target.parent

    async def seconds_of(self, request: Say | SoundFile) -> float | None:
        """How long a prompt plays, or None while it has not been made. Raises AudioError: a file cannot be read."""
        target = await asyncio.to_thread(self._target, request)
        return await asyncio.to_thread(_playable_seconds, target)

    async def _request(self, request: Say | SoundFile) -> Prompt:
        match request:
            case Say():
                return await self.say(request.name, request.text, request.language)
            case SoundFile():
                return await self.file(request.name, request.path)

    def _target(self, request: Say | SoundFile) -> Path:
        match request:
            case Say():
                return self._said(request.text, request.language)
            case SoundFile():
                return self._filed("prompt", request.path)

    def _missing(self, requests: tuple[Say | SoundFile, ...]) -> frozenset[Say | SoundFile]:
        missing: set[Say | SoundFile] = set()
        for request in requests:
            # What is wrong with a request is reported when it is made.
            with contextlib.suppress(AudioError):
                if not self._target(request).exists():
                    missing.add(request)
        return frozenset(missing)

    def _said(self, text: str, language: str) -> Path:
        return self._named("say", self._speech.identity(language), speakable(text))

    def _filed(self, purpose: str, path: Path) -> Path:
        try:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise AudioError(f"{path}: cannot be read: {error.strerror}.") from error
        return self._named(purpose, content)

    def _named(self, *parts: str) -> Path:
        return self._directory / f"{self._key(*parts)}.wav"

    def _key(self, *parts: str) -> str:
        return hashlib.sha256("\0".join((_MAKING, *parts)).encode()).hexdigest()[:32]

    async def _made(self, name: str, target: Path, make: Callable[[], Awaitable[bytes]]) -> Prompt:
        """The prompt in `target`, made now if it is not there or was damaged."""
        async with self._making.setdefault(target, asyncio.Lock()):
            seconds = await asyncio.to_thread(_playable_seconds, target)
            if seconds is None:
                async with self._turn:
                    pcm = await make()
                    await asyncio.to_thread(self._store, target, pcm)
                seconds = len(pcm) / BYTES_PER_SECOND
        return Prompt(name, (f"sound:{target.with_suffix('')}",), seconds)

    def _store(self, target: Path, pcm: bytes) -> None:
        # Two processes may make the same prompt at once: each writes a file of its own, and the last name wins.
        part = self._directory / f".{target.stem}.{secrets.token_hex(8)}.part"
        with naming(target, "written"):
            make_directory(target.parent, 0o755)
            write_whole(part, target, [wav_bytes(pcm)], mode=0o644)
            if whole_pcm(target) != pcm:
                raise AudioError(f"{target}: reads back differently than it was written.", remedy="Check this disk.")

    async def _speak(self, text: str, language: str) -> bytes:
        with tempfile.TemporaryDirectory() as directory:
            spoken = Path(directory) / "speech.wav"
            await self._speech.speak(text, language, spoken)
            try:
                pcm = await asyncio.to_thread(to_telephone, spoken, longest=LONGEST_PROMPT)
            except AudioError as error:
                said = error.message.replace(str(spoken), "what the speech engine wrote")
                raise AudioError(said, remedy=error.remedy) from error
        return await asyncio.to_thread(_as_prompt, pcm, repr(speakable(text)))


def _prompt_from_file(path: Path) -> bytes:
    pcm = to_telephone(path, longest=LONGEST_PROMPT)
    return loudness.without_long_pauses(_as_prompt(pcm, str(path)))


def _music_from_file(path: Path) -> bytes:
    pcm = to_telephone(path, longest=LONGEST_MUSIC)
    if loudness.silent(pcm):
        raise AudioError(f"{path}: nothing can be heard in it.")
    return loudness.without_long_pauses(loudness.levelled(pcm, loudness.MUSIC_LEVEL))


def _own_music() -> bytes:
    return loudness.levelled(synth.music(), loudness.MUSIC_LEVEL)


def _ringing(tone: Ringback) -> bytes:
    return loudness.levelled(ringing(tone), loudness.MUSIC_LEVEL)


def _as_prompt(pcm: bytes, source: str) -> bytes:
    if loudness.silent(pcm):
        raise AudioError(f"{source}: nothing can be heard in it.")
    return loudness.levelled(loudness.trimmed(pcm), loudness.SPEECH_LEVEL)


def _playable_seconds(target: Path) -> float | None:
    """How long a finished file plays, or None when there is none or a disk fault cut it short."""
    if not target.exists():
        return None
    try:
        pcm = whole_pcm(target)
    except OSError:
        return None
    return len(pcm) / BYTES_PER_SECOND if pcm else None
