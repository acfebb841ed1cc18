"""The engine is killed between what it writes and what it tells: what was promised arrives, in order, and known again.

Each test enumerates the moments right before and right after each commit. Before the commit nothing was promised; after
it, before the event leaves, the next engine tells it; after the notifier has answered, before that is noted, it is told
again under the same id.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path

from lcr_asterisk.notifier import signature
from lcr_asterisk.store.codec import encode
from lcr_asterisk.store.database import open_store
from tests.stand_ins import Answer, Receiver
from tests.unit.callflow.journeys import keeping, ringing
from tests.unit.callflow.plans import direct
from tests.unit.callflow.transcript import CALL, Playbook
from tests.unit.notifier.conftest import now
from tests.unit.programs import Programs

SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS1ub3RpZmllcg=="
MAIN = "tests.unit.notifier.engine_program:main"


def voicemail() -> Playbook:
    playbook = keeping().is_kept().does("play message_kept").after(2).hears_out("message_kept").does("hang up")
    return playbook.hangs_up().does("end: voicemail, voicemail_route")


def missed() -> Playbook:
    return ringing(direct(levels=(25,))).hangs_up().does("drop alice", "drop bob")


class Engine:
    """One engine after another with one call and one database."""

    def __init__(self, directory: Path, programs: Programs, notifier: Receiver, playbook: Playbook) -> None:
        self._directory = directory
        self._programs = programs
        self._notifier = notifier
        self._journal = directory / "journal.json"
        self._database = directory / "lcr.db"
        written = [(CALL, at.isoformat(), *encode(event)) for at, event in playbook.journal]
        self._journal.write_text(json.dumps(written))

    async def runs(self, die_at: int = 0) -> tuple[int | None, list[str]]:
        """How it ended, and what it said."""
        program = await self._programs.start(
            *(f"sqlite+aiosqlite:///{self._database}", self._notifier.url("v1/events"), SECRET),
            *(str(self._journal), str(die_at)),
            env=os.environ,
            main=MAIN,
        )
        said = (await program.communicate()).decode().splitlines()
        return program.returncode, said

    def due(self) -> set[str]:
        """The types of the events that the database promises to tell, or has told."""
        with closing(sqlite3.connect(self._database)) as database:
            return {type_ for (type_,) in database.execute("SELECT type FROM outbox")}

    def kept(self) -> int:
        with closing(sqlite3.connect(self._database)) as database:
            (kept,) = database.execute("SELECT count(*) FROM recordings").fetchone()
            return int(kept)


def told(notifier: Receiver) -> list[str]:
    """The types of what the notifier was told, in order, repetitions left out; these must be the same again."""
    events: dict[str, bytes] = {}
    for request in notifier.got:
        id_ = signature.verify(SECRET, request.headers, request.body, now())
        assert events.setdefault(id_, request.body) == request.body, "the same id, and something else"
    return [json.loads(body)["type"] for body in events.values()]


async def killed_at_each_moment(
    tmp_path: Path, programs: Programs, playbook: Playbook, expected: list[str]
) -> tuple[int, int]:
    """How many moments there were, and after how many of them something was told twice."""
    repeated, made = 0, tmp_path / "made.db"
    async with open_store(f"sqlite+aiosqlite:///{made}"):
        pass  # its tables are there then
    for die_at in count(1):
        directory = tmp_path / str(die_at)
        directory.mkdir()
        shutil.copy(made, directory / "lcr.db")
        async with Receiver() as notifier:
            notifier.answers = [Answer(body='{"page": null}')]
            engine = Engine(directory, programs, notifier, playbook)
            code, said = await engine.runs(die_at)
            if code == 0:
                assert told(notifier) == expected
                assert len(notifier.got) == len(expected), "nobody was killed, so nothing is told twice"
                return die_at - 1, repeated
            assert code == -signal.SIGKILL
            assert ("voicemail.received" in engine.due()) == (engine.kept() > 0), "with the message or not at all"
            assert "your message is kept" not in said or engine.kept(), "what was promised is there"
            assert set(told(notifier)) <= engine.due(), "what was told is written down"
            before = told(notifier)
            code, said = await engine.runs()
            assert (code, said[-1]) == (0, "all is told")
            assert told(notifier) == expected
            assert before == expected[: len(before)], "in order"
            assert len(notifier.got) - len(expected) in (0, 1)
            repeated += len(notifier.got) - len(expected)
    raise AssertionError("unreachable")


async def test_a_message_is_told_whenever_the_engine_is_killed(tmp_path: Path, programs: Programs) -> None:
    expected = ["call.started", "voicemail.received", "call.ended"]
    moments, repeated = await killed_at_each_moment(tmp_path, programs, voicemail(), expected)
    assert moments >= 2 * 3 * len(expected), "each event is written, claimed and noted"
    assert repeated == len(expected), "before it is noted that the notifier has answered"


async def test_a_missed_call_is_told_whenever_the_engine_is_killed(tmp_path: Path, programs: Programs) -> None:
    expected = ["call.started", "call.missed"]
    moments, repeated = await killed_at_each_moment(tmp_path, programs, missed(), expected)
    assert moments >= 2 * 3 * len(expected)
    assert repeated == len(expected)
