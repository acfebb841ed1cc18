"""What shall be done about a page, in the imperative. Counterpart: `events.py`, what came of it.

A command may be given again when nothing has come of it for a while: ids are the same then.
"""

from __future__ import annotations

from dataclasses import dataclass

from lcr_asterisk.paging.states import Delivery


@dataclass(frozen=True, slots=True)
class FindPeople:
    """Ask who is on call at this level now, counted from 0. Answer: PeopleFound."""

    level: int


@dataclass(frozen=True, slots=True)
class Deliver:
    """Make one attempt. Answer: Delivered, Deferred or GaveUp; for a call also Listened and Unheeded, for a place
    Redirected.

    `earlier` is the reference of an earlier alert about this page at the same place.
    """

    delivery: Delivery
    earlier: str | None = None


@dataclass(frozen=True, slots=True)
class StopCall:
    """End this phone call, whether it rings or is listened to. Answer: Unheeded, also where there is no such call."""

    delivery: str


Command = FindPeople | Deliver | StopCall
