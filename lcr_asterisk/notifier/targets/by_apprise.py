"""All other services, by an Apprise URL: short plain text, harmless in whatever markup a service understands."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from pydantic import SecretStr

from lcr_asterisk.notifier.addresses import Refused
from lcr_asterisk.notifier.decisions import Decision, Delivered, GiveUp, RetryAfter
from lcr_asterisk.notifier.messages import (
    SETTLED,
    Kind,
    Message,
    acknowledge_link,
    cut,
    facts,
    headline,
    transcript,
)

WAIT = 30.0
"""Seconds. Apprise says that a service did not take it, and never why or for how long."""

_LONGEST_TRANSCRIPT = 500
# Which markup a service reads is not known here, so what any of them would act on is written with its neighbour in
# Unicode: no tag, link, mention or code comes from a caller.
_HARMLESS = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")", "`": "’", "*": "∗", "_": "‗", "@": "@\u200b"})


@dataclass(frozen=True, slots=True)
class Apprise:
    """A service by its Apprise URL, such as `ntfys://ntfy.sh/topic`."""

    url: SecretStr

    @property
    def scheme(self) -> str:
        return self.url.get_secret_value().partition(":")[0]

    @property
    def name(self) -> str:
        return f"Apprise ({self.scheme})"


@dataclass(frozen=True, slots=True)
class Notification:
    """What Apprise is asked to send; `type` is one of its own: info, success, failure."""

    url: str
    title: str
    body: str
    type: str

    def __repr__(self) -> str:
        return "Notification()"  # its URL is a secret


def render(target: Apprise, message: Message) -> Notification:
    lines = [f"{label}: {value.translate(_HARMLESS)}" for label, value in facts(message)]
    if words := transcript(message):
        lines.append(f"“{cut(words, _LONGEST_TRANSCRIPT).translate(_HARMLESS)}”")
    if link := acknowledge_link(message):
        lines.append(f"Acknowledge: {link}")
    if message.recording and message.recording.link:
        lines.append(f"Recording: {message.recording.link}")
    return Notification(
        url=_url(target, message),
        title=headline(message).translate(_HARMLESS),
        body="\n".join(lines),
        type=_type(message),
    )


def decide(answer: str) -> Decision:
    """What the program that runs Apprise answers: "taken", "refused", "unknown", or "private ADDRESS"."""
    word, _, address = answer.partition(" ")
    match word:
        case "taken":
            return Delivered()
        case "unknown":
            return GiveUp("Apprise does not understand this URL, or needs a library for it")
        case "private":
            return GiveUp(str(Refused(address)))
        case _:
            return RetryAfter(WAIT, "the service did not take it")


def _type(message: Message) -> str:
    if message.kind in SETTLED:
        return "success"
    return "info" if message.kind is Kind.TEST else "failure"


def _url(target: Apprise, message: Message) -> str:
    url = target.url.get_secret_value()
    if target.scheme != "pagerduty":
        return url
    # One incident for a page, which ends there too when it is acknowledged here.
    return f"{url}{'&' if '?' in url else '?'}action=map&dedup={quote(message.dedupe_key, safe='')}"
