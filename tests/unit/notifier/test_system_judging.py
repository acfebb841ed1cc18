"""What operators are told is wrong, and what not: in words that say what, where and what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lcr_asterisk.config import Settings, load
from lcr_asterisk.notifier.system import judging
from lcr_asterisk.paging.trouble import Ill, Kind, Seen, Unseen, Well
from lcr_asterisk.store.rows import Standing, Waiting

YAML = """\
version: 1
trunk: {endpoint: carrier, host: sip.example.com}
people:
  alice: {name: Alice Martin, phones: ["+14155550101"]}
  bob: {name: Bob Chen, phones: ["+14155550102"]}
  nora: {name: Nora Nophone}
schedules:
  office:
    timezone: Europe/Berlin
    layers:
      - {people: [alice], start: "2026-11-02T00:00", every: 1w, hours: {days: mon-fri, from: "09:00", to: "18:00"}}
  meant:
    timezone: Europe/Berlin
    gaps: intended
    layers:
      - {people: [alice], start: "2026-11-02T00:00", every: 1w, hours: {days: mon-fri, from: "09:00", to: "18:00"}}
  silent: {timezone: Europe/Berlin, layers: [{people: [nora], start: "2026-11-02T00:00", every: 1w}]}
teams:
  platform: {name: Platform, escalation: [{ring: ["schedule:office"]}, {ring: [bob]}]}
  lonely: {name: Lonely, escalation: [{ring: ["schedule:office"]}]}
  both: {name: Both, escalation: [{ring: ["schedule:office", bob]}]}
  hours: {name: Office hours, escalation: [{ring: ["schedule:meant"]}]}
  nobody: {name: Nobody, escalation: [{ring: [nora]}]}
  mute: {name: Mute, escalation: [{ring: ["schedule:silent"]}]}
  unused: {name: Unused, escalation: [{ring: ["schedule:office"]}]}
  asleep: {name: Asleep, escalation: [{ring: ["schedule:office"]}]}
  moved: {name: Moved, escalation: [{ring: ["schedule:office"]}]}
routes:
  one:
    name: One
    numbers: ["+14155551000"]
    team: platform
    menu:
      prompt: {say: "Choose."}
      options: {1: lonely, 2: both, 3: {prompt: {say: "Which one?"}, options: {1: hours, 2: nobody}}}
  two: {name: Two, numbers: ["+14155551001"], type: voicemail, team: mute}
  off: {name: Off, numbers: ["+14155551002"], active: false, team: asleep}
  three: {name: Three, numbers: ["+14155551003"], team: both, in_call: {hand_over: {7: moved}}}
"""
NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
Judge = Callable[[Any], dict[str, Seen]]


def waits(minutes: float, problem: str | None = None) -> Waiting:
    return Waiting("one.call.missed", NINE - timedelta(minutes=minutes), problem)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "lcr.yaml").write_text(YAML)
    return load(tmp_path / "lcr.yaml", {}, tmp_path)


def said(seen: Seen) -> str:
    """What is wrong; `.` where nothing is, `?` where nobody can tell."""
    return seen.what if isinstance(seen, Ill) else "." if isinstance(seen, Well) else "?"


def answer(asterisk: bool = True, **details: object) -> dict[str, Any]:
    return {"ready": asterisk, "checks": {"asterisk": asterisk}, "details": details}


AWAY = "the call engine does not answer at 127.0.0.1:8080: new callers can only leave a message"
CUT_OFF = "the call engine is not connected to Asterisk at http://127.0.0.1:8088: no call can be served"
NO_CARRIER = "the carrier does not answer at sip.example.com:5060 (trunk carrier): no calls come in or go out"


@pytest.mark.parametrize(
    ("found", "engine", "asterisk", "trunk"),
    [
        pytest.param(answer(trunk="online"), ".", ".", ".", id="all is well"),
        pytest.param(answer(), ".", ".", "?", id="a trunk of which nothing is known"),
        pytest.param(answer(trunk="offline"), ".", ".", NO_CARRIER, id="no carrier"),
        pytest.param(answer(asterisk=False), ".", CUT_OFF, "?", id="no Asterisk"),
        pytest.param(answer(asterisk=False, trunk="offline"), ".", CUT_OFF, "?", id="one trouble, not two"),
        pytest.param(None, AWAY, "?", "?", id="no engine"),
    ],
)
def test_the_engine_tells_of_asterisk_and_the_trunk(
    settings: Settings, found: dict[str, Any] | None, engine: str, asterisk: str, trunk: str
) -> None:
    seen = judging.of_engine(found, settings)
    assert [said(seen[kind]) for kind in (Kind.ENGINE, Kind.ASTERISK, Kind.TRUNK)] == [engine, asterisk, trunk]


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        (400_000_000, "."),
        (399_999_999, "the disk is nearly full: 400 MB are free, below 200 MB no message can be taken"),
        (199_000_000, "the disk is nearly full: 199 MB are free, no message can be taken"),
    ],
)
def test_operators_hear_of_the_disk_while_there_is_still_room(free: int, expected: str) -> None:
    assert said(judging.of_disk(free, 200_000_000, "/var/lib/lcr")) == expected


@pytest.mark.parametrize(
    ("standing", "away", "refused"),
    [
        (Standing(0, None, 0), ".", "."),
        (Standing(5, NINE - timedelta(minutes=4), 0, None, waits(4)), ".", "."),
        (
            Standing(5, NINE - timedelta(minutes=40), 0, None, waits(40)),
            "the notifier has not been told of 5 events, the oldest 40 min old: no pages come of them yet",
            ".",
        ),
        (Standing(0, None, 1), ".", "the notifier has refused an event for good: no page came of it"),
        (Standing(0, None, 2), ".", "the notifier has refused 2 events for good: no page came of it"),
    ],
)
def test_events_that_lead_to_no_page(standing: Standing, away: str, refused: str) -> None:
    seen = judging.of_outbox(standing, NINE)
    assert (said(seen[Kind.OUTBOX]), said(seen[Kind.REFUSED])) == (away, refused)
    assert said(seen[Kind.HELD_UP]) == "."


def test_an_event_that_is_not_taken_is_told_as_that() -> None:
    held_up = waits(180, "the notifier answers 409")
    seen = judging.of_outbox(Standing(1, held_up.at, 0, None, None, held_up), NINE)
    assert said(seen[Kind.HELD_UP]) == (
        "the event one.call.missed has been waiting for 180 min: the notifier answers 409: no page came of it yet"
    )
    assert said(seen[Kind.OUTBOX]) == "."


def test_more_events_that_are_refused_are_more_of_it() -> None:
    for count in (1, 2):
        seen = judging.of_outbox(Standing(0, None, count), NINE)[Kind.REFUSED]
        assert isinstance(seen, Ill) and seen.extent == count


def test_the_engine_tells_of_its_database_and_its_configuration(settings: Settings) -> None:
    well = judging.of_engine({"checks": {"asterisk": True, "database": True}, "details": {}}, settings)
    assert [said(well[id_]) for id_ in (Kind.DATABASE, judging.OF_ENGINE)] == [".", "."]
    refused = {"configuration": "the edited file is refused: no team x."}
    for asterisk in (True, False):
        found = {"checks": {"asterisk": asterisk, "database": False}, "details": refused}
        ill = judging.of_engine(found, settings)
        assert said(ill[Kind.DATABASE]).startswith("the call engine cannot write to its database")
        assert said(ill[judging.OF_ENGINE]) == (
            "the call engine goes on by an old configuration: the edited file is refused: no team x"
        )
    away = judging.of_engine(None, settings)
    assert [said(away[id_]) for id_ in (Kind.DATABASE, judging.OF_ENGINE)] == ["?", "?"]


def on_call(settings: Settings, at: str) -> dict[str, str]:
    schedules = {id_: schedule.to_schedule() for id_, schedule in settings.schedules.items()}
    instant = datetime.fromisoformat(at)
    seen = judging.of_on_call(settings, schedules, instant)
    return {id_.removeprefix("on_call:"): said(one) for id_, one in seen.items()}


def test_each_team_that_a_caller_can_get_to_is_looked_at(settings: Settings) -> None:
    assert set(on_call(settings, "2026-11-03T12:00+01:00")) == {
        "platform",
        "lonely",
        "both",
        "hours",
        "nobody",
        "mute",
        "moved",
    }


def test_within_the_hour_somebody_is_on_call_everywhere(settings: Settings) -> None:
    found = on_call(settings, "2026-11-03T17:00+01:00")
    assert {team for team, what in found.items() if what != "."} == {"mute"}
    assert found["mute"] == (
        "nobody is on call at level 1 of Mute, now for more than a week: and there is no other level"
    )


def test_who_is_missing_soon_is_told_ahead_with_the_whole_time(settings: Settings) -> None:
    found = on_call(settings, "2026-11-03T17:30+01:00")
    span = "from Tue 18:00 CET until Wed 09:00 CET"
    assert found["platform"] == f"nobody is on call at level 1 of Platform, {span}: level 2 is asked at once"
    assert found["lonely"] == f"nobody is on call at level 1 of Lonely, {span}: and there is no other level"
    assert (found["both"], found["hours"], found["nobody"]) == (".", ".", ".")


def test_who_is_missing_now_is_told_so(settings: Settings) -> None:
    found = on_call(settings, "2026-11-07T12:00+01:00")
    assert found["lonely"] == (
        "nobody is on call at level 1 of Lonely, now until Mon 09:00 CET: and there is no other level"
    )


def test_each_says_what_to_do(settings: Settings) -> None:
    everything: list[Seen] = [
        *judging.of_engine(None, settings).values(),
        *judging.of_engine(answer(asterisk=False), settings).values(),
        *judging.of_engine(answer(trunk="offline"), settings).values(),
        judging.of_disk(0, 1, "/var/lib/lcr"),
        *judging.of_outbox(Standing(5, waits(40).at, 4, None, waits(40), waits(60)), NINE).values(),
        judging.of_engine(answer(), settings)[judging.OF_ENGINE],
        judging.of_engine({"checks": {"database": False}, "details": {}}, settings)[Kind.DATABASE],
        judging.of_configuration("no", "notifier"),
        *judging.of_on_call(settings, {}, NINE).values(),
    ]
    for one in everything:
        assert isinstance(one, Well | Unseen) or (len(one.advice) > 20 and not one.advice.endswith("."))


def test_troubles_of_teams_are_of_one_kind() -> None:
    assert judging.kind("on_call:platform") is Kind.ON_CALL
    assert judging.limits("trunk").patience == 90
