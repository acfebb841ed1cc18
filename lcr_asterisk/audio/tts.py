"""Text to speech: engines behind one small interface. What they write is made fit for the telephone in `prompts`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from lcr_asterisk.audio.process import run
from lcr_asterisk.errors import AudioError

ESPEAK_REMEDY = "Install it: apt-get install espeak-ng."

_LONGEST_TEXT = 2000
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
# Where espeak-ng's name of a voice is not the bare language.
_VOICES = {
    "en": "en-us",
    "en-us": "en-us",
    "en-gb": "en-gb",
    "en-ie": "en-gb",
    "es-419": "es-419",
    "es-mx": "es-419",
    "fr-be": "fr-be",
    "fr-ch": "fr-ch",
    "no": "nb",
    "nn": "nb",
    "pt-br": "pt-br",
    "zh": "cmn",
}


class SpeechEngine(Protocol):
    """Something that speaks. Two engines whose identities for a language are equal say a text in the same way."""

    def identity(self, language: str) -> str:
        """What the sound depends on besides the text. Raises AudioError: no such language."""

    async def speak(self, text: str, language: str, output: Path) -> None:
        """Write the spoken text to `output` as audio. Raises AudioError: not installed, too slow, failed."""


class EspeakNg:
    """espeak-ng: small, quick, without a network, many languages.

    A little slower than its normal 175 words a minute and a little lower than its normal pitch of 50: a telephone
    drops what is above 3400 Hz, and this leaves more of each word below it. `timeout` is in seconds.
    """

    def __init__(self, *, words_per_minute: int = 150, pitch: int = 45, timeout: float = 30.0) -> None:
        self._words_per_minute = words_per_minute
        self._pitch = pitch
        self._timeout = timeout

    def identity(self, language: str) -> str:
        return f"espeak-ng {self._voice(language)} {self._words_per_minute} {self._pitch}"

    async def speak(self, text: str, language: str, output: Path) -> None:
        voice = ["-v", self._voice(language), "-s", str(self._words_per_minute), "-p", str(self._pitch)]
        # The text goes through standard input: one that starts with "-" is no option. "[[" would start phoneme codes.
        spoken = speakable(text).replace("[[", "[ [").encode()
        arguments = ["espeak-ng", *voice, "-b", "1", "--stdin", "-w", str(output)]
        await run(arguments, stdin=spoken, within=self._timeout, remedy=ESPEAK_REMEDY)

    @staticmethod
    def _voice(language: str) -> str:
        tag = language_tag(language)
        base = tag.partition("-")[0]
        return _VOICES.get(tag) or _VOICES.get(base) or base


class CommandSpeech:
    """Any program that reads text from standard input and writes an audio file.

    `arguments` is the program and its arguments; "{output}" in them becomes the path of the file to write (required,
    ends in .wav), "{language}" the language. `timeout` is in seconds. Raises AudioError: "{output}" is missing.
    """

    def __init__(self, arguments: Sequence[str], *, timeout: float = 60.0) -> None:
        if not any("{output}" in argument for argument in arguments[1:]):
            raise AudioError(
                f"The speech command {' '.join(arguments)!r} does not say where it writes.",
                remedy="Put {output} where the path of the audio file belongs.",
            )
        self._arguments = tuple(arguments)
        self._timeout = timeout

    def identity(self, language: str) -> str:
        return "\0".join(("command", language_tag(language), *self._arguments))

    async def speak(self, text: str, language: str, output: Path) -> None:
        tag = language_tag(language)
        arguments = [part.replace("{language}", tag).replace("{output}", str(output)) for part in self._arguments]
        await run(arguments, stdin=speakable(text).encode(), within=self._timeout)


def language_tag(language: str) -> str:
    """A language in one spelling: "en", "en-us". Raises AudioError: not a language tag."""
    tag = language.strip().lower().replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        raise AudioError(f"{language!r} is not a language.", remedy='Write it like "en" or "pt-BR".')
    return tag


def speakable(text: str) -> str:
    """The text on one line without control characters. Raises AudioError: nothing to say, or far too long."""
    line = " ".join(_CONTROL.sub(" ", text).split())
    if not any(character.isalnum() for character in line):
        raise AudioError(f"There is nothing to say in {text!r}.")
    if len(line) > _LONGEST_TEXT:
        raise AudioError(
            f"A text of {len(line)} characters is too long to say; {_LONGEST_TEXT} are allowed: {line[:40]}…"
        )
    return line
