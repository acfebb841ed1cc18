"""What `lcr route test` prints: a tree that fits a terminal, with every choice, name, phone, line and the end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.config.load import load
from lcr_asterisk.dryrun.books import estimated_book
from lcr_asterisk.dryrun.drawing import WIDTH, draw
from lcr_asterisk.dryrun.rehearsal import explore
from lcr_asterisk.dryrun.report import tree_json
from lcr_asterisk.dryrun.simulation import ANYBODY, Rehearsal
from tests.unit.dryrun.conftest import TUESDAY, YAML, line_of


def drawn(book: PlanBook, to: str, pressed: str = "", **more: Any) -> str:
    tree = explore(book, Rehearsal(f"+1415555{to}", ANYBODY, pressed, TUESDAY, **more))
    zone = book.settings.schedules["platform"].timezone
    return draw(tree, book.settings, zone, "a number on no list")


def test_a_call_is_a_line_for_each_thing_that_happens(book: PlanBook) -> None:
    lines = drawn(book, "1000", "1").splitlines()
    assert lines[0] == "Production Incidents, +14155551000, Tue 10 Nov 2026 07:00 EST, from a number on no list"
    assert [line[:40].rstrip() for line in lines[1:]] == [
        "├─ hears “Welcome.”",
        "├─ menu: 1 → platform “For platform, pre",
        "├─ level 1 rings for 30s",
        "│     Bob Chen (+14155550102)",
        "│        layer 1 of schedule platform (l",
        "├─ level 2 rings for 40s",
        "│     Carol Diaz (+14155550103)",
        "│     (nora has no phone)",
        "├─ hears “I am sorry. Nobody could take",
        "├─ voicemail for platform (no_answer: vo",
        "└─ longest wait 1m10s, or 1m40s*",
        "* where at each level somebody answers i",
    ]
    assert lines[3].endswith(f" lcr.yaml:{line_of('ring: [schedule:platform]')}")
    assert lines[5].endswith("(lcr.yaml:12), until Mon 16 Nov 09:00 EST")


def test_every_option_of_a_menu_is_a_branch_and_so_is_pressing_nothing(book: PlanBook) -> None:
    heads = [line for line in drawn(book, "1000").splitlines() if "→" in line]
    assert [line.partition("  ")[0].rstrip() if line[0] != " " else line[:42].rstrip() for line in heads] == [
        "   ├─ 1 → platform",
        "   ├─ 2 → another menu",
        "   │     ├─ 1 → payments",
        "   │     ├─ 2 → night",
        "   │     └─ nothing pressed in 1 try → han",
        "   └─ nothing pressed in 2 tries → voicema",
    ]


def test_where_a_pin_is_asked_for_both_ways_are_shown(book: PlanBook) -> None:
    text = drawn(book, "1007")
    assert "the PIN of Acme" in text
    assert "no right PIN" in text
    assert "471100" not in text


@pytest.mark.parametrize("to", [f"10{number:02}" for number in range(13)])
def test_it_fits_a_terminal(book: PlanBook, to: str) -> None:
    assert all(len(line) <= WIDTH for line in drawn(book, to).splitlines())


def test_who_declines_and_a_rest_are_drawn(book: PlanBook) -> None:
    lines = [line[:60].rstrip() for line in drawn(book, "1003", rejects=frozenset({"bob"})).splitlines()]
    assert lines[1:6] == [
        "├─ level 1 rings, and is over at once",
        "│     Bob Chen (+14155550102), who declines",
        "├─ rests for 1s (repeat: all levels again)",
        "├─ level 1 rings, and is over at once",
        "│     Bob Chen (+14155550102), who declines",
    ]


def test_a_call_that_somebody_answers_has_no_longest_wait(book: PlanBook) -> None:
    assert "longest wait" in drawn(book, "1001")
    lines = drawn(book, "1001", answers=frozenset({"bob"})).splitlines()
    assert lines[-1].startswith("└─ connected: bob answers and presses 1")
    assert not [line for line in lines if "longest wait" in line]


async def test_long_names_are_wrapped_below_each_other(tmp_path: Path) -> None:
    long = "Maximiliane-Alexandra von und zu Hohenlohe-Schillingsfürst-Waldenburg " + "Ö" * 120
    file = tmp_path / ("lcr" * 20 + ".yaml")
    file.write_text(YAML.replace("Bob Chen", long).replace("name: Direct", f"name: {long}"))
    settings = load(file, {}, tmp_path)
    schedules = {id_: schedule.to_schedule() for id_, schedule in settings.schedules.items()}
    lines = drawn(await estimated_book(settings, tmp_path, schedules), "1001").splitlines()
    assert [line for line in lines if len(line) > WIDTH] == []
    name = lines.index(next(line for line in lines if line.startswith("│     Maximiliane")))
    assert lines[name + 1].startswith("│       Ö"), "the bars of the tree go on beside it"


def test_scripts_get_the_same_as_json(book: PlanBook) -> None:
    tree = explore(book, Rehearsal("+14155551000", ANYBODY, "1", TUESDAY))
    shown = tree_json(tree, book.settings)
    assert {key: shown[key] for key in ("route", "team", "longest_wait", "longest_wait_confirming", "outcome")} == {
        "route": "production",
        "team": "platform",
        "longest_wait": 70,
        "longest_wait_confirming": 100,
        "outcome": "voicemail: nobody answered",
    }
    ring = shown["steps"][2]
    assert {key: ring[key] for key in ("kind", "people", "phones", "seconds")} == {
        "kind": "ring",
        "people": ["bob"],
        "phones": ["+14155550102"],
        "seconds": 30,
    }
    assert ring["at"].endswith(f"lcr.yaml:{line_of('ring: [schedule:platform]')}")
    assert ring["rules"][0]["until"] == "2026-11-16T09:00:00-05:00"
    assert type(shown["longest_wait"]) is int
    assert "options" not in shown


def test_the_json_of_an_open_menu_holds_every_option(book: PlanBook) -> None:
    shown = tree_json(explore(book, Rehearsal("+14155551000", ANYBODY, "", TUESDAY)), book.settings)
    assert shown["options"]["2"]["options"]["1"]["team"] == "payments"
    assert shown["outcome"] == "voicemail: nothing chosen in the menu"


def test_the_json_says_when_in_the_zone_that_was_asked_in(book: PlanBook) -> None:
    zone = book.settings.schedules["platform"].timezone
    at = (TUESDAY + timedelta(days=1)).astimezone(zone)
    shown = tree_json(explore(book, Rehearsal("+14155551001", ANYBODY, "", at)), book.settings)
    assert shown["at"] == "2026-11-11T07:00:00-05:00"
