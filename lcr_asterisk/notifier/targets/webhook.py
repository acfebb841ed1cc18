"""A web address of one's own: JSON as docs/alert.schema.json describes it, signed by the Standard Webhooks scheme."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from lcr_asterisk.notifier import signature
from lcr_asterisk.notifier.decisions import Decision, GiveUp, Reply, RetryAfter, asks_for_patience, by_status, wait
from lcr_asterisk.notifier.messages import Message, Named, acknowledge_link, headline, one_line, transcript


@dataclass(frozen=True, slots=True)
class Webhook:
    """An http or https address, and the secret that signs what is sent there, if there is one."""

    url: SecretStr
    secret: SecretStr | None = None

    @property
    def name(self) -> str:
        try:
            return f"webhook {urlsplit(self.url.get_secret_value()).hostname}"
        except ValueError:
            return "webhook"


def render(message: Message) -> dict[str, Any]:
    """The message as JSON: everything that is known, texts on one line, times in UTC, lengths in seconds."""
    return {
        "type": str(message.kind),
        "timestamp": _utc(message.at),
        "data": {
            "id": message.id,
            "dedupe_key": message.dedupe_key,
            "title": headline(message),
            "summary": one_line(message.summary),
            "page": message.page,
            "team": _named(message.team),
            "route": _named(message.route),
            "caller": message.caller
            and {"number": message.caller.number, "name": message.caller.name and one_line(message.caller.name)},
            "person": _named(message.person),
            "calls": message.calls,
            "duration_seconds": message.duration,
            "steps": [{"at": _utc(step.at), "text": one_line(step.text)} for step in message.steps],
            "recording": message.recording and {"seconds": message.recording.seconds, "url": message.recording.link},
            "transcript": transcript(message) or None,
            "acknowledge_url": acknowledge_link(message),
            "since": message.since and _utc(message.since),
            "advice": message.advice,
        },
    }


def request(target: Webhook, message: Message, now: datetime) -> tuple[bytes, dict[str, str]]:
    """The body and the headers to post. `webhook-id` is the message's, so that a receiver can tell a repetition."""
    body = json.dumps(render(message), ensure_ascii=False).encode()
    if target.secret is None:
        return body, {"webhook-id": message.id, "webhook-timestamp": str(int(now.timestamp()))}
    return body, signature.headers(target.secret.get_secret_value(), message.id, now, body)


def decide(reply: Reply) -> Decision:
    """Only 410 and redirects are final: any other refusal may be a receiver that is just being put right."""
    decision = by_status(reply)
    if isinstance(decision, GiveUp) and 400 <= reply.status != 410:
        return RetryAfter(wait(reply), decision.why, asked=asks_for_patience(reply))
    return decision


def _named(named: Named | None) -> dict[str, str] | None:
    return None if named is None else {"id": named.id, "name": one_line(named.name)}


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
