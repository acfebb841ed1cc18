"""At a target that takes only so many alerts in a while each has its turn, and nobody comes in vain for it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import pytest

from lcr_asterisk.notifier.turns import LATE, PATIENCE, Turns
from tests.unit.notifier.hand_clock import HandClock

SLACK, EVERY = "slack", 1.0


class Line:
    """Alerts that are brought to a target again and again, until each has had its turn. Time passes as they wait."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.turns = Turns(self.clock.time, self.clock.wait)
        self.began: dict[str, float] = {}
        self.asked = Counter[str]()
        self.late = Counter[str]()
        """Seconds by which one comes later than it was told to, once."""
        self._start = self.clock.now

    async def bring(self, alerts: Iterable[str], page: str = "page") -> None:
        async with asyncio.TaskGroup() as tasks:
            brought = {tasks.create_task(self._bring(alert, page)) for alert in alerts}
            while brought := {task for task in brought if not task.done()}:
                if len(self.clock.waits) < len(brought):
                    await asyncio.sleep(0)
                else:
                    self.clock.passes(self.clock.waits[0])

    async def _bring(self, alert: str, page: str) -> None:
        while (seconds := await self.ask(alert, page)) is not None:
            await self.clock.wait(seconds + self.late.pop(alert, 0))
        self.began[alert] = self.clock.now - self._start

    async def ask(self, alert: str, page: str = "page") -> float | None:
        self.asked[alert] += 1
        return await self.turns.take(SLACK, EVERY, alert, page)


@pytest.fixture
def line() -> Line:
    return Line()


def alerts(number: int) -> list[str]:
    return [f"alert {one}" for one in range(number)]


async def test_of_very_many_each_has_a_turn_of_its_own_and_is_asked_for_it_twice_at_most(line: Line) -> None:
    await line.bring(alerts(300))
    assert line.began == {alert: pytest.approx(number) for number, alert in enumerate(alerts(300))}
    assert max(line.asked.values()) == 2
    assert [line.asked[alert] for alert in alerts(6)] == [1] * 6, "those whose turn comes at once wait for it"


async def test_who_comes_a_little_late_has_its_turn_and_nobody_else_comes_in_vain(line: Line) -> None:
    line.late["alert 20"] = 4
    await line.bring(alerts(40))
    assert line.began["alert 20"] == pytest.approx(22), "before those who had their time after it"
    assert line.began["alert 39"] == pytest.approx(40)
    assert max(line.asked.values()) == 2
    gaps = sorted(line.began.values())
    assert min(after - before for before, after in pairwise(gaps)) >= EVERY / 2


async def test_who_misses_its_time_lines_up_anew(line: Line) -> None:
    line.late["alert 20"] = int(LATE + PATIENCE)
    await line.bring(alerts(40))
    assert line.began["alert 20"] == pytest.approx(40)
    assert line.asked["alert 20"] == 3


async def test_what_each_is_late_does_not_add_up(line: Line) -> None:
    """A wait that ends a moment after its time, each time."""
    patient = line.clock.wait

    async def late(seconds: float) -> None:
        await patient(seconds + 0.1)

    line.turns = Turns(line.clock.time, late)
    await line.bring(alerts(200))
    assert line.began["alert 199"] == pytest.approx(199, abs=0.2)


async def test_a_target_that_asks_for_patience_gets_it_and_all_move_on_together(line: Line) -> None:
    async with asyncio.TaskGroup() as tasks:
        assert await line.ask("alert 0") is None
        waiting = [tasks.create_task(line.ask(alert)) for alert in alerts(40)[1:]]
        await line.clock.until_waited_by(5)
        line.turns.leave_alone(SLACK, 60)
        line.clock.passes(PATIENCE)
    told = [task.result() for task in waiting]
    assert told[:5] == [pytest.approx(60 - PATIENCE * 1.5 + number) for number in range(5)]
    assert told[5:] == [pytest.approx(6 - PATIENCE / 2 + number) for number in range(34)], "they were told before"
    line.asked.clear()
    line.clock.passes(1)
    await line.bring(alerts(40)[1:])
    assert line.began == {alert: pytest.approx(60 + number) for number, alert in enumerate(alerts(40)[1:])}
    assert max(line.asked.values()) <= 3


async def test_what_is_not_wanted_any_more_leaves_its_time_to_others(line: Line) -> None:
    assert await line.ask("alert 0") is None
    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(line.ask(alert)) for alert in alerts(100)[1:]]
        await line.clock.until_waited_by(5)
        assert await line.ask("another", "another page") == pytest.approx(100 - PATIENCE / 2)
        line.turns.forget("page", but="alert 99")
        assert await line.ask("alert 99") == pytest.approx(99 - PATIENCE / 2)
        news = tasks.create_task(line.ask("news"))
        await line.clock.until_waited_by(6)
        line.clock.passes(EVERY)
        assert await news is None
        line.clock.passes(PATIENCE)
    assert [task.result() for task in waiting[:5]] == [None] * 5, "what is not sent needs no turn"


async def test_one_target_knows_nothing_of_another(line: Line) -> None:
    await line.ask("alert 0")
    assert await line.turns.take("teams", EVERY, "alert 1", None) is None
