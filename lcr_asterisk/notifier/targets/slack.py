"""Slack: Block Kit, by an incoming webhook, or by a bot that changes its message when the page moves on.

Whatever comes from outside stands in `plain_text` objects, in which only &, < and > have to be escaped. Limits are
those of docs.slack.dev: 150 characters in a header, 3000 in a text, 2000 in a field, 50 blocks; that of a whole message
is not published, and was measured by others at about 13,000 characters.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from lcr_asterisk.notifier.decisions import (
    SOON,
    Decision,
    Delivered,
    GiveUp,
    Reply,
    RetryAfter,
    asks_for_patience,
    by_status,
    wait,
)
from lcr_asterisk.notifier.messages import (
    Kind,
    Message,
    acknowledge_link,
    facts,
    headline,
    last_lines,
    steps,
    transcript,
)

API = "https://slack.com/api"
LONGEST_HEADER = 150
LONGEST_TEXT = 3000
LONGEST_FIELD = 2000
_LONGEST_ID = 255

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Troubles of Slack's own, or of the moment; everything else that it answers stays as it is until somebody acts.
_PASSING = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
_CANNOT_CHANGE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "msg_too_old"})


@dataclass(frozen=True, slots=True)
class SlackWebhook:
    """A channel, by the address of an incoming webhook. What is posted there cannot be changed later."""

    url: SecretStr

    @property
    def name(self) -> str:
        return "Slack"


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """A channel, by its id, and the token of a bot that is a member."""

    token: SecretStr
    channel: str

    @property
    def name(self) -> str:
        return f"Slack channel {self.channel}"


SlackTarget = SlackWebhook | SlackChannel


def render(message: Message) -> dict[str, Any]:
    """The message as blocks, and as a text for where blocks are not shown. The first block's id is the message's."""
    title = fit(headline(message), LONGEST_HEADER)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "block_id": message.id[:_LONGEST_ID], "text": _plain(title)},
        {
            "type": "section",
            "fields": [_plain(fit(f"{label}\n{value}", LONGEST_FIELD)) for label, value in facts(message)],
        },
    ]
    if words := transcript(message):
        blocks.append({"type": "section", "text": _plain(fit(f"“{words}”", LONGEST_TEXT))})
    if happened := last_lines(tuple(map(escape, steps(message))), LONGEST_TEXT):
        blocks.append({"type": "section", "text": _plain(happened)})
    if links := _links(message):
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": links, "verbatim": True}})
    return {"text": title, "blocks": blocks}


@dataclass(frozen=True, slots=True)
class Call:
    """A request to Slack's web API: its method and its JSON."""

    method: str
    payload: dict[str, Any]


def call(target: SlackChannel, message: Message, earlier: str | None) -> Call:
    """How a bot tells it: by a new message, or by changing the page's `earlier` one.

    A change makes no sound, so a page that nobody acknowledged is also told in the thread and to the whole channel.
    """
    payload = {"channel": target.channel, **render(message), "unfurl_links": False, "unfurl_media": False}
    if earlier is None:
        return Call("chat.postMessage", payload)
    channel, _, timestamp = earlier.partition(":")
    if message.kind is Kind.PAGE_EXHAUSTED:
        return Call("chat.postMessage", {**payload, "thread_ts": timestamp, "reply_broadcast": True})
    return Call("chat.update", {"channel": channel, "ts": timestamp, **render(message)})


def decide_webhook(reply: Reply) -> Decision:
    return _with_its_word(by_status(reply), reply.body.decode("utf-8", "replace"))


def decide_call(reply: Reply, earlier: str | None = None) -> Decision:
    """The reference of what was delivered is its channel and timestamp; that of the `earlier` message stays."""
    answer = _json(reply)
    if answer is None:
        decision = by_status(reply)
        return decision if not isinstance(decision, Delivered) else RetryAfter(SOON, "its answer cannot be read")
    if answer.get("ok") is True:
        return Delivered(earlier or f"{answer.get('channel')}:{answer.get('ts')}")
    error = str(answer.get("error"))
    if reply.status >= 500 or reply.status == 429 or error in _PASSING:
        return _with_its_word(RetryAfter(wait(reply), "it cannot now", asked=asks_for_patience(reply)), error)
    return _with_its_word(GiveUp("it refuses"), error)


def cannot_change(reply: Reply) -> bool:
    """Whether the earlier message is gone or may not be changed any more; a new one is possible then."""
    answer = _json(reply)
    return answer is not None and answer.get("error") in _CANNOT_CHANGE


def escape(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)


def fit(text: str, longest: int) -> str:
    """The text escaped, and cut where it would be too long: never inside of an escape."""
    if len(escaped := escape(text)) <= longest:
        return escaped
    kept = ""
    for character in map(escape, text):
        if len(kept) + len(character) >= longest:
            break
        kept += character
    return kept + "…"


def _plain(escaped: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": escaped, "emoji": False}


def _links(message: Message) -> str:
    # Links, not buttons: an app without an address for interactions shows a warning when its button is pressed.
    written = []
    if link := acknowledge_link(message):
        written.append(f"*<{_address(link)}|Acknowledge>*")
    if message.recording and message.recording.link:
        written.append(f"<{_address(message.recording.link)}|Listen to the recording>")
    return "   ".join(written)


def _address(url: str) -> str:
    return escape(quote(url, safe=":/?#[]@!$&'()*+,;=%-._~"))


def _json(reply: Reply) -> dict[str, Any] | None:
    try:
        answer = json.loads(reply.body)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _with_its_word(decision: Decision, word: str) -> Decision:
    """With the reason that Slack gives, if it is one of its words and not a page of some proxy."""
    if not re.fullmatch(r"[a-z_]{1,60}", word):
        return decision
    match decision:
        case RetryAfter(why=why):
            return replace(decision, why=f"{why}: {word}")
        case GiveUp(why):
            return GiveUp(f"{why}: {word}")
        case Delivered():
            return decision
