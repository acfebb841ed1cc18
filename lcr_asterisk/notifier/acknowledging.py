"""Acknowledging by a link: opening it shows what it would do, and only its button does it.

Programs that look for viruses, or show a preview, open links too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from lcr_asterisk.errors import StoreError
from lcr_asterisk.notifier import links, webpage
from lcr_asterisk.notifier.links import Acknowledgement, BadLink
from lcr_asterisk.notifier.webpage import Part
from lcr_asterisk.paging.events import Acknowledged
from lcr_asterisk.store.pages import Pages

log = logging.getLogger(__name__)


def add_routes(
    app: web.Application,
    pages: Pages,
    key: bytes,
    now: Callable[[], datetime],
    name_of: Callable[[str], str],
    done: Callable[[], None],
) -> None:
    """`key` is that of the links, `now` is asked for aware UTC times; `name_of` knows persons' names by their ids.

    `done` is called when a page was acknowledged, so that what is left to be done about it begins at once.
    """

    async def show(request: web.Request) -> web.Response:
        try:
            wanted = links.read(request.match_info["token"], key, now())
            row = await pages.page(wanted.page)
        except (BadLink, StoreError) as error:
            return _refused(error)
        if row.acknowledged or row.closed:
            return _answer(200, "It is taken care of", f"{row.by} was here before you. There is nothing left to do.")
        caller = row.caller_name or row.caller or "a hidden number"
        text = f"Page for {row.team_name}: a call of {caller} for {row.route_name}."
        return _answer(200, "Acknowledge this page?", text, webpage.button("Acknowledge"))

    async def acknowledge(request: web.Request) -> web.Response:
        try:
            wanted = links.read(request.match_info["token"], key, now())
            name = _who(wanted)
            changed = await pages.take(wanted.page, Acknowledged(wanted.person, name, "link"), now())
            row = await pages.page(wanted.page)
        except (BadLink, StoreError) as error:
            return _refused(error)
        if not changed:
            return _answer(200, "It is taken care of", f"{row.by} was here before you. There is nothing left to do.")
        done()
        log.info("page %s: acknowledged by %s, by a link", wanted.page, name)
        return _answer(200, "Acknowledged", f"Thank you. Nobody else is told of the page for {row.team_name} any more.")

    def _who(wanted: Acknowledgement) -> str:
        return name_of(wanted.person) if wanted.person is not None else "somebody of the team"

    app.router.add_get(links.PATH + "{token}", show)
    app.router.add_post(links.PATH + "{token}", acknowledge)


def _refused(error: BadLink | StoreError) -> web.Response:
    if isinstance(error, BadLink):
        return _answer(403, "This link does not work", f"Sorry: {error}.")
    log.error("a link cannot be followed: %s", error)
    return _answer(503, "Not now", "Sorry: the page cannot be reached just now. Please try again in a moment.")


def _answer(status: int, title: str, text: str, *more: Part) -> web.Response:
    return webpage.answer(status, title, webpage.paragraph(text), *more)
