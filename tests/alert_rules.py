"""What Slack and Microsoft publish about what they take, as checks that a stand-in of theirs makes of each request."""

from __future__ import annotations

import json
import re
from typing import Any

# docs.slack.dev: "Blocks", "Text object", "Section block", "Header block", "Formatting message text".
_SLACK_BLOCKS = {"header", "section"}
_SLACK_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
_SLACK_LINK = re.compile(r"<https?://[^\s<>|]+\|[^<>|]+>")


def check_slack(payload: dict[str, Any]) -> None:
    assert isinstance(payload["text"], str) and payload["text"]
    _slack_text(payload["text"], links=False)
    blocks = payload["blocks"]
    assert 0 < len(blocks) <= 50
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    assert len(ids) == len(set(ids)) and all(len(id_) <= 255 for id_ in ids)
    for block in blocks:
        assert block["type"] in _SLACK_BLOCKS
        assert ("text" in block) or block.get("fields")
        if "text" in block:
            _slack_object(block["text"], 150 if block["type"] == "header" else 3000)
        if block["type"] == "header":
            assert block["text"]["type"] == "plain_text"
        assert len(block.get("fields", ())) <= 10
        for field in block.get("fields", ()):
            _slack_object(field, 2000)
    assert len(json.dumps(blocks, ensure_ascii=False)) < 13_000, "msg_blocks_too_long"


def _slack_object(text: dict[str, Any], longest: int) -> None:
    assert text["type"] in ("plain_text", "mrkdwn")
    assert set(text) <= {"type", "text", "emoji" if text["type"] == "plain_text" else "verbatim"}
    assert 1 <= len(text["text"]) <= longest
    _slack_text(text["text"], links=text["type"] == "mrkdwn")


def _slack_text(text: str, *, links: bool) -> None:
    """Control characters are escaped, except in links of our own."""
    bare = _SLACK_LINK.sub("", text) if links else text
    assert "<" not in bare and ">" not in bare and not _SLACK_ENTITY.search(text)


# learn.microsoft.com: "Create an Incoming Webhook" (28 KB, the envelope); the schema of Adaptive Cards 1.5.
_LARGEST_CARD = 28 * 1024
_RUN = {"type", "text", "color", "italic", "size", "weight"}
_BLOCK = {"type", "id", "inlines", "separator"}
_CARD = {"$schema", "type", "version", "fallbackText", "msteams", "body", "actions"}


def check_teams(body: bytes) -> None:
    assert len(body) <= _LARGEST_CARD
    payload = json.loads(body)
    assert set(payload) == {"type", "attachments"} and payload["type"] == "message"
    (attachment,) = payload["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["contentUrl"] is None
    card = attachment["content"]
    assert set(card) <= _CARD and card["type"] == "AdaptiveCard" and card["version"] == "1.5"
    ids = [element["id"] for element in card["body"] if "id" in element]
    assert len(ids) == len(set(ids))
    for element in card["body"]:
        # A TextBlock would understand Markdown; a TextRun does not.
        assert element["type"] == "RichTextBlock" and set(element) <= _BLOCK and element["inlines"]
        for run in element["inlines"]:
            assert run["type"] == "TextRun" and set(run) <= _RUN and isinstance(run["text"], str)
            assert not re.search(r"\{\{(DATE|TIME)\(", run["text"])
    assert len(card.get("actions", ())) <= 6
    for action in card.get("actions", ()):
        assert set(action) == {"type", "title", "url"} and action["type"] == "Action.OpenUrl"
        assert action["url"].startswith("https://")


def text_of_card(body: bytes) -> str:
    card = json.loads(body)["attachments"][0]["content"]
    return "\n".join("".join(run["text"] for run in element["inlines"]) for element in card["body"])


def text_of_slack(payload: dict[str, Any]) -> str:
    texts = [text for block in payload["blocks"] for text in (block.get("text"), *block.get("fields", ())) if text]
    return "\n".join(text["text"] for text in texts)
