"""Slack, Microsoft Teams and a web hook of one's own as real servers, which refuse what breaks the published rules."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Self

from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook, WebhookVerificationError

from tests.alert_rules import check_slack, check_teams, text_of_card, text_of_slack

BOT, SIGNATURE = "xoxb-1-2-token", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WITHIN = 15.0


class Service:
    """An HTTP server on loopback. `refused` is what it did not take, and why."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self._news = asyncio.Condition()
        app = web.Application()
        app.router.add_post("/{path:.*}", self._posted)
        self._server = TestServer(app, host="127.0.0.1")

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    @property
    def port(self) -> int:
        assert self._server.port is not None
        return self._server.port

    async def _posted(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            return self._take(request, body)
        except (AssertionError, ValueError, KeyError, WebhookVerificationError) as error:
            self.refused.append(f"{request.path}: {error!r}\n{body.decode()}")
            return self._refusal()
        finally:
            async with self._news:
                self._news.notify_all()

    def _take(self, request: web.Request, body: bytes) -> web.Response:
        raise NotImplementedError

    def _refusal(self) -> web.Response:
        return web.Response(status=400)

    async def _until(self, right: Callable[[], bool], failure: Callable[[], str]) -> None:
        try:
            async with asyncio.timeout(WITHIN), self._news:
                await self._news.wait_for(right)
        except TimeoutError:
            raise AssertionError("\n".join([failure(), *self.refused])) from None


class Slack(Service):
    """A workspace in which a bot writes, and changes what it has written."""

    def __init__(self) -> None:
        super().__init__()
        self._channels: dict[str, dict[str, str]] = defaultdict(dict)
        self._aloud: list[str] = []

    def messages(self, channel: str, page: str) -> list[str]:
        """The messages about this page as they stand in the channel now, in order."""
        return [text for text in self._channels[channel].values() if page in text]

    def aloud(self, page: str) -> list[str]:
        """What was told to the whole channel about this page, from inside of a thread."""
        return [text for text in self._aloud if page in text]

    async def shows(self, channel: str, page: str, *words: str) -> str:
        """The first message about this page, as soon as it has these words."""

        def text() -> str:
            return next(iter(self.messages(channel, page)), "")

        await self._until(
            lambda: all(word in text() for word in words), lambda: f"Slack does not show {words}:\n{text()}"
        )
        return text()

    def _take(self, request: web.Request, body: bytes) -> web.Response:
        payload: dict[str, Any] = json.loads(body)
        if request.headers["Authorization"] != f"Bearer {BOT}":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        check_slack(payload)
        channel, text = payload["channel"], text_of_slack(payload)
        match request.path.rpartition("/")[2]:
            case "chat.postMessage":
                ts = f"1764000000.{sum(map(len, self._channels.values())):06}"
                if "thread_ts" in payload:
                    assert payload["thread_ts"] in self._channels[channel]
                    if payload.get("reply_broadcast"):
                        self._aloud.append(text)
            case "chat.update":
                ts = payload["ts"]
                if ts not in self._channels[channel]:
                    return web.json_response({"ok": False, "error": "message_not_found"})
            case method:
                raise ValueError(f"the bot has no use for {method}")
        self._channels[channel][ts] = text
        return web.json_response({"ok": True, "channel": channel, "ts": ts})

    def _refusal(self) -> web.Response:
        return web.json_response({"ok": False, "error": "invalid_blocks"})


class Teams(Service):
    """A channel that gets Adaptive Cards."""

    def __init__(self) -> None:
        super().__init__()
        self._cards: list[str] = []

    def cards(self, page: str) -> list[str]:
        """The texts of the cards about this page, in order."""
        return [text for text in self._cards if page in text]

    async def shows(self, page: str, *words: str) -> str:
        """The first card about this page that has these words."""

        def found() -> list[str]:
            return [text for text in self.cards(page) if all(word in text for word in words)]

        await self._until(lambda: bool(found()), lambda: f"no card says {words}:\n{self.cards(page)}")
        return found()[0]

    def _take(self, request: web.Request, body: bytes) -> web.Response:
        check_teams(body)
        self._cards.append(text_of_card(body))
        return web.Response(status=202)


class Hook(Service):
    """A web address that takes only what is signed; verified by the library of Standard Webhooks."""

    def __init__(self) -> None:
        super().__init__()
        self._got: list[tuple[str, dict[str, Any]]] = []  # idempotency key, alert

    def alerts(self, page: str) -> list[dict[str, Any]]:
        """The alerts about this page in order, each idempotency key once."""
        return list({key: alert for key, alert in self._got if alert["data"]["page"] == page}.values())

    def kinds(self, page: str) -> list[str]:
        return [alert["type"] for alert in self.alerts(page)]

    def keys(self, page: str) -> list[tuple[str, str]]:
        """The kind and the key of everything that came about this page, also what came again."""
        return [(alert["type"], key) for key, alert in self._got if alert["data"]["page"] == page]

    async def gets(self, page: str, kind: str) -> dict[str, Any]:
        """The first alert of this kind about this page: its data."""

        def found() -> list[dict[str, Any]]:
            return [alert["data"] for alert in self.alerts(page) if alert["type"] == kind]

        await self._until(lambda: bool(found()), lambda: f"no {kind}, but {self.kinds(page)}")
        return found()[0]

    def _take(self, request: web.Request, body: bytes) -> web.Response:
        Webhook(SIGNATURE).verify(body, dict(request.headers.items()))
        self._got.append((request.headers["webhook-id"], json.loads(body)))
        return web.Response()
