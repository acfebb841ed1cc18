"""The default messages: their names, and their texts from `sounds/<language>.yaml`."""

from __future__ import annotations

import string
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import yaml

from lcr_asterisk.audio.prompts import Say
from lcr_asterisk.audio.tts import language_tag
from lcr_asterisk.errors import AudioError

FALLBACK = "en"


class MessageKey(StrEnum):
    """Every message that has a default text; `sounds/en.yaml` holds exactly these."""

    WELCOME = "welcome"
    MENU_OPTION = "menu_option"
    MENU_MORE = "menu_more"
    WRONG_CHOICE = "wrong_choice"
    LEVEL = "level"
    NO_ANSWER = "no_answer"
    NO_ONE_ON_CALL = "no_one_on_call"
    INACTIVE = "inactive"
    UNKNOWN_NUMBER = "unknown_number"
    VOICEMAIL = "voicemail"
    VOICEMAIL_CHOICE = "voicemail_choice"
    MESSAGE_KEPT = "message_kept"
    MESSAGE_LOST = "message_lost"
    NO_ROOM = "no_room"
    GOODBYE = "goodbye"
    PIN = "pin"
    WRONG_PIN = "wrong_pin"
    AWAY = "away"
    AWAY_GOODBYE = "away_goodbye"
    WHISPER_LABEL = "whisper_label"
    WHISPER_CALL = "whisper_call"
    WHISPER_FROM = "whisper_from"
    WHISPER_CHOICE = "whisper_choice"
    HIDDEN_NUMBER = "hidden_number"
    TAKEN = "taken"
    CALLER_GONE = "caller_gone"
    CALLER_TO_VOICEMAIL = "caller_to_voicemail"
    HANDING_OVER = "handing_over"
    WHISPER_HANDED_OVER = "whisper_handed_over"
    HANDED_OVER = "handed_over"
    NOBODY_JOINS = "nobody_joins"
    CALLBACK_TO = "callback_to"
    CALLBACK_FOR = "callback_for"
    CALLBACK_CHOICE = "callback_choice"
    CALLBACK_FAILED = "callback_failed"
    PAGE_FOR = "page_for"
    PAGE_FROM = "page_from"
    PAGE_MESSAGE = "page_message"
    PAGE_MISSED = "page_missed"
    PAGE_CHOICE = "page_choice"
    PAGE_CHOICE_HIDDEN = "page_choice_hidden"
    PAGE_ACKNOWLEDGED = "page_acknowledged"
    PAGE_PASSED = "page_passed"
    PAGE_SETTLED = "page_settled"
    PAGE_NOT_NOTED = "page_not_noted"
    PLUS = "plus"
    DIGIT_0 = "digit_0"
    DIGIT_1 = "digit_1"
    DIGIT_2 = "digit_2"
    DIGIT_3 = "digit_3"
    DIGIT_4 = "digit_4"
    DIGIT_5 = "digit_5"
    DIGIT_6 = "digit_6"
    DIGIT_7 = "digit_7"
    DIGIT_8 = "digit_8"
    DIGIT_9 = "digit_9"


class Catalogue:
    """The default texts by language. A language that lacks one says it in English, with the English voice."""

    def __init__(self, texts: Mapping[str, Mapping[MessageKey, str]]) -> None:
        self._texts = texts

    def text(self, key: MessageKey, language: str, **names: str) -> str:
        """The text of a message with `names` in their places ("route", "team", "digit")."""
        return self.say(key, language, **names).text

    def say(self, key: MessageKey, language: str, **names: str) -> Say:
        """The message as a request to the prompt library, in the language it is really in.

        Raises AudioError: not a language, or a place in the text has no name.
        """
        tag = language_tag(language)
        found = next(one for one in (tag, tag.partition("-")[0], FALLBACK) if key in self._texts.get(one, {}))
        template = self._texts[found][key]
        missing = _places(template) - set(names)
        if missing:
            raise AudioError(f"The message {key} needs {', '.join(sorted(missing))}: {template!r}.")
        # Where only the base language has the text, the caller's own variety speaks it: "en-gb" reads "en" texts.
        spoken = tag if tag.partition("-")[0] == found else found
        return Say(key.value, template.format(**names), spoken)


def load_catalogue(directory: Path) -> Catalogue:
    """Read every `<language>.yaml` in `directory`. English must be complete; others may leave messages out.

    Raises AudioError, naming the file and every mistake in it.
    """
    if not (directory / f"{FALLBACK}.yaml").is_file():
        raise AudioError(f"{directory / FALLBACK}.yaml: no such file; it holds the default messages.")
    texts = {language_tag(path.stem): _load(path) for path in sorted(directory.glob("*.yaml"))}
    english = texts[FALLBACK]
    lacking = [key.value for key in MessageKey if key not in english]
    if lacking:
        raise AudioError(f"{directory / FALLBACK}.yaml: lacks {', '.join(lacking)}.")
    for language, messages in texts.items():
        for key, text in messages.items():
            strange = _places(text) - _places(english[key])
            if strange:
                names = ", ".join(sorted(strange))
                raise AudioError(f"{directory / language}.yaml: {key}: nothing is known as {names}.")
    return Catalogue(texts)


def _load(path: Path) -> dict[MessageKey, str]:
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise AudioError(f"{path}: cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise AudioError(f"{path}: should be a list of `name: text`.")
    problems: list[str] = []
    messages: dict[MessageKey, str] = {}
    for name, text in content.items():
        if name not in set(MessageKey):
            problems.append(f"{path}: {name}: no message has this name.")
        elif not isinstance(text, str) or not text.strip():
            problems.append(f"{path}: {name}: should be a text, found {text!r}.")
        else:
            messages[MessageKey(name)] = text
            problems.extend(_malformed(path, name, text))
    if problems:
        raise AudioError("\n".join(problems))
    return messages


def _malformed(path: Path, name: str, text: str) -> list[str]:
    try:
        plain = all(place.isidentifier() for place in _places(text))
    except ValueError:
        plain = False
    return [] if plain else [f"{path}: {name}: a place for a name is written {{route}}; found {text!r}."]


def _places(text: str) -> set[str]:
    return {place for _, place, _, _ in string.Formatter().parse(text) if place is not None}
