"""Every real call of the suite is rehearsed as well: the phones that rang are those the rehearsal names, in order.

The rehearsal knows what the caller did (what they dialled, when, with which keys and PIN), and who declined, was busy
or could not be reached. A call that was taken, or given up by its caller, rang the first of the levels that are named;
one that nobody took rang them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow import states as st
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.outcome import Reason
from lcr_asterisk.callflow.states import Call, Leg
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.config.teams import RingPhones
from lcr_asterisk.dryrun.rehearsal import rehearse
from lcr_asterisk.dryrun.simulation import Rehearsal
from lcr_asterisk.store.journal import JournalEntry

BY_THEMSELVES = (
    ev.LegEnd.BUSY,
    ev.LegEnd.REJECTED,
    ev.LegEnd.DEAD_NUMBER,
    ev.LegEnd.TRUNK_REFUSED,
    ev.LegEnd.UNREACHABLE,
    ev.LegEnd.HUNG_UP,
    ev.LegEnd.PASSED,
    ev.LegEnd.NOT_CONFIRMED,
)
BEFORE_ANYONE_RINGS = (st.Arriving, st.Welcoming, st.Choosing)

Levels = list[tuple[str, ...]]


@dataclass(frozen=True)
class RealCall:
    """What is left of a call in its journal: how it ended, the keys that chose, and who was left alone as busy."""

    call: Call
    keys: str
    busy: frozenset[str]


def read(entries: Sequence[JournalEntry]) -> RealCall:
    """The call of this journal, which begins with its arrival."""
    call: Call | None = None
    keys, busy = "", set[str]()
    for entry in entries:
        match entry.event:
            case ev.CallerPressed(digit=digit) if call and isinstance(
                call.stage, st.Arriving | st.Welcoming | st.Choosing
            ):
                keys += digit
            case ev.RespondersFound(skipped=skipped):
                busy |= {who.person for who in skipped if who.reason is ev.SkipReason.BUSY}
            case _:
                pass
        call, _ = step(call, entry.event, entry.at)
        if call.connected_at is not None:
            break  # as in a rehearsal: what people do while they talk is up to them
    assert call is not None, "a journal is not empty"
    return RealCall(call, keys, frozenset(busy))


def rings_as_rehearsed(book: PlanBook, real: RealCall) -> None:
    """Compare; AssertionError where another phone rang, or in another order."""
    call = real.call
    pins = {label: pin for pin, label in book.pins(call.plan.id).items()}
    rehearsed = rehearse(
        book,
        Rehearsal(
            to=call.dialled,
            caller=call.caller.number,
            pressed=real.keys,
            at=call.arrived_at,
            pin=pins[call.label] if call.label is not None else None,
            rejects=_declined(call),
            test_person=call.plan.test_person,
        ),
    )
    left_alone = {str(phone) for person in real.busy for phone in book.settings.people[person].phones}
    expected = [tuple(phone for phone in phones if phone not in left_alone) for phones in rehearsed.rings]
    expected = [phones for phones in expected if phones]
    rang = _rang(call, real.busy)
    told = f"{call.id} to {call.dialled}, keys {real.keys!r}: rang {rang}, rehearsed {expected}"
    one_by_one = {
        str(phone)
        for person in book.settings.people.values()
        if person.ring_phones is RingPhones.IN_ORDER
        for phone in person.phones
    }
    for phones, foretold in zip(rang, expected, strict=False):
        # Of phones that ring one after the other, those behind the one that took or passed it may stay silent.
        rung = tuple(phone for phone in foretold if phone in phones or phone not in one_by_one)
        assert phones == rung, told
    assert len(rang) <= len(expected), told
    nobody_took_it = call.reason in (Reason.NO_ANSWER, Reason.NO_ONE_ON_CALL)
    assert not nobody_took_it or len(rang) == len(expected), told


def _declined(call: Call) -> frozenset[str]:
    """Whose phones all ended by themselves, without taking the call."""
    left = {leg.person for leg in call.legs if leg.end not in BY_THEMSELVES}
    return frozenset(leg.person for leg in call.legs) - left


def _rang(call: Call, but: frozenset[str]) -> Levels:
    """The phones of each level, as they were rung together; not those of whoever was busy, or got free meanwhile."""
    levels: Levels = []
    last: Leg | None = None
    for leg in (leg for leg in call.legs if leg.person not in but):
        together = last is not None and leg.level == last.level and last.rang_at == leg.rang_at
        next_phone = last is not None and leg.level == last.level and last.person == leg.person
        if (together or next_phone) and leg.phone.shown not in levels[-1]:
            levels[-1] += (leg.phone.shown,)
        else:
            levels.append((leg.phone.shown,))
        last = leg
    return levels
