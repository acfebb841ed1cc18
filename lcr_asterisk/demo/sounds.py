"""Every sound of the demo: what its people say, and what the system is expected to play to them.

Nothing here is taken from the system's own rendered prompts. What is expected is rendered a second time, in a directory
of its own, so that a prompt that was damaged there is missed here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lcr_asterisk.audio.defaults import MessageKey
from lcr_asterisk.audio.prompts import PromptLibrary, Say
from lcr_asterisk.audio.tts import EspeakNg
from lcr_asterisk.books import speech_catalogue
from lcr_asterisk.calls.plans import prompt_file
from lcr_asterisk.config.settings import MessageSettings, RouteSettings, Settings
from lcr_asterisk.demo.listening import Sound

REPORT = "Hello, this is Sam from Riverside Bakery. Our website is down."
ANSWER = "Hi Sam, this is Alice. I can see it too. I am restarting it now."
THANKS = "It is back. Thank you, Alice!"
MESSAGE = "This is Sam from Riverside Bakery again. Now our shop is down. Please call me back."


@dataclass(frozen=True, slots=True)
class Sounds:
    """What is said and heard in the demo."""

    welcome: Sound
    menu: Sound
    hold: Sound
    notice: Sound
    whisper: Sound
    no_answer: Sound
    voicemail: Sound
    beep: Sound
    message_kept: Sound
    report: Sound
    answer: Sound
    thanks: Sound
    message: Sound


async def prepare_sounds(settings: Settings, directory: Path, say: Callable[[str], None]) -> Sounds:
    """Render them into `directory`. Raises AudioError."""
    language = settings.defaults.language
    (route,) = settings.routes.values()
    prompts = PromptLibrary(directory, EspeakNg())
    # Two voices that are easily told from each other, and from the system's.
    sam = PromptLibrary(directory, EspeakNg(words_per_minute=165, pitch=25))
    alice = PromptLibrary(directory, EspeakNg(words_per_minute=165, pitch=75))

    async def spoken(library: PromptLibrary, name: str, text: str, voice: str = language) -> Sound:
        (prompt,) = await library.prepare([Say(name, text, voice)], say)
        return Sound(f"“{text}”", prompt_file(prompt))

    assert route.menu is not None
    chosen = route.menu.options["1"]
    assert isinstance(chosen, str)
    team = settings.teams[chosen]
    whisper = speech_catalogue().text(MessageKey.WHISPER_CALL, language, route=route.name, team=team.name)
    return Sounds(
        welcome=await spoken(prompts, "welcome", _text(route, route.messages.welcome)),
        menu=await spoken(prompts, "menu", _text(route, route.menu.prompt)),
        hold=Sound("hold music", await prompts.hold_music() / "hold.wav"),
        notice=await spoken(prompts, "notice", _text(route, route.recording.notice)),
        whisper=await spoken(prompts, "whisper", whisper),
        no_answer=await spoken(prompts, "no_answer", _text(route, route.messages.no_answer)),
        voicemail=await spoken(prompts, "voicemail", _text(route, route.messages.voicemail)),
        beep=Sound("the beep", prompt_file(await prompts.beep())),
        message_kept=await spoken(prompts, "message_kept", _text(route, route.messages.message_kept)),
        report=await spoken(sam, "report", REPORT, "en-gb"),
        answer=await spoken(alice, "answer", ANSWER),
        thanks=await spoken(sam, "thanks", THANKS, "en-gb"),
        message=await spoken(sam, "message", MESSAGE, "en-gb"),
    )


def _text(route: RouteSettings, message: object) -> str:
    """The demo's configuration writes out every message that it replaces."""
    assert isinstance(message, MessageSettings) and message.say is not None, f"{route.id}: {message}"
    return message.say
