"""`lcr pages` and `lcr outbox`: what an admin reads and does at a terminal, and what is said where that cannot be."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from lcr_asterisk.paging import commands as do
from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging.policy import Cause, Level, Policy, Recipient, Way, Why
from lcr_asterisk.store.database import Store, open_store
from lcr_asterisk.store.outbox import Outbox
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.rows import OutboxRow
from lcr_asterisk.store.tables import outbox
from tests.unit.cli.test_route_command import Lcr, lcr

__all__ = ["lcr"]

NINE = datetime(2026, 11, 21, 9, 0, 12, tzinfo=UTC)
HOSTILE = "\x1b[31mBANK\x1b]0;title\x07\r\nID  closed\u202e\x9b2J"
FIRST, SECOND = "20261121-090012-k7m3q", "20261121-090042-abc3q"
POLICY = Policy("platform", "Platform", (Level(60.0), Level(60.0)), 0, (), 600.0)

Fill = Callable[[Callable[[Store], Awaitable[None]]], None]


@pytest.fixture(name="fill")
def _fill(tmp_path: Path, lcr: Lcr) -> Fill:
    """Have something done to the database that the commands find."""

    def fill(work: Callable[[Store], Awaitable[None]]) -> None:
        async def run() -> None:
            async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'var' / 'lcr.db'}") as store:
                await work(store)

        asyncio.run(run())

    return fill


def cause(call: str, name: str = "ACME", route: str = "production") -> Cause:
    return Cause(call, Why.MESSAGE, NINE, route, route.title(), "+15551234567", name)


async def two_pages(store: Store) -> None:
    """The first is told to Alice in vain, the second waits; callers' names are hostile."""
    pages = Pages(store)
    await pages.report(cause(FIRST, HOSTILE), POLICY, NINE)
    await pages.report(cause(SECOND, HOSTILE, "billing"), POLICY, NINE + timedelta(seconds=30))
    people = ev.PeopleFound(0, (Recipient("alice", "Alice", (Way("mail", "e-mail"),)),))
    worked = await pages.work([(FIRST, people)], NINE, 10)
    (deliver,) = [command for _, command in worked.commands if isinstance(command, do.Deliver)]
    await pages.work([(FIRST, ev.GaveUp(deliver.delivery.id, f"it says {HOSTILE}"))], NINE, 10)


def event(call: str, type_: str, seq: int = 0, **changed: object) -> OutboxRow:
    row = OutboxRow(f"{call}.{type_}", call, seq, type_, NINE, {"call": {}}, NINE, 0, None, None, None)
    return replace(row, **changed)  # type: ignore[arg-type]


async def three_events(store: Store) -> None:
    """One is refused for good with hostile words, one waits behind it, one of another call is delivered."""
    rows = [
        event(FIRST, "call.started", next_at=None, dead=NINE, attempts=3, problem=f"the notifier answers {HOSTILE}"),
        event(FIRST, "call.missed", 1),
        event(SECOND, "call.started", next_at=None, delivered=NINE),
    ]
    async with store.writing() as connection:
        await connection.execute(sa.insert(outbox), [asdict(row) for row in rows])


def is_harmless(text: str) -> None:
    assert not any(character in text for character in "\x1b\x07\r\x9b\u202e\x00"), repr(text)


# -- pages -----------------------------------------------------------------------------------------------------------


def test_without_a_database_nothing_is_made_and_that_is_said(lcr: Lcr, tmp_path: Path) -> None:
    for command in (("pages",), ("pages", "show", "x"), ("pages", "ack", "x"), ("outbox",), ("outbox", "replay", "x")):
        said = lcr(*command)
        assert (said.code, said.out) == (1, "")
        assert "There is no call log at" in said.err
    assert not (tmp_path / "var").exists()


def test_where_there_are_no_pages_that_is_said(lcr: Lcr, fill: Fill) -> None:
    async def nothing(store: Store) -> None:
        pass

    fill(nothing)
    assert lcr("pages").out == "No pages.\n"
    assert json.loads(lcr("pages", "--json").out) == []


def test_pages_are_listed_one_a_line_and_hostile_names_do_nothing(
    lcr: Lcr, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(two_pages)
    wide = lcr("pages").out
    is_harmless(wide)
    header, *rows = wide.splitlines()
    assert len(rows) == 2
    assert [row.index("message") for row in rows] == [header.index("WHAT")] * 2
    assert "abc3q" in rows[0] and "k7m3q" in rows[1], "the newest first"
    monkeypatch.setenv("COLUMNS", "40")
    assert lcr("pages").out == wide, "however narrow the terminal is, lines can be searched"
    assert len(lcr("pages", "--limit", "1").out.splitlines()) == 2


def test_one_page_is_told_in_words_and_hostile_ones_do_nothing(lcr: Lcr, fill: Fill) -> None:
    fill(two_pages)
    said = lcr("pages", "show", "k7m3q")
    assert said.code == 0
    is_harmless(said.out)
    assert said.out.startswith(f"Page {FIRST}\n")
    assert "Alice by e-mail" in said.out
    told = lcr("pages", "show", "k7m3q", "--json").out
    is_harmless(told)
    assert json.loads(told)["id"] == FIRST


@pytest.mark.parametrize("command", ["show", "ack", "close"])
def test_a_page_that_is_not_there_or_may_be_several_is_said(lcr: Lcr, fill: Fill, command: str) -> None:
    fill(two_pages)
    said = lcr("pages", command, "zzzzz")
    assert (said.code, said.out, said.err) == (1, "", "lcr: There is no page 'zzzzz'. `lcr pages` lists them.\n")
    said = lcr("pages", command, "3q")
    assert said.code == 1
    assert f"Several pages begin or end with '3q': {SECOND}, {FIRST}." in said.err
    said = lcr("pages", command, HOSTILE)
    assert said.code == 1
    is_harmless(said.err)


def test_a_page_is_acknowledged_and_closed_once(lcr: Lcr, fill: Fill) -> None:
    fill(two_pages)
    assert lcr("pages", "ack", "k7m3q").out == (
        f"Page {FIRST} is acknowledged by {getpass.getuser()}; nobody else is told of it.\n"
    )
    assert lcr("pages", "ack", "k7m3q", "--by", "alice").out == (
        f"Page {FIRST} was taken care of already, by {getpass.getuser()}.\n"
    )
    assert [page["id"] for page in json.loads(lcr("pages", "--open", "--json").out)] == [SECOND]
    assert lcr("pages", "close", "k7m3q", "--by", "alice").out == f"Page {FIRST} is closed.\n"
    assert lcr("pages", "close", "k7m3q").out.startswith(f"Page {FIRST} was closed already, by Alice")


def test_who_has_no_name_acknowledges_by_the_number_of_the_user(
    lcr: Lcr, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container."""

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4242")

    fill(two_pages)
    monkeypatch.setattr(getpass, "getuser", nobody)
    monkeypatch.setattr(os, "getuid", lambda: 4242)
    assert f"Page {FIRST} is acknowledged by uid 4242;" in lcr("pages", "ack", "k7m3q").out


def test_a_page_is_not_acknowledged_in_the_name_of_nobody(lcr: Lcr, fill: Fill) -> None:
    fill(two_pages)
    said = lcr("pages", "ack", "k7m3q", "--by", "alcie")
    assert (said.code, said.out) == (2, "")
    assert 'There is no person alcie; did you mean "alice"?' in said.err
    assert len(json.loads(lcr("pages", "--open", "--json").out)) == 2


# -- outbox ----------------------------------------------------------------------------------------------------------


def test_an_empty_outbox_says_that_the_notifier_knows_everything(lcr: Lcr, fill: Fill) -> None:
    async def nothing(store: Store) -> None:
        pass

    fill(nothing)
    assert lcr("outbox").out == "The notifier knows of everything.\n"
    assert json.loads(lcr("outbox", "--json").out) == []


def test_what_waits_and_what_is_dead_is_listed_one_a_line_and_hostile_words_do_nothing(lcr: Lcr, fill: Fill) -> None:
    fill(three_events)
    said = lcr("outbox")
    is_harmless(said.out)
    header, dead, waits = said.out.splitlines()
    assert header.split() == ["WHEN", "ID", "ATTEMPTS", "NEXT", "PROBLEM"]
    # All have the same time: the order is then that of their ids.
    waits, dead = sorted((dead, waits), key=lambda line: " dead " in line)
    assert f"{FIRST}.call.started" in dead and "the notifier answers" in dead
    assert f"{FIRST}.call.missed" in waits
    assert [line.index(FIRST) for line in (dead, waits)] == [header.index("ID")] * 2
    listed = lcr("outbox", "--json").out
    is_harmless(listed)
    assert {row["id"]: row["dead"] for row in json.loads(listed)} == {
        f"{FIRST}.call.missed": None,
        f"{FIRST}.call.started": NINE.isoformat(),
    }


def test_an_event_or_all_of_a_call_are_tried_again(lcr: Lcr, fill: Fill) -> None:
    fill(three_events)
    said = lcr("outbox", "replay", f"{FIRST}.call.started")
    assert (said.code, said.out) == (0, "1 to be tried again.\n")

    async def is_due(store: Store) -> None:
        rows = await Outbox(store).waiting(10)
        assert [(row.attempts, row.dead) for row in rows] == [(0, None), (0, None)]
        assert all(row.next_at is not None for row in rows)

    fill(is_due)
    assert lcr("outbox", "replay", FIRST).out == "2 to be tried again.\n"


def test_what_the_notifier_knows_already_is_not_told_again(lcr: Lcr, fill: Fill) -> None:
    fill(three_events)
    said = lcr("outbox", "replay", SECOND)
    assert (said.code, said.out) == (
        0,
        f"Nothing is left to tell of {SECOND}: the notifier knows already, or it was dropped.\n",
    )


def test_an_event_is_dropped_and_told_as_it_was(lcr: Lcr, fill: Fill) -> None:
    fill(three_events)
    said = lcr("outbox", "drop", f"{FIRST}.call.started")
    is_harmless(said.out)
    assert said.code == 0
    assert f"{FIRST}.call.started" in said.out and "the notifier answers" in said.out
    assert said.out.endswith("\nDropped.\n")
    assert [row["id"] for row in json.loads(lcr("outbox", "--json").out)] == [f"{FIRST}.call.missed"]
    assert "Nothing is left to tell" in lcr("outbox", "drop", f"{FIRST}.call.started").out
    for unknown in (FIRST, "zzzzz"):
        said = lcr("outbox", "drop", unknown)
        assert (said.code, said.out) == (1, "")
        assert f"There is nothing named {unknown!r} in the outbox." in said.err


@pytest.mark.parametrize("wanted", ["zzzzz", "k7m3q", FIRST[:-1], "", HOSTILE])
def test_what_is_not_in_the_outbox_under_exactly_this_id_is_left_alone(lcr: Lcr, fill: Fill, wanted: str) -> None:
    """Part of an id could mean more than was meant."""
    fill(three_events)
    said = lcr("outbox", "replay", wanted)
    assert (said.code, said.out) == (1, "")
    assert f"There is nothing named {wanted!r} in the outbox. `lcr outbox` lists it." in said.err
    is_harmless(said.err)
