"""How long an alert waits for what is still being made of a caller's message: its MP3, and its transcript.

Only where it could not be changed later, and never where that would keep somebody from being told: people come before
words. Whoever waits looks again and again, so nothing has to be remembered, and a restart changes nothing. Whoever has
all that belongs to it lines up for its turn then.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from lcr_asterisk.notifier.targets import Target
from lcr_asterisk.notifier.targets.by_apprise import Apprise
from lcr_asterisk.notifier.targets.email import Email
from lcr_asterisk.notifier.targets.slack import SlackChannel, SlackWebhook
from lcr_asterisk.notifier.targets.teams import TeamsWebhook
from lcr_asterisk.notifier.targets.voice import Voice
from lcr_asterisk.notifier.targets.webhook import Webhook
from lcr_asterisk.paging.policy import Why
from lcr_asterisk.paging.states import Delivery, Kind, Page, Progress

MOMENT = timedelta(seconds=5)
"""For an MP3; and the longest that somebody waits who has not been told in another way."""
FOR_WORDS = timedelta(seconds=60)
"""For a transcript, which may take half an hour where many are made: then it is behind the link."""

FIRST_LOOK, LAST_LOOK = 0.5, 5.0  # seconds between two looks


def waits(page: Page, delivery: Delivery, target: Target) -> bool:
    """Whether this alert waits at all for what is being made of the message."""
    return page.latest.why is Why.MESSAGE and _sent_for_good(target) and _is_waited_for(page, delivery)


def patience(page: Page, delivery: Delivery, complete_by: datetime | None, now: datetime) -> float | None:
    """Of one that waits, the seconds after which to look again; None where it is sent as it is now.

    `complete_by` is when all of the message is there at the latest, or will not be waited for any longer.
    """
    if complete_by is None:
        return None
    until = complete_by
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
