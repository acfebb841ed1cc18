"""A team's Slack channel shows the page as it stands, within Slack's limits, and no caller speaks through it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from pydantic import SecretStr

from lcr_asterisk.notifier.decisions import Decision, Delivered, GiveUp, Reply, RetryAfter
from lcr_asterisk.notifier.delivery import Deliverer
from lcr_asterisk.notifier.messages import LEFT_OUT, Kind, Message
from lcr_asterisk.notifier.targets import slack
from lcr_asterisk.notifier.targets.slack import SlackChannel, SlackWebhook
from tests.alert_rules import check_slack, text_of_slack
from tests.stand_ins import Answer, Receiver
from tests.unit.notifier.alerts import PAGE, anything, hostile, many_steps, page

AT = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
BOT = SlackChannel(SecretStr("xoxb-1-2-secret"), "C0123456789")


def test_the_channel_sees_everything_that_is_known_about_a_page() -> None:
    payload = slack.render(PAGE)
    check_slack(payload)
    shown = text_of_slack(payload)
    for words in (
        "Page for Platform: Acme left a message on Production Incidents",
        "Caller\nAcme (+14155550177)",
        "Calls\n2",
        "Duration\n1 min 5 s",
        "“The website is down.”",
        "09:00:17  Alice Martin is rung",
        "<https://hotline.example.com/acknowledge/abc.def|Acknowledge>",
        "<https://hotline.example.com/recordings/1|Listen to the recording>",
    ):
        assert words in shown


def test_a_caller_neither_calls_the_channel_nor_makes_a_link() -> None:
    payload = slack.render(hostile())
    check_slack(payload)
    assert "&lt;!channel&gt;" in text_of_slack(payload)
    assert not any(
        block["text"]["type"] == "mrkdwn" and "evil" in block["text"]["text"]
        for block in payload["blocks"]
        if "text" in block
    ), "a caller's words are never read as markup"


@settings(deadline=None)
@given(anything)
def test_whatever_is_said_slack_takes_it(message: Message) -> None:
    check_slack(slack.render(message))


@settings(deadline=None, max_examples=10)
@given(many_steps)
def test_however_much_happened_slack_takes_it(message: Message) -> None:
    check_slack(slack.render(message))


def test_of_a_long_story_the_end_is_shown() -> None:
    shown = text_of_slack(slack.render(page(steps=PAGE.steps * 200)))
    assert LEFT_OUT in shown
    assert shown.count("Alice Martin is rung") > 20


def test_a_cut_never_halves_an_escape() -> None:
    for longest in range(1, 40):
        assert slack.fit("<&>" * 10, longest).replace("&lt;", "").replace("&amp;", "").replace("&gt;", "") in ("…", "")


def test_what_is_acknowledged_has_no_link_to_acknowledge() -> None:
    assert "Acknowledge>" not in text_of_slack(slack.render(page(kind=Kind.PAGE_ACKNOWLEDGED)))


async def test_a_webhook_gets_the_blocks(deliverer: Deliverer, receiver: Receiver) -> None:
    receiver.answers = [Answer(body="ok")]
    assert await deliverer.deliver(SlackWebhook(SecretStr(receiver.url())), PAGE) == Delivered()
    (request,) = receiver.got
    payload = json.loads(request.body)
    check_slack(payload)
    assert payload["blocks"][0]["block_id"] == PAGE.id, "by which a repetition can be told"


@pytest.mark.parametrize(
    ("status", "body", "decision"),
    [
        (404, "no_service", GiveUp("it answers 404 Not Found: no_service")),
        (410, "channel_is_archived", GiveUp("it answers 410 Gone: channel_is_archived")),
        (400, "invalid_payload", GiveUp("it answers 400 Bad Request: invalid_payload")),
        (500, "rollup_error", RetryAfter(5.0, "it answers 500 Internal Server Error: rollup_error")),
        (403, "<html>a proxy's page</html>", GiveUp("it answers 403 Forbidden")),
    ],
)
def test_slacks_own_word_for_what_is_wrong_is_passed_on(status: int, body: str, decision: Decision) -> None:
    assert slack.decide_webhook(Reply(status, AT, None, body.encode())) == decision


async def test_a_bot_writes_once_and_then_changes_what_it_wrote(deliverer: Deliverer, receiver: Receiver) -> None:
    receiver.answers = [Answer(body='{"ok": true, "channel": "C0123456789", "ts": "1700.0001"}')]
    opened = await deliverer.deliver(BOT, PAGE)
    assert opened == Delivered("C0123456789:1700.0001")
    assert isinstance(opened, Delivered)
    acknowledged = page(id="msg-2", kind=Kind.PAGE_ACKNOWLEDGED)
    assert await deliverer.deliver(BOT, acknowledged, opened.reference) == opened
    first, second = receiver.got
    assert (first.path, second.path) == ("/api/chat.postMessage", "/api/chat.update")
    assert first.headers["Authorization"] == "Bearer xoxb-1-2-secret"
    written, changed = json.loads(first.body), json.loads(second.body)
    check_slack(written)
    check_slack(changed)
    assert written["channel"] == "C0123456789"
    assert (changed["channel"], changed["ts"]) == ("C0123456789", "1700.0001")
    assert changed["text"].startswith("Acknowledged")


async def test_a_page_that_nobody_acknowledged_is_told_aloud_too(deliverer: Deliverer, receiver: Receiver) -> None:
    """A change of a message makes no sound at anybody's desk."""
    receiver.answers = [Answer(body='{"ok": true, "channel": "C0123456789", "ts": "1700.0009"}')]
    exhausted = page(kind=Kind.PAGE_EXHAUSTED)
    decision = await deliverer.deliver(BOT, exhausted, "C0123456789:1700.0001")
    assert decision == Delivered("C0123456789:1700.0001"), "the page's own message is still the first"
    (request,) = receiver.got
    payload = json.loads(request.body)
    assert request.path == "/api/chat.postMessage"
    assert (payload["thread_ts"], payload["reply_broadcast"]) == ("1700.0001", True)


async def test_where_the_first_message_was_deleted_a_new_one_is_written(
    deliverer: Deliverer, receiver: Receiver
) -> None:
    receiver.answers = [
        Answer(body='{"ok": false, "error": "message_not_found"}'),
        Answer(body='{"ok": true, "channel": "C0123456789", "ts": "1700.0002"}'),
    ]
    decision = await deliverer.deliver(BOT, PAGE, "C0123456789:1700.0001")
    assert decision == Delivered("C0123456789:1700.0002")
    assert [request.path for request in receiver.got] == ["/api/chat.update", "/api/chat.postMessage"]


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        (Reply(200, AT, None, b'{"ok": false, "error": "invalid_auth"}'), GiveUp("it refuses: invalid_auth")),
        (Reply(200, AT, None, b'{"ok": false, "error": "not_in_channel"}'), GiveUp("it refuses: not_in_channel")),
        (
            Reply(429, AT, "20", b'{"ok": false, "error": "ratelimited"}'),
            RetryAfter(20.0, "it cannot now: ratelimited", asked=True),
        ),
        (Reply(200, AT, None, b'{"ok": false, "error": "fatal_error"}'), RetryAfter(5.0, "it cannot now: fatal_error")),
        (Reply(503, AT, None, b"<html>"), RetryAfter(5.0, "it answers 503 Service Unavailable")),
        (Reply(200, AT, None, b"<html>"), RetryAfter(5.0, "its answer cannot be read")),
        (Reply(200, AT, None, b"[]"), RetryAfter(5.0, "its answer cannot be read")),
    ],
)
def test_what_the_web_api_answers_decides(answer: Reply, decision: Decision) -> None:
    assert slack.decide_call(answer) == decision
