"""Delivering alerts: one attempt for one target, and what is to be done if it fails.

Attempts may run side by side, as many as one likes: each is bounded in time, and a target that hangs, or asks for
patience, holds up nobody but itself. Nothing that is logged here, or returned, names a secret.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time as clock
import traceback
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from types import TracebackType
from typing import Any, Self, assert_never

from lcr_asterisk.config.notifier import SmtpSettings
from lcr_asterisk.notifier.addresses import Network
from lcr_asterisk.notifier.apprising import AppriseRunner
from lcr_asterisk.notifier.decisions import NO_LONGER_WANTED, SOON, Decision, Delivered, GiveUp, Reply, RetryAfter
from lcr_asterisk.notifier.mail import Mailer
from lcr_asterisk.notifier.messages import Alert, IsWanted, Message, ready
from lcr_asterisk.notifier.targets import Target, by_apprise, email, identity, slack, teams, voice, webhook
from lcr_asterisk.notifier.targets.by_apprise import Apprise
from lcr_asterisk.notifier.targets.email import Email
from lcr_asterisk.notifier.targets.slack import SlackChannel, SlackWebhook
from lcr_asterisk.notifier.targets.teams import TeamsWebhook
from lcr_asterisk.notifier.targets.voice import Engine, Voice
from lcr_asterisk.notifier.targets.webhook import Webhook
from lcr_asterisk.notifier.turns import Turns
from lcr_asterisk.notifier.web import Poster

log = logging.getLogger(__name__)

_ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


class Deliverer:
    """Delivers messages to targets of every kind. Open it with `async with`.

    `now` is asked for aware times. `allowed` are the networks that alerts may go to though they are not public. `smtp`
    is the mail server, None where there is none; `engine` the engine that makes calls, which may be anywhere;
    `slack_api` the address of Slack's web API. Turns go by `time`, a clock that is never set, and by `wait`.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        smtp: SmtpSettings | None = None,
        engine: Engine | None = None,
        allowed: Sequence[Network] = (),
        slack_api: str = slack.API,
        seconds: float | None = None,
        time: Callable[[], float] = clock.monotonic,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        limit: dict[str, Any] = {} if seconds is None else {"seconds": seconds}
        self._now = now
        self._slack_api = slack_api
        self._web = Poster(now, allowed, **limit)
        self._engine = engine
        self._to_engine = Poster(now, _ANYWHERE, **limit)
        self._mail = Mailer(smtp, **limit) if smtp is not None else None
        self._apprise = AppriseRunner(allowed, **limit)
        self._turns = Turns(time, wait)

    async def __aenter__(self) -> Self:
        self._open = AsyncExitStack()
        await self._open.enter_async_context(self._web)
        await self._open.enter_async_context(self._to_engine)
        await self._open.enter_async_context(self._apprise)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def deliver(self, target: Target, message: Message | Alert, earlier: str | None = None) -> Decision:
        """One attempt, where it is not put off. Never raises.

        `earlier` is the reference that the delivery of an earlier message about the same page to the same target
        returned: where the target allows, that one is changed instead of a new one being sent.
        """
        alert = message if isinstance(message, Alert) else ready(message)
        decision = await self._in_turn(target, alert, earlier)
        match decision:
            case Delivered():
                log.info("alert %s: delivered to %s", message.id, target.name)
            case _ if decision is NO_LONGER_WANTED:
                log.info("alert %s: not sent to %s: %s", message.id, target.name, decision.why)
            case RetryAfter(seconds, why):
                log.warning("alert %s: not delivered to %s: %s; again in %.0f s", message.id, target.name, why, seconds)
            case GiveUp(why):
                log.error("alert %s: cannot be delivered to %s: %s", message.id, target.name, why)
        return decision

    async def stop_call(self, page: str, delivery: str) -> bool:
        """Have the engine end a call about this page. Whether there is none (any more). Never raises.

        False also where the engine does not answer: whoever asked asks again.
        """
        if self._engine is None:
            return True
        reply = await self._to_engine.delete(self._engine.call(page, delivery), self._engine.headers)
        if not isinstance(reply, Reply):
            log.warning("page %s: the call %s cannot be ended: the engine: %s", page, delivery, reply.why)
            return False
        return voice.is_over(reply)

    async def engine_problem(self) -> str | None:
        """Why no call could be asked for just now; None where the engine knows us. Nobody is called."""
        if self._engine is None:
            return "no engine is known"
        # To end what cannot be: whoever may do that may also begin something.
        reply = await self._to_engine.delete(self._engine.call("test", "test"), self._engine.headers)
        if not isinstance(reply, Reply):
            return f"the engine: {reply.why}"
        decision = voice.decide(reply)
        return None if voice.is_over(reply) or isinstance(decision, Delivered) else decision.why

    async def _in_turn(self, target: Target, alert: Alert, earlier: str | None) -> Decision:
        who = identity(target)
        if alert.settles and alert.page is not None:
            self._turns.forget(alert.page, but=alert.id)
        wait = await self._turns.take(who, _between(target), alert.id, alert.page)
        if wait is not None:
            return RetryAfter(wait, "others are before it, or the target asked for patience", tried=False)
        try:
            message = await alert.message()
            if not await alert.is_wanted():
                return NO_LONGER_WANTED
            decision = await self._attempt(target, message, alert.is_wanted, earlier)
        except Exception as error:  # a defect in one target's form must not take the others' alerts along
            # Where it was, and not what it says, which could be a secret.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("alert %s: %s while delivering to %s\n%s", alert.id, type(error).__name__, target.name, where)
            return RetryAfter(SOON, f"a defect ({type(error).__name__}); the log says more")
        if isinstance(decision, RetryAfter) and decision.asked:
            self._turns.leave_alone(who, decision.seconds)
        return decision

    async def _attempt(self, target: Target, message: Message, is_wanted: IsWanted, earlier: str | None) -> Decision:
        match target:
            case SlackWebhook(url):
                reply = await self._web.post(url.get_secret_value(), _json(slack.render(message)), {})
                return slack.decide_webhook(reply) if isinstance(reply, Reply) else reply
            case SlackChannel():
                return await self._slack(target, message, earlier)
            case TeamsWebhook(url):
                reply = await self._web.post(url.get_secret_value(), teams.encode(teams.render(message)), {})
                return teams.decide(reply) if isinstance(reply, Reply) else reply
            case Webhook(url):
                body, headers = webhook.request(target, message, self._now())
                reply = await self._web.post(url.get_secret_value(), body, headers)
                return webhook.decide(reply) if isinstance(reply, Reply) else reply
            case Email():
                if self._mail is None:
                    return GiveUp("the configuration names no mail server; write smtp:")
                recording = await asyncio.to_thread(_attachment, message)
                return await self._mail.send(email.render(target, message, self._mail.sender, recording), is_wanted)
            case Apprise():
                return await self._apprise.notify(by_apprise.render(target, message), is_wanted)
            case Voice():
                return await self._call(target, message)
            case _:
                assert_never(target)

    async def _call(self, target: Voice, message: Message) -> Decision:
        if self._engine is None or message.page is None:
            return GiveUp("calls are made about pages, by the engine")
        address, body = self._engine.calls(message.page), _json(voice.render(target, message))
        reply = await self._to_engine.post(address, body, self._engine.headers)
        return voice.decide(reply) if isinstance(reply, Reply) else replace(reply, why=f"the engine: {reply.why}")

    async def _slack(self, target: SlackChannel, message: Message, earlier: str | None) -> Decision:
        call = slack.call(target, message, earlier)
        headers = {"Authorization": f"Bearer {target.token.get_secret_value()}"}
        reply = await self._web.post(f"{self._slack_api}/{call.method}", _json(call.payload), headers)
        if not isinstance(reply, Reply):
            return reply
        if earlier is not None and slack.cannot_change(reply):
            return await self._slack(target, message, None)
        return slack.decide_call(reply, earlier)


def _between(target: Target) -> float:
    """The seconds between two attempts at a target: what its service asks for (Slack: one a second), or less."""
    match target:
        case SlackWebhook() | SlackChannel() | TeamsWebhook() | Apprise():
            return 1.0
        case Webhook() | Email() | Voice():
            return 0.1
        case _:
            assert_never(target)


def _attachment(message: Message) -> bytes | None:
    """The recording, where it is there and not too large; without it the alert still has its link."""
    file: Path | None = message.recording.file if message.recording else None
    try:
        if file is None or file.stat().st_size > email.LARGEST:
            return None
        return file.read_bytes()
    except OSError:
        return None


def _json(payload: object) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode()
