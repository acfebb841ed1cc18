"""How long an alert waits for what is still being made of a caller's message: its MP3, and its transcript.

Only where it could not be changed later, and never where that would keep somebody from being told: people come before
words. Whoever waits looks again and again, so nothing has to be remembered, and a restart changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from lcr_asterisk.notifier.messages import Message
from lcr_asterisk.notifier.targets import Target
from lcr_asterisk.notifier.targets.by_apprise import Apprise
from lcr_asterisk.notifier.targets.email import Email
from lcr_asterisk.notifier.targets.slack import SlackChannel, SlackWebhook
from lcr_asterisk.notifier.targets.teams import TeamsWebhook
from lcr_asterisk.notifier.targets.voice import Voice
from lcr_asterisk.notifier.targets.webhook import Webhook
from lcr_asterisk.paging.states import Delivery, Kind, Page, Progress

MOMENT = timedelta(seconds=5)
"""For an MP3; and the longest that somebody waits who has not been told in another way."""
FOR_WORDS = timedelta(seconds=60)
"""For a transcript, which may take half an hour where many are made: then it is behind the link."""

FIRST_LOOK, LAST_LOOK = 0.5, 5.0  # seconds between two looks


def patience(page: Page, delivery: Delivery, target: Target, message: Message, now: datetime) -> float | None:
    """The seconds after which to look again whether the message is complete; None where it is sent as it is now."""
    if message.complete_by is None or not (_sent_for_good(target) and _is_waited_for(page, delivery)):
        return None
    until = message.complete_by
    if delivery.person is not None and not _is_being_called(page, delivery):
        until = min(until, delivery.since + MOMENT)
    waited, left = (now - delivery.since).total_seconds(), (until - now).total_seconds()
    if waited < 0 or left <= 0:  # a clock that was set back must not put anything off
        return None
    return min(max(waited / 2, FIRST_LOOK), LAST_LOOK, left)


def _sent_for_good(target: Target) -> bool:
    match target:
        case Voice() | SlackChannel():
            return False  # what is heard is the message itself; what a bot wrote is changed when the page moves on
        case SlackWebhook() | TeamsWebhook() | Webhook() | Email() | Apprise():
            return True
        case _:
            assert_never(target)


def _is_waited_for(page: Page, delivery: Delivery) -> bool:
    """Not what holds up the news that somebody takes care; nor that news, where people may know of an earlier call."""
    if delivery.kind in (Kind.ACKNOWLEDGED, Kind.CLOSED):
        return len(page.calls) == 1
    return page.open


def _is_being_called(page: Page, delivery: Delivery) -> bool:
    """Whether this person knows, or will in a moment."""
    return any(
        one.person == delivery.person and one.call and one.progress in (Progress.TOLD, Progress.LISTENING)
        for one in page.deliveries
    )
