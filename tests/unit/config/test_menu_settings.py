"""Menus inside menus, and every team that a caller can reach in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lcr_asterisk.config import MenuSettings, Settings, load, teams_of

Read = Callable[[str], MenuSettings]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def menu_of(menu: str) -> MenuSettings:
        file = tmp_path / "lcr.yaml"
        teams = ", ".join(f"{team}: {{name: {team}, escalation: [{{ring: [alice]}}]}}" for team in "abcde")
        file.write_text(
            f"version: 1\npeople: {{alice: {{name: Alice}}}}\nteams: {{{teams}}}\n"
            f"routes: {{hotline: {{name: Hotline, team: a, menu: {menu}}}}}\n"
        )
        settings: Settings = load(file, {}, tmp_path)
        found = settings.routes["hotline"].menu
        assert found is not None
        return found

    return menu_of


def test_a_key_leads_to_a_team_or_to_another_menu(read: Read) -> None:
    menu = read("{options: {1: a, 2: {options: {1: b, 9: {options: {0: c}, tries: 1}}, timeout: 9s}}}")
    inner = menu.options["2"]
    assert isinstance(inner, MenuSettings)
    innermost = inner.options["9"]
    assert isinstance(innermost, MenuSettings)
    assert (menu.options["1"], inner.options["1"], dict(innermost.options)) == ("a", "b", {"0": "c"})
    assert (menu.timeout, inner.timeout, inner.tries, innermost.tries) == (6.0, 9.0, 3, 1)


def test_who_presses_nothing_goes_to_voicemail_and_from_inside_where_the_outer_menu_says(read: Read) -> None:
    menu = read("{options: {1: {options: {1: b}}, 2: {options: {1: b}, fallback: c}}}")
    first, second = menu.options["1"], menu.options["2"]
    assert isinstance(first, MenuSettings)
    assert isinstance(second, MenuSettings)
    assert (menu.fallback, first.fallback, second.fallback) == ("voicemail", None, "c")


def test_every_team_that_can_be_reached_is_known_once(read: Read) -> None:
    menu = read("{options: {1: b, 2: {options: {1: c, 2: b}, fallback: d}, 3: c}, fallback: hang_up}")
    assert teams_of(menu) == ("b", "c", "d")
    assert teams_of(read("{options: {1: b}, fallback: e}")) == ("b", "e")


def test_five_menus_inside_each_other_are_possible(read: Read) -> None:
    menu = read("{options: {1: " * 4 + "{options: {1: b}}" + "}}" * 4)
    assert teams_of(menu) == ("b",)
