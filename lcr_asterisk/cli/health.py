"""`lcr health`: is everything all right, and if not, what, since when, and what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import click

from lcr_asterisk.calendars.sources import live_schedules
from lcr_asterisk.calls.clock import Clock
from lcr_asterisk.cli.base import CONFIG, JSON, data_directory, load_settings, run_async, say
from lcr_asterisk.cli.questions import look_at_calendars
from lcr_asterisk.config.settings import Settings
from lcr_asterisk.errors import StoreError
from lcr_asterisk.notifier.system import judging
from lcr_asterisk.notifier.system.looking import Looker, ask
from lcr_asterisk.paging.trouble import Ill, Kind, Seen, Unseen, Well
from lcr_asterisk.store.database import open_store
from lcr_asterisk.store.outbox import Outbox
from lcr_asterisk.store.rows import TroubleRow
from lcr_asterisk.store.troubles import Troubles

NOTIFIER = "notifier"
_NAMES = {
    Kind.ENGINE: "engine",
    Kind.ASTERISK: "Asterisk",
    Kind.TRUNK: "trunk",
    NOTIFIER: "notifier",
    Kind.DATABASE: "database",
    Kind.DISK: "disk",
    Kind.OUTBOX: "outbox",
    Kind.HELD_UP: "held up",
    Kind.REFUSED: "refused",
    Kind.ON_CALL: "on call",
    Kind.CONFIGURATION: "config",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What was seen of one thing, and, where operators' alerts know of a trouble, since when, and when they told."""

    id: str
    seen: Seen
    since: datetime | None = None
    told: datetime | None = None


@click.command()
@CONFIG
@JSON
def health(config: Path, as_json: bool) -> None:
    """Look at both programs, Asterisk, the trunk, the database, the disk, what waits, the schedules, the configuration.

    Each is ok, NOT OK with what to do, or unknown. Exit code 1 where one is not ok.
    """
    settings = load_settings(config)
    lines: list[Line] = []

    async def work() -> None:
        lines.extend(await _look(settings))

    finished = run_async(work)
    say(json.dumps([_json(line) for line in lines], indent=2) if as_json else "\n".join(_text(lines)))
    sys.exit(0 if finished and not any(isinstance(line.seen, Ill) for line in lines) else 1)


async def _look(settings: Settings) -> list[Line]:
    clock, data = Clock(), data_directory()
    feeds = await look_at_calendars(settings, data, clock.wall())
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        outbox: Outbox | None = None
        known: list[TroubleRow] = []
        database: Seen = Well()
        try:
            store = await stack.enter_async_context(open_store(settings.database.get_secret_value(), create=False))
            outbox, known = Outbox(store), await Troubles(store).listed()
        except StoreError as error:
            database = Ill(error.message.rstrip("."), "see that it is there, and that this user may read it")
        schedules = live_schedules(settings, feeds)
        looker = Looker(outbox, data, lambda: settings, lambda: schedules, clock.now, clock.wall)
        notifier = await ask(http, f"http://{settings.notifier.listen.from_here}/readyz")
        seen = {**await looker.look(http), **_of_notifier(notifier, settings)}
        if isinstance(database, Ill) or isinstance(seen[Kind.DATABASE], Unseen):
            seen[Kind.DATABASE] = database  # as seen from here
    return _lines(seen, known)


def _of_notifier(answer: Mapping[str, Any] | None, settings: Settings) -> dict[str, Seen]:
    if answer is None:
        away = Ill(
            f"the notifier does not answer at {settings.notifier.listen}: no page is worked and no operator is told",
            "start `lcr notifier` again; its log says why it ended",
        )
        return {NOTIFIER: away}
    well: Seen = Well()
    if not answer["checks"].get("database"):
        well = Ill("the notifier cannot use its database: pages wait until it can", "its log says why")
    return {
        NOTIFIER: well,
        judging.OF_NOTIFIER: judging.of_configuration(answer["details"].get("configuration"), "notifier"),
    }


def _lines(seen: Mapping[str, Seen], known: Iterable[TroubleRow]) -> list[Line]:
    """In the order of the names; of teams only those at which something is wrong, or one line for all."""
    rows, lines = {row.id: row for row in known}, []
    for name in _NAMES:
        of_name = {id_: one for id_, one in seen.items() if id_.partition(":")[0] == name}
        ill: dict[str, Seen] = {id_: one for id_, one in of_name.items() if isinstance(one, Ill)}
        for id_, one in (ill or {name: next(iter(of_name.values()), Unseen())}).items():
            row = rows.get(id_) if isinstance(one, Ill) else None
            lines.append(Line(id_, one, row.since, row.told) if row is not None else Line(id_, one))
    return lines


def _text(lines: Iterable[Line]) -> Iterable[str]:
    for line in lines:
        name = f"{_NAMES[line.id.partition(':')[0]]:<10}"
        match line.seen:
            case Well():
                yield f"{name}ok"
            case Unseen():
                yield f"{name}unknown"
            case Ill(what=what, advice=advice):
                since = f" since {line.since.astimezone():%Y-%m-%d %H:%M:%S}" if line.since is not None else ""
                told = ", operators were told" if line.told is not None else ""
                yield f"{name}NOT OK{since}{told}: {what}"
                yield f"{'':<10}{advice}"


def _json(line: Line) -> dict[str, Any]:
    """`ok` is null where nobody can tell; times are ISO 8601 in UTC."""
    ill = line.seen if isinstance(line.seen, Ill) else None
    return {
        "id": line.id,
        "ok": None if isinstance(line.seen, Unseen) else ill is None,
        "what": ill and ill.what,
        "advice": ill and ill.advice,
        "since": line.since.isoformat() if line.since is not None else None,
        "told": line.told.isoformat() if line.told is not None else None,
    }
