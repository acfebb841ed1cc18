"""A speech engine that "speaks" every text as its tone: `python -m lcr_asterisk.simulator.tone_tts --output FILE.wav`.

The text comes through standard input. "tone:welcome" is the welcome tone, "tone:hold:5" five seconds of the hold tone;
several in one text, separated by spaces, follow one another. Any other text must be one of the default messages in
sounds/, whatever names stand in its places, and becomes the tone of that message; one in German ends with a tone of
its own.
"""

from __future__ import annotations

import argparse
import re
import string
import sys
import wave
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

from lcr_asterisk.errors import AudioError
from lcr_asterisk.simulator.tones import DEFAULT_SECONDS, RATE, TONES, packet

SOUNDS = Path(__file__).parents[2] / "sounds"

_EXPLICIT = re.compile(r"tone:(?P<name>[a-z_-]+)(?::(?P<seconds>[0-9.]+))?")
# Messages that are put together from parts: each part is short, so that a whole whisper stays short.
_PARTS = {
    "menu_option": ("menu", 0.3),
    "menu_more": ("menu", 0.3),
    "whisper_label": ("label", 0.3),
    "whisper_call": ("whisper", 0.5),
    "whisper_from": ("digits", 0.06),
    "whisper_choice": ("choice", 0.3),
    "callback_for": ("digits", 0.06),
    "callback_choice": ("choice", 0.3),
    "page_from": ("digits", 0.06),
    "page_choice": ("choice", 0.3),
    "page_choice_hidden": ("choice", 0.3),
    "hidden_number": ("digits", 0.06),
    "plus": ("digits", 0.06),
    **{f"digit_{digit}": ("digits", 0.06) for digit in range(10)},
}

# No more tones fit between the others: these share one with a message that is never heard in the same call.
_SHARED = {
    "callback_to": ("away", 0.5),
    "callback_failed": ("caller_gone", DEFAULT_SECONDS),
    "handing_over": ("inactive", DEFAULT_SECONDS),
    "whisper_handed_over": ("label", 0.3),
    "handed_over": ("caller_to_voicemail", DEFAULT_SECONDS),
    "nobody_joins": ("away", 1.5),
    "page_for": ("whisper", 0.5),
    "page_message": ("notice", 0.3),
    "page_missed": ("no_answer", 0.3),
    "page_acknowledged": ("message_kept", DEFAULT_SECONDS),
    "page_passed": ("goodbye", DEFAULT_SECONDS),
    "page_settled": ("taken", DEFAULT_SECONDS),
    "page_not_noted": ("message_lost", DEFAULT_SECONDS),
}

Tone = tuple[str, float]

_LANGUAGES: dict[str, tuple[Tone, ...]] = {"en": (), "de": (("german", 0.06),)}


def tones_of(text: str) -> tuple[Tone, ...]:
    """The tones that stand for a text, as (name, seconds). AudioError: there is none for it."""
    words = text.split()
    explicit = [_EXPLICIT.fullmatch(word) for word in words]
    if words and all(explicit):
        return tuple(_named(match["name"], match["seconds"]) for match in explicit if match)
    for language, spoken_in in _LANGUAGES.items():
        for key, pattern in _messages(language):
            if pattern.fullmatch(text.strip()):
                return ((_PARTS | _SHARED).get(key) or (key, DEFAULT_SECONDS), *spoken_in)
    raise AudioError(f"No tone stands for the text {text!r}.", remedy='Write "tone:NAME" or use a default message.')


def _named(name: str, seconds: str | None) -> Tone:
    if name not in TONES:
        raise AudioError(f"There is no tone {name!r}.", remedy=f"There are: {', '.join(TONES)}.")
    return name, float(seconds) if seconds else DEFAULT_SECONDS


@cache
def _messages(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    messages = yaml.safe_load((SOUNDS / f"{language}.yaml").read_text(encoding="utf-8"))
    return tuple((str(key), _pattern(str(text))) for key, text in messages.items())


def _pattern(template: str) -> re.Pattern[str]:
    """A message with anything at the places of its names: "For {team}, press {digit}." """
    parts = string.Formatter().parse(template)
    return re.compile("".join(re.escape(text) + (".+" if place is not None else "") for text, place, _, _ in parts))


def speak(text: str, output: Path) -> None:
    """Write the tones of a text to a WAV file (8 kHz mono 16-bit). AudioError: there are none for it."""
    tones = tones_of(text)
    with wave.open(str(output), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        for name, seconds in tones:
            file.writeframes(packet(name) * max(1, round(seconds * 50)))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tone_tts", description="Speak a text as its tone.")
    parser.add_argument("--output", type=Path, required=True, help="the WAV file to write")
    output: Path = parser.parse_args(arguments).output
    try:
        speak(sys.stdin.read(), output)
    except AudioError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
