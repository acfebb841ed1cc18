"""Block list, allow list and PINs, for numbers as trunks send them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lcr_asterisk.callflow.plan import Refusal
from lcr_asterisk.calls.admission import caller_number, needs_pin, refusal
from lcr_asterisk.config.callers import CallerPattern, CallersSettings

ACME = "+14155550199"


def callers(block: str = "", allow: str = "", pin: bool = False) -> CallersSettings:
    blocked, allowed = (tuple(map(CallerPattern, text.split())) for text in (block, allow))
    return CallersSettings.model_construct(block=blocked, allow=allowed, pin={"4711": "Acme"} if pin else {})


@pytest.mark.parametrize("sent", ["+14155550199", "14155550199", "4155550199", "(415) 555-0199"])
def test_a_number_is_the_same_however_the_trunk_writes_it(sent: str) -> None:
    assert caller_number(sent, "US") == ACME


@pytest.mark.parametrize("sent", ["14155550199", "0014155550199"])
@pytest.mark.parametrize("region", ["DE", None])
def test_a_number_of_another_country_is_known_also_without_its_plus(sent: str, region: str | None) -> None:
    assert caller_number(sent, region) == ACME


def test_a_number_that_cannot_exist_is_still_that_of_its_caller() -> None:
    assert caller_number("+15551234567", "US") == "+15551234567"


@pytest.mark.parametrize(
    "sent", ["", "anonymous", "Anonymous", "unknown", "Restricted", "unavailable", "private", "+", "sip:x@y", "١٢٣"]
)
@pytest.mark.parametrize("region", ["US", None])
def test_whatever_is_no_number_is_a_hidden_one(sent: str, region: str | None) -> None:
    assert caller_number(sent, region) is None


@settings(deadline=None, max_examples=2000)
@given(st.one_of(st.text(), st.text("+0123456789 ()-", max_size=20)), st.sampled_from(["US", "DE", "IT", None]))
def test_whatever_a_trunk_sends_is_a_number_or_hidden(sent: str, region: str | None) -> None:
    number = caller_number(sent, region)
    assert number is None or number.removeprefix("+").isdecimal()


@pytest.mark.parametrize(
    ("who", "number", "refused", "asked"),
    [
        (callers(), ACME, None, False),
        (callers(), None, None, False),
        (callers(block="+1415*"), ACME, Refusal.BLOCKED, False),
        (callers(block="+1555*"), ACME, None, False),
        (callers(block="+1415*"), None, None, False),
        (callers(block="hidden"), None, Refusal.BLOCKED, False),
        (callers(block="hidden"), ACME, None, False),
        (callers(allow=ACME), ACME, None, False),
        (callers(allow=ACME), "+14155550198", Refusal.NOT_ALLOWED, False),
        (callers(allow=ACME), None, Refusal.NOT_ALLOWED, False),
        (callers(allow=f"hidden {ACME}"), None, None, False),
        (callers(block="+1415*", allow=ACME), ACME, Refusal.BLOCKED, False),
        (callers(pin=True), ACME, None, True),
        (callers(pin=True), None, None, True),
        (callers(allow=ACME, pin=True), ACME, None, False),
        (callers(allow=ACME, pin=True), "+14155550198", None, True),
    ],
    ids=[
        "anybody",
        "anybody, hidden",
        "blocked",
        "others blocked",
        "hidden, numbers blocked",
        "hidden blocked",
        "a number, hidden blocked",
        "allowed",
        "not allowed",
        "hidden, not allowed",
        "hidden allowed",
        "blocked although allowed",
        "PIN",
        "PIN, hidden",
        "allowed without PIN",
        "not allowed, so PIN",
    ],
)
def test_who_gets_through(who: CallersSettings, number: str | None, refused: Refusal | None, asked: bool) -> None:
    assert refusal(who, number) == refused
    assert refused is not None or needs_pin(who, number) == asked
