"""What a call would come to: who would ring, in which order, for how long, and how it would end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from lcr_asterisk.callflow import commands as do
from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import outcome
from lcr_asterisk.callflow.story import REASONS
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.dryrun.simulation import Moment, Rehearsal, simulate
from lcr_asterisk.dryrun.steps import Kind, Step, steps_of


class End(StrEnum):
    """How a rehearsed call ends, in the words of the YAML where it has some."""

    CONNECTED = "connected"
    VOICEMAIL = "voicemail"
    HANG_UP = "hang_up"
    REFUSED = "refused"
    INACTIVE = "inactive"


_ENDS = {
    outcome.Result.CONNECTED: End.CONNECTED,
    outcome.Result.VOICEMAIL: End.VOICEMAIL,
    outcome.Result.REFUSED: End.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Result:
    """A rehearsed call. `route` and `team` are ids, None where there is none.

    `longest_wait` is how many seconds a caller waits, from the first ring until nobody takes the call;
    `longest_wait_confirming` the same where at each level somebody answers in the last moment and does not press 1.
    `unused` are the keys for which there was no menu.
    """

    call: Rehearsal
    route: str | None
    team: str | None
    steps: tuple[Step, ...]
    longest_wait: float
    longest_wait_confirming: float
    outcome: outcome.Outcome
    unused: str

    @property
    def end(self) -> End:
        if self.outcome.reason is outcome.Reason.INACTIVE:
            return End.INACTIVE
        return _ENDS.get(self.outcome.result, End.HANG_UP)

    @property
    def told(self) -> str:
        """Such as "voicemail: nobody answered"."""
        if self.outcome.answered_by is not None:
            return f"{self.end}: {self.outcome.answered_by} takes the call"
        return f"{self.end}: {REASONS[self.outcome.reason]}"

    @property
    def levels(self) -> tuple[Step, ...]:
        """The steps at which phones ring."""
        return tuple(step for step in self.steps if step.kind is Kind.RING)

    @property
    def rings(self) -> tuple[tuple[str, ...], ...]:
        """The phones that ring, of each level at which any do, in order."""
        return tuple(step.phones for step in self.levels)

    @property
    def people(self) -> tuple[tuple[str, ...], ...]:
        """The persons who are rung, of each level at which any are, in order."""
        return tuple(step.people for step in self.levels)


@dataclass(frozen=True, slots=True)
class Tree:
    """A rehearsed call, and what else it could have come to.

    `options` are the calls of callers who press one more key, in the menu where this one pressed nothing; `with_pin`
    is the call of one who knows a PIN, where this one did not.
    """

    result: Result
    options: Mapping[str, Tree]
    with_pin: Tree | None = None


def rehearse(book: PlanBook, call: Rehearsal) -> Result:
    """Rehearse this call. `book` may have estimated prompts. Raises nothing for what a caller may do."""
    moments = simulate(book, call)
    after = moments[-1].after
    assert after.outcome is not None, "a call that is over has an outcome"
    nobody = replace(call, answers=frozenset())
    steps = steps_of(book, moments)
    return Result(
        call=call,
        route=after.plan.id or None,
        team=after.team,
        steps=steps,
        longest_wait=_waited(simulate(book, nobody) if call.answers else moments),
        longest_wait_confirming=_waited(simulate(book, nobody, hesitant=True)),
        outcome=after.outcome,
        unused=_unused(call, moments),
    )


def explore(book: PlanBook, call: Rehearsal) -> Tree:
    """Rehearse this call, and every choice that it leaves open."""
    result = rehearse(book, call)
    pins = book.pins(result.route or "")
    asked = next((step for step in result.steps if step.kind is Kind.PIN), None)
    if asked is not None and call.pin is None and pins:
        return Tree(result, {}, explore(book, replace(call, pin=next(iter(pins)))))
    menus = [step for step in result.steps if step.kind is Kind.MENU]
    if not menus or menus[-1].pressed:
        return Tree(result, {})
    digits = menus[-1].options
    return Tree(result, {digit: explore(book, replace(call, pressed=call.pressed + digit)) for digit in digits})


def without_effect(tree: Tree) -> tuple[str, ...]:
    """What was said of this call and made no difference in any of its branches, each in a sentence."""
    call, results = tree.result.call, list(_results(tree))
    rung = {person for result in results for people in result.people for person in people}
    told = []
    if tree.result.unused:
        told.append(f"Nothing asked for {tree.result.unused}: there was no (further) menu.")
    if call.pin is not None and not any(step.kind is Kind.PIN for result in results for step in result.steps):
        told.append("Nothing asked for a PIN: this caller needs none.")
    told += [f"{person} is not rung, and so takes no call." for person in sorted(call.answers - rung)]
    told += [f"{person} is not rung, and so declines nothing." for person in sorted(call.rejects - rung)]
    return tuple(told)


def _results(tree: Tree) -> Iterator[Result]:
    yield tree.result
    for further in (*tree.options.values(), *([tree.with_pin] if tree.with_pin is not None else [])):
        yield from _results(further)


def _waited(moments: Sequence[Moment]) -> float:
    first: datetime | None = next(
        (moment.at for moment in moments if any(isinstance(command, do.RingLeg) for command in moment.commands)), None
    )
    until = moments[-1].after.waited_until
    return (until - first).total_seconds() if first is not None and until is not None else 0.0


def _unused(call: Rehearsal, moments: Sequence[Moment]) -> str:
    """The keys that were left over."""
    pressed = sum(isinstance(moment.event, ev.CallerPressed) for moment in moments)
    return call.pressed[pressed:]
