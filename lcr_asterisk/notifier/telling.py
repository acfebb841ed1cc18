"""What an alert about a page says: from the page, and from the log of the calls it is about."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lcr_asterisk.callflow.story import story as call_story
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import StoreError
from lcr_asterisk.notifier import links
from lcr_asterisk.notifier.messages import Caller, Message, Named, Recording, Step
from lcr_asterisk.notifier.messages import Kind as Told
from lcr_asterisk.notifier.patience import FOR_WORDS, MOMENT
from lcr_asterisk.paging.policy import Why
from lcr_asterisk.paging.states import Delivery, Kind, Page
from lcr_asterisk.paging.story import cause_words, story
from lcr_asterisk.store.calllog import VOICEMAIL_KINDS, CallLog
from lcr_asterisk.store.journal import JournalEntry
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.rows import CallRow, RecordingRow

log = logging.getLogger(__name__)

LINK_HOLDS = timedelta(days=7)
AT_ONCE = 4
"""So many read the database at the same time: when very many alerts are due, the pages themselves must not wait."""

_KINDS = {
    Kind.OPENED: Told.PAGE_OPENED,
    Kind.NOTIFIED: Told.PAGE_NOTIFIED,
    Kind.ESCALATED: Told.PAGE_ESCALATED,
    Kind.ACKNOWLEDGED: Told.PAGE_ACKNOWLEDGED,
    Kind.EXHAUSTED: Told.PAGE_EXHAUSTED,
    Kind.CLOSED: Told.PAGE_CLOSED,
}


class Teller:
    """Makes messages. `settings` are those in force; `key` signs the links."""

    def __init__(self, calls: CallLog, pages: Pages, settings: Callable[[], Settings], key: bytes) -> None:
        self._calls = calls
        self._pages = pages
        self._settings = settings
        self._key = key
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def message(self, page: Page, delivery: Delivery) -> Message:
        """What this delivery says. A call that cannot be read is told without what only its log knows."""
        settings = self._settings()
        cause, team = page.latest, page.policy.team
        async with self._turns:
            call, entries, recordings = await self._call(cause.call)
            moves = await self._moves(page)
        recording = _message_of(recordings)
        name = (call.label if call else None) or cause.caller_name or None
        return Message(
            id=delivery.message,
            kind=self._kind(page, delivery),
            at=delivery.since,
            summary=cause_words(cause),
            dedupe_key=page.id,
            zone=settings.zone_for(team=team if team in settings.teams else None) or UTC,
            page=page.id,
            team=Named(team, page.policy.team_name),
            route=Named(cause.route, cause.route_name),
            caller=Caller(cause.caller or None, name),
            person=Named(page.by, page.by) if page.by is not None else None,
            calls=len(page.calls),
            duration=_duration(call),
            steps=tuple(_steps(entries) + moves),
            recording=self._recording(settings, recording, delivery) if recording else None,
            transcript=recording.transcript if recording else None,
            acknowledge_link=self._link(settings, page, delivery),
        )

    async def complete_by(self, page: Page, delivery: Delivery) -> datetime | None:
        """When all of the caller's message is there at the latest, or not waited for; None where nothing is missing."""
        try:
            async with self._turns:
                recording = _message_of(await self._calls.recordings(page.latest.call))
        except StoreError as error:
            log.warning("an alert does not wait for what could belong to it: %s", error)
            return None
        return _complete_by(self._settings(), recording, delivery) if recording else None

    def _kind(self, page: Page, delivery: Delivery) -> Told:
        if delivery.kind is Kind.JOINED:
            return Told.VOICEMAIL_RECEIVED if page.latest.why is Why.MESSAGE else Told.CALL_MISSED
        return _KINDS[delivery.kind]

    async def _call(self, call: str) -> tuple[CallRow | None, list[JournalEntry], list[RecordingRow]]:
        try:
            told = await self._calls.told(call)
        except StoreError as error:
            log.warning("an alert says less than it could: %s", error)
            return None, [], []
        except Exception:  # a defect in what is told must not keep people from being told
            log.exception("an alert about call %s says less than it could", call)
            return None, [], []
        if told is None:
            log.warning("an alert says less than it could: there is no call %s in the log", call)
            return None, [], []
        return told

    async def _moves(self, page: Page) -> list[Step]:
        try:
            return [Step(line.at, line.text) for line in story(await self._pages.entries(page.id))]
        except StoreError as error:
            log.warning("an alert says less than it could: %s", error)
        except Exception:  # a defect in a story must not keep people from being told
            log.exception("an alert about page %s says less than it could", page.id)
        return []

    def _recording(self, settings: Settings, row: RecordingRow, delivery: Delivery) -> Recording:
        public_url, link = settings.web.public_url, None
        if public_url is not None:
            hearing = links.Hearing(row.id, _whole_second(delivery.since + LINK_HOLDS))
            link = links.hearing_link(public_url, hearing, self._key)
        return Recording(row.seconds, link, Path(row.mp3 or row.path))

    def _link(self, settings: Settings, page: Page, delivery: Delivery) -> str | None:
        if settings.web.public_url is None or not page.open:
            return None
        # The same at each attempt, so that a repetition is one to whoever compares.
        wanted = links.Acknowledgement(page.id, delivery.person, _whole_second(delivery.since + LINK_HOLDS))
        return links.link(settings.web.public_url, wanted, self._key)


def _message_of(recordings: list[RecordingRow]) -> RecordingRow | None:
    return next((one for one in recordings if one.kind in VOICEMAIL_KINDS), None)


def _duration(call: CallRow | None) -> float | None:
    if call is None or call.ended is None:
        return None
    return (call.ended - call.started).total_seconds()


def _steps(entries: list[JournalEntry]) -> list[Step]:
    try:
        return [Step(line.at, line.text) for line in call_story(entries)]
    except Exception:  # a defect in a story must not keep people from being told
        log.exception("an alert about call %s says less than it could", entries[0].call)
        return []


def _complete_by(settings: Settings, row: RecordingRow, delivery: Delivery) -> datetime | None:
    """Until when something is made of a caller's message; None where nothing is missing. A failure is not recorded."""
    kept = min(row.created, delivery.since)  # clocks of several machines may differ
    if row.transcript is None and settings.transcripts.engine != "none":
        return kept + FOR_WORDS
    return kept + MOMENT if row.mp3 is None else None


def _whole_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)
