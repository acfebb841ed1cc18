"""Prompts put together from parts rendered ahead: what a responder hears of a caller nobody could know beforehand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import phonenumbers

from lcr_asterisk.audio.defaults import Catalogue, MessageKey
from lcr_asterisk.audio.prompts import PromptMaker
from lcr_asterisk.callflow.plan import Prompt

# A number is at most 15 digits (ITU-T E.164), a short or internal one less; anything else a trunk sends is no number.
_NUMBER = re.compile(r"\+?[0-9]{2,15}", re.ASCII)
_WRITTEN = str.maketrans("", "", " -.()/")


@dataclass(frozen=True, slots=True)
class Spelling:
    """The parts of a spoken number: one prompt for each of "0" to "9" and "+", a pause, and what to say without one."""

    digits: Mapping[str, Prompt]
    pause: Prompt
    hidden: Prompt


async def prepare_spelling(
    library: PromptMaker, catalogue: Catalogue, language: str, progress: Callable[[str], None]
) -> Spelling:
    """Make the parts of spoken numbers in one language. Raises AudioError."""
    keys = {str(digit): MessageKey(f"digit_{digit}") for digit in range(10)} | {"+": MessageKey.PLUS}
    wanted = [catalogue.say(key, language) for key in (*keys.values(), MessageKey.HIDDEN_NUMBER)]
    *digits, hidden = await library.prepare(wanted, progress)
    return Spelling(dict(zip(keys, digits, strict=True)), await library.pause(), hidden)


def spell_number(number: str, spelling: Spelling) -> tuple[Prompt, ...]:
    """A caller's number, digit by digit, in the groups it is written in; "a hidden number" for anything else.

    `number` comes from outside: only digits with an optional "+" are spoken, whatever else it holds is not.
    """
    bare = number.translate(_WRITTEN)
    if not _NUMBER.fullmatch(bare):
        return (spelling.hidden,)
    spoken: list[Prompt] = []
    for group in _groups(bare):
        if spoken:
            spoken.append(spelling.pause)
        spoken.extend(spelling.digits[character] for character in group)
    return tuple(spoken)


def _groups(number: str) -> list[str]:
    """A number as people write it: "+14155550101" in the groups "+1", "415", "555", "0101"."""
    if number.startswith("+"):
        try:
            parsed = phonenumbers.parse(number)
        except phonenumbers.NumberParseException:
            return _threes(number)
        written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        groups = re.findall(r"\+?[0-9]+", written)
        # Formatting may drop digits it takes for a prefix; a responder needs exactly what the trunk sent.
        return groups if "".join(groups) == number and len(groups) > 2 else _threes(number)
    return _threes(number)


def _threes(number: str) -> list[str]:
    groups = re.findall(r"\+?[0-9]{1,3}", number)
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups
