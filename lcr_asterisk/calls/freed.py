"""Tells calls that would ring somebody who is on another call when that person is free again."""

from __future__ import annotations

from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow.states import Call
from lcr_asterisk.calls.registry import CallRegistry


class FreedResponders:
    """Looks at each step of each call; what becomes of the news is for the call that gets it to decide."""

    def __init__(self, registry: CallRegistry) -> None:
        self._registry = registry

    def look(self, before: Call | None, after: Call) -> None:
        """Whoever was on the line in this call before the step, and in no call after it, is free."""
        left = before.on_the_line() - after.on_the_line() if before is not None else frozenset()
        for person in left - self._registry.persons_on_a_call(but=after.id):
            for driver in self._registry:
                if driver.call.waits_for(person):
                    driver.post(ev.ResponderFreed(person))
