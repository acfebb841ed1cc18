"""From a real YAML to what one call needs."""

from __future__ import annotations

import pytest

from lcr_asterisk.callflow.events import Caller, SkipReason
from lcr_asterisk.calls.plans import DEFAULT_MUSIC, PlanBook
from tests.unit.calls.conftest import ARRIVED

DIALLED = "+14155551001"


def test_each_phone_of_each_person_is_rung_by_a_dial_string_of_validated_parts(book: PlanBook) -> None:
    found = book.find_responders("platform", 0, frozenset(), ARRIVED)
    assert [(who.person, [phone.dial for phone in who.phones]) for who in found.responders] == [
        ("alice", ["PJSIP/+14155550101@trunk", "PJSIP/alice"]),
        ("bob", ["PJSIP/+14155550102@trunk"]),
    ]
    assert [(who.person, who.reason) for who in found.skipped] == [("nora", SkipReason.NO_PHONE)]


def test_who_is_on_another_call_is_not_rung(book: PlanBook) -> None:
    found = book.find_responders("platform", 0, frozenset({"alice"}), ARRIVED)
    assert [who.person for who in found.responders] == ["bob"]
    assert SkipReason.BUSY in {who.reason for who in found.skipped}


@pytest.mark.parametrize(
    "number",
    ["", "anonymous", '"><script>', "+1415\r\nVia: x", "١٢٣٤٥", "9" * 10_000, "+", "sip:a@b", "+1415555,1"],
)
def test_whatever_a_caller_calls_themself_phones_show_the_hotline_or_a_number(book: PlanBook, number: str) -> None:
    plan = book.plan_for(DIALLED, Caller(number, number))
    name, shown = plan.shown_caller_id
    assert name == "Direct"
    assert shown == "+14155551001" or (shown == number and number.isascii() and number.removeprefix("+").isdigit())
    assert plan.teams[0].whisper.seconds < 60


@pytest.mark.parametrize("dialled", ["", "+", "+1415555100", "١٤١٥٥٥٥١٠٠١", "4" * 10_000, "'; DROP TABLE calls"])
def test_a_number_that_no_route_has_is_a_number_not_known(book: PlanBook, dialled: str) -> None:
    assert book.plan_for(dialled, Caller("", "")).name == "Unknown number"


def test_a_class_of_hold_music_that_asterisk_does_not_know_is_not_silence(book: PlanBook) -> None:
    """A route's own, where the YAML was edited after Asterisk started. Asterisk then plays its class "default"."""
    assert book.music["default"] == book.music[DEFAULT_MUSIC]
