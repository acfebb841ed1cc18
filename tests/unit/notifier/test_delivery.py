"""Delivering: bounded in time, patient where a server asks for it, never betraying a secret, one never for another."""

from __future__ import annotations

import asyncio
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from lcr_asterisk.notifier.decisions import NO_LONGER_WANTED, SOON, Delivered, GiveUp, Reply, RetryAfter
from lcr_asterisk.notifier.delivery import Deliverer
from lcr_asterisk.notifier.messages import Alert, Kind, Message, ready
from lcr_asterisk.notifier.targets import Target
from lcr_asterisk.notifier.targets.by_apprise import Apprise
from lcr_asterisk.notifier.targets.slack import SlackChannel, SlackWebhook
from lcr_asterisk.notifier.targets.teams import TeamsWebhook
from lcr_asterisk.notifier.targets.webhook import Webhook
from lcr_asterisk.notifier.turns import EARLY
from lcr_asterisk.notifier.web import LARGEST_REPLY, Poster
from tests.stand_ins import Answer, Receiver, certificate
from tests.unit.notifier.alerts import PAGE, page
from tests.unit.notifier.conftest import LOOPBACK, now
from tests.unit.notifier.hand_clock import HandClock


def hook(receiver: Receiver, path: str = "secret-path", host: str = "127.0.0.1") -> Webhook:
    return Webhook(SecretStr(receiver.url(path, host)), SecretStr("secret-signature"))


# -- where it may go -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"])
async def test_nothing_is_sent_to_this_machine_however_it_is_written(receiver: Receiver, host: str) -> None:
    """Also not by a name that somebody else's name server leads here: what counts is the address."""
    async with Deliverer(now) as deliverer:
        decision = await deliverer.deliver(hook(receiver, host=host), PAGE)
    assert isinstance(decision, GiveUp)
    assert "is not a public one; list it under notifier.allow_private" in decision.why
    assert receiver.got == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_where_it_is_allowed_it_is_sent(deliverer: Deliverer, receiver: Receiver, host: str) -> None:
    assert await deliverer.deliver(hook(receiver, host=host), PAGE) == Delivered()


async def test_a_redirect_is_not_followed(deliverer: Deliverer, receiver: Receiver) -> None:
    receiver.answers = [Answer(307, headers={"Location": receiver.url("elsewhere")}), Answer()]
    decision = await deliverer.deliver(hook(receiver), PAGE)
    assert isinstance(decision, GiveUp)
    assert "write the address it redirects to" in decision.why
    assert len(receiver.got) == 1


# -- what goes wrong -------------------------------------------------------------------------------------------------


async def test_a_name_that_nobody_knows_is_looked_up_again_later(deliverer: Deliverer) -> None:
    decision = await deliverer.deliver(Webhook(SecretStr("https://alerts.invalid/secret-path")), PAGE)
    assert decision == RetryAfter(5.0, "its name cannot be looked up")


async def test_a_server_that_is_away_is_tried_again(deliverer: Deliverer, unused_tcp_port: int) -> None:
    target = Webhook(SecretStr(f"http://127.0.0.1:{unused_tcp_port}/secret-path"))
    assert await deliverer.deliver(target, PAGE) == RetryAfter(5.0, "it cannot be reached: Connection refused")


async def test_a_server_that_breaks_off_is_tried_again(deliverer: Deliverer, receiver: Receiver) -> None:
    receiver.breaks_off = True
    decision = await deliverer.deliver(hook(receiver), PAGE)
    assert isinstance(decision, RetryAfter)


async def test_a_server_that_speaks_no_tls_is_tried_again(deliverer: Deliverer, receiver: Receiver) -> None:
    target = Webhook(SecretStr(receiver.url().replace("http://", "https://")))
    assert await deliverer.deliver(target, PAGE) == RetryAfter(5.0, "it does not speak TLS as expected")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
async def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(deliverer: Deliverer, tmp_path: Path) -> None:
    async with Receiver(tls=certificate(tmp_path)) as receiver:
        decision = await deliverer.deliver(hook(receiver, host="localhost"), PAGE)
        assert decision == RetryAfter(5.0, "its certificate is not trusted")
        assert receiver.got == []


async def test_of_an_endless_answer_only_the_beginning_is_read(receiver: Receiver) -> None:
    receiver.answers = [Answer(200, "x" * (LARGEST_REPLY * 10))]
    async with Poster(now, LOOPBACK) as poster:
        reply = await poster.post(receiver.url(), b"{}", {})
    assert isinstance(reply, Reply)
    assert len(reply.body) == LARGEST_REPLY


# -- patience --------------------------------------------------------------------------------------------------------


async def test_a_target_that_hangs_is_given_up_in_time(receiver: Receiver) -> None:
    receiver.hangs = True
    async with Deliverer(now, allowed=LOOPBACK, seconds=0.3) as deliverer:
        assert await deliverer.deliver(hook(receiver), PAGE) == RetryAfter(5.0, "it does not answer within 0.3 s")


async def test_targets_that_hang_delay_no_other(receiver: Receiver) -> None:
    async with (
        Receiver() as hanging,
        Deliverer(now, allowed=LOOPBACK, seconds=600) as deliverer,
        asyncio.TaskGroup() as tasks,
    ):
        hanging.hangs = True
        hung = [tasks.create_task(deliverer.deliver(hook(hanging, str(number)), PAGE)) for number in range(200)]
        await hanging.got_times(200)
        assert await deliverer.deliver(hook(receiver), PAGE) == Delivered()
        assert not any(task.done() for task in hung)
        for task in hung:
            task.cancel()


async def test_a_target_that_asks_for_patience_is_left_alone_and_others_are_not(
    deliverer: Deliverer, receiver: Receiver
) -> None:
    receiver.answers = [Answer(429, headers={"Retry-After": "60"}), Answer()]
    begun = asyncio.get_running_loop().time()
    assert isinstance(await deliverer.deliver(hook(receiver), PAGE), RetryAfter)
    again = await deliverer.deliver(hook(receiver), page(id="msg-2"))
    assert isinstance(again, RetryAfter)
    assert not again.tried
    waits = 60 - EARLY
    assert begun + waits - asyncio.get_running_loop().time() <= again.seconds <= waits
    assert len(receiver.got) == 1
    assert await deliverer.deliver(hook(receiver, "another"), PAGE) == Delivered()


async def test_a_target_in_trouble_of_its_own_may_be_tried_at_once(deliverer: Deliverer, receiver: Receiver) -> None:
    receiver.answers = [Answer(500), Answer()]
    assert isinstance(await deliverer.deliver(hook(receiver), PAGE), RetryAfter)
    assert await deliverer.deliver(hook(receiver), page(id="msg-2")) == Delivered()


async def test_slack_gets_one_message_a_second_and_what_is_too_much_is_put_off(receiver: Receiver) -> None:
    slack, clock = SlackWebhook(SecretStr(receiver.url())), HandClock()
    async with (
        Deliverer(now, allowed=LOOPBACK, time=clock.time, wait=clock.wait) as deliverer,
        asyncio.TaskGroup() as tasks,
    ):
        attempts = [tasks.create_task(deliverer.deliver(slack, page(id=f"msg-{number}"))) for number in range(9)]
        await clock.until_waited_by(5)
        for told in range(1, 7):
            await receiver.got_times(told)
            assert len(receiver.got) == told
            clock.passes(1)
    decisions = [attempt.result() for attempt in attempts]
    put_off = [decision for decision in decisions if isinstance(decision, RetryAfter)]
    assert decisions.count(Delivered()) == len(receiver.got) == 6, "those whose turn comes within 5 s"
    assert [decision.seconds + EARLY for decision in put_off] == pytest.approx([6, 7, 8]), "each at a time of its own"
    assert not any(decision.tried for decision in put_off)


def waiting(message: Message, *answers: bool) -> Alert:
    """An alert that is wanted, or not, each time that is asked; made when its turn has come."""
    left = list(answers)

    async def is_wanted() -> bool:
        return left.pop(0)

    return replace(ready(message), is_wanted=is_wanted)


async def test_what_is_no_longer_wanted_when_its_turn_has_come_is_not_sent(
    deliverer: Deliverer, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert await deliverer.deliver(hook(receiver), waiting(PAGE, False)) is NO_LONGER_WANTED
    assert receiver.got == []
    assert "not sent to webhook 127.0.0.1: it is no longer wanted" in caplog.text
    assert await deliverer.deliver(hook(receiver), waiting(PAGE, True)) == Delivered()


async def test_nor_is_a_notification_that_waited_for_apprise_to_begin(deliverer: Deliverer, receiver: Receiver) -> None:
    target = Apprise(SecretStr(receiver.url().replace("http", "json")))
    assert await deliverer.deliver(target, waiting(PAGE, True, False)) is NO_LONGER_WANTED
    assert receiver.got == []
    assert await deliverer.deliver(target, waiting(PAGE, True, True)) == Delivered()


async def test_news_that_nothing_has_to_be_done_frees_the_turns_of_what_was_to_be_told_before(
    receiver: Receiver,
) -> None:
    slack, clock = SlackWebhook(SecretStr(receiver.url())), HandClock()
    async with (
        Deliverer(now, allowed=LOOPBACK, time=clock.time, wait=clock.wait) as deliverer,
        asyncio.TaskGroup() as tasks,
    ):
        for number in range(20):
            tasks.create_task(deliverer.deliver(slack, page(id=f"msg-{number}")))
        await clock.until_waited_by(5)
        news = tasks.create_task(deliverer.deliver(slack, page(id="news", kind=Kind.PAGE_ACKNOWLEDGED)))
        await clock.until_waited_by(6)
        clock.passes(6)
        assert await news == Delivered()


# -- what is told ----------------------------------------------------------------------------------------------------


async def test_no_secret_is_ever_logged_or_returned(
    deliverer: Deliverer, receiver: Receiver, caplog: pytest.LogCaptureFixture, unused_tcp_port: int
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.answers = [Answer(404, "secret-path was not found", {"X-Secret": "secret"})]
    url = SecretStr(receiver.url("secret-path?token=secret"))
    targets: list[Target] = [
        hook(receiver),
        SlackWebhook(url),
        TeamsWebhook(url),
        SlackChannel(SecretStr("xoxb-secret"), "C0123456789"),
        Apprise(SecretStr(receiver.url("secret-path").replace("http", "json"))),
        Apprise(SecretStr("nonsense://secret")),
        Webhook(SecretStr(f"http://user:secret@127.0.0.1:{unused_tcp_port}/secret-path")),
        Webhook(SecretStr("https://alerts.invalid/secret-path")),
        Webhook(SecretStr("https://169.254.169.254/secret-path")),
        Webhook(SecretStr("https://[secret/")),
    ]
    decisions = [await deliverer.deliver(target, PAGE) for target in targets]
    assert not any(isinstance(decision, Delivered) for decision in decisions)
    assert len([record for record in caplog.records if PAGE.id in record.getMessage()]) == len(targets)
    caplog.handler.setFormatter(logging.Formatter("%(message)s %(exc_text)s"))
    ours = [record for record in caplog.records if record.name != "aiohttp.access"]  # which is the stand-in's log
    told = (
        "".join(map(caplog.handler.format, ours))
        + repr(decisions)
        + repr(targets)
        + "".join(target.name for target in targets)
    )
    assert "secret" not in told.replace("secret=", ""), "but for the name of a field"


async def test_each_attempt_is_logged_with_its_alert_and_target(
    deliverer: Deliverer, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await deliverer.deliver(hook(receiver), PAGE)
    assert "alert msg-20261121-1: delivered to webhook 127.0.0.1" in caplog.text


async def test_a_defect_in_one_alert_is_told_and_ends_nothing(
    deliverer: Deliverer, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    broken: Message = page(at="not a time")
    decision = await deliverer.deliver(hook(receiver), broken)
    assert decision == RetryAfter(SOON, "a defect (AttributeError); the log says more"), "it may be mended meanwhile"
    assert "Traceback" in caplog.text or "encode" in caplog.text
    assert await deliverer.deliver(hook(receiver), PAGE) == Delivered()
