"""A hotline whose calls are rehearsed: a rotation, two levels, menus in menus, PINs, and lists of callers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.config.load import load
from lcr_asterisk.dryrun.books import estimated_book
from lcr_asterisk.dryrun.rehearsal import Result, rehearse
from lcr_asterisk.dryrun.simulation import ANYBODY, Rehearsal

YAML = """\
version: 1
defaults: {region: US, ring: 25s, confirm: 15s, max_wait: 5m}
people:
  alice: {name: Alice Martin, phones: ["+14155550101", "sip:alice"]}
  bob: {name: Bob Chen, phones: ["+14155550102"]}
  carol: {name: Carol Diaz, phones: ["+14155550103"]}
  nora: {name: Nora Nophone}
schedules:
  platform:
    timezone: America/New_York
    layers:
      - {people: [alice, bob], start: "2026-11-02T09:00", every: 1w}
    overrides:
      - {person: carol, from: "2026-12-24T09:00", to: "2026-12-27T09:00"}
  night:
    timezone: America/New_York
    layers:
      - {people: [bob], start: "2026-11-02", every: 1w, hours: {from: "20:00", to: "08:00"}}
  changing:
    timezone: America/New_York
    layers:
      - {people: [alice, bob], start: "2026-10-31T02:00", every: 1d}
  berlin:
    timezone: Europe/Berlin
    layers:
      - {people: [alice], start: "2026-11-02", every: 1w, hours: {from: "09:00", to: "17:00"}}
teams:
  platform:
    name: Platform
    escalation:
      - {ring: [schedule:platform], for: 30s}
      - {ring: [carol, nora], for: 40s}
  payments:
    name: Payments
    escalation:
      - {ring: [carol]}
      - {ring: [bob]}
  night: {name: Night, escalation: [{ring: [schedule:night]}]}
  changing: {name: Changing, escalation: [{ring: [schedule:changing]}, {ring: [schedule:changing]}]}
  berlin: {name: Berlin, escalation: [{ring: [schedule:berlin]}]}
  pair: {name: Pair, escalation: [{ring: [alice, bob]}, {ring: [carol]}]}
  twice: {name: Twice, escalation: [{ring: [bob], for: 10s}], repeat: 1}
  long: {name: Long, escalation: [{ring: [alice], for: 4m}, {ring: [bob], for: 4m}, {ring: [carol]}]}
routes:
  production:
    name: Production Incidents
    numbers: ["+14155551000"]
    menu:
      prompt: {say: "For platform, press 1. For money, press 2."}
      options:
        1: platform
        2: {options: {1: payments, 2: night}, tries: 1, fallback: hang_up}
      tries: 2
      fallback: voicemail
    team: platform
    messages: {welcome: {say: "Welcome."}}
  direct: {name: Direct, numbers: ["+14155551001"], team: platform, messages: {welcome: none}}
  night: {name: Night, numbers: ["+14155551002"], team: night, no_one_on_call: hang_up}
  twice: {name: Twice, numbers: ["+14155551003"], team: twice, messages: {welcome: none}}
  long: {name: Long, numbers: ["+14155551004"], team: long, messages: {welcome: none}}
  mailbox: {name: Mailbox, numbers: ["+14155551005"], type: voicemail, team: platform}
  closed: {name: Closed, numbers: ["+14155551006"], active: false, team: platform, messages: {inactive: {say: "LONG"}}}
  customers:
    name: Customers
    numbers: ["+14155551007"]
    team: payments
    callers: {allow: ["+14155550177"], pin: {"471100": Acme, "1809": Globex}}
  staff:
    name: Staff
    numbers: ["+14155551008"]
    team: payments
    callers: {block: ["+1900*", hidden]}
  friends: {name: Friends, numbers: ["+14155551009"], team: payments, callers: {allow: ["+14155550177"]}}
  changing: {name: Changing, numbers: ["+14155551010"], team: changing, messages: {welcome: none}}
  berlin: {name: Berlin, numbers: ["+14155551011"], team: berlin}
  pair: {name: Pair, numbers: ["+14155551012"], team: pair}
""".replace("LONG", "We are closed for the holidays. " * 5)

# A Tuesday in Bob's week, 07:00 in New York.
TUESDAY = datetime(2026, 11, 10, 12, tzinfo=UTC)

Rehearse = Callable[..., Result]


@pytest.fixture
async def book(tmp_path: Path) -> PlanBook:
    file = tmp_path / "lcr.yaml"
    file.write_text(YAML)
    settings = load(file, {}, tmp_path)
    schedules = {id_: schedule.to_schedule() for id_, schedule in settings.schedules.items()}
    return await estimated_book(settings, tmp_path, schedules)


@pytest.fixture
def rehearsed(book: PlanBook) -> Rehearse:
    """`rehearsed("1000", "1")` is a call to +14155551000 that presses 1."""

    def call(to: str, pressed: str = "", caller: str = ANYBODY, at: datetime = TUESDAY, **more: Any) -> Result:
        return rehearse(book, Rehearsal(f"+1415555{to}", caller, pressed, at, **more))

    return call


def line_of(text: str) -> int:
    """The line of the configuration above that has this text."""
    return next(number for number, line in enumerate(YAML.splitlines(), 1) if text in line)
