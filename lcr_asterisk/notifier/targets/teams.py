"""Microsoft Teams: an Adaptive Card, posted to the webhook of a workflow.

Whatever comes from outside stands in text runs, in which no Markdown is understood. A message may have 28 KB
(learn.microsoft.com, "Limits and specifications"); what is longer loses steps first and then words of the transcript.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from lcr_asterisk.notifier.decisions import Decision, Reply, by_status
from lcr_asterisk.notifier.messages import (
    SETTLED,
    Message,
    acknowledge_link,
    cut,
    facts,
    headline,
    last_lines,
    steps,
    transcript,
)

LONGEST = 28 * 1024  # bytes
VERSION = "1.5"
_LONGEST_STEPS, _LONGEST_TRANSCRIPT = 6000, 6000  # characters; 28 KB in a writing of two bytes


@dataclass(frozen=True, slots=True)
class TeamsWebhook:
    """A channel or chat, by the address of a workflow that posts what it receives."""

    url: SecretStr

    @property
    def name(self) -> str:
        return "Microsoft Teams"


def render(message: Message) -> dict[str, Any]:
    """The message as the JSON that a workflow takes: one card, small enough. Its title's id is the message's."""
    steps_room, words_room = _LONGEST_STEPS, _LONGEST_TRANSCRIPT
    while size(payload := _payload(message, steps_room, words_room)) > LONGEST:
        if steps_room > 500:
            steps_room //= 2
        else:
            words_room //= 2
    return payload


def size(payload: dict[str, Any]) -> int:
    """The bytes of it on its way."""
    return len(encode(payload))


def encode(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def decide(reply: Reply) -> Decision:
    return by_status(reply)


def _payload(message: Message, steps_room: int, words_room: int) -> dict[str, Any]:
    title = _text(_run(headline(message), weight="Bolder", size="Large", color=_colour(message)))
    body = [{**title, "id": message.id}]
    body += [_text(_run(f"{label}: ", weight="Bolder"), _run(value)) for label, value in facts(message)]
    if words := transcript(message):
        body.append(_text(_run(cut(f"“{words}”", words_room), italic=True), separator=True))
    if happened := last_lines(steps(message), steps_room):
        body += [
            _text(_run(line, size="Small"), separator=not index) for index, line in enumerate(happened.split("\n"))
        ]
    actions = []
    if link := acknowledge_link(message):
        actions.append({"type": "Action.OpenUrl", "title": "Acknowledge", "url": link})
    if message.recording and message.recording.link:
        actions.append({"type": "Action.OpenUrl", "title": "Listen to the recording", "url": message.recording.link})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": VERSION,
        "fallbackText": _inert(headline(message)),
        "msteams": {"width": "Full"},
        "body": body,
        **({"actions": actions} if actions else {}),
    }
    return {
        "type": "message",
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
        ],
    }


def _text(*runs: dict[str, Any], separator: bool = False) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(runs), **({"separator": True} if separator else {})}


def _run(text: str, **looks: Any) -> dict[str, Any]:
    return {"type": "TextRun", "text": _inert(text), **looks}


def _inert(text: str) -> str:
    # {{DATE(…)}} and {{TIME(…)}} are carried out in any text of a card; a space that nobody sees keeps them apart.
    return text.replace("{{", "{\u200b{")


def _colour(message: Message) -> str:
    return "Good" if message.kind in SETTLED else "Attention"
