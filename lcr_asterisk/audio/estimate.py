"""Prompts that are not made: what would be heard, and about how long that takes.

With them a call is rehearsed where no speech engine is installed, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from lcr_asterisk.audio import wav
from lcr_asterisk.audio.prompts import PromptLibrary, Say, SoundFile
from lcr_asterisk.audio.synth import BEEP_SECONDS, PAUSE_SECONDS, WAITING_SECONDS
from lcr_asterisk.callflow.plan import Prompt
from lcr_asterisk.errors import AudioError

TEXT, FILE = "text:", "file:"
"""How the media of an estimated prompt begin."""

# Measured on the default messages, as espeak-ng speaks them.
CHARACTERS_PER_SECOND = 14.0
_AT_LEAST = 0.2
_SOUND_FILE = 5.0  # one whose format only a converter could tell


class EstimatedPrompts:
    """In the place of a prompt library. What `library` has made already is as long as it is; the rest is estimated."""

    def __init__(self, library: PromptLibrary | None = None) -> None:
        self._library = library

    async def say(self, name: str, text: str, language: str) -> Prompt:
        """The prompt that says `text`."""
        return await self._prompt(Say(name, text, language))

    async def prepare(
        self,
        wanted: Iterable[Say | SoundFile],
        progress: Callable[[str], None],  # noqa: ARG002 - there is none
    ) -> tuple[Prompt, ...]:
        """Many prompts, in the order of `wanted`."""
        return tuple([await self._prompt(request) for request in wanted])

    async def beep(self) -> Prompt:
        """The beep before a recording."""
        return Prompt("beep", (), BEEP_SECONDS)

    async def pause(self) -> Prompt:
        """A short silence inside a prompt that is put together from parts."""
        return Prompt("pause", (), PAUSE_SECONDS)

    async def waiting(self) -> Prompt:
        """One sign of life for a caller of whom a key is awaited."""
        return Prompt("waiting", (), WAITING_SECONDS)

    async def hold_music(self, source: Path | None = None) -> Path:
        """Where hold music would come from."""
        return source or Path()

    async def ringing(self, region: str | None) -> Path:  # noqa: ARG002 - it is made nowhere
        """Where the tone of phones that ring would come from."""
        return Path()

    async def _prompt(self, request: Say | SoundFile) -> Prompt:
        seconds = await self._library.seconds_of(request) if self._library is not None else None
        match request:
            case Say(name, text):
                return Prompt(name, (f"{TEXT}{text}",), seconds or _AT_LEAST + len(text) / CHARACTERS_PER_SECOND)
            case SoundFile(name, path):
                return Prompt(name, (f"{FILE}{path}",), seconds or _length(path))


def words_of(prompt: Prompt) -> str:
    """What an estimated prompt says, or the name of the file it plays; empty for one that was really made."""
    heard = []
    for media in prompt.media:
        if media.startswith(TEXT):
            heard.append(media.removeprefix(TEXT))
        elif media.startswith(FILE):
            heard.append(Path(media.removeprefix(FILE)).name)
    return " ".join(heard)


def _length(path: Path) -> float:
    try:
        sound = wav.layout(path)
    except AudioError:
        return _SOUND_FILE
    return sound.seconds if sound is not None else _SOUND_FILE
