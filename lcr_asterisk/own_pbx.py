"""The Asterisk that a configuration asks for, where this project runs one itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lcr_asterisk.audio.defaults import MessageKey
from lcr_asterisk.books import make_book, prompt_library, speech_catalogue
from lcr_asterisk.calls.plans import prompt_file
from lcr_asterisk.config.phones import Softphone
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.pbx.spec import Address, InstanceSpec, Login, Trunk
from lcr_asterisk.pbx.system import system_spec


async def own_spec(settings: Settings, data: Path, say: Callable[[str], None]) -> InstanceSpec:
    """The instance under `data`/asterisk for these settings, its hold music and away messages rendered.

    Raises AudioError or PbxError.
    """
    book = await make_book(settings, data, {}, say)
    catalogue, language = speech_catalogue(), settings.defaults.language
    keys = (MessageKey.AWAY, MessageKey.AWAY_GOODBYE)
    away, goodbye = await prompt_library(settings, data).prepare([catalogue.say(key, language) for key in keys], say)
    listen, trunk = settings.asterisk.sip, settings.trunk
    peer = None
    if trunk.host is not None:
        password = trunk.password
        auth = (
            Login(trunk.user, password.get_secret_value()) if trunk.user is not None and password is not None else None
        )
        peer = Trunk(Address(trunk.host, trunk.port), trunk.endpoint, auth, trunk.register_, trunk.match, trunk.watch)
    http = settings.asterisk.address
    return system_spec(
        data,
        http=Address(http.host, http.port),
        sip=Address(listen.host, listen.port),
        rtp=settings.asterisk.rtp,
        trunk=peer,
        softphones=_softphones(settings),
        music=book.music,
        away=prompt_file(away),
        goodbye=prompt_file(goodbye),
    )


def _softphones(settings: Settings) -> tuple[str, ...]:
    phones = [phone for person in settings.people.values() for phone in person.phones]
    return tuple(dict.fromkeys(phone.name for phone in phones if isinstance(phone, Softphone)))
