"""A responder hears who is calling, from parts that were ready before the call."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lcr_asterisk.audio.defaults import load_catalogue
from lcr_asterisk.audio.prompts import PromptLibrary
from lcr_asterisk.audio.whisper import Spelling, prepare_spelling, spell_number
from lcr_asterisk.callflow.plan import Prompt, combine

if TYPE_CHECKING:
    from tests.unit.audio.conftest import ToneSpeech

SPELLING = Spelling(
    digits={character: Prompt(character, (f"sound:/s/{character}",), 0.5) for character in "+0123456789"},
    pause=Prompt(" ", ("sound:/s/pause",), 0.2),
    hidden=Prompt("hidden", ("sound:/s/hidden",), 1.0),
)


def heard(number: str) -> str:
    return "".join(prompt.name for prompt in spell_number(number, SPELLING))


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+14155550101", "+1 415 555 0101"),
        ("+442079460123", "+44 20 7946 0123"),
        ("4155550101", "415 555 0101"),
        ("(415) 555-0101", "415 555 0101"),
        ("204", "204"),
        ("2041", "2041"),
        ("+999123456", "+999 123 456"),
    ],
)
def test_a_number_is_spoken_in_the_groups_people_write(number: str, expected: str) -> None:
    assert heard(number) == expected


@pytest.mark.parametrize(
    "number",
    [
        "",
        "anonymous",
        "Restricted",
        "alice",
        "+",
        "1",
        "+1415<script>",
        "١٢٣٤",
        "1" * 16,
        "sip:4711@host",
        "../0",
        "12\x0034",
        "0\n1",
    ],
)
def test_anything_else_is_a_hidden_number(number: str) -> None:
    assert heard(number) == "hidden"


@settings(deadline=None)
@given(st.text(alphabet="+0123456789 -()a٣", max_size=20))
def test_every_digit_is_spoken_and_nothing_is_added(number: str) -> None:
    said = heard(number)
    assert said == "hidden" or said.replace(" ", "") == "".join(one for one in number if one in "+0123456789")


def test_parts_are_played_as_one_prompt() -> None:
    number = spell_number("204", SPELLING)
    whisper = combine("whisper", [Prompt("call", ("sound:/s/call",), 3.0), *number])
    assert whisper.name == "whisper"
    assert whisper.media == ("sound:/s/call", "sound:/s/2", "sound:/s/0", "sound:/s/4")
    assert whisper.seconds == pytest.approx(4.5)


async def test_the_parts_of_a_number_are_rendered_ahead(tmp_path: Path, speech: ToneSpeech) -> None:
    catalogue = load_catalogue(Path(__file__).parents[3] / "sounds")
    spelling = await prepare_spelling(PromptLibrary(tmp_path / "sounds", speech), catalogue, "en", lambda line: None)
    assert [prompt.name for prompt in spell_number("+12", spelling)] == ["plus", "digit_1", "digit_2"]
    assert sorted(speech.runs)[0] == "en: a hidden number."
    assert len(speech.runs) == 12
    parts = [*spelling.digits.values(), spelling.pause, spelling.hidden]
    files = {uri.removeprefix("sound:") + ".wav" for prompt in parts for uri in prompt.media}
    assert files == {str(path) for path in (tmp_path / "sounds").iterdir()}
