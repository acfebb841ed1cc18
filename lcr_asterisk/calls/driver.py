"""One call at work: one queue of events, one timer, and the machine between them.

Everything here is synchronous. A press of 1 that comes off the socket has been stepped, and its commands are on their
way back to Asterisk, before the event loop turns once; the journal follows behind.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from lcr_asterisk.callflow import events as ev
from lcr_asterisk.callflow.commands import Command
from lcr_asterisk.callflow.machine import step
from lcr_asterisk.callflow.states import Call, Talking
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.calls.pinpad import PinPad
from lcr_asterisk.calls.plans import PlanBook
from lcr_asterisk.errors import IllegalEvent
from lcr_asterisk.store.journal import JournalEntry

log = logging.getLogger(__name__)

TIME_AGAIN = timedelta(seconds=1)  # after a failure: the deadline stays past, and all other calls share this loop


class Journal(Protocol):
    def append(self, entry: JournalEntry, call: Call) -> None: ...


class Interpreter(Protocol):
    def execute(self, driver: CallDriver, command: Command) -> None: ...

    def rescue(self, channel: str) -> None: ...


Watcher = Callable[[Call | None, ev.Event, Call, Sequence[Command]], None]


class CallDriver:
    """Takes events (`post`), steps the machine, journals, executes, and arms the timer for the next deadline.

    `book` is the configuration the call began with. A driver made from a journal (`call`, `steps` already taken)
    starts paused: events wait until `go_on` has told the machine what Asterisk still has.
    """

    def __init__(
        self,
        call_id: str,
        book: PlanBook,
        clock: Clock,
        interpreter: Interpreter,
        journal: Journal,
        watch: Watcher,
        *,
        call: Call | None = None,
        steps: int = 0,
    ) -> None:
        self.call_id = call_id
        self.book = book
        self.clock = clock
        self.pinpad = PinPad()
        self._call = call
        self._steps = steps
        self._interpreter = interpreter
        self._journal = journal
        self._watch = watch
        self._waiting: deque[ev.Event] = deque()
        self._busy = False
        self._paused = call is not None
        self._timer: asyncio.TimerHandle | None = None
        self._not_before: datetime | None = None  # no timer is due earlier, whatever the deadline

    @property
    def call(self) -> Call:
        """The call's present state. A driver is only known to others once its call has arrived."""
        if self._call is None:
            raise IllegalEvent(f"{self.call_id} has not arrived")
        return self._call

    @property
    def paused(self) -> bool:
        """Whether it waits for `go_on`."""
        return self._paused

    def post(self, event: ev.Event) -> None:
        """Let this happen to the call: now, or after what is happening to it already."""
        self._waiting.append(event)
        self._drain()

    def post_unless_over(self, event: ev.Event) -> None:
        """The same for what is only said in case that nothing else was."""
        if not self.call.over:
            self.post(event)

    def pause(self) -> None:
        """Asterisk is away: no timer may ask anything of it, and what it says later waits for `go_on`."""
        self._paused = True
        self._disarm()

    def go_on(self, resumed: ev.Resumed) -> None:
        """Asterisk is back; `resumed` is what it still has, and comes before everything that waited."""
        self._paused = False
        self._waiting.appendleft(resumed)
        self._drain()

    def _drain(self) -> None:
        if self._busy or self._paused:
            return
        self._busy = True
        try:
            while self._waiting:
                self._take(self._waiting.popleft())
        finally:
            self._busy = False
        self._arm()

    def _take(self, event: ev.Event) -> None:
        now, before = self.clock.now(), self._call
        if isinstance(event, ev.TimePassed) and before is not None:
            # The loop's timer may fire a clock tick early.
            now = max(now, before.deadline() or now)
        try:
            after, commands = step(before, event, now)
        except Exception as failure:
            if isinstance(event, ev.TimePassed):
                self._not_before = self.clock.now() + TIME_AGAIN
            if isinstance(failure, IllegalEvent):
                log.error("%s: %s", self.call_id, failure, extra={"call": self.call_id})
            else:
                self._defect(event, failure)
            return
        self._call = after
        self._journal.append(JournalEntry(self.call_id, self._steps, now, event), after)
        self._steps += 1
        for command in commands:
            try:
                self._interpreter.execute(self, command)
            except Exception as defect:
                log.exception("%s: cannot carry out %s", self.call_id, command, extra={"call": self.call_id})
                self._waiting.append(ev.CommandFailed(type(command).__name__, repr(defect)))
        try:
            self._watch(before, event, after, commands)
        except Exception:
            log.exception("%s: nobody could be told of %s", self.call_id, event, extra={"call": self.call_id})

    def _defect(self, event: ev.Event, defect: Exception) -> None:
        """The machine itself failed: the caller goes to the dialplan, which needs none of this program."""
        log.exception("%s: the call flow failed at %s", self.call_id, event, extra={"call": self.call_id})
        if self._call is None or isinstance(event, ev.HandedToDialplan):
            return
        ends_the_talk = isinstance(event, ev.CallerHungUp | ev.LegEnded)
        if isinstance(self._call.stage, Talking) and not ends_the_talk:
            return  # two people talk: nothing here is worth parting them
        self._interpreter.rescue(self._call.channel)
        self._waiting.append(ev.HandedToDialplan(repr(defect)))

    def _arm(self) -> None:
        self._disarm()
        deadline = self._call.deadline() if self._call is not None and not self._call.over else None
        if deadline is not None:
            due = max(deadline, self._not_before or deadline)
            delay = max(0.0, (due - self.clock.now()).total_seconds())
            self._timer = asyncio.get_running_loop().call_later(delay, self.post, ev.TimePassed())

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
