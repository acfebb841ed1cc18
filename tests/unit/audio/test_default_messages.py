"""The default messages: complete, fillable, and English where a language lacks one."""

from __future__ import annotations

from pathlib import Path

import pytest

from lcr_asterisk.audio.defaults import Catalogue, MessageKey, load_catalogue
from lcr_asterisk.audio.prompts import Say
from lcr_asterisk.errors import AudioError

SOUNDS = Path(__file__).parents[3] / "sounds"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(SOUNDS)


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A folder with the English messages, to put other files beside."""
    (tmp_path / "en.yaml").write_text((SOUNDS / "en.yaml").read_text())
    return tmp_path


def test_every_message_can_be_said_with_the_names_a_call_has(catalogue: Catalogue) -> None:
    for key in MessageKey:
        text = catalogue.text(key, "en", route="Production", team="Platform", digit="1", label="Acme", person="Alice")
        assert "{" not in text
        assert len(text) < 170, "nobody in a panic listens for longer"


def test_german_is_complete(catalogue: Catalogue) -> None:
    for key in MessageKey:
        said = catalogue.say(key, "de", route="Störung", team="Plattform", digit="1", label="Acme", person="Alice")
        assert said.language == "de", f"{key} is not in de.yaml"
        assert len(said.text) < 200, "nobody in a panic listens for longer"


@pytest.mark.parametrize(
    ("language", "noted", "meanwhile"),
    [("en", "noted as soon as possible", "Until then"), ("de", "so bald wie möglich festgehalten", "Bis dahin")],
)
def test_an_acknowledgement_that_waits_is_no_refusal(
    catalogue: Catalogue, language: str, noted: str, meanwhile: str
) -> None:
    """It is written down as soon as it can be, and the page is theirs then."""
    said = catalogue.text(MessageKey.PAGE_NOT_NOTED, language)
    assert noted in said
    assert meanwhile in said


def test_names_are_filled_in_as_they_are(catalogue: Catalogue) -> None:
    """A name with braces in it is a name, not a place."""
    assert catalogue.text(MessageKey.WELCOME, "en", route="A {team} {0}") == "You have reached A {team} {0}."


def test_a_forgotten_name_is_an_error(catalogue: Catalogue) -> None:
    with pytest.raises(AudioError, match="whisper_call needs team"):
        catalogue.say(MessageKey.WHISPER_CALL, "en", route="Production")


def test_an_unknown_language_is_said_in_english_by_an_english_voice(catalogue: Catalogue) -> None:
    assert catalogue.say(MessageKey.GOODBYE, "fi") == Say("goodbye", "Thank you for calling. Goodbye.", "en")


def test_a_language_beside_english_says_what_it_has(sounds: Path) -> None:
    (sounds / "de.yaml").write_text('goodbye: "Danke für Ihren Anruf. Auf Wiederhören."\n')
    catalogue = load_catalogue(sounds)
    assert catalogue.say(MessageKey.GOODBYE, "de-AT").text.startswith("Danke")
    assert catalogue.say(MessageKey.GOODBYE, "de_AT").language == "de-at"
    assert catalogue.say(MessageKey.TAKEN, "de").language == "en"
    assert catalogue.say(MessageKey.TAKEN, "en-GB").language == "en-gb"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('farewell: "x"', r"de\.yaml: farewell: no message has this name"),
        ("goodbye: 5", r"de\.yaml: goodbye: should be a text, found 5"),
        ('goodbye: ""', r"de\.yaml: goodbye: should be a text"),
        ('welcome: "Hallo {rute}"', r"de\.yaml: welcome: nothing is known as rute"),
        ('welcome: "Hallo {"', r"de\.yaml: welcome: a place for a name is written \{route\}"),
        ('welcome: "Hallo {route.name}"', r"de\.yaml: welcome: a place for a name"),
        ("- x", r"de\.yaml: should be a list of"),
        ("a: b: c", r"de\.yaml: cannot be read"),
    ],
)
def test_a_mistake_in_a_language_is_named(sounds: Path, content: str, complaint: str) -> None:
    (sounds / "de.yaml").write_text(content)
    with pytest.raises(AudioError, match=complaint):
        load_catalogue(sounds)


def test_english_must_be_complete(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"en\.yaml: no such file"):
        load_catalogue(tmp_path)
    (tmp_path / "en.yaml").write_text('goodbye: "Bye"')
    with pytest.raises(AudioError, match=r"en\.yaml: lacks welcome, menu_option"):
        load_catalogue(tmp_path)
