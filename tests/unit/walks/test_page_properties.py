"""Whatever happens to a page, in whatever order: the promises that hold for every one of them.

The notifier below obeys, and reports truthfully, but reports are lost, late or doubled; and it is killed at any moment,
between a command and its report for one: what it knew then is gone, and only the page's own deadlines go on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as some

from lcr_asterisk.paging import commands as do
from lcr_asterisk.paging import events as ev
from lcr_asterisk.paging.page import step
from lcr_asterisk.paging.policy import Place, Policy, Recipient, Way
from lcr_asterisk.paging.reports import CALL_TAKES
from lcr_asterisk.paging.states import Done, Exhausted, Finding, Notifying, Page, Progress, Taken
from lcr_asterisk.paging.story import narrate
from tests.unit.paging.transcript import MAIL, NINE, OPS, PAGE, PUSH, VOICE, cause, policy, quiet

STEPS = 80
PLACES = (OPS, Place("other", "other"))
INSTEAD = (Place("new", "new"), Place("another", "another"))


@some.composite
def policies(draw: some.DrawFn) -> Policy:
    levels = draw(some.lists(some.sampled_from([1.0, 30.0, 300.0]), min_size=1, max_size=3))
    alerts = draw(some.sampled_from([(), PLACES[:1], PLACES]))
    return policy(*levels, repeat=draw(some.integers(0, 2)), alerts=alerts)


class AnyPage:
    """A page, and the notifier that works it as `luck` has it."""

    def __init__(self, policy: Policy, luck: Random) -> None:
        self.luck = luck
        self.now = NINE
        self.journal: list[tuple[datetime, ev.Event]] = []
        self.asked: list[do.Command] = []
        self.sent: dict[str, int] = {}
        self.passed: dict[str, int] = {}  # in which walk who passed it on last
        self.page: Page | None = None
        self.take(ev.PageOpened(PAGE, cause(), policy))

    @property
    def so_far(self) -> Page:
        assert self.page is not None
        return self.page

    def take(self, event: ev.Event) -> None:
        before = self.page
        if before is not None and isinstance(event, ev.Unheeded) and event.passed:
            self.passing(before, event.delivery)
        after, commands = step(before, event, self.now)
        assert step(before, event, self.now) == (after, commands), "the same question had another answer"
        note(f"{(self.now - NINE).total_seconds():9.2f}  {event}")
        for line in narrate(before, event, after):
            note(f"           ({line})")
        self.journal.append((self.now, event))
        self.page = after
        assert isinstance(event, ev.TimePassed) or not commands
        for command in commands:
            note(f"           {command}")
            self.check(command, after)
        self.asked += commands
        if before is not None and not before.open:
            assert not after.open, "what somebody took care of is not worked again"
        if before is not None and isinstance(before.stage, Done):
            assert isinstance(after.stage, Done)
        self.look(after)

    def passing(self, page: Page, delivery: str) -> None:
        one = page.delivery(delivery)
        in_call = one is not None and one.call and one.live and one.progress is not Progress.HELD
        if one is not None and one.person is not None and in_call:
            self.passed[one.person] = page.walk

    def check(self, command: do.Command, after: Page) -> None:
        if isinstance(command, do.Deliver):
            if command.delivery.person is not None:
                assert after.open, "nobody is told any more when somebody has acknowledged"
                assert self.passed.get(command.delivery.person) != after.walk, "who passed it on is left in peace"
                self.check_quiet(command, after)
            assert command.delivery.until is not None, "an attempt of which nothing is heard is made again"
            self.sent[command.delivery.id] = self.sent.get(command.delivery.id, 0) + 1
        if isinstance(command, do.FindPeople):
            assert after.open

    def check_quiet(self, command: do.Deliver, after: Page) -> None:
        one = command.delivery
        if one.quiet_at(self.now) and one.attempts == 1:
            others = [way for way in after.deliveries if way.round == one.round and way.live and way.id != one.id]
            used = [way for way in others if way.progress not in (Progress.HELD, Progress.WAITING)]
            used = [way for way in used if not way.deferred]
            assert not used, "quiet hours hold while the person has another way"

    def look(self, page: Page) -> None:
        for place in page.policy.alerts:
            alerts = [one for one in page.deliveries if one.person is None and one.place == place.id]
            assert all(one.progress is Progress.HELD for one in alerts[1:]), "a place is told one thing at a time"
            assert not alerts or alerts[0].progress is not Progress.HELD
        if page.open and not isinstance(page.stage, Exhausted):
            assert page.deadline() is not None, "a page that nobody has acknowledged goes on"
        for one in page.deliveries:
            if one.live and one.progress is not Progress.HELD:
                told = one.progress is Progress.TOLD and not one.call
                assert told or one.until is not None, "only what was told has no deadline"
        self.look_at_people(page)

    def look_at_people(self, page: Page) -> None:
        calls = [one.person for one in page.deliveries if one.call and one.live]
        assert len(calls) == len(set(calls)), "nobody is called twice at a time"
        for silent in page.deliveries:
            if silent.progress is Progress.QUIET:
                others = [one for one in page.deliveries if one.round == silent.round and one.live]
                assert [one for one in others if not one.deferred], "quiet hours do not keep a page from a person"

    # -- moves ---------------------------------------------------------------------------------------------------------

    def move(self) -> None:
        self.luck.choice(
            [self.report, self.report, self.report, self.time, self.time, self.late, self.person, self.killed]
        )()

    def time(self) -> None:
        due = self.so_far.deadline()
        if due is not None:
            self.now = max(self.now, due)
            before = self.so_far
            self.take(ev.TimePassed())
            assert self.so_far != before, "a deadline that changes nothing would come again at once, for ever"

    def late(self) -> None:
        self.now += timedelta(seconds=self.luck.choice([0.5, 10, 100, 4000]))

    def killed(self) -> None:
        self.asked = []
        if self.luck.random() < 0.5:
            self.now -= timedelta(seconds=self.luck.choice([0, 0, 5, 10_000]))  # the system's clock may be set back
            self.take(ev.Resumed())
            self.look_at_deadlines()

    def look_at_deadlines(self) -> None:
        """Whatever they were: a clock that was set back keeps nobody waiting for the time to come again."""
        page = self.so_far
        if isinstance(page.stage, Finding | Notifying):
            assert page.stage.until <= self.now + timedelta(seconds=300), "no level lasts for longer"
        for one in page.deliveries:
            if one.until is not None and one.progress is not Progress.QUIET:
                assert one.until <= self.now + CALL_TAKES, "nor anything else that is waited for"

    def person(self) -> None:
        events: list[ev.Event] = [
            ev.CallJoined(cause(f"call-{self.luck.randint(1, 9)}", self.now)),
            ev.Acknowledged("alice", "Alice", "link"),
            ev.Closed("bob", "Bob", "command"),
        ]
        self.take(self.luck.choices(events, [8, 1, 1])[0])

    def report(self) -> None:
        if not self.asked:
            return
        command = self.luck.choice(self.asked)
        if self.luck.random() > 0.1:
            self.asked.remove(command)
        match command:
            case do.FindPeople(level=level):
                self.take(ev.PeopleFound(level, self.people()))
            case do.StopCall(delivery=delivery):
                self.take(ev.Unheeded(delivery, "stopped"))
            case do.Deliver(delivery=one):
                self.take(self.answer(one.id))

    def answer(self, delivery: str) -> ev.Event:
        answers: list[ev.Event] = [
            ev.Delivered(delivery),
            ev.Delivered(delivery, "reference"),
            ev.Deferred(delivery, self.luck.choice([0.0, 30.0]), "busy", self.luck.random() < 0.8),
            ev.GaveUp(delivery, "no such address"),
            ev.Redirected(delivery, self.luck.choice([(), PLACES[1:], INSTEAD])),
            ev.Listened(delivery),
            ev.Unheeded(delivery, "busy"),
            ev.Unheeded(delivery, "passed on", passed=True),
        ]
        return self.luck.choice(answers)

    def people(self) -> tuple[Recipient, ...]:
        ways: list[Way] = []
        for way in (MAIL, PUSH, VOICE):
            hours = self.luck.choice([(), quiet(0, 1000), quiet(50, 200)])
            ways.append(replace(way, after=self.luck.choice([0.0, 0.0, 20.0, 400.0]), quiet=hours))
        people = []
        for name in self.luck.sample(["Alice", "Bob"], self.luck.randint(0, 2)):
            chosen = tuple(self.luck.sample(ways, self.luck.randint(1, 3)))
            people.append(Recipient(name.lower(), name, chosen, self.luck.random() < 0.5))
        return tuple(people)

    # -- the end -------------------------------------------------------------------------------------------------------

    def ends(self) -> None:
        """From here on everything that is asked is answered, and delivered."""
        for _ in range(2000):
            for command in self.asked:
                match command:
                    case do.FindPeople(level=level):
                        self.take(ev.PeopleFound(level, (Recipient("alice", "Alice", (MAIL,)),)))
                    case do.Deliver(delivery=one):
                        self.take(ev.Delivered(one.id))
                    case do.StopCall(delivery=delivery):
                        self.take(ev.Unheeded(delivery, "stopped"))
                self.asked = [other for other in self.asked if other is not command]
                break
            else:
                if self.so_far.deadline() is None:
                    break
                self.time()
        page = self.so_far
        assert isinstance(page.stage, Exhausted | Taken | Done), (
            "every page is told to somebody, or that nobody is left"
        )
        assert not [one for one in page.deliveries if one.person is None], "and the team knows"
        for one in page.deliveries:
            if one.progress is Progress.QUIET:
                told = [way for way in page.deliveries if way.round == one.round and way.progress is Progress.TOLD]
                assert told, "who is on call is told by some way, unless all of them have failed"
        if not page.open:
            assert all(one.progress is Progress.OVER for one in page.deliveries), "everything has stopped"
        state: Page | None = None
        for at, event in self.journal:
            state, _ = step(state, event, at)
        assert state == page, "the events fold back into the same page"


def test_every_page_keeps_its_promises() -> None:
    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(by=policies(), steps=some.integers(0, STEPS), luck=some.integers(0, 2**32))
    def play(by: Policy, steps: int, luck: int) -> None:
        page = AnyPage(by, Random(luck))
        for _ in range(steps):
            page.move()
        page.ends()

    play()
