"""From a real YAML to what one call needs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lcr_asterisk.callflow.events import Caller, RespondersFound, SkipReason
from lcr_asterisk.callflow.plan import Menu, Refusal
from lcr_asterisk.calls.plans import DEFAULT_MUSIC, PlanBook
from lcr_asterisk.config.load import load
from lcr_asterisk.dryrun.books import estimated_book
from lcr_asterisk.dryrun.rehearsal import rehearse
from lcr_asterisk.dryrun.simulation import Rehearsal
from tests.unit.calls.conftest import ARRIVED

DIALLED = "+14155551001"
GUARDED = "+14155551002"
HANDOFF = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # Monday 9:00 in Berlin: from Alice to Bob


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


def test_phones_that_ring_one_after_the_other_are_rehearsed_in_their_order(book: PlanBook) -> None:
    result = rehearse(book, Rehearsal(to="+14155551004", caller="+14155550199", pressed="", at=ARRIVED))
    (level,) = result.levels
    assert (level.phones, level.seconds) == (("+14155550107", "+14155550108"), 20.0)
    assert "olga, one phone after the other" in level.why
    assert result.longest_wait == 20.0
    # Each phone is answered in the last moment of its share, and nobody presses 1: 10 s + 15 s, and nothing is left.
    assert result.longest_wait_confirming == 25.0


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


# -- who is on call ----------------------------------------------------------------------------------------------------


def test_who_is_on_call_is_rung_up_to_the_handoff_and_not_after_it(book: PlanBook) -> None:
    def rung(at: datetime) -> list[tuple[str, str | None]]:
        return [(who.person, who.via) for who in book.find_responders("rota", 0, frozenset(), at).responders]

    assert rung(HANDOFF - timedelta(microseconds=1)) == [("alice", "rota")]
    assert rung(HANDOFF) == [("bob", "rota"), ("alice", None)]


def test_a_schedule_with_nobody_on_call_is_named(book: PlanBook) -> None:
    assert book.find_responders("rota", 1, frozenset(), ARRIVED) == RespondersFound(1, (), (), ("later",))


@pytest.mark.parametrize(("team", "level"), [("edited-away", 0), ("platform", 1)])
def test_what_is_no_longer_in_the_configuration_rings_nobody(book: PlanBook, team: str, level: int) -> None:
    assert book.find_responders(team, level, frozenset(), ARRIVED) == RespondersFound(level, (), known=False)


def test_somebody_is_on_call_when_a_phone_could_ring(book: PlanBook) -> None:
    assert book.someone_on_call(ARRIVED)


@pytest.mark.parametrize(
    ("route", "ready"),
    [("type: voicemail", True), ("active: false", True), ("active: true", False)],
)
async def test_a_hotline_that_rings_nobody_by_intent_is_ready_with_nobody_on_call(
    tmp_path: Path, route: str, ready: bool
) -> None:
    file = tmp_path / "lcr.yaml"
    file.write_text(f"""\
version: 1
people: {{nora: {{name: Nora Nophone}}}}
teams: {{one: {{name: One, escalation: [{{ring: [nora]}}]}}}}
routes: {{one: {{name: One, numbers: ["+14155551001"], team: one, {route}}}}}
""")
    book = await estimated_book(load(file, {}, tmp_path), tmp_path, {})
    assert book.someone_on_call(ARRIVED) is ready


def test_in_test_mode_every_level_has_one_person_only(book: PlanBook) -> None:
    plan = book.plan_for(DIALLED, Caller("", ""), {"direct": "bob"}.get)
    assert (plan.test_person, plan.test_name) == ("bob", "Bob Chen")
    found = book.find_responders("rota", 1, frozenset(), ARRIVED, plan.test_person)
    assert [who.person for who in found.responders] == ["bob"]
    assert book.plan_for(GUARDED, Caller("", ""), {"direct": "bob"}.get).test_person is None


def test_test_mode_for_somebody_who_was_edited_away_keeps_no_call_from_those_on_call(book: PlanBook) -> None:
    plan = book.plan_for(DIALLED, Caller("", ""), {"direct": "zoe"}.get)
    assert (plan.test_person, plan.test_name) == (None, "")


def test_a_call_in_test_mode_goes_to_nobody_else_where_that_person_is_edited_away_meanwhile(book: PlanBook) -> None:
    found = book.find_responders("platform", 0, frozenset(), ARRIVED, "zoe")
    assert found.responders == ()
    assert [(who.person, who.reason) for who in found.skipped] == [("zoe", SkipReason.UNKNOWN)]


# -- callers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["+15551234567", "", "anonymous"])
def test_a_blocked_caller_is_refused(book: PlanBook, number: str) -> None:
    assert book.plan_for(GUARDED, Caller(number, "")).refusal is Refusal.BLOCKED


def test_who_is_on_the_allow_list_needs_no_pin(book: PlanBook) -> None:
    plan = book.plan_for(GUARDED, Caller("14155550188", ""))
    assert (plan.refusal, plan.pin, plan.labels) == (None, None, ())
    assert plan.rings_at_once


def test_everybody_else_has_to_key_a_pin_that_is_nowhere_in_their_plan(book: PlanBook) -> None:
    plan = book.plan_for(GUARDED, Caller("+14155550199", ""))
    assert plan.pin is not None
    assert [label for label, _ in plan.labels] == ['Acme "Corp"', "Globex"]
    assert not plan.rings_at_once
    assert "4711" not in re.sub(r"sound:[^']*", "", repr(plan)), "a sound may have it in its name by chance"
    assert "081500" not in repr(plan)
    assert book.pins("guarded")["4711"] == 'Acme "Corp"'
    assert book.pins("edited-away") == {}


# -- menus -------------------------------------------------------------------------------------------------------------


def test_an_inner_menu_falls_back_like_the_one_around_it(book: PlanBook) -> None:
    plan = book.plan_for("+14155551003", Caller("", ""))
    assert plan.menu is not None
    (_, first), (_, second), (_, third) = plan.menu.options
    assert first == "platform"
    assert isinstance(second, Menu) and isinstance(third, Menu)
    assert (plan.menu.fallback, second.fallback, third.fallback) == ("rota", "rota", "hang_up")
    assert {team.id for team in plan.teams} == {"platform", "rota"}
    assert len(plan.menu.prompt.media) == 3, "a word for each option"


# -- languages ---------------------------------------------------------------------------------------------------------


def test_a_route_speaks_its_own_language_and_the_others_that_of_the_file(book: PlanBook) -> None:
    english, german = (book.plan_for(number, Caller("", "")) for number in (DIALLED, "+14155551005"))
    assert english.messages.goodbye != german.messages.goodbye
    assert english.responder_messages.taken != german.responder_messages.taken


def test_a_responder_hears_who_is_calling_in_their_own_language(book: PlanBook) -> None:
    (team,) = book.plan_for(DIALLED, Caller("", "")).teams
    assert team.whisper_in("de") != team.whisper == team.whisper_in(None) == team.whisper_in("fi")
    found = book.find_responders("platform", 0, frozenset(), ARRIVED)
    assert {who.person: who.language for who in found.responders} == {"alice": None, "bob": "de"}


def test_whose_pin_was_keyed_is_said_in_the_responders_language_too(book: PlanBook) -> None:
    plan = book.plan_for(GUARDED, Caller("+14155550199", ""))
    assert plan.label_in("Globex", "de") != plan.label_in("Globex", None) == dict(plan.labels)["Globex"]
    assert plan.label_in(None, "de") is None
