"""What an alert about a page says: from the page, and from the log of the calls it is about."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lcr_asterisk.callflow.story import story as call_story
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import LcrError, StoreError
from lcr_asterisk.notifier import links
from lcr_asterisk.notifier.messages import Caller, Message, Named, Recording, Step
from lcr_asterisk.notifier.messages import Kind as Told
from lcr_asterisk.paging.policy import Why
from lcr_asterisk.paging.states import Delivery, Kind, Page
from lcr_asterisk.paging.story import cause_words, story
from lcr_asterisk.store.calllog import VOICEMAIL_KINDS, CallLog
from lcr_asterisk.store.pages import Pages
from lcr_asterisk.store.report import CallReport, read_report

log = logging.getLogger(__name__)

LINK_HOLDS = timedelta(days=7)

_KINDS = {
    Kind.OPENED: Told.PAGE_OPENED,
    Kind.NOTIFIED: Told.PAGE_NOTIFIED,
    Kind.ESCALATED: Told.PAGE_ESCALATED,
    Kind.ACKNOWLEDGED: Told.PAGE_ACKNOWLEDGED,
    Kind.EXHAUSTED: Told.PAGE_EXHAUSTED,
    Kind.CLOSED: Told.PAGE_CLOSED,
}


class Teller:
    """Makes messages. `settings` are those in force; `key` signs acknowledge links."""

    def __init__(self, calls: CallLog, pages: Pages, settings: Callable[[], Settings], key: bytes) -> None:
        self._calls = calls
        self._pages = pages
        self._settings = settings
        self._key = key

    async def message(self, page: Page, delivery: Delivery) -> Message:
        """What this delivery says. A call that cannot be read is told without what only its log knows."""
        settings = self._settings()
        cause, team = page.latest, page.policy.team
        report = await self._report(cause.call)
        recording = next((one for one in report.recordings if one.kind in VOICEMAIL_KINDS), None) if report else None
        name = (report.call.label if report else None) or cause.caller_name or None
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
            duration=_duration(report),
            steps=tuple(_steps(report) + await self._moves(page)),
            recording=Recording(recording.seconds, file=Path(recording.mp3 or recording.path)) if recording else None,
            transcript=recording.transcript if recording else None,
            acknowledge_link=self._link(settings, page, delivery),
        )

    def _kind(self, page: Page, delivery: Delivery) -> Told:
        if delivery.kind is Kind.JOINED:
            return Told.VOICEMAIL_RECEIVED if page.latest.why is Why.MESSAGE else Told.CALL_MISSED
        return _KINDS[delivery.kind]

    async def _report(self, call: str) -> CallReport | None:
        try:
            return await read_report(self._calls, call)
        except StoreError as error:
            log.warning("an alert says less than it could: %s", error)
            return None

    async def _moves(self, page: Page) -> list[Step]:
        try:
            entries = await self._pages.entries(page.id)
        except StoreError as error:
            log.warning("an alert says less than it could: %s", error)
            return []
        return [Step(line.at, line.text) for line in story(entries)]

    def _link(self, settings: Settings, page: Page, delivery: Delivery) -> str | None:
        if settings.web.public_url is None or not page.open:
            return None
        # The same at each attempt, so that a repetition is one to whoever compares.
        wanted = links.Acknowledgement(page.id, delivery.person, _whole_second(delivery.since + LINK_HOLDS))
        return links.link(settings.web.public_url, wanted, self._key)


def _duration(report: CallReport | None) -> float | None:
    if report is None or report.call.ended is None:
        return None
    return (report.call.ended - report.call.started).total_seconds()


def _steps(report: CallReport | None) -> list[Step]:
    if report is None:
        return []
    try:
        return [Step(line.at, line.text) for line in call_story(report.entries)]
    except LcrError as error:
        log.warning("an alert says less than it could: %s", error)
        return []


def _whole_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)
