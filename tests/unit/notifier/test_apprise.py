"""Everything else goes through Apprise, which runs where it can be stopped and reaches only what it may."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from lcr_asterisk.notifier.apprising import AppriseRunner
from lcr_asterisk.notifier.decisions import Delivered, GiveUp, RetryAfter
from lcr_asterisk.notifier.delivery import Deliverer
from lcr_asterisk.notifier.messages import Kind
from lcr_asterisk.notifier.targets import by_apprise
from lcr_asterisk.notifier.targets.by_apprise import Apprise
from tests.stand_ins import Answer, Receiver
from tests.unit.notifier.alerts import PAGE, hostile, page
from tests.unit.notifier.conftest import now

LOOPBACK = [ip_network("127.0.0.0/8")]


def target(receiver: Receiver, path: str = "secret-path") -> Apprise:
    return Apprise(SecretStr(receiver.url(path).replace("http://", "json://")))


class Patience:
    """A time limit that runs out when a test says so, however slow the machine is."""

    def __init__(self) -> None:
        self._limits: list[asyncio.Timeout] = []

    def __call__(self, seconds: float) -> asyncio.Timeout:
        self._limits.append(asyncio.timeout(None))
        return self._limits[-1]

    def runs_out(self) -> None:
        """For all attempts that are being made."""
        for limit in self._limits:
            with contextlib.suppress(RuntimeError):  # its attempt is over
                limit.reschedule(0.0)
        self._limits = []


@pytest_asyncio.fixture(scope="module", name="deliverer")
async def _deliverer() -> AsyncIterator[Deliverer]:
    """One for all, for its program takes seconds to start."""
    async with Deliverer(now, allowed=LOOPBACK) as deliverer:
        yield deliverer


async def test_a_service_gets_title_words_and_link(deliverer: Deliverer, receiver: Receiver) -> None:
    assert await deliverer.deliver(target(receiver), PAGE) == Delivered()
    (request,) = receiver.got
    notification = json.loads(request.body)
    assert notification["title"] == "Page for Platform: Acme left a message on Production Incidents"
    assert notification["type"] == "failure"
    for words in (
        "Caller: Acme (+14155550177)",
        "“The website is down.”",
        "Acknowledge: https://hotline.example.com/acknowledge/abc.def",
    ):
        assert words in notification["message"]


async def test_one_program_serves_many_notifications(receiver: Receiver) -> None:
    async with AppriseRunner(LOOPBACK, limit=Patience()) as runner:
        asked = [by_apprise.render(target(receiver, f"to-{number}"), PAGE) for number in range(8)]
        assert await asyncio.gather(*map(runner.notify, asked)) == [Delivered()] * 8
    assert sorted(request.path for request in receiver.got) == [f"/to-{number}" for number in range(8)]


async def test_a_service_that_refuses_is_tried_again_later(deliverer: Deliverer, receiver: Receiver) -> None:
    receiver.answers = [Answer(500)]
    assert await deliverer.deliver(target(receiver), PAGE) == RetryAfter(30.0, "the service did not take it")


async def test_a_url_that_apprise_does_not_know_is_given_up(deliverer: Deliverer) -> None:
    decision = await deliverer.deliver(Apprise(SecretStr("nonsense://token")), PAGE)
    assert decision == GiveUp("Apprise does not understand this URL, or needs a library for it")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_it_does_not_reach_this_machine_unless_that_is_allowed(receiver: Receiver, host: str) -> None:
    url = receiver.url(host=host).replace("http://", "json://")
    async with Deliverer(now) as deliverer:
        decision = await deliverer.deliver(Apprise(SecretStr(url)), PAGE)
    assert isinstance(decision, GiveUp)
    assert "is not a public one; list it under notifier.allow_private" in decision.why
    assert receiver.got == []


async def test_a_redirect_leads_nowhere(deliverer: Deliverer, receiver: Receiver) -> None:
    receiver.answers = [Answer(302, headers={"Location": receiver.url("elsewhere")}), Answer(200)]
    assert isinstance(await deliverer.deliver(target(receiver), PAGE), RetryAfter)
    assert [request.path for request in receiver.got] == ["/secret-path"]


async def test_those_that_hang_are_given_up_in_time_and_others_are_delivered(receiver: Receiver) -> None:
    """Whatever hangs in the program goes with it; what else it is doing is done."""
    patience = Patience()
    async with Receiver() as hanging, AppriseRunner(LOOPBACK, 8.0, patience) as runner:
        hanging.hangs = True
        slow = by_apprise.render(target(hanging, "secret-path?rto=600"), PAGE)
        quick = by_apprise.render(target(receiver), PAGE)
        async with asyncio.TaskGroup() as tasks:
            hung = [tasks.create_task(runner.notify(slow)) for _ in range(20)]
            await hanging.got_times(20)
            worn = runner.process
            assert await runner.notify(quick) == Delivered(), "while the others hang"
            assert not any(task.done() for task in hung)
            patience.runs_out()
        assert [task.result() for task in hung] == [RetryAfter(5.0, "the service does not answer within 8 s")] * 20
        assert await runner.notify(quick) == Delivered()
        assert worn is not None and worn.returncode is not None, "what hangs is ended with its program"


@pytest.fixture(name="slow_start")
def _slow_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Python programs of this test begin only when somebody opens this pipe."""
    pipe = tmp_path / "begin"
    os.mkfifo(pipe)
    (tmp_path / "sitecustomize.py").write_text(f"open({str(pipe)!r}).close()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return pipe


async def test_a_program_that_takes_long_to_start_is_left_to_it_and_does_nothing_late(
    receiver: Receiver, slow_start: Path
) -> None:
    patience = Patience()
    async with AppriseRunner(LOOPBACK, 8.0, patience) as runner:
        quick = by_apprise.render(target(receiver), PAGE)
        asked = asyncio.ensure_future(runner.notify(quick))
        while runner.process is None:  # noqa: ASYNC110 - which is no event to anybody else
            await asyncio.sleep(0)
        patience.runs_out()
        assert await asked == RetryAfter(5.0, "the service does not answer within 8 s")
        starting = runner.process
        await asyncio.to_thread(slow_start.write_text, "")
        assert await runner.notify(quick) == Delivered()
        assert runner.process is starting
    assert len(receiver.got) == 1, "what was given up before is not sent too"


async def test_the_program_ends_with_whoever_started_it_even_while_a_service_hangs() -> None:
    async with Receiver() as hanging:
        hanging.hangs = True
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "lcr_asterisk.notifier.apprise_program", "127.0.0.1"),
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=Path(__file__).parents[3],
        )
        assert process.stdin is not None
        asked = by_apprise.render(target(hanging, "secret-path?rto=600"), PAGE)
        job = {"job": 1, "url": asked.url, "title": asked.title, "body": asked.body, "type": asked.type}
        process.stdin.write(json.dumps(job).encode() + b"\n")
        await hanging.got_times(1)
        process.stdin.close()  # as the kernel does when its reader is killed
        assert await process.wait() == 0


async def test_a_program_that_was_killed_is_started_again(receiver: Receiver) -> None:
    async with AppriseRunner(LOOPBACK, limit=Patience()) as runner:
        asked = by_apprise.render(target(receiver), PAGE)
        assert await runner.notify(asked) == Delivered()
        assert runner.process is not None
        runner.process.kill()
        while not isinstance(await runner.notify(asked), Delivered):
            pass  # what was asked of it before its end was seen is put off
    assert len(receiver.got) == 2


def test_what_a_caller_says_is_markup_in_no_service() -> None:
    notification = by_apprise.render(Apprise(SecretStr("ntfys://ntfy.sh/topic")), hostile())
    for written in (notification.title, notification.body.replace(PAGE.acknowledge_link or "", "")):
        assert not set("<>[]`*_") & set(written)
        assert "@everyone" not in written and "@channel" not in written


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        (Kind.PAGE_OPENED, "failure"),
        (Kind.PAGE_NOTIFIED, "failure"),
        (Kind.PAGE_EXHAUSTED, "failure"),
        (Kind.SYSTEM_DEGRADED, "failure"),
        (Kind.PAGE_ACKNOWLEDGED, "success"),
        (Kind.PAGE_CLOSED, "success"),
        (Kind.SYSTEM_RECOVERED, "success"),
        (Kind.TEST, "info"),
    ],
)
def test_a_service_is_told_how_serious_it_is(kind: Kind, type_: str) -> None:
    assert by_apprise.render(Apprise(SecretStr("ntfys://ntfy.sh/topic")), page(kind=kind)).type == type_


def test_pagerduty_has_one_incident_for_a_page_which_ends_with_it() -> None:
    url = "pagerduty://key@token"
    for written, begins in ((url, f"{url}?"), (f"{url}?region=eu", f"{url}?region=eu&")):
        notification = by_apprise.render(Apprise(SecretStr(written)), page(dedupe_key="page 7"))
        assert notification.url == f"{begins}action=map&dedup=page%207"


def test_its_url_is_not_printed() -> None:
    secret = Apprise(SecretStr("ntfys://ntfy.sh/secret-topic"))
    assert "secret" not in f"{secret!r} {secret.name} {by_apprise.render(secret, PAGE)!r}"
