"""A PIN is recognised as people key it, and no digit of it goes anywhere."""

from __future__ import annotations

import pytest

from lcr_asterisk.callflow.events import PinAccepted, PinKeyed, PinWrong
from lcr_asterisk.calls.pinpad import PinPad

PINS = {"4711": "Acme", "471122": "Globex", "0815": "Initech"}


def keyed(digits: str, pins: dict[str, str] = PINS, pad: PinPad | None = None, asked: str = "first") -> list[object]:
    """What comes of each digit, beginning with the newest question."""
    pad = pad or PinPad()
    return [pad.press(digit, asked, pins) for digit in digits]


def test_a_pin_ends_with_the_hash_key() -> None:
    assert keyed("4711#") == [*([PinKeyed()] * 3), PinKeyed("Acme"), PinAccepted("Acme")]


def test_it_is_said_whose_pin_it_would_be_if_nothing_more_came() -> None:
    assert keyed("471122") == [
        *([PinKeyed()] * 3),
        PinKeyed("Acme"),
        PinKeyed(),
        PinKeyed("Globex"),
    ]


@pytest.mark.parametrize("digits", ["4712#", "471#", "47110#", "0816#", "*711#", "999999#", "4711" * 20 + "#"])
def test_anything_else_is_wrong_and_costs_one_try(digits: str) -> None:
    *before, last = keyed(digits)
    assert last == PinWrong()
    assert all(isinstance(event, PinKeyed) for event in before)


def test_the_hash_key_alone_is_nothing() -> None:
    assert keyed("#") == [None]


def test_the_hash_key_after_a_pin_that_a_pause_had_completed_chooses_nothing() -> None:
    pad = PinPad()
    keyed("4711", PINS, pad)
    assert pad.is_the_end("#")
    assert not pad.is_the_end("#"), "a second one is the caller's own"
    keyed("4711", PINS, pad)
    assert not pad.is_the_end("2")
    assert not pad.is_the_end("#")
    keyed("4711#", PINS, pad)
    assert not pad.is_the_end("#"), "it was pressed already"


def test_what_was_keyed_before_the_question_was_asked_again_no_longer_counts() -> None:
    pad = PinPad()
    keyed("47", PINS, pad, asked="first")
    assert keyed("4711#", PINS, pad, asked="again")[-1] == PinAccepted("Acme")


def test_a_route_without_pins_any_more_lets_nobody_through_and_takes_no_single_digit_for_one() -> None:
    """It was edited away while the call was under way."""
    assert keyed("4711#", {}) == [*([PinKeyed()] * 4), PinWrong()]
