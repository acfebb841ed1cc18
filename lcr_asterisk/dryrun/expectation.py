"""What somebody expects of a call, and how it differs from what a rehearsal finds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from lcr_asterisk.config.values import NOBODY, show_duration
from lcr_asterisk.dryrun.rehearsal import End, Result
from lcr_asterisk.dryrun.steps import Kind, Step

Level = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """The persons (ids) who are rung.

    With `exact`, `levels` are the levels at which anybody is rung. Without, they are one list of everybody in the
    order of the levels. The order inside a level does not matter.
    """

    levels: tuple[Level, ...]
    exact: bool

    def __str__(self) -> str:
        return _shown(self.levels)

    @property
    def people(self) -> tuple[str, ...]:
        return tuple(person for level in self.levels for person in level)


def read_expected(text: str) -> Expected:
    """`alice,bob` is everybody in the order of the levels, `alice / bob,carol` level by level, `none` nobody."""
    if text.strip().lower() == NOBODY:
        return Expected((), exact=True)
    levels = tuple(tuple(person.strip() for person in level.split(",")) for level in text.split("/"))
    return Expected(levels, exact="/" in text)


def differences(
    result: Result, expected: Expected | None, end: End | None = None, longest_wait: float | None = None
) -> tuple[str, ...]:
    """How this call is not as expected; None is no expectation. A wait may be shorter than `longest_wait`."""
    return tuple(_differences(result, expected, end, longest_wait))


def _differences(
    result: Result, expected: Expected | None, end: End | None, longest_wait: float | None
) -> Iterator[str]:
    if expected is not None:
        yield from _levels(result, expected)
    if end is not None and end is not result.end:
        last = result.steps[-1]
        yield f"expected that it ends with {end}, found {result.told}: {last.why} ({last.at})"
    if longest_wait is not None and result.longest_wait > longest_wait:
        found, at_most = show_duration(round(result.longest_wait, 1)), show_duration(longest_wait)
        yield f"expected to wait {at_most} at most, found {found}"


def _levels(result: Result, expected: Expected) -> Iterator[str]:
    found = result.people
    wanted = expected.levels if expected.exact else _split(expected.people, found)
    if _alike(wanted, found):
        return
    yield f"expected {expected}, found {_shown(found)}"
    for index in range(max(len(wanted), len(found))):
        want, have = wanted[index] if index < len(wanted) else (), found[index] if index < len(found) else ()
        missing, unwanted = _without(want, have), _without(have, want)
        if not have:
            yield f"no {'further ' if found else ''}level rings {_and(missing)}"
        elif missing or unwanted:
            level, _, why = result.levels[index].why.partition(": ")
            does = [f"rings {_and(unwanted)}"] if unwanted else []
            does += [f"does not ring {_and(missing)}"] if missing else []
            yield f"{level} {' and '.join(does)}: {why} ({result.levels[index].at})"
    yield from (f"{step.why} ({step.at})" for step in _silent(result))


def _silent(result: Result) -> list[Step]:
    """The steps that say why nobody was rung."""
    silent = [step for step in result.steps if step.kind in (Kind.SKIP, Kind.REFUSE)]
    return silent or ([] if result.levels else [result.steps[-1]])


def _split(people: Sequence[str], found: Sequence[Level]) -> tuple[Level, ...]:
    """Everybody expected, cut into levels as long as those found; who is left over makes one more."""
    levels, rest = [], list(people)
    for level in found:
        levels.append(tuple(rest[: len(level)]))
        rest = rest[len(level) :]
    return tuple(levels) + ((tuple(rest),) if rest else ())


def _alike(wanted: Sequence[Level], found: Sequence[Level]) -> bool:
    return [sorted(level) for level in wanted] == [sorted(level) for level in found]


def _without(some: Collection[str], others: Collection[str]) -> list[str]:
    return [one for one in some if one not in others]


def _shown(levels: Sequence[Level]) -> str:
    return " / ".join(", ".join(level) for level in levels) or NOBODY


def _and(people: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(people[:-1]), people[-1]]))
