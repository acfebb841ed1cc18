"""How long does `lcr config check` look at a large file?

`python -m bench.config` writes a YAML of 2 000 lines as an admin of a large company would, reads and checks it, and
prints the time. Exit code 1 when it is above its bound.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

from lcr_asterisk.config import check, load

LINES = 2000
ROUNDS = 5
BOUND = 1.0  # seconds
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Kolkata", "Australia/Sydney")
PEOPLE_IN_A_TEAM = 5


def large_file() -> str:
    """A valid file of at least 2 000 lines: teams of five people with a rotation, an override and a hotline each."""
    text, teams = "", 0
    while text.count("\n") < LINES:
        teams += 1
        text = "\n".join(_lines(teams)) + "\n"
    return text


def _lines(teams: int) -> Iterator[str]:
    yield from ("version: 1", "defaults:", "  region: US", "  ring: 20s", "people:")
    for number in range(teams * PEOPLE_IN_A_TEAM):
        yield from (
            f"  person-{number}:",
            f"    name: Person {number}",
            "    phones:",
            f'      - "+1415555{number:04}"',
            f'      - "sip:person-{number}"',
        )
    yield "schedules:"
    for team in range(teams):
        first = team * PEOPLE_IN_A_TEAM
        yield from (
            f"  schedule-{team}:",
            f"    timezone: {ZONES[team % len(ZONES)]}",
            "    layers:",
            f"      - people: [{', '.join(f'person-{number}' for number in range(first, first + PEOPLE_IN_A_TEAM))}]",
            '        start: "2026-11-02T09:00"',
            f"        every: {('1w', '12h', '1d', '1mo')[team % 4]}",
            f"      - people: [person-{first}, person-{first + 1}]",
            '        start: "2026-11-02T18:00"',
            "        every: 1w",
            "        hours:",
            "          days: mon-fri",
            '          from: "18:00"',
            '          to: "08:00"',
            "    overrides:",
            f"      - person: person-{first + 2}",
            '        from: "2026-12-24T00:00"',
            '        to: "2026-12-27T00:00"',
        )
    yield "teams:"
    for team in range(teams):
        yield from (
            f"  team-{team}:",
            f"    name: Team {team}",
            "    escalation:",
            f"      - ring: [schedule:schedule-{team}]",
            "        for: 25s",
            f"      - ring: [person-{team * PEOPLE_IN_A_TEAM + 3}, person-{team * PEOPLE_IN_A_TEAM + 4}]",
        )
    yield "routes:"
    for team in range(teams):
        yield from (
            f"  route-{team}:",
            f"    name: Hotline {team}",
            "    numbers:",
            f'      - "+1212555{team:04}"',
            "    menu:",
            "      prompt:",
            f'        say: "For team {team} press 1, for the next press 2."',
            "      options:",
            f"        1: team-{team}",
            f"        2: team-{(team + 1) % teams}",
            f"    team: team-{team}",
        )


def seconds(work: Callable[[], object]) -> float:
    """How long this takes, as the median of some rounds."""
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        file, data = Path(directory) / "lcr.yaml", Path(directory)
        file.write_text(large_file())
        found = check(file, {}, data, NOW)
        print(f"{file.read_text().count(chr(10))} lines: {found.summary}")
        print(*found.problems, sep="\n", end="")
        reading = seconds(lambda: load(file, {}, data))
        checking = seconds(lambda: check(file, {}, data, NOW))
    print(f"read in {reading * 1000:.0f} ms, checked in {checking * 1000:.0f} ms (bound {BOUND * 1000:.0f} ms)")
    return 0 if checking < BOUND and not found.problems else 1


if __name__ == "__main__":
    sys.exit(main())
